"""The poll loop: when it asks, what an outcome means for the next question, the backfill."""

import asyncio
from collections.abc import Coroutine
from datetime import date as Day
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from rates_contracts.environment import Secret
from rates_contracts.events import HistoryReload
from rates_contracts.observation import FIRST_FIX_DAY, FIX
from rates_sync.cycle.backfill import Backfill
from rates_sync.cycle.cycle import Cycle
from rates_sync.cycle.slices import SliceCheck
from rates_sync.errors import (
    QuotaExhausted,
    StoreUnavailable,
    UpstreamFailure,
    UpstreamRateLimited,
)
from rates_sync.instrumentation import Instrumentation
from rates_sync.leader.poller import Poller, Timing
from rates_sync.liveness import Liveness
from rates_sync.metrics import Metrics
from rates_sync.settings import Settings
from rates_sync.store.coverage import Span
from rates_sync.upstream import Purpose, Query

UNUSED = Secret("unused")


class FakeBreaker:
    """A breaker that says when it may be tried."""

    retry_in: timedelta | None = None


async def hear_database() -> None:
    """Ask a database that has no clock."""


@pytest.fixture
def metrics() -> Metrics:
    """What the poller exports."""
    return Metrics(daily_quota=1000)


def _chunks(metrics: Metrics) -> float | None:
    return metrics.registry.get_sample_value("rates_sync_backfill_chunks_total")


@pytest.fixture
def breaker() -> FakeBreaker:
    return FakeBreaker()


@pytest.fixture
def jumps() -> list[timedelta]:
    """How far the clock has jumped."""
    return []


@pytest.fixture
def poller(
    desk: Any, banxico: Any, breaker: FakeBreaker, metrics: Metrics, jumps: list[timedelta]
) -> Poller:
    """A poller over a record that is empty."""
    recorder = desk.recorder()
    clock = desk.clock
    return Poller(
        Cycle(banxico, recorder, clock),
        Backfill(banxico, recorder, FIRST_FIX_DAY, clock.monotonic),
        SliceCheck(banxico, recorder, FIRST_FIX_DAY),
        recorder,
        Timing(
            clock,
            clock.monotonic,
            clock.sleep,
            Settings(UNUSED, UNUSED, UNUSED, UNUSED).poll_intervals(),
            lambda: breaker.retry_in,
            timedelta(seconds=15),
            jumps.append,
            hear_database,
        ),
        Instrumentation(metrics, Liveness(clock.monotonic), clock),
    )


async def _run(poller: Poller, clock: Any, hours: float) -> None:
    """Run the loop until its first sleep after `hours`; its sleeps cost no time."""
    await _stop_after(clock, hours * 3600, poller.run())


async def _stop_after(clock: Any, seconds: float, loop: Coroutine[Any, Any, None]) -> None:
    clock.stop_at = clock() + timedelta(seconds=seconds)
    running = asyncio.create_task(loop)
    asleep = asyncio.create_task(clock.asleep.wait())
    await asyncio.wait({running, asleep}, return_when=asyncio.FIRST_COMPLETED)
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled(), running.exception()


async def test_first_start_fills_the_record_at_once(
    poller: Poller, desk: Any, metrics: Metrics
) -> None:
    """A fresh record gets the newest days, then its whole history, without waiting."""
    began = desk.clock()
    await _run(poller, desk.clock, hours=0)
    assert _chunks(metrics) == 9
    assert desk.clock() == began
    assert isinstance(desk.announced[-1], HistoryReload)


async def test_day_is_polled_by_the_schedule(
    poller: Poller, desk: Any, banxico: Any, metrics: Metrics
) -> None:
    """From 10:00 to 12:10 the poller asks every 4 min, then every 15 s until the FIX is seen."""
    await poller._begin()
    await poller.poll(Purpose.POLL)
    banxico.asked.clear()
    await _run(poller, desk.clock, hours=2 + 10 / 60)
    # Begun inside the window it asks at once, then 29 times to 11:56, each 15 s from 11:59:30 to
    # 12:05, and at 12:08 as on any day.
    assert len(banxico.asked) == 1 + 29 + 23 + 1


def _holes(metrics: Metrics) -> float | None:
    return metrics.registry.get_sample_value("rates_sync_history_holes")


def _fail_at(banxico: Any, number: int) -> None:
    """Let Banxico fail once, at this request from now."""
    real_ask, asked = banxico.ask, 0

    async def ask(query: Query) -> Any:
        nonlocal asked
        asked += 1
        if asked == number:
            raise UpstreamFailure("away")
        return await real_ask(query)

    banxico.ask = ask


