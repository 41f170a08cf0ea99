"""The guards together, in their order: `Retry(Quota(Breaker(Timeout(client))))`."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from rates_sync.errors import BadToken, BreakerOpen, QuotaExhausted, UpstreamFailure
from rates_sync.guard.chain import GuardDependencies, GuardedBanxico, Ledgers, guard_banxico
from rates_sync.guard.limits import GuardLimits
from rates_sync.guard.timeout import Timeout
from rates_sync.upstream import Query

QUERY = Query(("SF43718",))
TODAY = date(2026, 8, 13)
LIMITS = GuardLimits(
    deadline=20.0,
    fail_max=3,
    reset_after=timedelta(seconds=60),
    daily_requests=100,
    reserve=10,
    backfill_requests=3,
    retry_pause=2.0,
)


@pytest.fixture
def counted() -> list[str]:
    """The outcomes that were observed."""
    return []


@pytest.fixture
def waiting_ledger(ledger: Any) -> Any:
    """The ledger of what can wait; it has counted nothing."""
    return type(ledger)()


@pytest.fixture
def chain_with(
    banxico: Any,
    ledger: Any,
    waiting_ledger: Any,
    clock: Any,
    slept: Any,
    changes: Any,
    counted: list[str],
) -> Callable[[int], GuardedBanxico]:
    """Makes the whole chain for a schedule that still plans so many requests."""

    def make(planned: int) -> GuardedBanxico:
        around = GuardDependencies(
            clock=clock,
            monotonic=clock.monotonic,
            sleep=slept.sleep,
            random=lambda: 0.25,
            planned=lambda: planned,
            awaited=lambda: False,
            on_change=changes,
            on_attempt=counted.append,
            on_spent=lambda used: None,
            on_backfill_spent=lambda used: None,
        )
        return guard_banxico(banxico, Ledgers(ledger, waiting_ledger), LIMITS, around)

    return make


async def test_every_attempt_spends_and_counts(chain_with: Any, banxico: Any, ledger: Any) -> None:
    """A poll of two failed attempts spends two and counts two for the breaker."""
    chain = chain_with(planned=50)
    banxico.script = [UpstreamFailure("one"), UpstreamFailure("two")]
    with pytest.raises(UpstreamFailure):
        await chain.banxico.ask(QUERY)
    assert (ledger.spent, chain.breaker.failures) == ({TODAY: 2}, 2)


async def test_one_poll_of_failures_does_not_open_the_breaker(
    chain_with: Any, banxico: Any
) -> None:
    """One bad poll leaves it closed, the next opens it at the third failure (rule 19)."""
    chain = chain_with(planned=50)
    banxico.script = [UpstreamFailure(str(number)) for number in range(4)]
    with pytest.raises(UpstreamFailure):
        await chain.banxico.ask(QUERY)
    closed = chain.breaker.state
    with pytest.raises(UpstreamFailure, match="2"):
        await chain.banxico.ask(QUERY)
    assert (closed, chain.breaker.state, len(banxico.asked)) == ("closed", "open", 3)


async def test_a_failed_trial_is_not_retried(
    chain_with: Any, banxico: Any, clock: Any, slept: Any
) -> None:
    """The half-open trial is one attempt; its failure is what the caller gets."""
    chain = chain_with(planned=50)
    banxico.script = [UpstreamFailure(str(number)) for number in range(3)]
    for _ in range(2):
        with pytest.raises(UpstreamFailure):
            await chain.banxico.ask(QUERY)
    clock.advance(60)
    slept.seconds.clear()
    banxico.script = [UpstreamFailure("trial")]
    with pytest.raises(UpstreamFailure, match="trial"):
        await chain.banxico.ask(QUERY)
    assert (len(banxico.asked), slept.seconds) == (4, [])


async def test_an_open_breaker_is_refused_at_no_cost(
    chain_with: Any, banxico: Any, ledger: Any, counted: list[str]
) -> None:
    """An open breaker costs neither quota nor a request, and is counted as refused."""
    chain = chain_with(planned=50)
    banxico.script = [UpstreamFailure(str(number), kind="connection") for number in range(3)]
    for _ in range(2):
        with pytest.raises(UpstreamFailure):
            await chain.banxico.ask(QUERY)
    with pytest.raises(BreakerOpen):
        await chain.banxico.ask(QUERY)
    assert ledger.spent == {TODAY: 3}
    assert counted == ["connection"] * 3 + ["breaker_open"]


@pytest.mark.parametrize(("used_before", "attempts"), [(38, 2), (39, 1), (89, 1)])
async def test_a_retry_leaves_enough_for_the_schedule(
    chain_with: Any, banxico: Any, ledger: Any, used_before: int, attempts: int
) -> None:
    """A second attempt only if the rest of the day and the reserve stay paid (rule 20).

    Of 100 a day 10 are in reserve and 50 planned: 40 are free, the failed attempt being one.
    """
    ledger.spent[TODAY] = used_before
    banxico.script = [UpstreamFailure("one"), UpstreamFailure("two")]
    with pytest.raises(UpstreamFailure):
        await chain_with(planned=50).banxico.ask(QUERY)
    assert len(banxico.asked) == attempts
    assert ledger.spent[TODAY] <= 90


async def test_an_unknown_quota_allows_no_retry(chain_with: Any, banxico: Any, ledger: Any) -> None:
    """If the ledger is lost during the first attempt, Banxico's failure is still raised."""
    banxico.script = [UpstreamFailure("down")]
    banxico.gate.clear()
    poll = asyncio.create_task(chain_with(planned=0).banxico.ask(QUERY))
    await banxico.entered.wait()
    ledger.away = True
    banxico.gate.set()
    with pytest.raises(UpstreamFailure, match="down"):
        await poll
    assert len(banxico.asked) == 1


