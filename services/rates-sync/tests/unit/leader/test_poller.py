"""The poll loop: when it asks, and what an outcome means for the next question."""

import asyncio
import math
from collections.abc import Coroutine
from datetime import date as Day
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from rates_contracts.observation import FIX
from rates_sync.cycle.cycle import Cycle
from rates_sync.errors import (
    QuotaExhausted,
    StoreUnavailable,
    UpstreamFailure,
    UpstreamRateLimited,
)
from rates_sync.leader.poller import Poller
from rates_sync.upstream import Purpose

UNTIL_ANSWERED = 1
"""Recordings that commit before the answer's own: what it must show is read in one."""


@pytest.fixture
def poller(leading: Any) -> Poller:
    """A poller over a record that is empty."""
    poller: Poller = leading.poller
    return poller


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


async def test_day_is_polled_by_the_schedule(poller: Poller, desk: Any, banxico: Any) -> None:
    """From 10:00 to 12:10 the poller asks every 4 min, then every 15 s until the FIX is seen."""
    await poller._begin()
    await poller.poll(Purpose.POLL)
    banxico.asked.clear()
    await _run(poller, desk.clock, hours=2 + 10 / 60)
    # Begun inside the window it asks at once, then 29 times to 11:56, each 15 s from 11:59:30 to
    # 12:05, and at 12:08 as on any day.
    assert len(banxico.asked) == 1 + 29 + 23 + 1


async def test_verified_weekend_costs_no_call(poller: Poller, desk: Any, banxico: Any) -> None:
    """A leader that starts on a Saturday after a verified Friday leaves Banxico alone."""
    desk.clock.now = datetime.fromisoformat("2026-08-14T22:58:00+00:00")
    await poller._begin()
    await poller.poll(Purpose.POLL)
    banxico.asked.clear()
    desk.clock.now += timedelta(hours=12)
    await _run(poller, desk.clock, hours=20)
    assert banxico.asked == []


async def _verified_weekend(poller: Poller, desk: Any, banxico: Any) -> None:
    """Let Banxico have answered at Friday's closing; then it is Saturday."""
    desk.clock.now = datetime.fromisoformat("2026-08-14T22:58:00+00:00")
    await poller._begin()
    await poller.poll(Purpose.POLL)
    banxico.asked.clear()
    desk.clock.now += timedelta(hours=12)


async def test_unconfirmed_series_is_asked_about_until_it_is_confirmed(
    poller: Poller, desk: Any, banxico: Any
) -> None:
    """Protocol rule 29: one old answer on a Saturday is not what workers warn of until Monday."""
    await _verified_weekend(poller, desk, banxico)
    banxico.date_ahead = -timedelta(minutes=30)
    await poller.poll(Purpose.POLL)
    await _follow(poller, desk.clock, 1800)
    banxico.date_ahead = timedelta()
    await _follow(poller, desk.clock, 7200)
    assert len(banxico.asked) == 1 + 2 + 1
    assert not poller.schedule_inputs.in_doubt


async def test_poll_that_the_database_prevents_is_made_at_any_hour(
    poller: Poller, desk: Any, banxico: Any
) -> None:
    """Protocol rule 29: a closed day has few polls, so that none may be lost."""
    await _verified_weekend(poller, desk, banxico)
    banxico.script = [StoreUnavailable("locked")]
    await poller.poll(Purpose.POLL)
    await _follow(poller, desk.clock, 3600)
    assert len(banxico.asked) == 2


async def test_new_leader_asks_whether_the_clock_is_right(
    poller: Poller, desk: Any, banxico: Any
) -> None:
    """Protocol rule 33: what it inherits would be told until Monday, since nothing else is due."""
    await _verified_weekend(poller, desk, banxico)
    await poller._recorder.note(clock_suspect=True)
    await _run(poller, desk.clock, hours=1 / 60)
    assert len(banxico.asked) == 1


async def test_clock_that_is_set_while_suspect_is_asked_about(
    poller: Poller, desk: Any, banxico: Any
) -> None:
    """Protocol rule 33: it may be right again, which Banxico alone can tell."""
    await _verified_weekend(poller, desk, banxico)
    await poller._recorder.note(clock_suspect=True)
    await _follow(poller, desk.clock, 60)
    banxico.asked.clear()
    desk.clock.jump(timedelta(minutes=2))
    await _follow(poller, desk.clock, 60)
    assert len(banxico.asked) == 1


async def test_open_breaker_sets_the_next_cycle(
    poller: Poller, desk: Any, banxico: Any, leading: Any
) -> None:
    """While the breaker is open the next cycle runs when it may be tried again."""
    await poller._begin()
    await poller.poll(Purpose.POLL)
    banxico.script = [UpstreamFailure("away")]
    leading.retry_in = lambda: timedelta(seconds=60)
    await poller.poll(Purpose.POLL)
    assert poller.next_cycle_at == desk.clock() + timedelta(seconds=60)


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
    poller: Poller, desk: Any, banxico: Any, leading: Any
) -> None:
    """A trial that the quota refuses waits for the regular pace, not for a moment gone by."""
    await poller._begin()
    await poller.poll(Purpose.POLL)
    leading.retry_in = timedelta
    banxico.script = [QuotaExhausted("1000 spent")]
    await poller.poll(Purpose.POLL)
    assert poller.next_cycle_at == desk.clock() + timedelta(minutes=4)


