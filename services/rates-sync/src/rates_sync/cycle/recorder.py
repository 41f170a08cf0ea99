"""Records and announces; all events are created here, except `TimelineChanged`.

Each method of `Recorder` is one fenced transaction that awaits only the database (protocol rule 2).
`Recorder.health` changes only after the commit. So no status claims an answer that was not
recorded.
"""

import asyncio
import dataclasses
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import date as Day
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, TypeVar

import msgspec

from rates_contracts.averages import Average
from rates_contracts.calendar import BankCalendar, DeclaredClosure, mexico_day
from rates_contracts.events import (
    CalendarChanged,
    Event,
    HistoryReload,
    ObservationsRecorded,
    StatusChanged,
)
from rates_contracts.observation import FIX, Observation
from rates_contracts.status import SyncStatus, Upstream
from rates_sync.banxico.series import SERIES
from rates_sync.clock import Clock
from rates_sync.cycle.comparison import Changes, compare
from rates_sync.cycle.knowledge import read_knowledge
from rates_sync.errors import AlreadyClosed, HasFix, NotDeclared
from rates_sync.store.fence import Fence
from rates_sync.store.record import Record
from rates_sync.store.recording import Recording
from rates_sync.timetable.averages import averages_ahead, first_day_needed
from rates_sync.timetable.calendar import bank_calendar
from rates_sync.timetable.schedule import ScheduleInputs
from rates_sync.timetable.status import (
    SeriesKnowledge,
    StatusOrigin,
    UpstreamHealth,
    Verification,
    new_day,
    status_of,
    worth_an_event,
)
from rates_sync.upstream import MAX_RAW, Answer, Rejected

LOOK_BACK = timedelta(days=15)
"""How far before an answer the record is read, to find the value before its first day."""

K = TypeVar("K", ObservationsRecorded, StatusChanged, CalendarChanged)


class AnnounceMode(Enum):
    """How an answer's changes are announced; a backfill is announced once (protocol rule 2)."""

    POLL = "poll"
    CHUNK = "chunk"
    LAST_CHUNK = "last_chunk"


@dataclasses.dataclass(frozen=True, slots=True)
class Additions:
    """What a recording added: observations of new days, corrections, data newly quarantined."""

    new: int = 0
    corrections: int = 0
    rejected: tuple[Rejected, ...] = ()
    suspicious: tuple[Rejected, ...] = ()


