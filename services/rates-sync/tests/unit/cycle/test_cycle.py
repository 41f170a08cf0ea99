"""Ask, compare, record and announce; what each outcome of Banxico's becomes."""

from collections.abc import Awaitable, Callable
from datetime import date as Day
from datetime import datetime, timedelta
from typing import Any

import pytest

from rates_contracts.events import ObservationsRecorded
from rates_contracts.observation import FIX, SETTLEMENT
from rates_sync.cycle.backfill import Backfill
from rates_sync.cycle.cycle import Cycle
from rates_sync.cycle.recorder import Recorder
from rates_sync.cycle.slices import SliceCheck
from rates_sync.errors import (
    BadToken,
    BreakerOpen,
    ClockWrong,
    QuotaExhausted,
    UpstreamError,
    UpstreamFailure,
    UpstreamRateLimited,
)
from rates_sync.leader.witnesses import Witnesses
from rates_sync.store.coverage import Span
from rates_sync.upstream import Purpose


@pytest.fixture
async def recorder(desk: Any) -> Recorder:
    """A recorder that has begun."""
    recorder: Recorder = desk.recorder()
    await recorder.begin()
    return recorder


@pytest.fixture
def cycle(desk: Any, banxico: Any, recorder: Recorder) -> Cycle:
    """A cycle over the replayed Banxico."""
    return Cycle(banxico, recorder, desk.clock)


async def test_empty_record_asks_for_what_averages_need(cycle: Cycle, banxico: Any) -> None:
    """The first question reaches 45 days back and ahead of today; both series, one request."""
    await cycle.run()
    (query,) = banxico.asked
    assert query.series == (FIX, SETTLEMENT)
    assert (query.first, query.last) == (Day(2026, 6, 29), Day(2026, 8, 23))


async def test_gap_heals_from_ten_days_before_the_last_known(
    cycle: Cycle, desk: Any, banxico: Any, recorder: Recorder
) -> None:
    """After a fortnight away the question begins ten days before the newest FIX."""
    await cycle.run()
    desk.clock.now += timedelta(days=14)
    await cycle.run()
    assert banxico.asked[-1].first == Day(2026, 8, 2)
    assert recorder.schedule_inputs.newest_fix_day == Day(2026, 8, 26)


async def test_publication_is_announced_by_the_poll_that_saw_it(cycle: Cycle, desk: Any) -> None:
    """A FIX shown between two polls is in the event of the second."""
    await cycle.run()
    desk.clock.now += timedelta(hours=2, minutes=6)
    poll = await cycle.run()
    event = desk.announced[-1]
    assert isinstance(event, ObservationsRecorded)
    assert {row.date for row in event.observations if row.series == FIX} == {Day(2026, 8, 13)}
    assert poll.outcome == "success"


@pytest.mark.parametrize(
    ("error", "upstream"),
    [
        (UpstreamFailure("late", kind="timeout"), "failing"),
        (UpstreamFailure("page", kind="html"), "failing"),
        (BadToken("Token inválido"), "bad_token"),
        (QuotaExhausted("1000 spent"), "quota_exhausted"),
        (UpstreamRateLimited(90), "rate_limited"),
    ],
)
async def test_failure_becomes_the_state_of_the_upstream(
    cycle: Cycle, desk: Any, banxico: Any, error: UpstreamError, upstream: str
) -> None:
    """Each failure is an outcome and an announced state; what is recorded stays."""
    await cycle.run()
    banxico.script = [error]
    poll = await cycle.run()
    assert poll.outcome == error.outcome
    assert desk.announced[-1].status.upstream == upstream
    assert desk.announced[-1].status.verified_at is not None


async def test_rate_limit_says_when_to_come_back(cycle: Cycle, desk: Any, banxico: Any) -> None:
    """Banxico's own limit delays the next cycle by what it asks for."""
    banxico.script = [UpstreamRateLimited(90)]
    assert (await cycle.run()).not_before == desk.clock() + timedelta(seconds=90)


async def test_nobody_may_ask_for_a_pause_of_days(cycle: Cycle, desk: Any, banxico: Any) -> None:
    """Protocol rule 35: after 15 min Banxico is asked again, or the FIX of the day is lost."""
    banxico.script = [UpstreamRateLimited(999_999_999)]
    poll = await cycle.run()
    assert poll.not_before == desk.clock() + timedelta(minutes=15)
    assert poll.asked_pause == timedelta(seconds=999_999_999)
    banxico.script = [UpstreamFailure("status 503", kind="server_error", retry_after=86_400)]
    poll = await cycle.run()
    assert poll.not_before == desk.clock() + timedelta(minutes=15)
    assert poll.asked_pause is None