async def test_missing_history_changes_nothing_about_the_polls(
    poller: Poller, desk: Any, banxico: Any, metrics: Metrics
) -> None:
    """Protocol rule 25: the rhythm and what is verified are those of a complete record."""
    await poller._begin()
    _fail_at(banxico, 3)
    await poller.poll(Purpose.POLL)
    assert (_chunks(metrics), _holes(metrics)) == (1, 1)
    assert poller.schedule_inputs.verified_at == desk.clock()
    assert poller.next_cycle_at == desk.clock() + timedelta(minutes=4)


async def test_interrupted_history_is_asked_for_again_on_a_weekend(
    poller: Poller, desk: Any, banxico: Any, metrics: Metrics
) -> None:
    """After a minute, though the next poll is on Monday."""
    desk.clock.now = datetime.fromisoformat("2026-08-15T20:00:10+00:00")
    await poller._begin()
    _fail_at(banxico, 3)
    await poller.poll(Purpose.POLL)
    assert poller.next_cycle_at == datetime.fromisoformat("2026-08-17T13:00:00+00:00")
    await poller.fill_history()
    assert (_chunks(metrics), _holes(metrics)) == (8, 1)
    desk.clock.now += timedelta(minutes=1)
    await poller.fill_history()
    assert (_chunks(metrics), _holes(metrics)) == (9, 0)
    assert poller.next_cycle_at == datetime.fromisoformat("2026-08-17T13:00:00+00:00")


async def test_operator_does_not_wait_for_missing_history(
    poller: Poller, banxico: Any, metrics: Metrics
) -> None:
    """`rates-sync sync` asks for what has just failed, too."""
    await poller._begin()
    _fail_at(banxico, 3)
    await poller.poll(Purpose.POLL)
    await poller.poll(Purpose.MANUAL)
    assert (_chunks(metrics), _holes(metrics)) == (9, 0)


async def test_interrupted_history_shows_what_it_has(
    poller: Poller, desk: Any, banxico: Any
) -> None:
    """The chunks that came are announced at once, with the day from which all is known."""
    await poller._begin()
    _fail_at(banxico, 3)
    await poller.poll(Purpose.POLL)
    event = desk.announced[-1]
    assert isinstance(event, HistoryReload)
    assert event.status.series[FIX].complete_from == Day(2022, 6, 30)
    assert event.status.series[FIX].complete_at is None


async def test_failing_banxico_is_not_asked_for_history(
    poller: Poller, desk: Any, banxico: Any
) -> None:
    """Only after a good poll: an outage costs no further requests."""
    await poller._begin()
    banxico.script = [UpstreamFailure("away")]
    await poller.poll(Purpose.POLL)
    banxico.asked.clear()
    await poller.fill_history()
    assert banxico.asked == []


async def test_verified_weekend_costs_no_call(poller: Poller, desk: Any, banxico: Any) -> None:
    """A leader that starts on a Saturday after a verified Friday leaves Banxico alone."""
    desk.clock.now = datetime.fromisoformat("2026-08-14T22:58:00+00:00")
    await poller._begin()
    await poller.poll(Purpose.POLL)
    banxico.asked.clear()
    desk.clock.now += timedelta(hours=12)
    await _run(poller, desk.clock, hours=20)
    assert banxico.asked == []


async def test_open_breaker_sets_the_next_cycle(
    poller: Poller, desk: Any, banxico: Any, breaker: FakeBreaker
) -> None:
    """While the breaker is open the next cycle runs when it may be tried again."""
    await poller._begin()
    await poller.poll(Purpose.POLL)
    banxico.script = [UpstreamFailure("away")]
    breaker.retry_in = timedelta(seconds=60)
    await poller.poll(Purpose.POLL)
    assert poller.next_cycle_at == desk.clock() + breaker.retry_in


async def test_rate_limit_delays_the_next_cycle(poller: Poller, desk: Any, banxico: Any) -> None:
    """Banxico's own limit is waited for, longer than the regular pace if need be."""
    await poller._begin()
    await poller.poll(Purpose.POLL)
    banxico.script = [UpstreamRateLimited(600)]
    await poller.poll(Purpose.POLL)
    assert poller.next_cycle_at == desk.clock() + timedelta(seconds=600)


async def test_rate_limit_is_waited_for_also_when_the_calendar_changes(
    poller: Poller, desk: Any, banxico: Any
) -> None:
    """Protocol rule 34: an operator who closes a day meanwhile lets nobody ask at once."""
    await poller._begin()
    banxico.script = [UpstreamRateLimited(600)]
    await poller.poll(Purpose.POLL)
    poller.plan_again()
    assert poller.next_cycle_at == desk.clock() + timedelta(seconds=600)


async def test_exhausted_quota_with_an_open_breaker_is_no_busy_loop(
    poller: Poller, desk: Any, banxico: Any, breaker: FakeBreaker
) -> None:
    """A trial that the quota refuses waits for the regular pace, not for a moment gone by."""
    await poller._begin()
    await poller.poll(Purpose.POLL)
    breaker.retry_in = timedelta()
    banxico.script = [QuotaExhausted("1000 spent")]
    await poller.poll(Purpose.POLL)
    assert poller.next_cycle_at == desk.clock() + timedelta(minutes=4)


