"""A whole day with a Banxico in trouble, simulated: the day's quota is there when the FIX comes.

Guards, ledgers, schedule and record are the real ones; the clocks are moved.
"""

from collections.abc import Callable
from datetime import date as Day
from datetime import datetime, timedelta
from typing import Any

import pytest

from rates_contracts.environment import Secret
from rates_contracts.observation import FIRST_FIX_DAY, FIX
from rates_sync.errors import BadToken, UpstreamFailure
from rates_sync.guard.chain import GuardDependencies, Ledgers, guard_banxico
from rates_sync.leader.backfills import LOOK_SECONDS
from rates_sync.settings import Settings
from rates_sync.store.quota import RequestLedger
from rates_sync.timetable.schedule import fix_awaited, polls_until_closing
from rates_sync.upstream import Answer, Purpose, Query

UNUSED = Secret("unused")
SETTINGS = Settings(UNUSED, UNUSED, UNUSED, UNUSED)
TODAY = Day(2026, 8, 13)
NEVER_COMES = Day(1993, 3, 1)
"""A day whose range always times out."""
STEP = timedelta(seconds=15)
LOOK = timedelta(seconds=LOOK_SECONDS)


class TroubledBanxico:
    """Banxico, which fails as `failure_of` says of a query; a timeout takes its 20 s."""

    def __init__(
        self, inner: Any, clock: Any, failure_of: Callable[[Query], Exception | None]
    ) -> None:
        self._inner, self._clock, self.failure_of = inner, clock, failure_of
        self.asked: list[tuple[datetime, Query]] = []

    async def ask(self, query: Query) -> Answer:
        self.asked.append((self._clock(), query))
        failure = self.failure_of(query)
        if failure is not None:
            self._clock.now += timedelta(seconds=SETTINGS.request_timeout)
            raise failure
        answer: Answer = await self._inner.ask(query)
        return answer


def never_comes(query: Query) -> Exception | None:
    """Time out for the range of one day of long ago."""
    lost = query.covers(NEVER_COMES)
    return UpstreamFailure("no answer within 20 s", kind="timeout") if lost else None


def too_long(query: Query) -> Exception | None:
    """Time out for more than 120 days at a time."""
    assert query.first
    assert query.last
    if query.last - query.first <= timedelta(days=120):
        return None
    return UpstreamFailure("no answer within 20 s", kind="timeout")


@pytest.fixture
def lead_through(lead: Any, desk: Any, banxico: Any) -> Callable[[Any], Any]:
    """Return a leader behind the real guards, and its Banxico, for a kind of trouble."""

    def build(failure_of: Callable[[Query], Exception | None]) -> Any:
        clock, fence = desk.clock, desk.fence
        troubled = TroubledBanxico(banxico, clock, failure_of)

        def inputs() -> Any:
            return leading.recorder.schedule_inputs

        guards = guard_banxico(
            troubled,
            Ledgers(
                RequestLedger(desk.engine, fence),
                RequestLedger(desk.engine, fence, "backfill_used"),
            ),
            SETTINGS.guard_limits(),
            GuardDependencies(
                clock=clock,
                monotonic=clock.monotonic,
                sleep=clock.sleep,
                random=lambda: 0.5,
                planned=lambda: polls_until_closing(inputs(), clock(), SETTINGS.poll_intervals()),
                awaited=lambda: fix_awaited(inputs(), clock()),
                on_change=lambda *_: None,
                on_attempt=lambda _: None,
                on_spent=lambda _: None,
                on_backfill_spent=lambda _: None,
            ),
        )
        leading = lead(guards.banxico, guards.background)
        leading.admits = lambda: guards.bypass.admits
        leading.retry_in = lambda: guards.breaker.retry_in
        return leading, troubled

    return build


