"""A record that rates-sync really writes, and rates-api's reader over it; both on one SQLite file.

The only place beside the end-to-end tests that knows both services.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import date as Day
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from rates_api.consume.documents import snapshot_of
from rates_api.fallback.engine import open_engine as open_reading_engine
from rates_api.fallback.reader import DatabaseReader
from rates_api.snapshot.snapshot import Snapshot
from rates_contracts.averages import Average
from rates_contracts.calendar import BankCalendar, DeclaredClosure
from rates_contracts.documents import AVERAGES, CURRENT, HISTORY, TTL_OF
from rates_contracts.events import (
    CalendarChanged,
    Event,
    HistoryReload,
    ObservationsRecorded,
    StatusChanged,
    decode_event,
)
from rates_contracts.observation import FIX, Observation
from rates_contracts.status import CountedDay, DataStatusDay, SyncStatus, Transition
from rates_sync.migrations import migrate
from rates_sync.relay.document_ttl import StoredDocuments
from rates_sync.relay.documents import writes
from rates_sync.store.engine import open_engine
from rates_sync.store.fence import Fence
from rates_sync.store.lease import Lease
from rates_sync.store.outbox import Outbox
from rates_sync.store.record import Record

NOON = datetime(2024, 1, 2, 18, tzinfo=UTC)
CALENDAR = BankCalendar("test/1", Day(2001, 1, 1), Day(2026, 12, 31), (Day(2024, 2, 5),))
SHA256 = "a" * 64
BODY = b"{}"


def status(at: datetime) -> SyncStatus:
    """Return a status verified at `at`."""
    row = Transition(at, "fresh", at + timedelta(days=1), True, 3600)
    until = at + timedelta(minutes=5)
    return SyncStatus("simulator", (row,), at, until, at + timedelta(days=3), "closed", at, "ok")


@dataclass
class Sync:
    """rates-sync's side: each call is one recording."""

    record: Record
    outbox: Outbox
    fence: Fence

    async def observe(self, values: dict[Day, str], *, series: str = FIX) -> Event:
        """Record `values`, corrections as the next revision."""
        async with self.record.recording(self.fence) as recording:
            await recording.keep_payload(SHA256, BODY, NOON)
            known = {one.date: one.revision for one in await recording.newest(
                series, min(values), max(values))}  # fmt: skip
            rows = tuple(
                Observation(
                    series,
                    day,
                    known.get(day, 0) + 1,
                    Decimal(value),
                    recording.recorded_at,
                    SHA256,
                )
                for day, value in sorted(values.items())
            )
            await recording.add(rows)
            return await recording.announce(
                ObservationsRecorded,
                status=status(recording.recorded_at),
                averages=(average(recording.recorded_at),),
                observations=rows,
            )

    async def backfill(self, values: dict[Day, str]) -> Event:
        """Record `values` in a transaction of their own, announced by the next one."""
        await self.chunk(values)
        return await self.announce_reload()

    async def chunk(self, values: dict[Day, str]) -> None:
        """Record `values`, which no event announces yet."""
        async with self.record.recording(self.fence) as recording:
            await recording.keep_payload(SHA256, BODY, NOON)
            await recording.add(
                [
                    Observation(FIX, day, 1, Decimal(value), recording.recorded_at, SHA256)
                    for day, value in sorted(values.items())
                ]
            )
            await recording.announce_later()

    async def announce_reload(self) -> Event:
        """Announce that more was recorded than an event carries."""
        async with self.record.recording(self.fence) as recording:
            return await recording.announce(HistoryReload, status=status(recording.recorded_at))

    async def poll(self) -> Event:
        """Record that Banxico was asked."""
        async with self.record.recording(self.fence) as recording:
            return await recording.announce(StatusChanged, status=status(recording.recorded_at))

    async def end_days(self, first: Day, days: int) -> Event:
        """Record that so many days have ended, `first` and on, and count the one after them.

        As a leader does: where the status before counts none, all kept days are told.
        """
        ended = tuple(DataStatusDay(first + timedelta(days=n), 36000 - n) for n in range(days))
        today = DataStatusDay(first + timedelta(days=days), 60)
        async with self.record.recording(self.fence) as recording:
            at = recording.recorded_at
            if recording.status is not None and recording.status.counted is None:
                ended = (*await recording.ended_days(), *ended)
            counting = msgspec.structs.replace(status(at), counted=CountedDay(today, at))
            return await recording.announce(StatusChanged, status=counting, ended_days=ended)

    async def documents_load(self) -> Snapshot:
        """Return what a worker loads from the documents that the relay writes now."""
        committed = await self.outbox.read(None, history=None, averages=None)
        missing = StoredDocuments(None, dict.fromkeys(TTL_OF, timedelta()))
        bodies = {write.key: write.body for write in writes(missing, committed)}
        return snapshot_of(bodies[CURRENT], bodies[AVERAGES], bodies[HISTORY])

    async def declare_closed(self, day: Day) -> Event:
        """Record the calendar with one more declared closure."""
        async with self.record.recording(self.fence) as recording:
            known = recording.calendar or CALENDAR
            closure = DeclaredClosure(day, "decree", recording.recorded_at)
            declared = BankCalendar(
                known.version, known.first, known.last, known.closed, (*known.declared, closure)
            )
            at = recording.recorded_at
            return await recording.announce(CalendarChanged, status=status(at), calendar=declared)

    async def restart_timeline(self) -> None:
        """Go on in a new timeline, as after a restore."""
        await self.outbox.restart_timeline(0)

    async def events(self) -> tuple[Event, ...]:
        """Return all events, oldest first."""
        view = await self.outbox.read(None, history=None, averages=None)
        return tuple(decode_event(stored.body) for stored in view.events)


def average(at: datetime) -> Average:
    """Return an average that tells when it was recorded."""
    mean = Decimal(at.microsecond) / Decimal(1_000_000)
    return Average("15d", at, at.date(), at.date(), 1, 1, mean)


@asynccontextmanager
async def both_sides(directory: Path) -> AsyncIterator[tuple[Sync, DatabaseReader]]:
    """Give a fresh record and both services' hands on it."""
    url = f"sqlite+aiosqlite:///{directory / 'rates.db'}"
    await migrate(url)
    engine, reading_engine = open_engine(url), open_reading_engine(url, pool_size=1, timeout=5)
    lease = Lease(
        engine, "contract", monotonic=lambda: 0.0, sleep=asyncio.sleep, poll=1, patience=1
    )
    fence = await lease.take(await lease.observe())
    assert fence is not None
    record = Record(engine, lambda: NOON, _ids())
    try:
        sync = Sync(record, Outbox(engine, record, fence), fence)
        yield sync, DatabaseReader(reading_engine, name="database", timeout=5)
    finally:
        await engine.dispose()
        await reading_engine.dispose()


def _ids() -> Callable[[], str]:
    counter = itertools.count(1)
    return lambda: f"event-{next(counter)}"


@pytest.fixture
async def sides(tmp_path: Path) -> AsyncIterator[tuple[Sync, DatabaseReader]]:
    """Give a fresh record: what sync writes with, what the API reads with."""
    async with both_sides(tmp_path) as sides:
        yield sides


@pytest.fixture(scope="session")
def fresh() -> SimpleNamespace:
    """Give `both_sides` to tests that need a record for each example."""
    return SimpleNamespace(both_sides=both_sides)