class Recorder:
    """The recorder of the instance that holds `fence`; `on_event` is called with committed events.

    `health`, `schedule_inputs` and `timeline` are as of the last transaction, `begun` tells whether
    the whole status was recorded. Methods raise `LeaseLost` and `StoreUnavailable`; then nothing is
    recorded.
    """

    def __init__(
        self,
        record: Record,
        fence: Fence,
        origin: StatusOrigin,
        clock: Clock,
        on_event: Callable[[Event], None],
    ) -> None:
        self._record, self._fence, self._origin = record, fence, origin
        self._clock, self._on_event = clock, on_event
        self._lock = asyncio.Lock()
        self.health = UpstreamHealth()
        self.schedule_inputs = ScheduleInputs(bank_calendar(mexico_day(clock())), None, None)
        self.timeline = 0
        self.begun = False

    async def begin(self) -> None:
        """Record the whole status, whatever the last leader recorded (protocol rule 3)."""
        async with self._session() as session:
            old = await session.recording.status()
            if old is not None:
                session.health = _inherited(old).believed_at(self._clock())
            if await session.recording.calendar() is None:
                await session.announce(CalendarChanged, calendar=await session.calendar())
            else:
                await session.announce(StatusChanged)
        await self.renew_calendar()
        self.begun = True

    async def renew_calendar(self) -> None:
        """Record the edition of the bank calendar if it is a new one; the old ones are kept."""
        newer = bank_calendar(mexico_day(self._clock()))
        async with self._session() as session:
            recorded = await session.calendar()
            if _edition(recorded) != _edition(newer):
                calendar = recorded.replaced_by(newer, session.recording.recorded_at)
                await session.announce(CalendarChanged, calendar=calendar)

    async def note(self, **changes: Any) -> None:
        """Change fields of `health`, and announce that if workers need it (protocol rule 5)."""
        async with self._session(**changes) as session:
            await session.announce_if_worth()

    async def note_failure(self, upstream: Upstream, body: bytes, reason: str) -> bool:
        """Note that a request failed, and quarantine its answer (rule R10).

        Return whether something was quarantined: a repeat is not.
        """
        async with self._session(upstream=upstream) as session:
            await session.announce_if_worth()
            if not body:
                return False
            sha256 = hashlib.sha256(body).hexdigest()
            await session.recording.keep_payload(sha256, body, self._clock())
            datum = Rejected("", None, body[:MAX_RAW].decode("utf-8", "replace"), reason)
            return await session.recording.quarantine(datum, sha256)

    async def record(
        self, answer: Answer, mode: AnnounceMode, *, trusted: bool = False
    ) -> Additions:
        """Record what `answer` changes and announce it; a poll also verifies all known values."""
        now = Verification(answer.received_at)
        verified = {"verifications": dict.fromkeys(SERIES, now), "upstream": "ok"}
        async with self._session(**verified if mode is AnnounceMode.POLL else {}) as session:
            recording = session.recording
            await recording.keep_payload(answer.sha256, answer.body, answer.received_at)
            known = await _known(recording, answer)
            changes = compare(answer, known, recording.recorded_at, trusted=trusted)
            await recording.add(changes.observations)
            await session.announce_changes(changes, mode)
            return await _additions(recording, answer, changes)

    async def declare_closed(self, day: Day, reason: str, actor: str) -> None:
        """Declare a banking day closed, audited. Raises `AlreadyClosed` or `HasFix`."""
        async with self._session() as session:
            calendar, recording = await session.calendar(), session.recording
            if not calendar.is_banking_day(day):
                raise AlreadyClosed(f"Banks are closed on {day} already.")
            if await recording.newest(FIX, day, day):
                raise HasFix(f"Banks were open on {day}: it has a FIX.")
            closure = DeclaredClosure(day, reason, recording.recorded_at)
            declared = msgspec.structs.replace(calendar, declared=(*calendar.declared, closure))
            await recording.audit(actor, "close-day", f"{day}: {reason}")
            await session.announce(CalendarChanged, calendar=declared)

    async def reopen(self, day: Day, reason: str, actor: str) -> None:
        """Undo the declaration that closed `day`, audited. Raises `NotDeclared`."""
        async with self._session() as session:
            calendar, recording = await session.calendar(), session.recording
            undone = [closure for closure in calendar.declared if closure.date == day]
            if not undone:
                raise NotDeclared(f"Nobody has declared {day} closed.")
            await recording.audit(actor, "reopen-day", f"{day}: {reason}")
            reopened = _reopened(calendar, undone[0], recording.recorded_at)
            await session.announce(CalendarChanged, calendar=reopened)

    async def audit(self, actor: str, action: str, detail: str) -> None:
        """Note what an operator did."""
        async with self._session() as session:
            await session.recording.audit(actor, action, detail)

    async def newest_fix_day(self) -> Day | None:
        """Return the last day with a FIX, None in an empty record."""
        return await self._record.newest_day(FIX)

    async def days(self, first: Day, last: Day) -> list[Day]:
        """Return the days from `first` to `last` that have a FIX, ascending."""
        async with self._session() as session:
            return [row.date for row in await session.recording.newest(FIX, first, last)]

    @asynccontextmanager
    async def _session(self, **changes: Any) -> AsyncIterator["Session"]:
        """Open a transaction; after its commit take over its health and announce its event."""
        async with self._lock:
            async with self._record.recording(self._fence) as recording:
                now = self._clock()
                health = dataclasses.replace(self.health, **changes).believed_at(now)
                session = Session(recording, self._origin, health, now)
                yield session
                inputs = await session.schedule_inputs()
            self.health, self.schedule_inputs = session.health, inputs
            self.timeline = recording.head.timeline
        if session.event is not None:
            self._on_event(session.event)


