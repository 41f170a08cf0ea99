"""Records and announces; all events are created here, except `TimelineChanged`.

Each method of `Recorder` is one fenced transaction that awaits only the database (protocol rule 2).
`Recorder.health` changes only after the commit. So no status claims an answer that was not
recorded.
"""

import asyncio
import dataclasses
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date as Day
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

import msgspec

from rates_contracts.averages import Average
from rates_contracts.calendar import ONE_DAY, BankCalendar, DeclaredClosure, mexico_day
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
from rates_sync.cycle.comparison import MAX_REST, Changes
from rates_sync.cycle.coverage import covered, holes, silences
from rates_sync.cycle.judgement import SEEN_TWICE_AFTER, Judgement, judge
from rates_sync.cycle.knowledge import (
    apply_judgement,
    read_confirmable,
    read_context,
    read_knowledge,
)
from rates_sync.cycle.raw_answers import RawAnswers
from rates_sync.cycle.receipts import Receipts
from rates_sync.errors import AlreadyClosed, ClockWrong, HasFix, NotDeclared, NotFinal
from rates_sync.store.coverage import Span, merged
from rates_sync.store.fence import Fence
from rates_sync.store.record import Record
from rates_sync.store.recording import Recording
from rates_sync.timetable.averages import averages_ahead, first_day_needed
from rates_sync.timetable.calendar import bank_calendar, restored
from rates_sync.timetable.data_status import counted
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
from rates_sync.upstream import Answer, Rejected

K = TypeVar("K", ObservationsRecorded, StatusChanged, CalendarChanged)
E = TypeVar("E", ObservationsRecorded, StatusChanged, CalendarChanged, HistoryReload)


class AnnounceMode(Enum):
    """How an answer's changes are announced; a backfill is announced once (protocol rule 2)."""

    POLL = "poll"
    CHUNK = "chunk"
    LAST_CHUNK = "last_chunk"
    SLICE = "slice"
    """Of known history: announced like a poll's, and verifies nothing (protocol rule 30)."""


BACKFILL = (AnnounceMode.CHUNK, AnnounceMode.LAST_CHUNK)
"""Signing would slow it: the night signs what it brings."""


@dataclasses.dataclass(frozen=True, slots=True)
class Additions:
    """What a recording added: observations of new days, corrections, data newly quarantined.

    `confirmed` are the series of which the answer showed the newest known day or a later one.
    `distrusted` tells that it lacked more known FIX days than are believed to be withdrawn.
    """

    new: int = 0
    corrections: int = 0
    quarantined: tuple[Rejected, ...] = ()
    confirmed: frozenset[str] = frozenset()
    distrusted: bool = False


async def hear_nothing(_answer: Answer) -> None:
    """Believe this instance's clock, whatever an answer says of the time."""


