"""The breaker: states, the three outcomes, one trial, our clock (protocol rule 19)."""

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from rates_sync.errors import (
    BadToken,
    BreakerOpen,
    NeutralOutcome,
    QuotaExhausted,
    UpstreamFailure,
    UpstreamRateLimited,
)
from rates_sync.guard.breaker import Breaker
from rates_sync.upstream import Query

QUERY = Query(("SF43718",))
MINUTE = timedelta(seconds=60)

NEUTRAL = [BadToken("no"), UpstreamRateLimited(54), QuotaExhausted("spent")]


@pytest.fixture
def breaker(banxico: Any, clock: Any, changes: Any) -> Breaker:
    """A closed breaker in front of the scripted Banxico."""
    return Breaker(
        banxico,
        clock=clock,
        monotonic=clock.monotonic,
        on_change=changes,
        fail_max=3,
        reset_after=MINUTE,
    )


@pytest.fixture(params=["America/Mexico_City", "UTC", "Asia/Tokyo", "Pacific/Kiritimati"])
def local_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The process's local time zone, set back afterwards."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


async def fail(breaker: Breaker, banxico: Any, times: int) -> None:
    for number in range(times):
        failure = UpstreamFailure(f"failure {number}")
        banxico.script.append(failure)
        with pytest.raises(UpstreamFailure) as caught:
            await breaker.ask(QUERY)
        assert caught.value is failure


async def test_a_new_breaker_is_closed(breaker: Breaker, answer: Any) -> None:
    """A breaker starts closed, with no failure, and hands the answer through."""
    assert (breaker.state, breaker.failures, breaker.retry_in) == ("closed", 0, None)
    assert await breaker.ask(QUERY) is answer


async def test_the_third_failure_in_a_row_opens(
    breaker: Breaker, banxico: Any, clock: Any, changes: Any
) -> None:
    """The failure that opens it is raised itself, not aiobreaker's error (protocol rule 19)."""
    await fail(breaker, banxico, 2)
    assert (breaker.state, breaker.failures) == ("closed", 2)
    await fail(breaker, banxico, 1)
    assert (breaker.state, breaker.failures) == ("open", 3)
    assert breaker.retry_in == MINUTE
    assert changes.seen == [("closed", "open", clock.now)]


async def test_the_failure_keeps_its_cause(breaker: Breaker, banxico: Any) -> None:
    """The translated error below a failure stays its cause when the breaker opens."""
    await fail(breaker, banxico, 2)
    failure, cause = UpstreamFailure("third"), OSError("reset")
    failure.__cause__ = cause
    banxico.script.append(failure)
    with pytest.raises(UpstreamFailure) as caught:
        await breaker.ask(QUERY)
    assert caught.value.__cause__ is cause


async def test_a_success_between_failures_starts_the_count_anew(
    breaker: Breaker, banxico: Any
) -> None:
    """Only failures in a row open it."""
    for _ in range(3):
        await fail(breaker, banxico, 2)
        await breaker.ask(QUERY)
    assert (breaker.state, breaker.failures) == ("closed", 0)


async def test_an_open_breaker_refuses_without_asking(
    breaker: Breaker, banxico: Any, clock: Any
) -> None:
    """Until the minute is over nobody is asked, and the refusal says when it is."""
    await fail(breaker, banxico, 3)
    opened = clock.now
    clock.advance(59.9)
    with pytest.raises(BreakerOpen) as caught:
        await breaker.ask(QUERY)
    with pytest.raises(BreakerOpen):
        breaker.admit()
    assert caught.value.retry_at == opened + MINUTE
    assert len(banxico.asked) == 3


async def test_a_clock_that_is_set_keeps_nothing_open(
    breaker: Breaker, banxico: Any, clock: Any
) -> None:
    """Protocol rule 32: opened while the clock was a day ahead, it is tried after its minute."""
    clock.now += timedelta(days=1)
    await fail(breaker, banxico, 3)
    clock.advance(8)
    clock.now -= timedelta(days=1)
    assert breaker.retry_in == timedelta(seconds=52)
    with pytest.raises(BreakerOpen) as caught:
        breaker.admit()
    assert caught.value.retry_at == clock.now + timedelta(seconds=52)
    clock.advance(52)
    await breaker.ask(QUERY)
    assert breaker.state == "closed"


async def test_a_trial_that_succeeds_closes(
    breaker: Breaker, banxico: Any, clock: Any, changes: Any
) -> None:
    """After the minute one trial is made, half-open meanwhile; success closes."""
    await fail(breaker, banxico, 3)
    clock.advance(60)
    breaker.admit()
    await breaker.ask(QUERY)
    assert (breaker.state, breaker.failures, breaker.retry_in) == ("closed", 0, None)
    assert changes.path == ["open", "half_open", "closed"]


async def test_a_trial_that_fails_reopens(
    breaker: Breaker, banxico: Any, clock: Any, changes: Any
) -> None:
    """One failed trial opens it for another whole minute."""
    await fail(breaker, banxico, 3)
    clock.advance(75)
    await fail(breaker, banxico, 1)
    assert (breaker.state, breaker.failures) == ("open", 4)
    assert breaker.retry_in == MINUTE
    assert changes.path == ["open", "half_open", "open"]


