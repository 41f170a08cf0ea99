"""One recording transaction: adds rows and announces them with an event (rule R3).

It runs under the fence and never commits itself.
"""

from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from datetime import date as Day
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar

import msgspec
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from rates_contracts.averages import Average
from rates_contracts.calendar import ONE_DAY, BankCalendar
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
from rates_contracts.status import SyncStatus
from rates_sync.store import schema
from rates_sync.store.announcement import write_announcement
from rates_sync.store.review import put_in_quarantine
from rates_sync.store.rows import (
    read_calendar,
    read_head_and_pending,
    read_kept_calendar,
    read_neighbours,
    read_newest,
    read_newest_day,
    read_status,
)
from rates_sync.upstream import Rejected

MAX_KEPT = 1024 * 1024
"""Bytes of a raw answer: no real one is longer, and to escape 8 MiB for MySQL takes a second."""

E = TypeVar(
    "E", ObservationsRecorded, StatusChanged, CalendarChanged, HistoryReload, TimelineChanged
)
CALLER: ContextVar[str | None] = ContextVar("caller", default=None)
"""The address from which the action that is being recorded was asked for; None for our own."""
RELOADS = (HistoryReload, TimelineChanged)
"""Events after which every worker reloads the record."""


class Recording:
    """An open recording; the reads that new data is compared with go through it (rule 2).

    `head` was read under the fence. All added rows carry `recorded_at`. `unannounced` is true if a
    backfill left rows that no event has announced: the next event must be a `HistoryReload`.
    `restarted` is true if the record was restored and this transaction began a new timeline;
    `head_after` is the head that it leaves.
    """

    def __init__(
        self,
        connection: AsyncConnection,
        head: Head,
        recorded_at: datetime,
        *,
        unannounced: bool,
        event_id: str,
        traceparent: str | None,
        restarted: bool = False,
    ) -> None:
        self.head, self.recorded_at, self.unannounced = head, recorded_at, unannounced
        self.head_after, self.restarted = head, restarted
        self._connection, self._event_id, self._traceparent = connection, event_id, traceparent
        self._timeline = self._previous = head.timeline
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
        """Read the head; the lease row is locked already.

        Protocol rule 4: `recorded_at` rises strictly, also when the clock goes back.
        """
        head, unannounced_at = await read_head_and_pending(connection)
        latest = unannounced_at or head.recorded_at
        return cls(
            connection,
            head,
            max(now, latest + timedelta(microseconds=1)),
            unannounced=unannounced_at is not None,
            event_id=event_id,
            traceparent=traceparent,
            restarted=restarted,
        )

    async def is_raised(self) -> bool:
        """Tell whether the head's timeline was raised by hand: it has no event yet (rule 42)."""
        newest = await self._newest_timeline()
        return newest is not None and newest < self.head.timeline

    async def _newest_timeline(self) -> int | None:
        newest = select(func.max(schema.outbox.c.timeline))
        timeline: int | None = await self._connection.scalar(newest)
        return timeline

    async def status(self) -> SyncStatus | None:
        """Return the newest status, None before the first event."""
        return await read_status(self._connection)

    async def calendar(self) -> BankCalendar | None:
        """Return the bank calendar, None before the first."""
        return await read_calendar(self._connection)

    async def kept_calendar(self) -> BankCalendar | None:
        """Return the bank calendar as last recorded with all of its versions, None before that."""
        return await read_kept_calendar(self._connection)

    async def newest(self, series: str, first: Day, last: Day) -> list[Observation]:
        """Return the newest revision of each day from `first` to `last`, ascending."""
        return list(await read_newest(self._connection, series, first, last))

    async def newest_day(self, series: str) -> Day | None:
        """Return the last day of `series` with an observation."""
        return await read_newest_day(self._connection, series)

    async def neighbours(self, series: str, first: Day, last: Day) -> tuple[Day, ...]:
        """Return the last day before `first` and the first after `last` with an observation."""
        return await read_neighbours(self._connection, series, first, last)

    async def keep_payload(self, sha256: str, body: bytes, received_at: datetime) -> None:
        """Keep a raw answer, once, before the observations that refer to it.

        One above `MAX_KEPT` is kept by its beginning, under the hash of the whole. For one that is
        there already, note once a day that it came again (protocol rule 46).
        """
        payloads, key = schema.payloads, schema.payloads.c.sha256 == sha256
        known = select(func.coalesce(payloads.c.last_seen, payloads.c.received_at)).where(key)
        seen: datetime | None = await self._connection.scalar(known)
        if seen is None:
            row = {"sha256": sha256, "body": body[:MAX_KEPT], "received_at": received_at}
            await self._connection.execute(insert(payloads).values(row))
        elif received_at - seen >= ONE_DAY:
            again = update(payloads).where(key).values(last_seen=received_at)
            await self._connection.execute(again)

    async def add(self, observations: Sequence[Observation]) -> None:
        """Append observations or revisions; each carries this recording's `recorded_at`.

        Raises ValueError for another instant, `StoreRefused` for a revision already recorded.
        """
        if any(row.recorded_at != self.recorded_at for row in observations):
            raise ValueError("an observation is recorded when its recording is (rule 4)")
        if observations:
            rows = [msgspec.structs.asdict(row) for row in observations]
            await self._connection.execute(insert(schema.observations), rows)
            self._added += observations

    @property
    def connection(self) -> AsyncConnection:
        """The open transaction, for the rows of `coverage` and `review`."""
        return self._connection

    async def quarantine(
        self, data: Iterable[Rejected], payload_sha256: str
    ) -> tuple[Rejected, ...]:
        """Keep what is set aside, with the reason (rule R10); return what is no repeat."""
        return await put_in_quarantine(self._connection, data, payload_sha256, self.recorded_at)

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
        **fields: Any,
    ) -> E:
        """Raise the head by an event of `kind` (rule 1) and write what changes; once, last."""
        self._close()
        event = kind(
            event_id=self._event_id,
            timeline=self._timeline,
            position=self.head.position + 1,
            previous=Previous(self._previous, self.head.position, self.head.event_id),
            recorded_at=self.recorded_at,
            status=status,
            averages=averages,
            traceparent=self._traceparent,
            **fields,
        )
        self._check_complete(event)
        await write_announcement(self._connection, event)
        self.head_after = event.head
        return event

    async def restart_timeline(self, above: int) -> Head:
        """Raise the timeline above `above` and announce it with the current status (rule 9).

        The event before is the outbox's newest, also where the head's timeline was raised by hand.
        """
        self._previous = await self._newest_timeline() or self.head.timeline
        self._timeline = max(self.head.timeline, above) + 1
        status = await self.status()
        if status is not None:
            return (await self.announce(TimelineChanged, status=status)).head
        await self._connection.execute(update(schema.head).values(timeline=self._timeline))
        self.head_after = msgspec.structs.replace(self.head, timeline=self._timeline)
        return self.head_after

    def check_announced(self) -> None:
        """Raise RuntimeError if observations were added that no event announces (rule R3)."""
        if self._added and not self._closed:
            raise RuntimeError("observations were added and not announced")

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