async def test_database_away_is_an_outcome(
    poller: Poller, desk: Any, banxico: Any, metrics: Metrics
) -> None:
    """What the database did not take is asked for again within 15 s; nothing is believed."""
    await poller._begin()
    await poller.poll(Purpose.POLL)
    banxico.script = [StoreUnavailable("locked")]
    poll = await poller.poll(Purpose.POLL)
    assert poll.outcome == "store_unavailable"
    assert poller.next_cycle_at == desk.clock() + timedelta(seconds=15)


async def _refuse(desk: Any, table: str) -> None:
    """Have the database take no row of `table` any more."""
    trigger = f"BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'too long'); END"
    async with desk.engine.begin() as connection:
        await connection.execute(text(f"CREATE TRIGGER refusal {trigger}"))


async def test_refusal_of_the_database_is_an_outcome(
    poller: Poller, desk: Any, banxico: Any, metrics: Metrics
) -> None:
    """Protocol rule 34: what the database does not take costs its poll; the loop goes on."""
    await poller._begin()
    await poller.poll(Purpose.POLL)
    await _refuse(desk, "observations")
    banxico.changed[FIX, Day(2026, 8, 12)] = banxico.fix[Day(2026, 8, 12)] + 1
    poll = await poller.poll(Purpose.POLL)
    assert poll.outcome == "store_refused"
    assert poller.next_cycle_at == desk.clock() + timedelta(minutes=4)
    value = metrics.registry.get_sample_value
    assert value("rates_sync_polls_total", {"outcome": "store_refused"}) == 1
    assert value("rates_sync_store_failures_total", {"task": "poll"}) == 1


async def test_refusal_of_a_failures_body_is_an_outcome(
    poller: Poller, desk: Any, banxico: Any
) -> None:
    """Nor does an unusable answer that can't be kept end the loop."""
    await poller._begin()
    await _refuse(desk, "payloads")
    failure = UpstreamFailure("no JSON")
    failure.body = b"<html>"
    banxico.script = [failure]
    assert (await poller.poll(Purpose.POLL)).outcome == "store_refused"


async def test_refusal_of_a_chunk_waits(poller: Poller, desk: Any, banxico: Any) -> None:
    """A range that the database refuses is not asked for again at once, and ends no task."""
    await poller._begin()
    await poller.poll(Purpose.POLL)
    await _refuse(desk, "coverage")
    async with desk.engine.begin() as connection:
        await connection.execute(text("DELETE FROM coverage"))
    banxico.asked.clear()
    await poller.fill_history()
    await poller.fill_history()
    spans = [(query.first, query.last) for query in banxico.asked]
    assert len(spans) == len(set(spans)) == 2


async def test_refusal_of_a_slice_ends_no_night(poller: Poller, desk: Any) -> None:
    """The nightly slice is left alone; what follows it in the night is done."""
    await poller._begin()
    await _refuse(desk, "payloads")
    await poller.check_slice(Day(2026, 8, 14))


async def test_operators_range_waits_for_the_cycle_under_way(
    poller: Poller, desk: Any, banxico: Any
) -> None:
    """One question at a time: a backfill by hand begins after the poll that runs."""
    await poller._begin()
    polling = asyncio.create_task(poller.poll(Purpose.POLL))
    await asyncio.sleep(0)
    async for _ in poller.backfill(Span(Day(2026, 8, 1), Day(2026, 8, 12))):
        assert polling.done()


async def test_operators_range_that_fails_shows_what_came(
    poller: Poller, desk: Any, banxico: Any
) -> None:
    """A correction in the chunks before is announced at once, not with the next poll."""
    await poller._begin()
    await poller.poll(Purpose.POLL)
    banxico.changed[FIX, Day(2026, 8, 12)] = banxico.fix[Day(2026, 8, 12)] + 1
    _fail_at(banxico, 2)
    with pytest.raises(UpstreamFailure):
        async for _ in poller.backfill(Span(Day(2020, 1, 1), Day(2026, 8, 12))):
            pass
    assert isinstance(desk.announced[-1], HistoryReload)


async def test_restored_record_is_searched_for_holes(
    poller: Poller, desk: Any, banxico: Any, metrics: Metrics
) -> None:
    """Protocol rule 9: what a restored record lacks is asked for after the next good poll."""
    await poller._begin()
    await poller.poll(Purpose.POLL)
    async with desk.engine.begin() as connection:
        await connection.execute(text("DELETE FROM observations WHERE date < '1999-01-01'"))
        await connection.execute(text("UPDATE coverage SET first = '1999-01-01'"))
    chunks = _chunks(metrics)
    await poller.poll(Purpose.POLL)
    assert _chunks(metrics) != chunks
    assert await desk.rows("SELECT min(date) FROM observations") == [(str(FIRST_FIX_DAY),)]