@pytest.mark.parametrize("neutral", NEUTRAL)
async def test_a_neutral_outcome_leaves_the_count_alone(
    breaker: Breaker, banxico: Any, neutral: NeutralOutcome
) -> None:
    """Neither success nor failure: a closed breaker's count stays (protocol rule 19)."""
    await fail(breaker, banxico, 2)
    banxico.script.append(neutral)
    with pytest.raises(type(neutral)) as caught:
        await breaker.ask(QUERY)
    assert caught.value is neutral
    assert (breaker.state, breaker.failures) == ("closed", 2)
    await fail(breaker, banxico, 1)
    assert breaker.state == "open"


@pytest.mark.parametrize("neutral", NEUTRAL)
async def test_a_neutral_trial_reopens(
    breaker: Breaker, banxico: Any, clock: Any, changes: Any, neutral: NeutralOutcome
) -> None:
    """A trial that says nothing must not close: half-open goes back to open (rule 19)."""
    await fail(breaker, banxico, 3)
    clock.advance(60)
    banxico.script.append(neutral)
    with pytest.raises(type(neutral)):
        await breaker.ask(QUERY)
    assert (breaker.state, breaker.failures) == ("open", 3)
    assert breaker.retry_in == MINUTE
    assert changes.path == ["open", "half_open", "open"]


async def test_a_cancelled_trial_reopens(
    breaker: Breaker, banxico: Any, clock: Any, changes: Any
) -> None:
    """A trial that is cancelled does not leave the breaker half-open."""
    await fail(breaker, banxico, 3)
    clock.advance(60)
    banxico.gate.clear()
    banxico.entered.clear()
    trial = asyncio.create_task(breaker.ask(QUERY))
    await banxico.entered.wait()
    assert changes.path == ["open", "half_open"]
    trial.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trial
    assert breaker.state == "open"


async def test_half_open_admits_exactly_one_trial(
    breaker: Breaker, banxico: Any, clock: Any
) -> None:
    """Of many calls at once after the minute one is the trial; its failure refuses the others."""
    await fail(breaker, banxico, 3)
    clock.advance(60)
    banxico.script.append(UpstreamFailure("still down"))
    outcomes = await asyncio.gather(*(breaker.ask(QUERY) for _ in range(8)), return_exceptions=True)
    kinds = sorted(type(outcome).__name__ for outcome in outcomes)
    assert kinds == ["BreakerOpen"] * 7 + ["UpstreamFailure"]
    assert len(banxico.asked) == 4


async def test_calls_pass_one_at_a_time(breaker: Breaker, banxico: Any) -> None:
    """All calls, an operator's too, pass one lock (protocol rule 19)."""
    await asyncio.gather(*(breaker.ask(QUERY) for _ in range(5)))
    assert (len(banxico.asked), banxico.most_under_way) == (5, 1)


async def test_a_bug_below_counts_and_shows(breaker: Breaker, banxico: Any) -> None:
    """An unexpected error is raised as it is, also by the call that opens."""
    for _ in range(3):
        banxico.script.append(ZeroDivisionError("a bug"))
        with pytest.raises(ZeroDivisionError):
            await breaker.ask(QUERY)
    assert breaker.state == "open"


@pytest.mark.usefixtures("local_zone")
async def test_the_local_time_zone_changes_nothing(
    breaker: Breaker, banxico: Any, clock: Any
) -> None:
    """aiobreaker mixes UTC with local time; under any TZ ours opens for exactly a minute."""
    await fail(breaker, banxico, 3)
    assert breaker.retry_in == MINUTE
    clock.advance(59)
    with pytest.raises(BreakerOpen):
        await breaker.ask(QUERY)
    clock.advance(1)
    await breaker.ask(QUERY)
    assert breaker.state == "closed"


async def test_two_breakers_do_not_share_anything(banxico: Any, clock: Any, changes: Any) -> None:
    """Two instances of the service in one process have each its own breaker."""
    first, second = (
        Breaker(
            banxico,
            clock=clock,
            monotonic=clock.monotonic,
            on_change=changes,
            fail_max=3,
            reset_after=MINUTE,
        )
        for _ in range(2)
    )
    await fail(first, banxico, 3)
    assert (first.state, second.state) == ("open", "closed")


async def test_the_numbers_come_from_settings(banxico: Any, clock: Any, changes: Any) -> None:
    """Threshold and pause are arguments."""
    breaker = Breaker(
        banxico,
        clock=clock,
        monotonic=clock.monotonic,
        on_change=changes,
        fail_max=1,
        reset_after=timedelta(seconds=2),
    )
    await fail(breaker, banxico, 1)
    clock.advance(2)
    await breaker.ask(QUERY)
    assert breaker.state == "closed"


async def test_aiobreakers_own_clock_is_never_read(
    breaker: Breaker, banxico: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole circle of states without aiobreaker's `utcnow()` and `now()`."""
    monkeypatch.setattr("aiobreaker.circuitbreaker.datetime", None)
    monkeypatch.setattr("aiobreaker.state.datetime", None)
    await fail(breaker, banxico, 3)
    clock.advance(60)
    await fail(breaker, banxico, 1)
    clock.advance(60)
    await breaker.ask(QUERY)
    assert breaker.state == "closed"
