"""The use case: ask Banxico, compare, record and announce.

Uses neither HTTP nor the database directly: it asks through the guards and records through the
recorder. Does not decide when it runs.

What the database does not take is kept and recorded by the next cycle, which then does not ask
(protocol rule 37).
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal, get_args

import structlog

from rates_contracts.calendar import mexico_day
from rates_contracts.observation import FIX
from rates_contracts.status import Upstream
from rates_sync.banxico.series import SERIES
from rates_sync.clock import Clock
from rates_sync.cycle.recorder import Additions, AnnounceMode, Recorder
from rates_sync.errors import (
    Outcome,
    StoreRefused,
    StoreUnavailable,
    Unconfirmed,
    UpstreamError,
    UpstreamFailure,
    UpstreamRateLimited,
)
from rates_sync.store.coverage import PROVISIONAL
from rates_sync.timetable.schedule import VERIFIED_FOR
from rates_sync.upstream import MAX_PAUSE, Answer, Banxico, Purpose, Query

log = structlog.get_logger(__name__)

OVERLAP = PROVISIONAL
"""How far before the last known date polls begin: fills gaps and finds corrections."""
FIRST_RANGE = timedelta(days=45)
"""The longest range of a poll: enough for every average; the backfill adds the rest."""
SETTLEMENT_AHEAD = timedelta(days=10)
"""How far after today polls end: settlement rates are published in advance."""

CycleOutcome = Literal[Outcome, "store_unavailable", "store_refused"]
CYCLE_OUTCOMES: tuple[CycleOutcome, ...] = get_args(CycleOutcome)

NOTHING = Additions()


@dataclass(frozen=True, slots=True)
class CycleResult:
    """How a cycle ended; `not_before` is the instant (UTC) before which Banxico won't be asked.

    `asked_pause` is how long Banxico's rate limit asks not to be asked, which may be longer. It
    `is_stale` if it was recorded so late that it verifies nothing any more.
    """

    outcome: CycleOutcome
    additions: Additions = NOTHING
    not_before: datetime | None = None
    asked_pause: timedelta | None = None
    is_stale: bool = False


@dataclass(frozen=True, slots=True)
class _Unrecorded:
    """Banxico's last answer or failure; `record` raises `StoreUnavailable` until it is recorded."""

    came_at: datetime
    record: Callable[[], Awaitable[CycleResult]]


class Cycle:
    """One leader's cycle."""

    def __init__(
        self,
        banxico: Banxico,
        recorder: Recorder,
        clock: Clock,
        span: Callable[[str], AbstractContextManager[Any]] = nullcontext,
    ) -> None:
        self._banxico, self._recorder, self._clock = banxico, recorder, clock
        self._span = span
        self._unrecorded: _Unrecorded | None = None

    @property
    def has_unrecorded(self) -> bool:
        """Whether the database has not taken the last answer, or the last failure, yet."""
        return self._unrecorded is not None

    async def run(
        self, purpose: Purpose = Purpose.POLL, on_ask: Callable[[], None] = lambda: None
    ) -> CycleResult:
        """Ask once for all that may be new, or record what could not be recorded.

        `on_ask` is called just before each question, so not if nothing is asked.

        A failure of Banxico is an outcome; it is recorded as the state of the upstream. Raises
        `LeaseLost`, `StoreUnavailable`, `StoreRefused`, and `ClockWrong` if nothing may be recorded
        (rule 33).
        """
        with self._span("cycle"):
            if self._unrecorded is None:
                self._unrecorded = await self._asked(purpose, on_ask)
            try:
                result = await self._record_or_ask(self._unrecorded, purpose, on_ask)
            except StoreRefused:
                # The same values would be refused again (protocol rule 34).
                self._unrecorded = None
                raise
            self._unrecorded = None
        if result.additions.new or result.additions.corrections:
            log.info("recorded", new=result.additions.new, corrections=result.additions.corrections)
        return result

    async def _record_or_ask(
        self, unrecorded: "_Unrecorded", purpose: Purpose, on_ask: Callable[[], None]
    ) -> CycleResult:
        """Record it; ask again if the database refuses it, and perhaps it alone, for too long."""
        is_stale = self._clock() - unrecorded.came_at >= VERIFIED_FOR
        try:
            return replace(await unrecorded.record(), is_stale=is_stale)
        except StoreUnavailable:
            if not is_stale:
                raise
        self._unrecorded = await self._asked(purpose, on_ask)
        return await self._unrecorded.record()

    async def _asked(self, purpose: Purpose, on_ask: Callable[[], None]) -> "_Unrecorded":
        """Ask, and return what records Banxico's answer or failure."""
        try:
            answer = await self._ask(purpose, on_ask)
        except UpstreamError as error:
            came_at = self._clock()
            return _Unrecorded(came_at, partial(self._failed, error, came_at))
        return _Unrecorded(answer.received_at, partial(self._record, answer))

    async def _record(self, answer: Answer) -> CycleResult:
        additions = await self._recorder.record(answer, AnnounceMode.POLL)
        return CycleResult("success" if FIX in additions.confirmed else "unconfirmed", additions)

    async def _ask(self, purpose: Purpose, on_ask: Callable[[], None]) -> Answer:
        """Return the answer, also one that confirms nothing: what it has is recorded."""
        query = await self._query(purpose)
        on_ask()
        with self._span("ask"):
            try:
                return await self._banxico.ask(query)
            except Unconfirmed as unconfirmed:
                return unconfirmed.answer

    async def _query(self, purpose: Purpose) -> Query:
        """Ask for both series in one request, from before the last known date until after today.

        That date is read each time: a record restored to an earlier time lacks more. What is older
        than the first range is left to the backfill (protocol rule 30).
        """
        today = mexico_day(self._clock())
        known = await self._recorder.newest_known()
        newest, earliest = known[FIX], today - FIRST_RANGE
        first = earliest if newest is None else max(min(newest, today) - OVERLAP, earliest)
        return Query(tuple(SERIES), first, today + SETTLEMENT_AHEAD, purpose, confirms=known)

    async def _failed(self, error: UpstreamError, at: datetime) -> CycleResult:
        upstream, pause = _state_after(error.outcome), asked_pause(error)
        result = CycleResult(
            error.outcome,
            not_before=None if pause is None else at + min(pause, MAX_PAUSE),
            asked_pause=pause if isinstance(error, UpstreamRateLimited) else None,
        )
        if upstream is not None:
            body = error.body if isinstance(error, UpstreamFailure) else b""
            await self._recorder.note_failure(upstream, body, at)
        return result


def asked_pause(error: UpstreamError) -> timedelta | None:
    """Return how long Banxico asks not to be asked, None if it doesn't say."""
    if isinstance(error, UpstreamRateLimited):
        return timedelta(seconds=error.seconds_to_reset)
    if isinstance(error, UpstreamFailure) and error.retry_after is not None:
        return timedelta(seconds=error.retry_after)
    return None


def _state_after(outcome: Outcome) -> Upstream | None:
    """Return the state of the upstream after a failure, None if Banxico was not asked."""
    match outcome:
        case "breaker_open":
            return None
        case "quota_exhausted" | "rate_limited" | "bad_token":
            return outcome
        case _:
            return "failing"