async def test_restored_record_is_asked_about_at_once(
    poller: Poller, desk: Any, banxico: Any
) -> None:
    """Protocol rule 42: also on a verified weekend, and when it shows during the take-over."""
    desk.clock.now = datetime.fromisoformat("2026-08-14T22:58:00+00:00")
    await poller._begin()
    await poller.poll(Purpose.POLL)
    desk.clock.now += timedelta(hours=12)
    poller.ask_now()
    assert poller.next_cycle_at == desk.clock()
    await poller._begin()
    assert poller.next_cycle_at == desk.clock()
    await poller.poll(Purpose.POLL)
    assert poller.next_cycle_at == datetime.fromisoformat("2026-08-17T13:00:00+00:00")


async def test_slice_that_fails_is_not_checked(poller: Poller, desk: Any, banxico: Any) -> None:
    """Protocol rule 46: one attempt, and its failure is told, so that the night is made up for."""
    await poller._begin()
    await poller.poll(Purpose.POLL)
    banxico.asked.clear()
    banxico.script = [UpstreamFailure("away")]
    with pytest.raises(UpstreamFailure):
        await poller.check_slice(Day(2026, 8, 14))
    await poller.check_slice(Day(2026, 8, 14))
    assert len(banxico.asked) == 2
    assert banxico.asked[-1].confirms is None


async def _follow(poller: Poller, clock: Any, seconds: float) -> None:
    """Go on with the loop for so long by the monotonic clock."""
    await _stop_after(clock, seconds, poller._poll_when_due())
    clock.stop_at, clock.asleep = None, asyncio.Event()


@pytest.mark.parametrize(("ahead", "seconds"), [(timedelta(hours=1), 30), (timedelta(hours=13), 5)])
async def test_clock_that_was_ahead_costs_no_poll(
    poller: Poller, desk: Any, banxico: Any, jumps: list[timedelta], ahead: timedelta, seconds: int
) -> None:
    """Protocol rule 32: ahead and right again, the next polls are those of the right time."""
    await poller._begin()
    await poller.poll(Purpose.POLL)
    await _follow(poller, desk.clock, 60)
    desk.clock.jump(ahead)
    await _follow(poller, desk.clock, seconds)
    desk.clock.jump(-ahead)
    banxico.asked.clear()
    await _follow(poller, desk.clock, 20)
    assert jumps == [ahead, -ahead]
    assert banxico.asked
    assert poller.schedule_inputs.verified_at <= desk.clock()
    assert poller.next_cycle_at == datetime.fromisoformat("2026-08-13T16:04:00+00:00")
    assert (await desk.record.status()).fresh_until <= desk.clock() + timedelta(minutes=5)


async def test_clock_set_back_before_noon_keeps_the_pace(
    poller: Poller, desk: Any, banxico: Any, jumps: list[timedelta]
) -> None:
    """Protocol rule 32: an hour back at 11:50 leaves no hour without a poll."""
    desk.clock.now = datetime.fromisoformat("2026-08-13T17:50:00+00:00")
    await poller._begin()
    await poller.poll(Purpose.POLL)
    desk.clock.jump(timedelta(hours=-1))
    banxico.asked.clear()
    await _follow(poller, desk.clock, 600)
    assert jumps == [timedelta(hours=-1)]
    assert len(banxico.asked) == 1 + 3


async def test_clock_that_keeps_jumping_spends_little(
    poller: Poller, desk: Any, banxico: Any, jumps: list[timedelta]
) -> None:
    """Protocol rule 20: each jump plans again, and none asks within 15 s of the last question."""
    await poller._begin()
    await poller.poll(Purpose.POLL)
    banxico.asked.clear()
    for _ in range(30):
        desk.clock.jump(timedelta(hours=1))
        await _follow(poller, desk.clock, 1)
        desk.clock.jump(timedelta(hours=-1))
        await _follow(poller, desk.clock, 1)
    assert len(jumps) == 60
    assert len(banxico.asked) <= 60 / 15


async def test_limit_told_by_a_wrong_clock_is_not_waited_for(
    poller: Poller, desk: Any, banxico: Any
) -> None:
    """Protocol rule 32: a rate limit whose end was reckoned 13 h ahead ends with the wrong time."""
    await poller._begin()
    await poller.poll(Purpose.POLL)
    desk.clock.jump(timedelta(hours=13))
    banxico.script = [UpstreamRateLimited(600)]
    await poller.poll(Purpose.POLL)
    desk.clock.jump(timedelta(hours=-13))
    await _follow(poller, desk.clock, 1)
    assert poller.next_cycle_at <= desk.clock() + timedelta(minutes=4)