class Recorder:
    """The recorder of the instance that holds `fence`; `on_event` is called with committed events.

    `on_restored` is called after a transaction that found the record restored; `hear` with each
    answer before it is recorded, and raises `ClockWrong`. `receipts` signs what is recorded; None
    until it is set, before `begin`, if anything is to be signed. `clock` returns the time to date
    the record by (aware UTC). `health` and `schedule_inputs` are as of the last transaction,
    `begun` tells whether the whole status was recorded. Methods raise `LeaseLost`,
    `StoreUnavailable` and, of what comes from outside, `StoreRefused`; then nothing is recorded.
    """

    def __init__(
        self,
        record: Record,
        fence: Fence,
        origin: StatusOrigin,
        clock: Clock,
        on_event: Callable[[Event], None],
        on_restored: Callable[[], None] = lambda: None,
        *,
        hear: Callable[[Answer], Awaitable[None]] = hear_nothing,
    ) -> None:
        self._record, self._fence, self._origin = record, fence, origin
        self._clock, self._on_event, self._on_restored = clock, on_event, on_restored
        self._hear = hear
        self._lock = asyncio.Lock()
        self._raw_answers = RawAnswers()
        self.health = UpstreamHealth()
        self.schedule_inputs = ScheduleInputs(bank_calendar(mexico_day(clock())), None, None)
        self.begun = False
        self.receipts: Receipts | None = None

    async def begin(self) -> None:
        """Record the whole status, whatever the last leader recorded (protocol rule 3)."""
        if self.receipts is not None:
            await self.receipts.take_key()
        async with self.session() as session:
            old = session.recording.status
            if old is not None:
                session.health = _inherited(old, self._origin).believed_at(self._clock())
            if session.recording.calendar is None:
                await session.announce(CalendarChanged, calendar=session.calendar)
            else:
                await session.announce(StatusChanged)
        await self.renew_calendar()
        self.begun = True

    async def renew_calendar(self) -> None:
        """Record the version of the bank calendar if it is a new one; the old ones are kept.

        Those that an older release of rates-sync has dropped are restored.
        """
        newer = bank_calendar(mexico_day(self._clock()))
        async with self.session() as session:
            recorded, recording = session.calendar, session.recording
            kept = await recording.kept_calendar()
            calendar = restored(recorded, kept, recording.recorded_at)
            if _version(calendar) != _version(newer):
                calendar = calendar.replaced_by(newer, recording.recorded_at)
            calendar = msgspec.structs.replace(calendar, names=newer.names)
            if calendar != recorded:
                await session.announce(CalendarChanged, calendar=calendar)

    async def note(self, **changes: Any) -> None:
        """Change fields of `health`, and announce that if workers need it (protocol rule 5)."""
        async with self.session(**changes) as session:
            await session.announce_if_worth()

    async def note_failure(self, upstream: Upstream, body: bytes, at: datetime) -> None:
        """Note that a request failed, and keep what was answered `at` (UTC)."""
        async with self.session(upstream=upstream) as session:
            await session.announce_if_worth()
            if body:
                sha256 = hashlib.sha256(body).hexdigest()
                await self._keep(session, sha256, body, min(at, session.now))

    async def record(
        self, answer: Answer, mode: AnnounceMode, *, trusted: bool = False
    ) -> Additions:
        """Record what `answer` changes and announce it; a poll's answer also verifies.

        It verifies only the series that it confirms (protocol rule 27). Raises `ClockWrong` if
        nothing may be recorded: then only the raw answer is kept (rule 33).
        """
        await self._check_clock(answer)
        async with self.session() as session:
            recording = session.recording
            came_at = session.came_at(answer)
            calendar = session.calendar
            context = await read_context(recording, answer, came_at, tuple(SERIES), calendar)
            judgement = judge(answer, context, trusted=trusted)
            needed = bool(judgement.changes.observations)
            await self._keep(session, answer.sha256, answer.body, came_at, needed=needed)
            await recording.add(judgement.changes.observations)
            if mode not in BACKFILL:
                await session.sign(judgement.changes.observations)
            quarantined = await apply_judgement(recording, answer, judgement)
            if not judgement.distrusted:
                await session.cover(answer)
            if mode is AnnounceMode.POLL:
                session.health = _after(session.health, judgement.confirmed, came_at)
            await session.announce_changes(judgement.changes, mode)
            return _additions(judgement, quarantined)

    async def _check_clock(self, answer: Answer) -> None:
        try:
            await self._hear(answer)
        except ClockWrong:
            async with self.session() as session:
                await self._keep(session, answer.sha256, answer.body, session.now)
            raise

    async def _keep(
        self, session: "Session", sha256: str, body: bytes, at: datetime, *, needed: bool = False
    ) -> None:
        """Keep a raw answer, whole if it is `needed`; else as much as the day has room for."""
        kept = self._raw_answers.bounded(sha256, body, session.today, needed=needed)
        await session.recording.keep_payload(sha256, kept, at, whole=needed)

    async def declare_closed(self, day: Day, reason: str, actor: str) -> None:
        """Declare a banking day closed, audited. Raises `AlreadyClosed` or `HasFix`.

        A FIX is no obstacle once an operator has accepted that the source withdrew it.
        """
        async with self.session() as session:
            calendar, recording = session.calendar, session.recording
            if not calendar.is_banking_day(day):
                raise AlreadyClosed(f"Banks are closed on {day} already.")
            if await recording.newest(FIX, day, day) and not session.was_withdrawn(day):
                raise HasFix(f"Banks were open on {day}: it has a FIX.")
            closure = DeclaredClosure(day, reason, recording.recorded_at)
            declared = msgspec.structs.replace(calendar, declared=(*calendar.declared, closure))
            await recording.audit(actor, "close-day", f"{day}: {reason}")
            await session.announce(CalendarChanged, calendar=declared)

    async def reopen(self, day: Day, reason: str, actor: str) -> None:
        """Undo the declaration that closed `day`, audited. Raises `NotDeclared`."""
        async with self.session() as session:
            calendar, recording = session.calendar, session.recording
            undone = [closure for closure in calendar.declared if closure.date == day]
            if not undone:
                raise NotDeclared(f"Nobody has declared {day} closed.")
            await recording.audit(actor, "reopen-day", f"{day}: {reason}")
            reopened = _reopened(calendar, undone[0], recording.recorded_at)
            await session.announce(CalendarChanged, calendar=reopened)

    @property
    def signs_with(self) -> str | None:
        """The `kid` of the key that receipts are signed with now, None without one."""
        signer = None if self.receipts is None else self.receipts.signer
        return None if signer is None else signer.key.kid

    async def sign_history(self) -> int:
        """Sign what has no valid receipt, by a key that is read anew; return how many.

        Raises `LeaseLost`, `StoreUnavailable`.
        """
        return 0 if self.receipts is None else await self.receipts.sign_history()

    async def audit(self, actor: str, action: str, detail: str, *, outcome: str = "done") -> None:
        """Note what an operator did, and how it ended."""
        async with self.session() as session:
            await session.recording.audit(actor, action, detail, outcome=outcome)

    async def newest_known(self) -> dict[str, Day | None]:
        """Return the day of each series that an answer must show to confirm it (rule 27)."""
        async with self.session() as session:
            return await read_confirmable(session.recording, tuple(SERIES))

    async def holes(self, span: Span) -> tuple[Span, ...]:
        """Return the days of `span` that no answer has covered for both series, ascending.

        None after yesterday: the values of today may still come.
        """
        last = min(span.last, mexico_day(self._clock()) - ONE_DAY)
        if last < span.first:
            return ()
        return holes(Span(span.first, last), SERIES, await self._record.coverage())

    async def missed(self) -> tuple[Span, ...]:
        """Return the known days that an answer lacked long enough ago for the second look.

        Each with the days on which its FIX settles, ascending (protocol rule 27).
        """
        now = self._clock()
        return merged(
            Span(row.date, row.date + MAX_REST)
            for row in await self._record.withdrawals()
            if not row.settled and now - row.first_missed_at >= SEEN_TWICE_AFTER
        )

    async def accept_history(self, span: Span, actor: str) -> None:
        """Count `span` as covered for both series, audited: what is not recorded has no value.

        Raises `NotFinal` if it reaches beyond the newest known FIX, or beyond yesterday.
        """
        async with self.session() as session:
            recording = session.recording
            newest = await recording.newest_day(FIX) or Day.min
            last = min(newest, session.today - ONE_DAY)
            if span.last > last:
                raise NotFinal(f"Values of days after {last} may still be published.")
            await recording.audit(actor, "history-accept", f"{span.first} to {span.last}")
            await recording.cover(dict.fromkeys(SERIES, (span,)))
            await session.announce_if_worth()

    @asynccontextmanager
    async def session(self, **changes: Any) -> AsyncIterator["Session"]:
        """Open a transaction; after its commit take over its health and announce its event."""
        async with self._lock:
            async with self._record.recording(self._fence) as recording:
                now = self._clock()
                health = dataclasses.replace(self.health, **changes).believed_at(now)
                session = Session(recording, self._origin, health, now, self.receipts)
                yield session
                inputs = await session.schedule_inputs()
            self.health, self.schedule_inputs = session.health, inputs
        if recording.restarted:
            self._on_restored()
        if session.event is not None:
            self._on_event(session.event)