async def test_database_away_is_an_outcome(poller: Poller, desk: Any, banxico: Any) -> None:
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
    poller: Poller, desk: Any, banxico: Any, leading: Any
) -> None:
    """Protocol rule 34: what the database does not take costs its poll; the loop goes on."""
    await poller._begin()
    await poller.poll(Purpose.POLL)
    await _refuse(desk, "observations")
    banxico.changed[FIX, Day(2026, 8, 12)] = banxico.fix[Day(2026, 8, 12)] + 1
    poll = await poller.poll(Purpose.POLL)
    assert poll.outcome == "store_refused"
    assert poller.next_cycle_at == desk.clock() + timedelta(minutes=4)
    value = leading.metrics.registry.get_sample_value
    assert value("rates_sync_polls_total", {"outcome": "store_refused"}) == 1
    assert value("rates_sync_store_failures_total", {"task": "poll"}) == 1
    asked = len(banxico.asked)
    await poller.poll(Purpose.POLL)
    assert len(banxico.asked) == asked + 1


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


async def test_refusal_of_a_slice_ends_no_night(poller: Poller, desk: Any) -> None:
    """The nightly slice is left alone; what follows it in the night is done."""
    await poller._begin()
    await _refuse(desk, "payloads")
    await poller.check_slice(Day(2026, 8, 14))


async def test_what_could_not_be_recorded_is_recorded_later(
    poller: Poller, leading: Any, desk: Any, banxico: Any
) -> None:
    """Protocol rule 37: with its own instant, as often as it takes, and Banxico is not asked."""
    await poller._begin()
    came_at = desk.clock()
    desk.record.working = UNTIL_ANSWERED
    assert await _poll_until_recorded(poller, desk, failures=6) == "success"
    polls = [query for query in banxico.asked if query.confirms is not None]
    assert len(polls) == 1
    assert poller.schedule_inputs.verified_at == came_at
    assert poller.schedule_inputs.newest_fix_day == Day(2026, 8, 12)
    kept = "rates_sync_observations_recorded_total"
    assert leading.metrics.registry.get_sample_value(kept, {"kind": "new"})
    assert poller.next_cycle_at > desk.clock()


async def test_failure_that_could_not_be_recorded_is_recorded_later(
    poller: Poller, desk: Any, banxico: Any
) -> None:
    """Protocol rule 37: its state and what was answered instead; Banxico is not asked for them."""
    await poller._begin()
    failure = UpstreamFailure("maintenance", kind="html")
    failure.body = b"<html>"
    banxico.script = [failure]
    desk.record.working = UNTIL_ANSWERED
    assert await _poll_until_recorded(poller, desk, failures=1) == "html"
    assert len(banxico.asked) == 1
    assert await desk.rows("SELECT body FROM payloads") == [(b"<html>",)]
    assert (await desk.record.status()).upstream == "failing"


async def test_answer_waits_for_the_database_at_any_hour(
    poller: Poller, desk: Any, mexico: Any
) -> None:
    """Protocol rule 37: the day's last answer is not left until the next morning."""
    desk.clock.now = mexico("2026-08-13 17:29:55")
    await poller._begin()
    desk.record.working = UNTIL_ANSWERED
    await poller.poll(Purpose.POLL)
    assert poller.next_cycle_at == mexico("2026-08-13 17:30:10")


async def test_answer_that_waited_too_long_is_followed_by_a_question(
    poller: Poller, desk: Any, banxico: Any
) -> None:
    """Protocol rule 37: after an outage of the database the old answer verifies nothing."""
    await poller._begin()
    desk.record.working = UNTIL_ANSWERED
    await poller.poll(Purpose.POLL)
    desk.clock.now += timedelta(minutes=10)
    desk.record.working = math.inf
    assert (await poller.poll(Purpose.POLL)).outcome == "success"
    assert poller.schedule_inputs.verified_at == desk.clock() - timedelta(minutes=10)
    assert poller.next_cycle_at == desk.clock()
    await poller.poll(Purpose.POLL)
    assert poller.schedule_inputs.verified_at == desk.clock()


async def test_answer_that_the_database_never_takes_is_given_up(desk: Any, banxico: Any) -> None:
    """Protocol rule 37: after five minutes a newer one takes its place; Banxico is asked again."""
    recorder = desk.recorder()
    await recorder.begin()

    async def refuse(*_: Any) -> Any:
        raise StoreUnavailable("packet too large")

    recorder.record = refuse
    cycle = Cycle(banxico, recorder, desk.clock)
    asked = []
    for _ in range(4):
        with pytest.raises(StoreUnavailable):
            await cycle.run()
        asked.append(len(banxico.asked))
        desk.clock.now += timedelta(minutes=2)
    assert asked == [1, 1, 1, 2]


