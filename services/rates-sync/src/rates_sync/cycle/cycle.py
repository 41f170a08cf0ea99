"""The use case: ask Banxico, compare, record and announce.

Uses neither HTTP nor the database directly: it asks through the guards and records through the
recorder. Does not decide when it runs.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
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
    Unconfirmed,
    UpstreamError,
    UpstreamFailure,
    UpstreamRateLimited,
)
from rates_sync.store.coverage import PROVISIONAL
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

    `asked_pause` is how long Banxico's rate limit asks not to be asked, which may be longer.
    """

    outcome: CycleOutcome
    additions: Additions = NOTHING
    not_before: datetime | None = None
    asked_pause: timedelta | None = None


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

    async def run(self, purpose: Purpose = Purpose.POLL) -> CycleResult:
        """Ask once for all that may be new.

        A failure of Banxico is an outcome; it is recorded as the state of the upstream. Raises
        `LeaseLost`, `StoreUnavailable`, `StoreRefused`, and `ClockWrong` if nothing may be recorded
        (rule 33).
        """
        with self._span("cycle"):
            try:
                answer = await self._ask(purpose)
            except UpstreamError as error:
                return await self._failed(error)
            additions = await self._recorder.record(answer, AnnounceMode.POLL)
        if additions.new or additions.corrections:
            log.info("recorded", new=additions.new, corrections=additions.corrections)
        return CycleResult("success" if FIX in additions.confirmed else "unconfirmed", additions)

    async def _ask(self, purpose: Purpose) -> Answer:
        """Return the answer, also one that confirms nothing: what it has is recorded."""
        query = await self._query(purpose)
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

    async def _failed(self, error: UpstreamError) -> CycleResult:
        upstream, pause = _state_after(error.outcome), _asked_pause(error)
        result = CycleResult(
            error.outcome,
            not_before=None if pause is None else self._clock() + min(pause, MAX_PAUSE),
            asked_pause=pause if isinstance(error, UpstreamRateLimited) else None,
        )
        if upstream is not None:
            body = error.body if isinstance(error, UpstreamFailure) else b""
            await self._recorder.note_failure(upstream, body)
        return result


def _asked_pause(error: UpstreamError) -> timedelta | None:
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