class Session:
    """An open recording and its event, with that event's status and averages.

    `health` is the health after the commit. Everything is read through the recording, under the
    fence (protocol rule 2).
    """

    def __init__(
        self, recording: Recording, origin: StatusOrigin, health: UpstreamHealth, now: datetime
    ) -> None:
        self.recording, self.health = recording, health
        self.event: Event | None = None
        self._origin, self._now = origin, now

    async def calendar(self) -> BankCalendar:
        """Return the recorded calendar; before the first, the library's."""
        return await self.recording.calendar() or bank_calendar(mexico_day(self._now))

    async def schedule_inputs(self) -> ScheduleInputs:
        """Return what decides the next poll."""
        newest = (await self.known())[FIX].newest_seen_day
        return ScheduleInputs(await self.calendar(), newest, self.health.verified_at)

    async def known(self) -> dict[str, SeriesKnowledge]:
        """Return what the record holds of each series."""
        return await read_knowledge(self.recording, tuple(SERIES))

    async def announce(self, kind: type[K], **fields: Any) -> None:
        """Announce an event of `kind` with the whole status (rule R3).

        If an interrupted backfill left unannounced rows, a reload is announced instead. It covers
        everything except a calendar, which is announced separately.
        """
        calendar = fields.get("calendar") or await self.calendar()
        status = await self._status(calendar)
        averages = await self._averages(calendar, status, kind)
        if self.recording.unannounced:
            await self.reload(status)
        else:
            self.event = await self.recording.announce(
                kind, status=status, averages=averages, **fields
            )

    async def announce_if_worth(self) -> None:
        """Announce only the status, if workers need it (protocol rule 5)."""
        status = await self._status(await self.calendar())
        if worth_an_event(await self.recording.status(), status):
            await self.announce(StatusChanged)

    async def announce_changes(self, changes: Changes, mode: AnnounceMode) -> None:
        """Announce all changes as one event (rule R3); a chunk leaves that to the last chunk."""
        added = bool(changes.observations)
        if mode is AnnounceMode.CHUNK:
            if added:
                await self.recording.announce_later()
        elif mode is AnnounceMode.LAST_CHUNK and (added or self.recording.unannounced):
            await self.reload()
        elif added:
            await self.announce(ObservationsRecorded, observations=changes.observations)
        else:
            await self.announce_if_worth()

    async def reload(self, status: SyncStatus | None = None) -> None:
        """Announce that workers must reload the record (protocol rule 2)."""
        calendar = await self.calendar()
        self.event = await self.recording.announce(
            HistoryReload,
            status=status or await self._status(calendar),
            averages=await self._averages_ahead(calendar),
        )

    async def _status(self, calendar: BankCalendar) -> SyncStatus:
        known = await self.known()
        return status_of(self._origin, self.health, calendar, known, self._now)

    async def _averages(
        self, calendar: BankCalendar, status: SyncStatus, kind: type[K]
    ) -> tuple[Average, ...] | None:
        """Return the table if it may have changed; a new day extends it."""
        old = await self.recording.status()
        if kind is StatusChanged and old is not None and not new_day(old, status):
            return None
        return await self._averages_ahead(calendar)

    async def _averages_ahead(self, calendar: BankCalendar) -> tuple[Average, ...]:
        first, last = first_day_needed(self._now), mexico_day(self._now)
        newest = await self.recording.newest(FIX, first, last)
        return averages_ahead(calendar, [(row.date, row.value) for row in newest], self._now)


def _edition(calendar: BankCalendar) -> tuple[str, Day, Day, tuple[Day, ...]]:
    """Return what makes an edition, whatever operators declared."""
    return calendar.version, calendar.first, calendar.last, calendar.closed


def _reopened(calendar: BankCalendar, closure: DeclaredClosure, at: datetime) -> BankCalendar:
    """Return `calendar` without `closure`, which was in force until `at`."""
    undone = msgspec.structs.replace(closure, reopened_at=at)
    return msgspec.structs.replace(
        calendar,
        declared=tuple(row for row in calendar.declared if row != closure),
        reopened=(*calendar.reopened, undone),
    )


def _inherited(old: SyncStatus) -> UpstreamHealth:
    """Return what a new leader takes over; a status of the first edition speaks of the FIX only."""
    verifications = {
        name: Verification(series.verified_at, series.unconfirmed_since)
        for name, series in old.series.items()
    }
    if not verifications:
        verifications = dict.fromkeys(SERIES, Verification(old.verified_at))
    return UpstreamHealth(verifications, old.upstream)


async def _known(recording: Recording, answer: Answer) -> dict[str, list[Observation]]:
    """Return the recorded observations around the days of `answer`."""
    days = [row.date for row in answer.published]
    if not days:
        return {}
    first, last = min(days) - LOOK_BACK, max(days)
    return {series: await recording.newest(series, first, last) for series in SERIES}


async def _additions(recording: Recording, answer: Answer, changes: Changes) -> Additions:
    """Quarantine unusable data (rule R10) and count; a repeat is not counted again."""

    async def quarantined(data: Iterable[Rejected]) -> tuple[Rejected, ...]:
        return tuple([row for row in data if await recording.quarantine(row, answer.sha256)])

    new = sum(row.revision == 1 for row in changes.observations)
    return Additions(
        new=new,
        corrections=len(changes.observations) - new,
        rejected=await quarantined(answer.rejected),
        suspicious=await quarantined(changes.suspicious),
    )
