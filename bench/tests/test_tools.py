"""What others print or run for the benchmark: wrk, py-spy, processes, documents."""

import contextlib
import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from bench.cpus import layout
from bench.errors import BenchRefused
from bench.growth import documents, one_point, projection
from bench.processes import require_alive, server, wait_until
from bench.profiles import by_package, own_time, stacks_of
from bench.wrk import Closed, parsed, require_wrk
from rates_api.consume.documents import snapshot_of
from rates_api.snapshot.snapshot import Snapshot
from rates_contracts.observation import FIX
from rates_dev.processes import Child
from support.programs import require

WRK = """Running 1s test @ http://127.0.0.1:18000/
  1 threads and 32 connections
  58413 requests in 1.00s, 44.96MB read
{errors}Requests/sec:  58234.71
Transfer/sec:     44.82MB
"""


@pytest.mark.parametrize(
    ("errors", "count"),
    [
        ("", 0),
        ("  Non-2xx or 3xx responses: 12\n", 12),
        ("  Socket errors: connect 1, read 2, write 0, timeout 3\n", 6),
    ],
)
def test_every_kind_of_error_of_wrk_counts(errors: str, count: int) -> None:
    """Answers of a bad status and broken connections are no throughput."""
    assert parsed(WRK.format(errors=errors)) == Closed(58413, 58234.71, count)


def test_output_without_a_rate_is_refused() -> None:
    """A wrk that measured nothing does not count as zero."""
    with pytest.raises(BenchRefused, match="no rate"):
        parsed("unable to connect to 127.0.0.1:18000 Connection refused")


def test_a_missing_wrk_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the package."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BenchRefused, match="apt-get install wrk"):
        require_wrk()


STACKS = [
    "run (uvicorn/server.py:10);app (fastapi/routing.py:7);get (redis/client.py:3) 6",
    "run (uvicorn/server.py:11);app (fastapi/routing.py:9) 2",
    "run (uvicorn/server.py:11);get (redis/client.py:5) 2",
]


def test_a_profile_counts_the_function_that_ran() -> None:
    """Time belongs to the innermost frame, whichever line of it, and to its package."""
    stacks = stacks_of(STACKS)
    assert own_time(stacks) == Counter({"redis/client.py: get": 8, "fastapi/routing.py: app": 2})
    assert by_package(stacks) == Counter({"redis": 8, "fastapi": 2})


def child(tmp_path: Path, program: str) -> Child:
    """Return a Python process that is not started yet."""
    require("setpriv", "taskset")
    argv = [sys.executable, "-c", program]
    return server("child", argv, dict(os.environ), tmp_path, layout().every)


def test_a_process_ends_with_its_block_however_that_ends(tmp_path: Path) -> None:
    """A failure in the block leaves nothing running, not even what ignores SIGTERM."""
    stubborn = "import signal as s; s.signal(15, s.SIG_IGN); print(1, flush=True); s.pause()"
    started = child(tmp_path, stubborn)
    started.ending_seconds = 0.2

    def fail() -> None:
        with contextlib.ExitStack() as stack:
            stack.callback(started.end)
            started.start()
            wait_until((tmp_path / "child.log").read_text, 10, "it runs")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with pytest.raises(ProcessLookupError):
        os.kill(started.pid, 0)


def test_a_process_that_ended_by_itself_is_told_with_its_last_words(tmp_path: Path) -> None:
    """Nobody has to look for the log of a server that did not start."""

    def alive_no_more() -> bool:
        require_alive(started)
        return False

    started = child(tmp_path, "raise SystemExit('no such luck')")
    started.start()
    with pytest.raises(BenchRefused, match="no such luck"):
        wait_until(alive_no_more, 10, "it ended")


@pytest.fixture
def snapshot() -> Snapshot:
    """Two series of one year, loaded like a worker does."""
    return snapshot_of(*documents(series=2, years=1))


def test_synthetic_documents_load_like_real_ones(snapshot: Snapshot) -> None:
    """So many series and years are what a worker then knows."""
    assert len(snapshot.series) == 2
    assert len(snapshot.fix) == 262


def test_the_event_of_the_growth_is_projected(snapshot: Snapshot) -> None:
    """What is timed is a correction that follows the snapshot, not a reload or a repeat."""
    projected = projection(snapshot)
    assert isinstance(projected, Snapshot)
    assert str(projected.series[FIX].last(1)[0].value) == "17.1234"


def test_a_point_of_the_growth_names_all_costs() -> None:
    """Each point is rows, document, memory, load, rendering and event."""
    point = one_point(documents(series=1, years=1))
    assert point["rows"] == 262
    assert point["load"] > 0
    assert point["render"] > 0
    assert set(point) == {"rows", "document", "memory", "load", "render", "project"}