class Session:
    """An open recording and its event, with that event's status and averages.

    `health` is the health after the commit, `now` the instant (UTC) at which it began. Everything
    is read through the recording, under the fence (protocol rule 2).
    """

    def __init__(
        self,
        recording: Recording,
        origin: StatusOrigin,
        health: UpstreamHealth,
        now: datetime,
        receipts: Receipts | None,
    ) -> None:
        self.recording, self.health = recording, health
        self._receipts = receipts
        self.event: Event | None = None
        self._origin, self.now = origin, now
        self._known: dict[str, SeriesKnowledge] | None = None

    @property
    def calendar(self) -> BankCalendar:
        """The recorded calendar; before the first, the library's."""
        return self.recording.calendar or bank_calendar(self.today)

    @property
    def today(self) -> Day:
        """The Mexico City day."""
        return mexico_day(self.now)

    async def schedule_inputs(self) -> ScheduleInputs:
        """Return what decides the next poll."""
        newest = (await self.known())[FIX].newest_seen_day
        return ScheduleInputs(self.calendar, newest, self.health.verified_at, self.health.in_doubt)

    async def known(self) -> dict[str, SeriesKnowledge]:
        """Return what the record holds of each series, read once: after all that changes it."""
        if self._known is None:
            first = self._origin.first_fix_day
            self._known = await read_knowledge(self.recording, tuple(SERIES), first)
        return self._known

    def was_withdrawn(self, day: Day) -> bool:
        """Tell whether an operator has accepted that the source withdrew the FIX of `day`."""
        return any(
            row.in_force and row.decision == "accept" and (row.series, row.date) == (FIX, day)
            for row in self.recording.withdrawals
        )

    def came_at(self, answer: Answer) -> datetime:
        """Return when `answer` came: not after now, also by a clock that is ahead (rule 33)."""
        return min(answer.received_at, self.now)

    async def cover(self, answer: Answer) -> None:
        """Note the days of each series that `answer` covers, and silences (protocol rule 25).

        However late it is recorded: what it lacks of the day it came on may have come after it.
        """
        today, known = mexico_day(self.came_at(answer)), self.recording.coverage
        beside = await self._neighbours(answer)
        spans = {series: covered(answer, series, today) for series in SERIES}
        silent = {
            series: silences(answer, series, today, beside.get(series, ()), known.get(series, ()))
            for series in SERIES
        }
        await self.recording.cover(spans, silent)

    async def _neighbours(self, answer: Answer) -> Mapping[str, tuple[Day, ...]]:
        """A poll begins ten days before the newest known day: no silence goes past its edges."""
        query = answer.query
        if query is None or query.confirms is not None or query.first is None or query.last is None:
            return {}
        return await self.recording.neighbours(tuple(SERIES), query.first, query.last)

    async def sign(self, observations: Sequence[Observation]) -> None:
        """Sign what was added, if it can be signed now."""
        if self._receipts is not None:
            await self._receipts.sign(self.recording.connection, observations, self.now)

    async def announce(self, kind: type[K], **fields: Any) -> None:
        """Announce an event of `kind` with the whole status (rule R3).

        If a backfill left unannounced rows, a reload is announced instead: it covers everything, a
        changed calendar, too.
        """
        calendar = fields.get("calendar") or self.calendar
        if self.recording.unannounced:
            if kind is CalendarChanged:
                await self.recording.save_calendar(calendar)
            await self.reload()
            return
        status = await self._status(calendar)
        averages = await self._averages(calendar, status, kind)
        await self._announce(kind, status, averages=averages, **fields)

    async def announce_if_worth(self) -> None:
        """Announce only the status, if workers need it (protocol rule 5), or rows that wait."""
        status = await self._status(self.calendar)
        if self.recording.unannounced or worth_an_event(self.recording.status, status):
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

    async def reload(self) -> None:
        """Announce that workers must reload the record (protocol rule 2)."""
        status = await self._status(self.calendar)
        averages = await self._averages_ahead(self.calendar)
        await self._announce(HistoryReload, status, averages=averages)

    async def _announce(self, kind: type[E], status: SyncStatus, **fields: Any) -> None:
        recording = self.recording
        old, at = recording.status, recording.recorded_at
        ended, today = counted(old, status, self.calendar, at)
        if old is not None and old.counted is None:
            ended = await recording.ended_days()
        status = msgspec.structs.replace(status, counted=today)
        self.event = await recording.announce(kind, status=status, ended_days=ended, **fields)
        instants = {name: known.complete_at for name, known in (await self.known()).items()}
        await recording.keep_complete_at({name: at for name, at in instants.items() if at})

    async def _status(self, calendar: BankCalendar) -> SyncStatus:
        known = await self.known()
        return status_of(self._origin, self.health, calendar, known, self.now)

    async def _averages(
        self, calendar: BankCalendar, status: SyncStatus, kind: type[K]
    ) -> tuple[Average, ...] | None:
        """Return the table if it may have changed; a new day extends it."""
        old = self.recording.status
        if kind is StatusChanged and old is not None and not new_day(old, status):
            return None
        return await self._averages_ahead(calendar)

    async def _averages_ahead(self, calendar: BankCalendar) -> tuple[Average, ...]:
        first, last = first_day_needed(self.now), mexico_day(self.now)
        newest = await self.recording.newest(FIX, first, last)
        return averages_ahead(calendar, [(row.date, row.value) for row in newest], self.now)


