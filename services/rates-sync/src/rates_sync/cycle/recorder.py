"""The leader's pen: every event of rates-sync but a new timeline is recorded here.

`cycle`, `backfill` and the operator's actions call it. Each method is one fenced transaction in
which nothing but the database is awaited (protocol rule 2). What this leader knows of Banxico moves
only once that is committed, so that no status claims an answer that was not recorded.
"""

import asyncio
import dataclasses
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date as Day
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import msgspec

from rates_contracts.calendar import DeclaredClosure, mexico_day
from rates_contracts.events import CalendarChanged, Event, ObservationsRecorded, StatusChanged
from rates_contracts.observation import FIX, SETTLEMENT, Observation
from rates_contracts.status import Upstream
from rates_sync.cycle.comparison import News, news_in
from rates_sync.cycle.entry import Entry
from rates_sync.store.record import Fence, Record, Recording
from rates_sync.timetable.calendar import bank_calendar
from rates_sync.timetable.schedule import Known
from rates_sync.timetable.status import Health, Origin
from rates_sync.upstream import Answer, Rejected

SERIES = (FIX, SETTLEMENT)
BEFORE = timedelta(days=15)
"""How far before an answer the record is read, for the value that a first day moved from."""


LONGEST_RAW = 200
"""Characters of an unusable answer that the quarantine shows; the whole is kept as a payload."""


class Manner(Enum):
    """How an answer's news are announced; a backfill ends with one event (protocol rule 2)."""

    POLL = "poll"
    CHUNK = "chunk"
    LAST_CHUNK = "last_chunk"


@dataclasses.dataclass(frozen=True, slots=True)
class Recorded:
    """What a recording added: observations of new days, corrections, data set aside anew."""

    new: int = 0
    corrections: int = 0
    rejected: tuple[Rejected, ...] = ()
    suspicious: tuple[Rejected, ...] = ()