async def _live_until(leading: Any, clock: Any, end: datetime) -> None:
    """Poll when that is due and look for missing history each minute, until `end`."""
    await leading.poller._begin()
    look_at = clock()
    while clock() < end:
        if clock() >= leading.poller.next_cycle_at:
            await leading.poller.poll(Purpose.POLL)
        if clock() >= look_at:
            await leading.backfills.step()
            look_at = clock() + LOOK
        clock.now += STEP


async def test_range_that_always_times_out_costs_no_fix(
    lead_through: Any, desk: Any, mexico: Callable[[str], datetime]
) -> None:
    """Protocol rule 35: from the first start at midnight to midnight, the day is as any other."""
    desk.clock.now = mexico(f"{TODAY} 00:00")
    leading, banxico = lead_through(never_comes)
    await _live_until(leading, desk.clock, mexico(f"{TODAY} 23:59"))

    ((used, backfill_used),) = await desk.rows("SELECT used, backfill_used FROM quota")
    assert used < 180
    assert 8 + 20 <= backfill_used <= 8 + 30
    ((seen,),) = await desk.rows(
        f"SELECT recorded_at FROM observations WHERE series = '{FIX}' AND date = '{TODAY}'"
    )
    assert datetime.fromisoformat(f"{seen}+00:00") <= mexico(f"{TODAY} 12:05:30")
    assert leading.poller.schedule_inputs.verified_at >= mexico(f"{TODAY} 17:00")
    assert leading.holes == [(FIRST_FIX_DAY, Day(1994, 7, 6), "timeout")]
    for at, query in banxico.asked:
        if query.covers(NEVER_COMES):
            assert not mexico(f"{TODAY} 11:55") <= at <= mexico(f"{TODAY} 12:15")


@pytest.mark.parametrize(
    "failure", [BadToken("refused"), UpstreamFailure("no connection", kind="connection")]
)
async def test_first_start_in_vain_leaves_the_quota_for_the_evening(
    lead_through: Any, desk: Any, mexico: Callable[[str], datetime], failure: Exception
) -> None:
    """Replaced at 20:00 a token that was refused all day brings the FIX and the history at once."""
    desk.clock.now = mexico(f"{TODAY} 00:00")
    leading, _ = lead_through(lambda _: failure)
    await _live_until(leading, desk.clock, mexico(f"{TODAY} 20:00"))
    ((used, backfill_used),) = await desk.rows("SELECT used, backfill_used FROM quota")
    assert used <= 656
    assert backfill_used == 0

    leading, _ = lead_through(lambda _: None)
    await _live_until(leading, desk.clock, mexico(f"{TODAY} 20:01"))
    assert leading.poller.schedule_inputs.newest_fix_day == TODAY
    assert leading.metric("history_holes") == 0


async def test_400_days_off_leave_the_rate_right_at_once(
    lead_through: Any, desk: Any, mexico: Callable[[str], datetime]
) -> None:
    """Protocol rule 30: though Banxico times out on ranges above 120 days, and the hole stays."""
    desk.clock.now = mexico("2025-07-08 10:00")
    leading, banxico = lead_through(lambda _: None)
    await _live_until(leading, desk.clock, mexico("2025-07-08 10:05"))
    desk.clock.now = mexico("2026-08-12 10:00")
    leading, banxico = lead_through(too_long)
    await _live_until(leading, desk.clock, mexico("2026-08-12 10:05"))
    status = await desk.record.status()
    assert leading.poller.schedule_inputs.newest_fix_day == Day(2026, 8, 11)
    assert status.series[FIX].verified_at >= mexico("2026-08-12 10:00")
    assert status.series[FIX].complete_from == Day(2026, 6, 28)
    assert leading.metric("history_holes") == 1
    polls = [query for _, query in banxico.asked if query.confirms]
    assert all(query.last - query.first <= timedelta(days=55) for query in polls)
    await _live_until(leading, desk.clock, mexico("2026-08-12 10:20"))
    assert [cause for _, _, cause in leading.holes] == ["timeout"]
