"""How cost grows: more series, and more years of one, each in a process of its own.

`python -m bench.growth FOLDER` loads documents like those of rates-sync as a worker does, renders a
list, and projects an event on the snapshot; its result is JSON. Whoever calls it has made them, so
that nothing of their making is in the memory of the process that loads them.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from datetime import date as Day
from decimal import Decimal
from pathlib import Path
from statistics import median

import msgspec

from bench.cpus import Layout
from bench.latency import figure, spelled
from bench.processes import owned
from bench.report import Section, Table
from rates_api.consume.documents import snapshot_of
from rates_api.consume.projection import project
from rates_api.http.response import JSON, render
from rates_api.rates import historical
from rates_api.resolution.view import present
from rates_api.snapshot.level import assess
from rates_api.snapshot.snapshot import Snapshot
from rates_contracts.calendar import BankCalendar
from rates_contracts.documents import (
    AveragesDocument,
    CurrentDocument,
    HistoryBatch,
    HistoryDocument,
    HistoryRow,
    encode_document,
)
from rates_contracts.events import Head, ObservationsRecorded, Previous
from rates_contracts.observation import FIX, SETTLEMENT, Observation
from rates_contracts.status import SyncStatus, Transition

NAMES = ("current", "averages", "history")
POINTS = ((1, 2), (1, 5), (1, 10), (1, 20), (1, 35), (10, 35), (50, 35))
"""Series and years."""
LAST = Day(2026, 8, 13)
NOW = datetime(2026, 8, 13, 18, 0, tzinfo=UTC)
WEEKDAYS = 5
TIMES = 20
KB = 1024
ANNOUNCED = timedelta(minutes=5)
LISTED = 730


def measure(cpus: Layout) -> Section:
    """Measure every point, one after the other."""
    seen = [_point(series, years, cpus) for series, years in POINTS]
    figures = {
        f"growth/{point['series']:g}x{point['years']:g}/{key}": figure([point[key]], unit)
        for point in seen
        for key, unit in (("memory", "MB"), ("load", "ms"), ("render", "ms"), ("project", "ms"))
    }
    header = (
        "series x years",
        "rows",
        "document MB",
        "memory MB",
        "load ms",
        "render ms",
        "event ms",
    )
    rows = [_row(point) for point in seen]
    note = (
        "In-process: memory is what the process grew by (RSS) from before to after the load; the"
        f" load is `snapshot_of` three documents, the rendering {LISTED} days with gzip, the event"
        f" one observation projected; medians of {TIMES}, the load once."
    )
    return Section([Table("How cost grows", header, rows, [note])], figures, seen)


def _point(series: int, years: int, cpus: Layout) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        for name, body in zip(NAMES, documents(series, years), strict=True):
            Path(directory, name).write_bytes(body)
        argv = [sys.executable, "-m", "bench.growth", directory]
        done = subprocess.run(
            owned(argv, cpus.server), stdout=subprocess.PIPE, check=True, timeout=300
        )
    return {"series": series, "years": years, **json.loads(done.stdout)}


def _row(point: dict[str, float]) -> tuple[str, ...]:
    measured = ("document", "memory", "load", "render", "project")
    size = (f"{point['series']:g} x {point['years']:g}", f"{point['rows']:,.0f}")
    return (*size, *(spelled(point[key]) for key in measured))


def documents(series: int, years: int) -> tuple[bytes, bytes, bytes]:
    """Return manifest, averages and history of so many series over so many years."""
    days = _weekdays(years)
    names = [FIX, SETTLEMENT, *(f"SF{number}" for number in range(1, series))][:series]
    rows = {name: tuple(_row_of(day, at) for at, day in enumerate(days)) for name in names}
    calendar = BankCalendar("bench/1", days[0], LAST + timedelta(days=365), ())
    batch = HistoryBatch(NOW, "a" * 64)
    until = NOW + ANNOUNCED
    row = Transition(NOW - ANNOUNCED, "fresh", until, True, 300)
    status = SyncStatus("simulator", (row,), NOW, until, NOW + timedelta(days=3), upstream="ok")
    return (
        encode_document(CurrentDocument(Head(1, 1, "bench", NOW), status, "1-1", "1-1")),
        encode_document(AveragesDocument("1-1", ())),
        encode_document(HistoryDocument("1-1", calendar, (batch,), rows)),
    )


def _weekdays(years: int) -> Sequence[Day]:
    first = LAST.replace(year=LAST.year - years)
    days = (first + timedelta(days=number) for number in range((LAST - first).days + 1))
    return [day for day in days if day.weekday() < WEEKDAYS]


def _row_of(day: Day, at: int) -> HistoryRow:
    """Return a value with four digits that differs from day to day, like the real ones."""
    return HistoryRow(day, 1, Decimal(170_000 + at * 37 % 30_000).scaleb(-4), 0)


def one_point(bodies: Sequence[bytes]) -> dict[str, float]:
    """Load three documents in this process, and measure what that took."""
    before = _rss()
    begun = time.perf_counter()
    snapshot = snapshot_of(*bodies)
    load = time.perf_counter() - begun
    return {
        "rows": sum(len(history) for history in snapshot.series.values()),
        "document": len(bodies[-1]) / 1e6,
        "memory": (_rss() - before) / 1e6,
        "load": load * 1000,
        "render": _median_ms(lambda: rendering(snapshot)),
        "project": _median_ms(lambda: projection(snapshot)),
    }


def rendering(snapshot: Snapshot) -> bytes:
    """Render a list of two years as the endpoint does for the first who asks."""
    query = historical.HistoricalQuery(days=LISTED)
    view = present(snapshot, assess(snapshot, NOW), NOW)
    body = msgspec.json.encode(historical.answer(query, view))
    return render(body, JSON, "shared").body


def projection(snapshot: Snapshot) -> object:
    """Project an event with a correction of the last day."""
    head = snapshot.head
    event = ObservationsRecorded(
        event_id="bench-2",
        timeline=head.timeline,
        position=head.position + 1,
        previous=Previous(head.timeline, head.position, head.event_id),
        recorded_at=NOW,
        status=snapshot.status,
        observations=(Observation(FIX, LAST, 2, Decimal("17.1234"), NOW, "b" * 64),),
    )
    return project(snapshot, event)


def _median_ms(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return median(seconds) * 1000


def _rss() -> float:
    """Return the resident memory of this process in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    [line] = [line for line in lines if line.startswith("VmRSS:")]
    return float(line.split()[1]) * KB


if __name__ == "__main__":
    sys.stdout.write(
        json.dumps(one_point([Path(sys.argv[1], name).read_bytes() for name in NAMES]))
    )
