"""The quota: spent before the request, by Mexico City's day, failing closed (protocol rule 20)."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from rates_sync.errors import BreakerOpen, QuotaExhausted, StoreUnavailable, UpstreamFailure
from rates_sync.guard.breaker import Breaker
from rates_sync.guard.quota import Quota
from rates_sync.upstream import Purpose, Query

POLL = Query(("SF43718",))
MANUAL = Query(("SF43718",), purpose=Purpose.MANUAL)
TODAY = date(2026, 8, 13)


@pytest.fixture
def breaker(banxico: Any, clock: Any, changes: Any) -> Breaker:
    """A closed breaker that a single failure opens."""
    return Breaker(
        banxico,
        clock=clock,
        monotonic=clock.monotonic,
        on_change=changes,
        fail_max=1,
        reset_after=timedelta(seconds=60),
    )


@pytest.fixture
def quota(breaker: Breaker, ledger: Any, clock: Any) -> Quota:
    """Ten requests a day, three of them in reserve."""
    return Quota(breaker, ledger, clock=clock, limit=10, reserve=3, on_spent=lambda used: None)


async def open_breaker(quota: Quota, banxico: Any) -> None:
    banxico.script.append(UpstreamFailure("down"))
    with pytest.raises(UpstreamFailure):
        await quota.ask(POLL)


async def test_a_request_spends_one(quota: Quota, ledger: Any, answer: Any) -> None:
    """Each request counts once, on the day in Mexico City."""
    assert await quota.ask(POLL) is answer
    assert ledger.spent == {TODAY: 1}


async def test_a_failed_request_is_spent_too(quota: Quota, ledger: Any, banxico: Any) -> None:
    """It is spent before the request: what Banxico saw counts, whatever came back (rule 20)."""
    await open_breaker(quota, banxico)
    assert ledger.spent == {TODAY: 1}


async def test_polls_leave_the_reserve(quota: Quota, ledger: Any, banxico: Any) -> None:
    """Polls stop at the limit less the reserve; Banxico isn't asked for the refused one."""
    ledger.spent[TODAY] = 7
    with pytest.raises(QuotaExhausted):
        await quota.ask(POLL)
    assert (banxico.asked, ledger.spent) == ([], {TODAY: 7})


async def test_an_operators_request_may_use_the_reserve(quota: Quota, ledger: Any) -> None:
    """A manual sync spends up to the limit itself and not one more."""
    ledger.spent[TODAY] = 9
    await quota.ask(MANUAL)
    with pytest.raises(QuotaExhausted):
        await quota.ask(MANUAL)
    assert ledger.spent == {TODAY: 10}


async def test_a_trial_may_use_the_reserve(
    quota: Quota, ledger: Any, banxico: Any, breaker: Breaker, clock: Any
) -> None:
    """The breaker can be tried again although polls have used up their share."""
    ledger.spent[TODAY] = 6
    await open_breaker(quota, banxico)
    clock.advance(60)
    await quota.ask(POLL)
    assert (breaker.state, ledger.spent) == ("closed", {TODAY: 8})


async def test_an_open_breaker_spends_nothing(quota: Quota, ledger: Any, banxico: Any) -> None:
    """Where the breaker would refuse, the quota isn't touched."""
    await open_breaker(quota, banxico)
    for query in (POLL, MANUAL):
        with pytest.raises(BreakerOpen):
            await quota.ask(query)
    assert ledger.spent == {TODAY: 1}


async def test_waiting_calls_spend_nothing_on_a_breaker_that_opened(
    quota: Quota, ledger: Any, banxico: Any
) -> None:
    """Of many calls at once, those behind the one that opened the breaker spend nothing."""
    banxico.script.append(UpstreamFailure("down"))
    await asyncio.gather(*(quota.ask(POLL) for _ in range(5)), return_exceptions=True)
    assert ledger.spent == {TODAY: 1}


async def test_a_spent_quota_leaves_the_breaker_alone(
    quota: Quota, ledger: Any, breaker: Breaker, banxico: Any, clock: Any, changes: Any
) -> None:
    """The quota is checked before the breaker is entered: no success, no trial (rule 19)."""
    await open_breaker(quota, banxico)
    clock.advance(60)
    ledger.spent[TODAY] = 10
    with pytest.raises(QuotaExhausted):
        await quota.ask(POLL)
    assert (breaker.state, breaker.failures, changes.path) == ("open", 1, ["open"])


async def test_without_its_ledger_the_quota_fails_closed(
    quota: Quota, ledger: Any, banxico: Any
) -> None:
    """What can't be counted isn't asked: Banxico could ban us."""
    ledger.away = True
    with pytest.raises(StoreUnavailable):
        await quota.ask(MANUAL)
    assert banxico.asked == []


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 8, 14, 5, 59, 59, tzinfo=UTC), date(2026, 8, 13)),
        (datetime(2026, 8, 14, 6, 0, tzinfo=UTC), date(2026, 8, 14)),
    ],
)
async def test_the_day_begins_at_midnight_in_mexico_city(
    quota: Quota, ledger: Any, clock: Any, now: datetime, day: date
) -> None:
    """The budget is per calendar day of Mexico City, not of UTC."""
    clock.now = now
    await quota.ask(POLL)
    assert ledger.spent == {day: 1}


async def test_what_is_left_to_polls(quota: Quota, ledger: Any) -> None:
    """What is left excludes the reserve and never falls below zero."""
    assert await quota.left() == 7
    ledger.spent[TODAY] = 5
    assert await quota.left() == 2
    ledger.spent[TODAY] = 9
    assert await quota.left() == 0
