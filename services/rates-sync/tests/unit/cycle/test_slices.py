"""The nightly slice of the history (protocol rule 30)."""

from datetime import date as Day
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rates_contracts.calendar import ONE_DAY
from rates_contracts.events import HistoryReload, ObservationsRecorded
from rates_contracts.observation import FIRST_FIX_DAY, FIX, SETTLEMENT
from rates_sync.cycle.backfill import Backfill
from rates_sync.cycle.recorder import AnnounceMode, Recorder
from rates_sync.cycle.slices import SLICES, SliceCheck, slice_of
from rates_sync.upstream import Query

AUGUST = Day(2026, 8, 1)
IN_2003 = Day(2026, 9, 10)
"""A night whose slice is from January 2003 to April 2004."""


@given(st.dates(Day(1992, 3, 1), Day(2080, 1, 1)))
def test_slices_of_a_month_are_the_whole_history(month: Day) -> None:
    """Protocol rule 30: 28 slices without a gap, the last up to the day before its night."""
    nights = [month.replace(day=1) + ONE_DAY * n for n in range(SLICES)]
    slices = [span for night in nights if (span := slice_of(night, FIRST_FIX_DAY))]
    days = [day for span in slices for day in (span.first, span.last)]
    assert (days[0], days[-1]) == (FIRST_FIX_DAY, nights[-1] - ONE_DAY)
    joints = zip(days[1:-1:2], days[2::2], strict=True)
    assert all(after - before == ONE_DAY for before, after in joints)


def test_a_slice_is_small_enough_for_one_request() -> None:
    """1.25 years of 35."""
    spans = [slice_of(AUGUST + ONE_DAY * n, FIRST_FIX_DAY) for n in range(SLICES)]
    lengths = [(span.last - span.first).days + 1 for span in spans if span]
    assert (min(lengths), max(lengths)) == (452, 480)


def test_long_months_end_without_a_slice() -> None:
    """The whole has been checked by then; a history of a few days has few slices."""
    assert slice_of(Day(2026, 8, 29), FIRST_FIX_DAY) is None
    assert slice_of(AUGUST, first=Day(2026, 7, 30)) is None


@pytest.fixture
async def recorder(desk: Any, banxico: Any) -> Recorder:
    """A recorder with the whole history, on the night of 14 August."""
    recorder: Recorder = desk.recorder()
    await recorder.begin()
    backfill = Backfill(banxico, recorder, FIRST_FIX_DAY, desk.clock.monotonic)
    async for _ in backfill.run(await backfill.holes(Day(2026, 8, 14))):
        pass
    return recorder


async def test_correction_is_found_within_a_month(
    desk: Any, banxico: Any, recorder: Recorder
) -> None:
    """Protocol rule 30: one of 11 days ago, which no poll asks for, and one of 2003 (fault 11)."""
    check = SliceCheck(banxico, recorder, FIRST_FIX_DAY)
    corrected = (Day(2003, 6, 18), Day(2026, 8, 3))
    for day in corrected:
        banxico.changed[FIX, day] = banxico.fix[day] + Decimal("0.0100")
    verified_at, events = recorder.health.verified_at, len(desk.announced)
    for night in range(31):
        await check.run(Day(2026, 8, 14) + timedelta(night))
    found = desk.announced[events:]
    assert all(isinstance(event, ObservationsRecorded) for event in found)
    rows = [row for event in found for row in event.observations if row.revision > 1]
    assert sorted((row.date, row.revision) for row in rows) == [(day, 2) for day in corrected]
    assert recorder.health.verified_at == verified_at


async def test_slice_trusts_as_little_as_a_poll(banxico: Any, recorder: Recorder) -> None:
    """A value that moved too far is set aside for review."""
    day = Day(2003, 6, 18)
    banxico.changed[FIX, day] = banxico.fix[day] * 2
    additions = await SliceCheck(banxico, recorder, FIRST_FIX_DAY).run(IN_2003)
    assert [row.date for row in additions.quarantined] == [day]
    assert additions.corrections == 0


async def test_missing_day_is_asked_for_again_and_then_withdrawn(
    desk: Any, banxico: Any, recorder: Recorder
) -> None:
    """Protocol rule 27: what a slice misses, a second answer 5 min later decides."""
    day = Day(2003, 6, 18)
    banxico.withdrawn = {(FIX, day), (SETTLEMENT, day)}
    await SliceCheck(banxico, recorder, FIRST_FIX_DAY).run(IN_2003)
    backfill = Backfill(banxico, recorder, FIRST_FIX_DAY, desk.clock.monotonic)
    assert await backfill.missed() == ()
    desk.clock.now += timedelta(minutes=5, seconds=1)
    async for _ in backfill.run(backfill.due(await backfill.missed())):
        pass
    assert await backfill.missed() == ()
    assert desk.announced[-1].status.series[FIX].withdrawn == (day,)


async def test_slice_tells_what_an_interrupted_backfill_left(
    desk: Any, banxico: Any, recorder: Recorder
) -> None:
    """Any recording that finds rows unannounced announces them."""
    banxico.changed[FIX, Day(2003, 6, 18)] = Decimal("10.6000")
    query = Query((FIX, SETTLEMENT), Day(2003, 6, 1), Day(2003, 6, 30))
    await recorder.record(await banxico.ask(query), AnnounceMode.CHUNK)
    await SliceCheck(banxico, recorder, FIRST_FIX_DAY).run(Day(2026, 8, 1))
    assert isinstance(desk.announced[-1], HistoryReload)