async def test_the_pause_is_jittered_around_its_setting(
    chain_with: Any, banxico: Any, slept: Any
) -> None:
    """The pause lies between half and one and a half of its setting, by chance."""
    banxico.script = [UpstreamFailure("blip")]
    await chain_with(planned=0).banxico.ask(QUERY)
    assert slept.seconds == [1.5]


async def test_a_bad_token_touches_nothing_but_the_quota(
    chain_with: Any, banxico: Any, ledger: Any, changes: Any
) -> None:
    """A neutral outcome is asked once, spent once, and the breaker does not move (rule 19)."""
    chain = chain_with(planned=50)
    banxico.script = [BadToken("no")]
    with pytest.raises(BadToken):
        await chain.banxico.ask(QUERY)
    assert (ledger.spent, chain.breaker.failures, changes.seen) == ({TODAY: 1}, 0, [])


async def test_what_can_wait_spends_a_quota_of_its_own(
    chain_with: Any, banxico: Any, ledger: Any, waiting_ledger: Any
) -> None:
    """Protocol rule 35: one attempt each, three a day, and the day's polls keep all of theirs."""
    chain = chain_with(planned=50)
    banxico.script = [UpstreamFailure("never comes")] * 4
    for _ in range(3):
        with pytest.raises(UpstreamFailure):
            await chain.background.ask(QUERY)
    with pytest.raises(QuotaExhausted):
        await chain.background.ask(QUERY)
    assert (ledger.spent, waiting_ledger.spent) == ({}, {TODAY: 3})
    assert (chain.breaker.state, chain.breaker.failures) == ("closed", 0)


async def test_spent_polls_leave_what_can_wait_alone(
    chain_with: Any, ledger: Any, answer: Any
) -> None:
    """Neither budget is the other's."""
    ledger.spent[TODAY] = 100
    assert await chain_with(planned=50).background.ask(QUERY) is answer


async def test_an_answer_past_the_deadline_is_a_failure(banxico: Any) -> None:
    """A request that doesn't end by the deadline is a timeout and is cancelled."""
    banxico.gate.clear()
    with pytest.raises(UpstreamFailure) as caught:
        await Timeout(banxico, seconds=0).ask(QUERY)
    assert caught.value.outcome == "timeout"
    assert banxico.under_way == 0


async def test_an_answer_in_time_passes(banxico: Any, answer: Any) -> None:
    """The deadline leaves a timely answer alone."""
    assert await Timeout(banxico, seconds=5).ask(QUERY) is answer