def _version(calendar: BankCalendar) -> tuple[str, Day, Day, tuple[Day, ...]]:
    """Return what makes a version, whatever operators declared."""
    return calendar.version, calendar.first, calendar.last, calendar.closed


def _reopened(calendar: BankCalendar, closure: DeclaredClosure, at: datetime) -> BankCalendar:
    """Return `calendar` without `closure`, which was in force until `at`."""
    undone = msgspec.structs.replace(closure, reopened_at=at)
    return msgspec.structs.replace(
        calendar,
        declared=tuple(row for row in calendar.declared if row != closure),
        reopened=(*calendar.reopened, undone),
    )


def _inherited(old: SyncStatus, origin: StatusOrigin) -> UpstreamHealth:
    """Return what a new leader takes over; a status of the first edition speaks of the FIX only.

    An edge that was not purged before is believed once it accepts a purge (protocol rule 44), a
    clock that was suspect once this leader has heard Banxico (rule 33).
    """
    verifications = {
        name: Verification(series.verified_at, series.unconfirmed_since)
        for name, series in old.series.items()
    }
    if not verifications:
        verifications = dict.fromkeys(SERIES, Verification(old.verified_at))
    refused = origin.edge_purged and not old.edge_purged
    return UpstreamHealth(
        verifications, old.upstream, clock_suspect=old.clock_suspect, purge_refused=refused
    )


def _after(health: UpstreamHealth, confirmed: frozenset[str], at: datetime) -> UpstreamHealth:
    """Return the health after an answer of `at` that confirmed these series, and no other."""
    verifications = {name: health.of(name) for name in SERIES}
    for name, before in verifications.items():
        since = None if name in confirmed else before.unconfirmed_since or at
        verified_at = at if name in confirmed else before.verified_at
        verifications[name] = Verification(verified_at, since)
    return dataclasses.replace(health, verifications=verifications, upstream="ok")


def _additions(judgement: Judgement, quarantined: tuple[Rejected, ...]) -> Additions:
    observations = judgement.changes.observations
    new = sum(row.revision == 1 for row in observations)
    return Additions(
        new=new,
        corrections=len(observations) - new,
        quarantined=quarantined,
        confirmed=judgement.confirmed,
        distrusted=judgement.distrusted,
    )