class Recorder:
    """The pen of the instance that holds `fence`; `told` hears of each event once committed.

    `known` and `timeline` are as of the last transaction. Methods raise `LeaseLost` and
    `StoreUnavailable`; then nothing is recorded.
    """

    def __init__(
        self,
        record: Record,
        fence: Fence,
        origin: Origin,
        clock: Callable[[], datetime],
        told: Callable[[Event], None],
    ) -> None:
        self._record, self._fence, self._origin = record, fence, origin
        self._clock, self._told = clock, told
        self._lock = asyncio.Lock()
        self.health = Health()
        self.known = Known(bank_calendar(mexico_day(clock())), None, None)
        self.timeline = 0

    async def begin(self) -> None:
        """Record the whole status, whatever the last leader left behind (protocol rule 3)."""
        async with self._entry() as entry:
            old = await entry.recording.status()
            if old is not None:
                entry.health = Health(old.verified_at, old.upstream)
            edition = await entry.edition()
            if await entry.recording.calendar() is None:
                await entry.announce(CalendarChanged, calendar=edition)
            else:
                await entry.announce(StatusChanged)
        await self.renew_calendar()

    async def renew_calendar(self) -> None:
        """Record a new edition of the bank calendar, if there is one."""
        async with self._entry() as entry:
            edition = await entry.edition()
            if edition != await entry.recording.calendar():
                await entry.announce(CalendarChanged, calendar=edition)

    async def note(self, **changes: Any) -> None:
        """Change fields of `Health`; an event if workers need to hear of it (protocol rule 5)."""
        async with self._entry(**changes) as entry:
            await entry.announce_if_worth()

    async def note_failure(self, upstream: Upstream, body: bytes, reason: str) -> bool:
        """Note that a question failed, and keep what came with it (rule R10).

        Tell whether it was set aside: a repeat is not.
        """
        async with self._entry(upstream=upstream) as entry:
            await entry.announce_if_worth()
            if not body:
                return False
            sha256 = hashlib.sha256(body).hexdigest()
            await entry.recording.keep_payload(sha256, body, self._clock())
            raw = body[:LONGEST_RAW].decode("utf-8", "replace")
            return await _aside(entry.recording, Rejected("", None, raw, reason), sha256)

    async def record(self, answer: Answer, manner: Manner, *, trusted: bool = False) -> Recorded:
        """Record what `answer` brings and announce it; a poll also verifies what is known."""
        verified = {"verified_at": answer.received_at, "upstream": "ok"}
        async with self._entry(**verified if manner is Manner.POLL else {}) as entry:
            recording = entry.recording
            await recording.keep_payload(answer.sha256, answer.body, answer.received_at)
            known = await _known(recording, answer)
            news = news_in(answer, known, recording.recorded_at, trusted=trusted)
            await recording.add(news.observations)
            await _announce(entry, news, manner)
            return await _recorded(recording, answer, news)

    async def declare_closed(self, day: Day, reason: str, actor: str) -> bool:
        """Declare a banking day closed, audited; False if the calendar has it closed already."""
        async with self._entry() as entry:
            calendar = await entry.calendar()
            if not calendar.is_banking_day(day):
                return False
            closure = DeclaredClosure(day, reason, entry.recording.recorded_at)
            declared = msgspec.structs.replace(calendar, declared=(*calendar.declared, closure))
            await entry.recording.audit(actor, "close-day", f"{day}: {reason}")
            await entry.announce(CalendarChanged, calendar=declared)
        return True

    async def audit(self, actor: str, action: str, detail: str) -> None:
        """Note what an operator did."""
        async with self._entry() as entry:
            await entry.recording.audit(actor, action, detail)

    async def newest_fix_day(self) -> Day | None:
        """Return the last day with a FIX, None in an empty record."""
        return await self._record.newest_day(FIX)

    async def days(self, first: Day, last: Day) -> list[Day]:
        """Return the days from `first` to `last` that have a FIX, ascending."""
        async with self._entry() as entry:
            return [one.date for one in await entry.recording.newest(FIX, first, last)]

    @asynccontextmanager
    async def _entry(self, **changes: Any) -> AsyncIterator[Entry]:
        """Open a transaction; once it is committed, believe what it says and tell of it."""
        async with self._lock:
            async with self._record.recording(self._fence) as recording:
                health = dataclasses.replace(self.health, **changes)
                entry = Entry(recording, self._origin, health, self._clock())
                yield entry
                known = await entry.known()
            self.health, self.known = entry.health, known
            self.timeline = entry.recording.head.timeline
        if entry.event is not None:
            self._told(entry.event)


async def _known(recording: Recording, answer: Answer) -> dict[str, list[Observation]]:
    """Return what the record holds around the days of `answer`."""
    days = [one.date for one in answer.published]
    if not days:
        return {}
    first, last = min(days) - BEFORE, max(days)
    return {series: await recording.newest(series, first, last) for series in SERIES}


async def _announce(entry: Entry, news: News, manner: Manner) -> None:
    """One event for all of it (rule R3); a chunk leaves that to the backfill's end."""
    added = bool(news.observations)
    if manner is Manner.CHUNK:
        if added:
            await entry.recording.announce_later()
    elif manner is Manner.LAST_CHUNK and (added or entry.recording.unannounced):
        await entry.reload()
    elif added:
        await entry.announce(ObservationsRecorded, observations=news.observations)
    else:
        await entry.announce_if_worth()


async def _recorded(recording: Recording, answer: Answer, news: News) -> Recorded:
    """Set aside what can't be used (rule R10) and count; a repeat of it counts no more."""
    sha256 = answer.sha256
    new = sum(one.revision == 1 for one in news.observations)
    return Recorded(
        new=new,
        corrections=len(news.observations) - new,
        rejected=tuple([one for one in answer.rejected if await _aside(recording, one, sha256)]),
        suspicious=tuple([one for one in news.suspicious if await _aside(recording, one, sha256)]),
    )


async def _aside(recording: Recording, one: Rejected, sha256: str) -> bool:
    return await recording.set_aside(
        series=one.series, day=one.date, raw=one.raw, reason=one.reason, payload_sha256=sha256
    )
