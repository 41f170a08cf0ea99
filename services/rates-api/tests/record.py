"""A record in memory, as sync would keep it, with its events, documents and a stream to break.

Loaded by `conftest`, since test folders are no packages.
"""

import asyncio
import dataclasses
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import fakeredis
import msgspec

from rates_api.consume.documents import Documents
from rates_api.consume.stream import StreamEntry, Tail
from rates_api.errors import FallbackUnavailable, StreamUnavailable
from rates_api.snapshot.snapshot import Snapshot, histories
from rates_contracts.averages import Average
from rates_contracts.calendar import BankCalendar, DeclaredClosure
from rates_contracts.documents import (
    AVERAGES,
    CURRENT,
    HISTORY,
    AveragesDocument,
    CurrentDocument,
    HistoryBatch,
    HistoryDocument,
    HistoryRow,
    encode_document,
)
from rates_contracts.events import (
    CalendarChanged,
    Event,
    Head,
    HistoryReload,
    ObservationsRecorded,
    Position,
    Previous,
    StatusChanged,
    TimelineChanged,
    encode_event,
    stored_event,
)
from rates_contracts.observation import FIX, SETTLEMENT, Observation
from rates_contracts.status import (
    DATA_STATUS_DAYS,
    CountedDay,
    DataStatusDay,
    SyncStatus,
    Transition,
)
from rates_contracts.stream import EVENTS, entry_fields, event_id_of

START = datetime(2024, 1, 2, 18, 0, tzinfo=UTC)
"""Noon in Mexico City of the day whose FIX is 17.0297."""
HOUR = timedelta(hours=1)

STATUS = SyncStatus(
    source="Banco de México",
    transitions=(
        Transition(START - HOUR, "fresh", START + 24 * HOUR, True, 3600),
        Transition(START + HOUR, "closed_day", START + 24 * HOUR, False, 3600),
    ),
    verified_at=START,
    fresh_until=START + 0.5 * HOUR,
    usable_until=START + 72 * HOUR,
    upstream="ok",
    edge_purged=True,
)
CALENDAR = BankCalendar("test/1", date(2001, 1, 1), date(2030, 12, 31), (date(2024, 2, 5),))


def observation(
    day: date,
    value: str = "17.0297",
    *,
    revision: int = 1,
    series: str = FIX,
    at: datetime = START,
    sha256: str = "a" * 64,
) -> Observation:
    """Return an observation; the record sets its instant."""
    return Observation(series, day, revision, Decimal(value), at, sha256)


def average(at: datetime, mean: str = "17.000000") -> Average:
    """Return a row of the averages' table from `at` on."""
    return Average("15d", at, at.date(), at.date(), 1, 1, Decimal(mean))


@dataclasses.dataclass(frozen=True)
class State:
    """Everything the record holds as of one event."""

    head: Head
    status: SyncStatus = STATUS
    calendar: BankCalendar = CALENDAR
    averages: tuple[Average, ...] = ()
    observations: tuple[Observation, ...] = ()
    ended_days: tuple[DataStatusDay, ...] = ()


