"""Writes the golden rows of the read views: what each gives for the contracts' samples, on SQLite.

    python tests/contract/golden_views.py

rates-sync records the samples of `libs/contracts/tests/samples.py` in a fresh database, so that the
rows stand where the golden documents and events stand. Like those they are written once for each
edition.
"""

import asyncio
import importlib.util
import json
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import text

from rates_contracts.events import CalendarChanged, ObservationsRecorded
from rates_contracts.views import OPTIONAL_VIEWS, SNAPSHOT_VIEWS
from rates_sync.migrations import migrate
from rates_sync.store.engine import open_engine
from rates_sync.store.fence import Fence
from rates_sync.store.lease import Lease
from rates_sync.store.record import Record

SAMPLES = Path(__file__).parents[2] / "libs" / "contracts" / "tests" / "samples.py"
BODY = b"{}"

Rows = dict[str, Any]
"""`columns` and `rows` of one view, as SQLite gives them."""


def load_samples() -> ModuleType:
    """Load the contracts' samples by path, since test folders are no packages."""
    spec = importlib.util.spec_from_file_location("contract_samples", SAMPLES)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def view_rows(directory: Path) -> dict[str, Rows]:
    """Record the samples in a database in `directory`; return what each view gives."""
    path = directory / "golden.db"
    await _record(load_samples(), f"sqlite+aiosqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        return {view: _rows(connection, view) for view in SNAPSHOT_VIEWS | OPTIONAL_VIEWS}


def text_of(rows: Rows) -> str:
    """Return a golden file's text."""
    return json.dumps(rows, ensure_ascii=False) + "\n"


def _rows(connection: sqlite3.Connection, view: str) -> Rows:
    found = connection.execute(f"SELECT * FROM {view}")
    columns = [column[0] for column in found.description]
    return {"columns": columns, "rows": sorted(map(list, found))}


async def _record(samples: ModuleType, url: str) -> None:
    """Record the calendar, then the observations: the head ends where the samples stand."""
    await migrate(url)
    sample = samples.EVENTS["observations_recorded"]
    engine = open_engine(url)
    try:
        async with engine.begin() as connection:
            before = sample.previous.position - 1
            await connection.execute(text(f"UPDATE head SET position = {before:d}"))
        lease = Lease(
            engine, "golden", monotonic=lambda: 0.0, sleep=asyncio.sleep, poll=1, patience=1
        )
        fence = await lease.take(await lease.observe())
        assert fence is not None
        record = Record(
            engine,
            _each(samples.SEEN - timedelta(minutes=4), samples.SEEN),
            _each(sample.previous.event_id, sample.event_id),
        )
        await _announce_both(record, fence, samples)
    finally:
        await engine.dispose()


async def _announce_both(record: Record, fence: Fence, samples: ModuleType) -> None:
    sample = samples.EVENTS["observations_recorded"]
    async with record.recording(fence) as recording:
        status = samples.STATUS
        await recording.announce(CalendarChanged, status=status, calendar=samples.CALENDAR)
    async with record.recording(fence) as recording:
        await recording.keep_payload(samples.SHA, BODY, samples.SEEN)
        await recording.add(sample.observations)
        event = await recording.announce(
            ObservationsRecorded,
            status=samples.STATUS,
            averages=sample.averages,
            ended_days=sample.ended_days,
            observations=sample.observations,
        )
    assert (event.at, event.previous) == (sample.at, sample.previous)


def _each(*values: Any) -> Callable[[], Any]:
    """Return a function that gives one value after the other, the last for ever."""
    left = list(values)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def main() -> None:
    """Write the files."""
    with tempfile.TemporaryDirectory() as directory:
        found = asyncio.run(view_rows(Path(directory)))
    for view, rows in found.items():
        golden = load_samples().NEWEST / f"view_{view}.json"
        golden.write_text(text_of(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
