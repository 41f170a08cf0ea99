"""The use case: ask Banxico, compare, record and announce.

Knows neither HTTP nor the database: it asks through the guards and records through the recorder.
Never decides when it runs.
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
from rates_sync.errors import Outcome, UpstreamError, UpstreamFailure, UpstreamRateLimited
from rates_sync.upstream import Answer, Banxico, Purpose, Query, Rejected

log = structlog.get_logger(__name__)

OVERLAP = timedelta(days=10)
"""Asked again before the last known date: a gap after a long weekend heals, a correction shows."""
FIRST_LOOK = timedelta(days=45)
"""What an empty record asks for first: enough for every average, the rest is the backfill's."""
AHEAD = timedelta(days=10)
"""The settlement rate is known for days to come."""

Result = Literal[Outcome, "store_unavailable"]
RESULTS: tuple[Result, ...] = get_args(Result)

NOTHING = Additions()


@dataclass(frozen=True, slots=True)
class Poll:
    """How a cycle ended; `not_before` is when Banxico's own rate limit resets."""

    outcome: Result
    additions: Additions = NOTHING
    not_before: datetime | None = None


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

    async def run(self, purpose: Purpose = Purpose.POLL) -> Poll:
        """Ask once for all that may be new. Raises `LeaseLost`, `StoreUnavailable`.

        A failure of Banxico's is an outcome, recorded as the state of the upstream.
        """
        with self._span("cycle"):
            try:
                answer = await self._ask(purpose)
            except UpstreamError as error:
                return await self._failed(error)
            additions = await self._recorder.record(answer, AnnounceMode.POLL)
        if additions.new or additions.corrections:
            log.info("recorded", new=additions.new, corrections=additions.corrections)
        return Poll("success", additions)

    async def _ask(self, purpose: Purpose) -> Answer:
        with self._span("ask"):
            answer = await self._banxico.ask(await self._query(purpose))
        _check_complete(answer)
        return answer

    async def _query(self, purpose: Purpose) -> Query:
        """Ask for both series in one request, from before the last known date to ahead of today.

        That date is read each time: a record that was restored to an earlier time lacks more.
        """
        today = mexico_day(self._clock())
        newest = await self._recorder.newest_fix_day()
        first = today - FIRST_LOOK if newest is None else min(newest, today) - OVERLAP
        return Query(tuple(SERIES), first, today + AHEAD, purpose)

    async def _failed(self, error: UpstreamError) -> Poll:
        upstream = _state_after(error.outcome)
        not_before = None
        if isinstance(error, UpstreamRateLimited):
            not_before = self._clock() + timedelta(seconds=error.seconds_to_reset)
        if upstream is None:
            return Poll(error.outcome, not_before=not_before)
        body = error.body if isinstance(error, UpstreamFailure) else b""
        is_new = await self._recorder.note_failure(upstream, body, str(error))
        additions = Additions(rejected=(Rejected("", None, "", str(error)),) if is_new else ())
        return Poll(error.outcome, additions, not_before)


def _check_complete(answer: Answer) -> None:
    """An unknown id in a list is silently missing: without the FIX nothing is verified."""
    if FIX in answer.missing_series:
        raise UpstreamFailure(f"the answer lacks {FIX}")
    if answer.missing_series:
        log.warning("series_missing", series=answer.missing_series)


def _state_after(outcome: Outcome) -> Upstream | None:
    """Return the state of the upstream after a failure, None where it was not asked."""
    match outcome:
        case "breaker_open":
            return None
        case "quota_exhausted" | "rate_limited" | "bad_token":
            return outcome
        case _:
            return "failing"
