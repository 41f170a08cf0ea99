"""Defines the order of the guards: `Retry(Quota(Breaker(Confirmation(Timeout(client)))))`.

Work that can wait goes `Retry(Quota(Bypass(Timeout(client))))`, with one attempt and a quota of its
own (protocol rule 35).

Outermost first. Every attempt, the retry too, spends quota and counts for the breaker. The quota is
outside the breaker, because aiobreaker would count its refusal as a success. The deadline is inside
the breaker, because a timeout is a failure that counts; so is the judgement of the answer, because
one that confirms nothing must not close it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from rates_sync.clock import Clock, Monotonic, Sleep
from rates_sync.errors import Outcome, StoreUnavailable
from rates_sync.guard.breaker import Breaker, OnChange
from rates_sync.guard.bypass import Bypass
from rates_sync.guard.confirmation import Confirmation
from rates_sync.guard.limits import GuardLimits
from rates_sync.guard.quota import Quota, QuotaLedger
from rates_sync.guard.retry import Retry
from rates_sync.guard.timeout import Timeout
from rates_sync.upstream import Banxico

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class GuardDependencies:
    """What the guards depend on: time, chance, the schedule, callbacks.

    `random` returns 0 to 1, `planned` the number of requests still scheduled today up to 17:00,
    `awaited` whether Banxico is the polls' alone. `on_attempt` is called with each attempt's
    outcome, `on_spent` and `on_backfill_spent` with the day's counts.
    """

    clock: Clock
    monotonic: Monotonic
    sleep: Sleep
    random: Callable[[], float]
    planned: Callable[[], int]
    awaited: Callable[[], bool]
    on_change: OnChange
    on_attempt: Callable[[Outcome], None]
    on_spent: Callable[[int], None]
    on_backfill_spent: Callable[[int], None]


@dataclass(frozen=True, slots=True)
class GuardedBanxico:
    """Banxico behind its guards; breaker and bypass are exposed for their state only.

    `background` is for work that can wait: one attempt, only while the `bypass` admits it, and
    neutral to the breaker.
    """

    banxico: Banxico
    background: Banxico
    breaker: Breaker
    bypass: Bypass


@dataclass(frozen=True, slots=True)
class Ledgers:
    """The counts of a day's requests: `polls` and what they need, `background` for the rest."""

    polls: QuotaLedger
    background: QuotaLedger


def guard_banxico(
    client: Banxico, ledgers: Ledgers, limits: GuardLimits, dependencies: GuardDependencies
) -> GuardedBanxico:
    """Put the guards around `client`."""
    timeout = Timeout(client, seconds=limits.deadline)
    breaker = Breaker(
        Confirmation(timeout),
        clock=dependencies.clock,
        monotonic=dependencies.monotonic,
        on_change=dependencies.on_change,
        fail_max=limits.fail_max,
        reset_after=limits.reset_after,
    )
    quota = Quota(
        breaker,
        ledgers.polls,
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
    bypass = Bypass(timeout, breaker, dependencies.clock, dependencies.awaited)
    return GuardedBanxico(
        retry, _background(bypass, ledgers.background, limits, dependencies), breaker, bypass
    )


def _background(
    bypass: Bypass, ledger: QuotaLedger, limits: GuardLimits, dependencies: GuardDependencies
) -> Banxico:
    quota = Quota(
        bypass,
        ledger,
        clock=dependencies.clock,
        limit=limits.backfill_requests,
        reserve=0,
        on_spent=dependencies.on_backfill_spent,
    )
    return Retry(
        quota,
        may_retry=_never,
        pause=lambda: limits.retry_pause,
        sleep=dependencies.sleep,
        on_attempt=dependencies.on_attempt,
    )


async def _never() -> bool:
    return False


async def _may_retry(breaker: Breaker, quota: Quota, planned: Callable[[], int]) -> bool:
    """Tell whether a retry would be allowed and leaves enough quota for the schedule."""
    if breaker.state != "closed":
        return False
    try:
        return await quota.left() > planned()
    except StoreUnavailable as error:
        log.warning("retry_refused_quota_unknown", reason=str(error))
        return False
