"""One recording transaction: adds rows and announces them with an event (rule R3).

It runs under the fence and never commits itself.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from datetime import date as Day
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar

import msgspec
from sqlalchemy import Insert, case, func, insert, literal, update
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from rates_contracts.averages import Average
from rates_contracts.calendar import ONE_DAY, BankCalendar, mexico_day
from rates_contracts.events import (
    CalendarChanged,
    Event,
    Head,
    HistoryReload,
    ObservationsRecorded,
    Previous,
    StatusChanged,
    TimelineChanged,
)
from rates_contracts.observation import Observation
from rates_contracts.status import DataStatusDay, SyncStatus
from rates_sync.store import schema
from rates_sync.store.announcement import save_calendar, write_announcement
from rates_sync.store.coverage import NOTHING, Coverage, add_coverage, keep_complete_at
from rates_sync.store.review import (
    UNDECIDED,
    Quarantined,
    QuarantineState,
    Withdrawal,
    change_withdrawals,
    end_quarantine,
    forget_missed,
    newest_first,
    newly_quarantined,
    note_missed,
    oldest_first,
    put_in_quarantine,
)
from rates_sync.store.rows import (
    RecordState,
    read_ended_days,
    read_kept_calendar,
    read_neighbours,
    read_newest,
    read_newest_day,
    read_state,
)
from rates_sync.upstream import Rejected

MAX_KEPT = 1024 * 1024
"""Bytes of a raw answer that proves nothing: no real one is longer, and to escape 8 MiB for MySQL
takes a second."""

E = TypeVar(
    "E", ObservationsRecorded, StatusChanged, CalendarChanged, HistoryReload, TimelineChanged
)
CALLER: ContextVar[str | None] = ContextVar("caller", default=None)
"""The address from which the action that is being recorded was asked for; None for our own."""
RELOADS = (HistoryReload, TimelineChanged)
"""Events after which every worker reloads the record."""

WINDOW = timedelta(days=75)
"""How far back a recording reads at once: farther than a poll, its look back and any average."""


class Recording:
    """An open recording; the reads that new data is compared with go through it (rule 2).

    They were made in one statement, under the fence, as `head` was; what is written through the
    recording changes them, too. All added rows carry `recorded_at`. `unannounced` is true if a
    backfill left rows that no event has announced: the next event must be a `HistoryReload`.
    `restarted` is true if the record was restored and this transaction began a new timeline;
    `head_after` is the head that it leaves.
    """

    def __init__(
        self,
        connection: AsyncConnection,
        state: RecordState,
        recorded_at: datetime,
        *,
        event_id: str,
        traceparent: str | None,
        restarted: bool = False,
    ) -> None:
        self.head, self.recorded_at = state.head, recorded_at
        self.unannounced = state.unannounced_at is not None
        self.head_after, self.restarted = state.head, restarted
        self._connection, self._state = connection, state
        self._event_id, self._traceparent = event_id, traceparent
        self._timeline = self._previous = state.head.timeline
        self._added: list[Observation] = []
        self._closed = False

    @classmethod
    async def begin(
        cls,
        connection: AsyncConnection,
        now: datetime,
        event_id: str,
        traceparent: str | None,
        *,
        restarted: bool = False,
    ) -> Self:
        """Read the record; the lease row is locked already.

        Protocol rule 4: `recorded_at` rises strictly, also when the clock goes back.
        """
        state = await read_state(connection, mexico_day(now) - WINDOW)
        latest = state.unannounced_at or state.head.recorded_at
        return cls(
            connection,
            state,
            max(now, latest + timedelta(microseconds=1)),
            event_id=event_id,
            traceparent=traceparent,
            restarted=restarted,
        )

    @property
    def is_raised(self) -> bool:
        """Whether the head's timeline was raised by hand: it has no event yet (rule 42)."""
        newest = self._state.newest_timeline
        return newest is not None and newest < self.head.timeline

    @property
    def status(self) -> SyncStatus | None:
        """The newest status, None before the first event."""
        return self._state.status

    @property
    def calendar(self) -> BankCalendar | None:
        """The bank calendar, None before the first."""
        return self._state.calendar

    @property
    def coverage(self) -> Coverage:
        """The days of each series that were asked for."""
        return self._state.coverage

    @property
    def complete_at(self) -> Mapping[str, datetime]:
        """When the whole history of each series first was there, without those still loading."""
        return self._state.complete_at

    @property
    def quarantined(self) -> tuple[Quarantined, ...]:
        """What is open or was rejected, oldest day first."""
        return self._state.quarantine

    @property
    def withdrawals(self) -> tuple[Withdrawal, ...]:
        """The days that are missed or withdrawn, newest first."""
        return self._state.withdrawals

    async def kept_calendar(self) -> BankCalendar | None:
        """Return the bank calendar as last recorded with all of its versions, None before that."""
        return await read_kept_calendar(self._connection)

    async def ended_days(self) -> tuple[DataStatusDay, ...]:
        """Return the data status of the newest days that have ended, ascending."""
        return await read_ended_days(self._connection)

    async def newest(self, series: str, first: Day, last: Day) -> list[Observation]:
        """Return the newest revision of each day from `first` to `last`, ascending."""
        return (await self.newest_of((series,), first, last))[series]

    async def newest_of(
        self, series: Sequence[str], first: Day, last: Day
    ) -> dict[str, list[Observation]]:
        """Return the newest revision of each day of these series, ascending, in one statement."""
        if first < self._state.since:
            rows = await read_newest(self._connection, series, first, last)
            return {name: [row for row in rows if row.series == name] for name in series}
        return {
            name: [days[day] for day in sorted(days) if first <= day <= last]
            for name in series
            for days in (self._state.newest.get(name, {}),)
        }

    async def newest_day(self, series: str, *, except_for: Collection[Day] = ()) -> Day | None:
        """Return the last day that has an observation of `series`, and is none of `except_for`."""
        days = self._state.newest.get(series, {}).keys() - set(except_for)
        if days:
            return max(days)
        return await read_newest_day(self._connection, series, except_for=except_for)

    async def neighbours(
        self, series: Sequence[str], first: Day, last: Day
    ) -> dict[str, tuple[Day, ...]]:
        """Return the last day before `first` and the first after `last` with an observation."""
        return await read_neighbours(self._connection, series, first, last)

    async def keep_payload(
        self, sha256: str, body: bytes, received_at: datetime, *, whole: bool = False
    ) -> None:
        """Keep a raw answer, once, before the observations that refer to it.

        One above `MAX_KEPT` is kept by its beginning, under the hash of the whole, unless it is to
        be kept `whole`, as what proves an observation is: then it also replaces a beginning that
        was kept before. For one that is there already, note once a day that it came again
        (protocol rule 46).
        """
        kept = body if whole else body[:MAX_KEPT]
        row = {"sha256": sha256, "body": kept, "received_at": received_at}
        await self._connection.execute(_keeping(self._connection.dialect.name, row, whole=whole))

    async def add(self, observations: Sequence[Observation]) -> None:
        """Append observations or revisions; each carries this recording's `recorded_at`.

        They get the position that announces them. Raises ValueError for another instant,
        `StoreRefused` for a revision already recorded.
        """
        if any(row.recorded_at != self.recorded_at for row in observations):
            raise ValueError("an observation is recorded when its recording is (rule 4)")
        if observations:
            placed = self._placed(observations)
            rows = [msgspec.structs.asdict(row) for row in placed]
            await self._connection.execute(insert(schema.observations), rows)
            self._added += placed
            for row in placed:
                self._state.newest.setdefault(row.series, {})[row.date] = row

    async def cover(self, spans: Coverage, silent: Coverage = NOTHING) -> None:
        """Note that `spans` were asked for, and that of the `silent` ones nothing is known."""
        known = self._state.coverage
        self._state.coverage = await add_coverage(self._connection, known, spans, silent)

    async def keep_complete_at(self, instants: Mapping[str, datetime]) -> None:
        """Keep when the history of each series first was complete, unless that is kept already."""
        first = {name: at for name, at in instants.items() if name not in self.complete_at}
        await keep_complete_at(self._connection, first)
        self._state.complete_at |= first

    async def save_calendar(self, calendar: BankCalendar) -> None:
        """Save a calendar that no event of its own announces."""
        await save_calendar(self._connection, calendar)
        self._state.calendar = calendar

    @property
    def connection(self) -> AsyncConnection:
        """The open transaction, for the rows of `review`."""
        return self._connection

    async def quarantine(
        self, data: Iterable[Rejected], payload_sha256: str
    ) -> tuple[Rejected, ...]:
        """Keep what is set aside, with the reason (rule R10); return what is no repeat."""
        kept = {row.id for row in self.quarantined}
        at = self.recorded_at
        new = await put_in_quarantine(self._connection, data, payload_sha256, at, kept=kept)
        opened = (newly_quarantined(datum, payload_sha256, at) for datum in new)
        self._state.quarantine = oldest_first((*self.quarantined, *opened))
        return new

    async def end_quarantine(self, ids: Collection[str], state: QuarantineState) -> None:
        """Put the values with these IDs into `state`."""
        if ids:
            await end_quarantine(self._connection, ids, state)
            ended = (
                replace(row, state=state) if row.id in ids else row for row in self.quarantined
            )
            self._state.quarantine = tuple(row for row in ended if row.state in UNDECIDED)

    async def note_missed(self, days: Collection[tuple[str, Day]]) -> None:
        """Note that an answer lacked these known days of a series for the first time."""
        if days:
            at = self.recorded_at
            await note_missed(self._connection, days, at)
            missed = (Withdrawal(*day, at, None, None) for day in days)
            self._state.withdrawals = newest_first((*self.withdrawals, *missed))

    async def change_withdrawals(self, days: Collection[tuple[str, Day]], **changes: Any) -> None:
        """Set `withdrawn_at` or `decision` of missed days."""
        if days:
            await change_withdrawals(self._connection, days, changes)
            self._state.withdrawals = tuple(
                replace(row, **changes) if (row.series, row.date) in days else row
                for row in self.withdrawals
            )

    async def forget_missed(self, days: Collection[tuple[str, Day]]) -> None:
        """Forget that days were missed or withdrawn: they are back."""
        if days:
            await forget_missed(self._connection, days)
            self._state.withdrawals = tuple(
                row for row in self.withdrawals if (row.series, row.date) not in days
            )

    async def audit(self, actor: str, action: str, detail: str, *, outcome: str = "done") -> None:
        """Note who did what from where (`CALLER`), why, and how it ended."""
        row = {"at": self.recorded_at, "actor": actor, "action": action, "detail": detail}
        row |= {"caller": CALLER.get(), "outcome": outcome}
        await self._connection.execute(insert(schema.audit).values(row))

    async def announce_later(self) -> None:
        """Leave a backfill's chunk to the one `HistoryReload` that ends it (rule 2).

        The record notes that rows wait, so that any later leader announces them.
        """
        self._close()
        noted = update(schema.head).values(unannounced_at=self.recorded_at)
        await self._connection.execute(noted)

    async def announce(
        self,
        kind: type[E],
        *,
        status: SyncStatus,
        averages: tuple[Average, ...] | None = None,
        ended_days: tuple[DataStatusDay, ...] = (),
        **fields: Any,
    ) -> E:
        """Raise the head by an event of `kind` (rule 1) and write what changes; once, last."""
        self._close()
        if "observations" in fields:
            fields["observations"] = self._placed(fields["observations"])
        event = kind(
            event_id=self._event_id,
            timeline=self._timeline,
            position=self.head.position + 1,
            previous=Previous(self._previous, self.head.position, self.head.event_id),
            recorded_at=self.recorded_at,
            status=status,
            averages=averages,
            ended_days=ended_days,
            traceparent=self._traceparent,
            **fields,
        )
        self._check_complete(event)
        await write_announcement(self._connection, event, first=self.status is None)
        self.head_after = event.head
        self._state.status = event.status
        if isinstance(event, CalendarChanged):
            self._state.calendar = event.calendar
        return event

    async def restart_timeline(self, above: int) -> Head:
        """Raise the timeline above `above` and announce it with the current status (rule 9).

        The event before is the outbox's newest, also where the head's timeline was raised by hand.
        """
        self._previous = self._state.newest_timeline or self.head.timeline
        self._timeline = max(self.head.timeline, above) + 1
        if self.status is not None:
            return (await self.announce(TimelineChanged, status=self.status)).head
        await self._connection.execute(update(schema.head).values(timeline=self._timeline))
        self.head_after = msgspec.structs.replace(self.head, timeline=self._timeline)
        return self.head_after

    def check_announced(self) -> None:
        """Raise RuntimeError if observations were added that no event announces (rule R3)."""
        if self._added and not self._closed:
            raise RuntimeError("observations were added and not announced")

    def _placed(self, observations: Iterable[Observation]) -> tuple[Observation, ...]:
        """Return the observations at the position that announces them.

        It is the next event's: nothing else is announced before a backfill's chunks are.
        """
        following = self.head.position + 1
        return tuple(msgspec.structs.replace(row, position=following) for row in observations)

    def _close(self) -> None:
        if self._closed:
            raise RuntimeError("a recording is announced once")
        self._closed = True

    def _check_complete(self, event: Event) -> None:
        """Workers would never get an observation that the event leaves out."""
        if isinstance(event, RELOADS):
            return
        announced = event.observations if isinstance(event, ObservationsRecorded) else ()
        if self.unannounced or set(announced) != set(self._added):
            raise RuntimeError("the event does not announce all that was recorded")


def _keeping(dialect: str, row: dict[str, Any], *, whole: bool) -> Insert:
    """Return the statement that inserts a raw answer, or notes that it came again: one round trip.

    At most once a day, since most polls bring the same answer. One that is `whole` replaces what is
    there.
    """
    payloads, at = schema.payloads, row["received_at"]
    instant = payloads.c.received_at.type
    last_seen = func.coalesce(payloads.c.last_seen, payloads.c.received_at)
    is_due = last_seen <= literal(at - ONE_DAY, instant)
    changes: dict[str, Any] = {
        "last_seen": case((is_due, literal(at, instant)), else_=payloads.c.last_seen)
    }
    if dialect == "mysql":
        adding = mysql.insert(payloads).values(row)
        return adding.on_duplicate_key_update(changes | _body_of(adding.inserted, whole=whole))
    keeping = sqlite.insert(payloads).values(row)
    return keeping.on_conflict_do_update(
        index_elements=[payloads.c.sha256],
        set_=changes | _body_of(keeping.excluded, whole=whole),
        where=None if whole else is_due,
    )


def _body_of(row: Any, *, whole: bool) -> dict[str, Any]:
    """Return the change of the body to that of the row that is there already."""
    return {"body": row.body} if whole else {}
