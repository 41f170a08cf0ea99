"""The order of the guards, said once: `Retry(Quota(Breaker(Timeout(client))))`.

Outermost first: every attempt, the second too, spends quota and counts for the breaker; the quota
is checked before the breaker is entered, because aiobreaker would take its refusal for a success;
the deadline lies inside the breaker, because a timeout is a failure to count.
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from rates_sync.clock import Clock, Sleep
from rates_sync.errors import Outcome, StoreUnavailable
from rates_sync.guard.breaker import Breaker, OnChange
from rates_sync.guard.limits import Limits
from rates_sync.guard.quota import Quota, QuotaLedger
from rates_sync.guard.retry import Retry
from rates_sync.guard.timeout import Timeout
from rates_sync.upstream import Banxico

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class GuardDependencies:
    """What the guards depend on: time, chance, the schedule, callbacks.

    `random` returns 0 to 1; `planned` how many requests the schedule still makes today up to
    17:00. `on_attempt` is called with each attempt's outcome, `on_spent` with the day's count.
    """

    clock: Clock
    sleep: Sleep
    random: Callable[[], float]
    planned: Callable[[], int]
    on_change: OnChange
    on_attempt: Callable[[Outcome], None]
    on_spent: Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Guarded:
    """Banxico behind its guards; the breaker to be read, never to be asked."""

    banxico: Banxico
    breaker: Breaker


def guarded(
    client: Banxico, ledger: QuotaLedger, limits: Limits, dependencies: GuardDependencies
) -> Guarded:
    """Put the guards around `client`."""
    breaker = Breaker(
        Timeout(client, seconds=limits.deadline),
        clock=dependencies.clock,
        on_change=dependencies.on_change,
        fail_max=limits.fail_max,
        reset_after=limits.reset_after,
    )
    quota = Quota(
        breaker,
        ledger,
        clock=dependencies.clock,
        limit=limits.daily_requests,
        reserve=limits.reserve,
        on_spent=dependencies.on_spent,
    )
    retry = Retry(
        quota,
        may_retry=lambda: _may_retry(breaker, quota, dependencies.planned),
        pause=lambda: limits.retry_pause * (0.5 + dependencies.random()),
        sleep=dependencies.sleep,
        on_attempt=dependencies.on_attempt,
    )
    return Guarded(retry, breaker)


async def _may_retry(breaker: Breaker, quota: Quota, planned: Callable[[], int]) -> bool:
    """Tell whether a second attempt would be admitted and leaves enough for the schedule."""
    if breaker.state != "closed":
        return False
    try:
        return await quota.left() > planned()
    except StoreUnavailable as error:
        log.warning("retry_refused_quota_unknown", reason=str(error))
        return False
