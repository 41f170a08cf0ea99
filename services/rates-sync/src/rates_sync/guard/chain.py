"""The order of the guards, said once: `Retry(Quota(Breaker(Timeout(client))))`.

Outermost first: every attempt, the second too, spends quota and counts for the breaker; the quota
is checked before the breaker is entered, because aiobreaker would take its refusal for a success;
the deadline lies inside the breaker, because a timeout is a failure to count. Called by
`bootstrap`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from rates_sync.errors import Outcome, StoreUnavailable
from rates_sync.guard.breaker import Breaker, OnChange
from rates_sync.guard.quota import Quota, QuotaLedger
from rates_sync.guard.retry import Retry
from rates_sync.guard.timeout import Timeout
from rates_sync.upstream import Banxico

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """The guards' numbers, from settings; `deadline` and `retry_pause` in seconds."""

    deadline: float = 20.0
    fail_max: int = 3
    reset_after: timedelta = timedelta(seconds=60)
    daily_requests: int = 1_000
    reserve: int = 60
    retry_pause: float = 1.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the guards are given from outside: time, chance, the schedule, who is told.

    `random` gives 0 to 1; `planned` how many requests the schedule still makes today up to 17:00.
    """

    clock: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    random: Callable[[], float]
    planned: Callable[[], int]
    on_change: OnChange
    observe: Callable[[Outcome], None]


@dataclass(frozen=True, slots=True)
class Guarded:
    """Banxico behind its guards; the breaker and the quota to be read, never to be asked."""

    banxico: Banxico
    breaker: Breaker
    quota: Quota


def guarded(client: Banxico, ledger: QuotaLedger, limits: Limits, around: Surroundings) -> Guarded:
    """Put the guards around `client`."""
    breaker = Breaker(
        Timeout(client, seconds=limits.deadline),
        clock=around.clock,
        on_change=around.on_change,
        fail_max=limits.fail_max,
        reset_after=limits.reset_after,
    )
    quota = Quota(
        breaker,
        ledger,
        clock=around.clock,
        limit=limits.daily_requests,
        reserve=limits.reserve,
    )
    retry = Retry(
        quota,
        may_retry=lambda: _may_retry(breaker, quota, around.planned),
        pause=lambda: limits.retry_pause * (0.5 + around.random()),
        sleep=around.sleep,
        observe=around.observe,
    )
    return Guarded(retry, breaker, quota)


async def _may_retry(breaker: Breaker, quota: Quota, planned: Callable[[], int]) -> bool:
    """Tell whether a second attempt would be admitted and leaves enough for the schedule."""
    if breaker.state != "closed":
        return False
    try:
        return await quota.left() > planned()
    except StoreUnavailable as error:
        log.warning("retry_refused_quota_unknown", reason=str(error))
        return False
