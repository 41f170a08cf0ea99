"""What a request costs: what is counted of an answer and of processes."""

import os

from bench.http import Answer
from bench.work import TICKS, _bytes_of, _ticks_of


def test_an_answer_is_counted_as_it_is_on_the_wire() -> None:
    """Status line, headers, the empty line and the body."""
    wire = b"HTTP/1.1 200 OK\r\netag: x\r\n\r\nbody"
    assert _bytes_of(Answer(200, (("etag", "x"),), b"body")) == len(wire)


def test_the_ticks_of_a_process_are_its_user_and_system_time() -> None:
    """As the kernel counts them for the process itself."""
    times = os.times()
    assert abs(_ticks_of(os.getpid()) - (times.user + times.system) * TICKS) <= 3