async def test_operator_asks_although_an_answer_waits(
    poller: Poller, desk: Any, banxico: Any
) -> None:
    """Protocol rule 37: what waits is recorded before the newer answer."""
    await poller._begin()
    desk.record.working = UNTIL_ANSWERED
    await poller.poll(Purpose.POLL)
    desk.record.working = math.inf
    desk.clock.now += timedelta(minutes=1)
    await poller.poll(Purpose.MANUAL)
    assert [query.purpose for query in banxico.asked[:2]] == [Purpose.POLL, Purpose.MANUAL]
    assert poller.schedule_inputs.verified_at == desk.clock()


async def _poll_until_recorded(poller: Poller, desk: Any, *, failures: int) -> str:
    """Poll when it is due; the database does not take the answer `failures` times."""
    for _ in range(failures):
        assert (await poller.poll(Purpose.POLL)).outcome == "store_unavailable"
        assert poller.next_cycle_at == desk.clock() + timedelta(seconds=15)
        desk.clock.now += timedelta(seconds=15)
    desk.record.working = math.inf
    return (await poller.poll(Purpose.POLL)).outcome


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


async def test_restored_record_is_asked_about_after_a_kept_answer_is_recorded(
    poller: Poller, desk: Any, banxico: Any
) -> None:
    """Protocol rule 42: a cycle that only records what was kept is not that question."""
    desk.clock.now = datetime.fromisoformat("2026-08-15T20:00:00+00:00")
    await poller._begin()
    desk.record.working = UNTIL_ANSWERED
    await poller.poll(Purpose.POLL)
    desk.record.working = math.inf
    desk.clock.now += timedelta(seconds=30)
    poller.ask_now()
    asked = len(banxico.asked)
    await poller.poll(Purpose.POLL)
    assert len(banxico.asked) == asked
    assert poller.next_cycle_at == desk.clock() + timedelta(seconds=15)
    await poller.poll(Purpose.POLL)
    assert len(banxico.asked) == asked + 1
    assert poller.next_cycle_at > desk.clock() + timedelta(hours=12)


async def test_record_restored_during_a_poll_is_asked_about_after_it(
    poller: Poller, desk: Any, banxico: Any
) -> None:
    """Protocol rule 42: the poll that runs has been asked before the record was restored."""
    desk.clock.now = datetime.fromisoformat("2026-08-15T20:00:00+00:00")
    await poller._begin()
    real_ask = banxico.ask

    async def ask(query: Any) -> Any:
        poller.ask_now()
        return await real_ask(query)

    banxico.ask = ask
    await poller.poll(Purpose.POLL)
    assert poller.next_cycle_at == desk.clock() + timedelta(seconds=15)


async def test_records_that_alternate_on_one_redis_spend_little(
    poller: Poller, desk: Any, banxico: Any
) -> None:
    """Protocol rule 20: a new timeline every 5 s lets nobody ask within 15 s of the last time."""
    await poller._begin()
    await poller.poll(Purpose.POLL)
    banxico.asked.clear()
    for _ in range(12):
        poller.ask_now()
        await _follow(poller, desk.clock, 5)
    assert 0 < len(banxico.asked) <= 60 / 15


async def test_restored_record_waits_for_banxicos_rate_limit(
    poller: Poller, desk: Any, banxico: Any
) -> None:
    """Protocol rule 34: a new timeline during the pause that Banxico asked for does not end it."""
    await poller._begin()
    banxico.script = [UpstreamRateLimited(600)]
    await poller.poll(Purpose.POLL)
    poller.ask_now()
    assert poller.next_cycle_at == desk.clock() + timedelta(seconds=600)


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
    poller: Poller, desk: Any, banxico: Any, leading: Any, ahead: timedelta, seconds: int
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
    assert leading.jumps == [ahead, -ahead]
    assert banxico.asked
    assert poller.schedule_inputs.verified_at <= desk.clock()
    assert poller.next_cycle_at == datetime.fromisoformat("2026-08-13T16:04:00+00:00")
    assert (await desk.record.status()).fresh_until <= desk.clock() + timedelta(minutes=5)


async def test_clock_set_back_before_noon_keeps_the_pace(
    poller: Poller, desk: Any, banxico: Any, leading: Any
) -> None:
    """Protocol rule 32: an hour back at 11:50 leaves no hour without a poll."""
    desk.clock.now = datetime.fromisoformat("2026-08-13T17:50:00+00:00")
    await poller._begin()
    await poller.poll(Purpose.POLL)
    desk.clock.jump(timedelta(hours=-1))
    banxico.asked.clear()
    await _follow(poller, desk.clock, 600)
    assert leading.jumps == [timedelta(hours=-1)]
    assert len(banxico.asked) == 1 + 3


async def test_clock_that_keeps_jumping_spends_little(
    poller: Poller, desk: Any, banxico: Any, leading: Any
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
    assert len(leading.jumps) == 60
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