async def test_outage_says_when_to_come_back(cycle: Cycle, desk: Any, banxico: Any) -> None:
    """Protocol rule 34: an outage's `Retry-After` delays the next cycle, and nothing else."""
    banxico.script = [UpstreamFailure("status 503", kind="server_error", retry_after=120)]
    poll = await cycle.run()
    assert (poll.outcome, poll.not_before) == (
        "server_error",
        desk.clock() + timedelta(seconds=120),
    )
    banxico.script = [UpstreamFailure("status 503", kind="server_error")]
    assert (await cycle.run()).not_before is None


async def test_open_breaker_is_no_question(cycle: Cycle, desk: Any, banxico: Any) -> None:
    """Refused by the breaker nothing was asked: the state of the last question stays."""
    await cycle.run()
    events = len(desk.announced)
    banxico.script = [BreakerOpen(desk.clock())]
    assert (await cycle.run()).outcome == "breaker_open"
    assert len(desk.announced) == events


async def test_answer_without_the_fix_verifies_nothing(
    cycle: Cycle, desk: Any, banxico: Any, recorder: Recorder
) -> None:
    """An unknown id in a list is silently missing: the FIX is unconfirmed, not an empty day."""
    banxico.missing = (FIX,)
    poll = await cycle.run()
    assert poll.outcome == "unconfirmed"
    assert recorder.health.verified_at is None


async def test_body_of_a_failure_is_kept(cycle: Cycle, desk: Any, banxico: Any) -> None:
    """Rule R10: an unusable answer is kept whole; it is no value and puts nothing in review."""
    failure = UpstreamFailure("no JSON")
    failure.body = b"<html>"
    banxico.script = [failure]
    poll = await cycle.run()
    assert poll.outcome == "malformed"
    assert await desk.rows("SELECT body FROM payloads") == [(b"<html>",)]
    assert await desk.rows("SELECT raw FROM quarantine") == []


async def test_operators_question_is_manual(cycle: Cycle, banxico: Any) -> None:
    """An operator's cycle may use the quota's reserve."""
    await cycle.run(Purpose.MANUAL)
    assert banxico.asked[0].purpose is Purpose.MANUAL


async def test_restored_record_heals_from_its_own_newest_day(
    cycle: Cycle, desk: Any, banxico: Any
) -> None:
    """The question follows the record, not memory: a restored database lacks more."""
    await cycle.run()
    async with desk.engine.begin() as connection:
        from sqlalchemy import text

        await connection.execute(text("DELETE FROM observations WHERE date > '2026-07-20'"))
    await cycle.run()
    assert banxico.asked[-1].first == Day(2026, 7, 10)


async def _poll(banxico: Any, recorder: Recorder, clock: Any) -> None:
    await Cycle(banxico, recorder, clock).run()


async def _fill(banxico: Any, recorder: Recorder, clock: Any) -> None:
    backfill = Backfill(banxico, recorder, Day(2025, 8, 1), clock.monotonic)
    async for _ in backfill.run([Span(Day(2025, 8, 1), Day(2025, 8, 31))]):
        pass


async def _check_slice(banxico: Any, recorder: Recorder, clock: Any) -> None:
    await SliceCheck(banxico, recorder, Day(2020, 1, 2)).run(Day(2026, 8, 13))


@pytest.mark.parametrize("work", [_poll, _fill, _check_slice])
async def test_nothing_is_recorded_while_the_clock_is_wrong(
    desk: Any, banxico: Any, work: Callable[..., Awaitable[None]]
) -> None:
    """Protocol rule 33: both witnesses disagree; the answer is kept, and nothing of it recorded.

    The database is asked when Banxico disagrees: after a jump of the clock it was not heard yet.
    """

    async def database_utc() -> datetime:
        now: datetime = desk.clock()
        return now - timedelta(hours=1)

    banxico.date_ahead = -timedelta(hours=1)
    hearing = desk.recorder(Witnesses(desk.clock, desk.clock.monotonic, database_utc).hear)
    events = len(desk.announced)
    with pytest.raises(ClockWrong):
        await work(banxico, hearing, desk.clock)
    assert len(desk.announced) == events
    assert await desk.rows("SELECT * FROM observations") == []
    assert len(await desk.rows("SELECT * FROM payloads")) == 1