class Record:
    """The record: each call is one recording transaction and returns its event (rule R3)."""

    def __init__(self) -> None:
        self.states = [State(Head(1, 0, "", START))]
        self.outbox: list[Event] = []
        self.serial = 0

    @property
    def state(self) -> State:
        """Return what the record holds now."""
        return self.states[-1]

    def observe(self, *observations: Observation, traceparent: str | None = None) -> Event:
        """Record observations."""
        return self._announce(
            ObservationsRecorded, observations=observations, traceparent=traceparent
        )

    def poll(self, **status: Any) -> Event:
        """Record a change of status."""
        changed = msgspec.structs.replace(self.state.status, **status)
        return self._announce(StatusChanged, status=changed)

    def count(self, today: DataStatusDay, *ended: DataStatusDay) -> Event:
        """Record what is counted of a day, and the days that have ended since the event before."""
        counted = CountedDay(today, START + timedelta(seconds=self.serial + 1))
        changed = msgspec.structs.replace(self.state.status, counted=counted)
        return self._announce(StatusChanged, status=changed, ended_days=ended)

    def plan(self, *averages: Average) -> Event:
        """Record a new table of averages."""
        return self._announce(StatusChanged, averages=averages)

    def close(self, day: date) -> Event:
        """Record a declared closure."""
        closure = DeclaredClosure(day, "decree", START)
        declared = (*self.state.calendar.declared, closure)
        calendar = msgspec.structs.replace(self.state.calendar, declared=declared)
        return self._announce(CalendarChanged, calendar=calendar)

    def backfill(self, *observations: Observation) -> Event:
        """Record more than an event should carry."""
        return self._announce(HistoryReload, unannounced=observations)

    def restore(self, position: int) -> None:
        """Go back to an earlier state, as a database restored to an earlier time."""
        del self.states[position + 1 :]
        del self.outbox[position:]

    def change_timeline(self) -> Event:
        """Go on as another history (protocol rule 9)."""
        return self._announce(TimelineChanged, timeline=self.state.head.timeline + 1)

    def _announce(
        self,
        kind: Any,
        *,
        timeline: int | None = None,
        unannounced: tuple[Observation, ...] = (),
        **fields: Any,
    ) -> Event:
        self.serial += 1
        before = self.state
        recorded_at = START + timedelta(seconds=self.serial)
        rows = fields.pop("observations", None)
        position = before.head.position + 1
        rows = None if rows is None else _recorded(rows, recorded_at, position)
        event = kind(
            event_id=f"event-{self.serial}",
            timeline=timeline or before.head.timeline,
            position=position,
            previous=Previous(before.head.timeline, before.head.position, before.head.event_id),
            recorded_at=recorded_at,
            status=fields.pop("status", before.status),
            **({} if rows is None else {"observations": rows}),
            **fields,
        )
        new = (*(rows or ()), *_recorded(unannounced, recorded_at, position))
        self.states.append(
            State(
                event.head,
                event.status,
                fields.get("calendar", before.calendar),
                fields.get("averages", before.averages),
                before.observations + new,
                before.ended_days + event.ended_days,
            )
        )
        self.outbox.append(event)
        return event  # type: ignore[no-any-return]

    @property
    def snapshot(self) -> Snapshot:
        """Return the record as a worker should see it."""
        by_series: dict[str, list[Observation]] = {}
        for row in self.state.observations:
            by_series.setdefault(row.series, []).append(row)
        state = self.state
        return Snapshot(
            state.head,
            state.status,
            state.averages,
            state.calendar,
            histories(by_series),
            ended_days=state.ended_days[-DATA_STATUS_DAYS:],
        )

    def documents(self) -> tuple[bytes, bytes, bytes]:
        """Return the documents (current, averages, history) of this state."""
        state, version = self.state, self.state.head.at.stream_id
        batches = tuple(
            HistoryBatch(row.recorded_at, row.payload_sha256, row.position)
            for row in state.observations
        )
        rows: dict[str, tuple[HistoryRow, ...]] = {FIX: (), SETTLEMENT: ()}
        for at, row in enumerate(state.observations):
            mine = HistoryRow(row.date, row.revision, row.value, at)
            rows[row.series] = (*rows[row.series], mine)
        return (
            encode_document(CurrentDocument(state.head, state.status, version, version)),
            encode_document(
                AveragesDocument(version, state.averages, state.ended_days[-DATA_STATUS_DAYS:])
            ),
            encode_document(HistoryDocument(version, state.calendar, batches, rows)),
        )


def _recorded(
    rows: tuple[Observation, ...], at: datetime, position: int
) -> tuple[Observation, ...]:
    return tuple(msgspec.structs.replace(row, recorded_at=at, position=position) for row in rows)


def entry(event: Event) -> StreamEntry:
    """Return the event as a stream entry."""
    return StreamEntry(event.at, entry_fields(stored_event(encode_event(event))))


async def relayed(record: Record, redis: Any = None) -> Any:
    """Return a Redis in memory, by default a new one, with all of the outbox and the documents."""
    redis = redis or fakeredis.FakeAsyncRedis(server=fakeredis.FakeServer(), version=(7,))
    known = await redis.xlen(EVENTS)
    for event in record.outbox[known:]:
        fields = entry_fields(stored_event(encode_event(event)))
        await redis.xadd(EVENTS, fields, id=event.at.stream_id)
    await redis.mset(dict(zip((CURRENT, AVERAGES, HISTORY), record.documents(), strict=True)))
    return redis


class Redis:
    """A stream and documents in memory that can be away, flushed, cut off or rewritten."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.entries: list[StreamEntry] = []
        self.held: tuple[bytes | None, bytes | None, bytes | None] = (None, None, None)
        self.away = False

    def relay(self, *events: Event) -> None:
        """Relay all of the outbox, or the given events alone, with the documents."""
        self.entries = [entry(event) for event in events or self.record.outbox]
        self.held = self.record.documents()

    async def after(self, position: Position) -> list[StreamEntry]:
        """Return the entries after `position`; never waits."""
        self._answer()
        # The real one waits for news; this one at least lets the other tasks run.
        await asyncio.sleep(0)
        return [entry for entry in self.entries if entry.at > position]

    async def tail(self) -> Tail | None:
        """Return the last entry."""
        self._answer()
        if not self.entries:
            return None
        last = self.entries[-1]
        return Tail(last.at, event_id_of(last.fields))

    async def documents(self) -> tuple[bytes | None, bytes | None, bytes | None]:
        """Return the documents."""
        self._answer()
        return self.held

    def source(self) -> Documents:
        """Return the documents as a source."""
        return Documents(self)  # type: ignore[arg-type]

    def _answer(self) -> None:
        if self.away:
            raise StreamUnavailable("connection refused")


class Database:
    """The record behind a database that can be away or lag behind."""

    def __init__(self, record: Record, name: str = "database") -> None:
        self.record = record
        self.name = name
        self.away = False
        self.lags_at: Snapshot | None = None
        self.now: datetime | None = None
        self.loads = 0

    async def head(self) -> Head:
        """Return the head."""
        return (await self._read()).head

    async def clock(self) -> datetime | None:
        """Return the instant that was set, None as SQLite does."""
        return self.now

    async def load(self) -> Snapshot:
        """Return the whole record."""
        self.loads += 1
        return await self._read()

    async def _read(self) -> Snapshot:
        if self.away:
            raise FallbackUnavailable("connection refused")
        return self.lags_at or self.record.snapshot
