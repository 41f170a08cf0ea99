"""The instant at which a block of work is given up, where no library can lose it.

`asyncio.timeout` cancels once, and drivers and pools that wait within `asyncio.wait_for` can lose
that: before Python 3.12 it drops a cancellation that arrives with what was awaited.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

_deadline: ContextVar[float] = ContextVar("deadline", default=math.inf)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Let `refuse_after_deadline` refuse whatever begins in the block after `seconds` from now."""
    outer = _deadline.set(monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(outer)


def refuse_after_deadline(*_: object) -> None:
    """Raise TimeoutError once the deadline has passed; an event listener for any engine."""
    if monotonic() >= _deadline.get():
        raise TimeoutError("the time for it is up")
