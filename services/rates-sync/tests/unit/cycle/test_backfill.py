"""The whole history at first start, and ranges for operators."""

from datetime import UTC, datetime, timedelta
from datetime import date as Day
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rates_contracts.calendar import ONE_DAY, mexico_day
from rates_contracts.events import HistoryReload
from rates_contracts.observation import FIRST_FIX_DAY, FIX, SETTLEMENT
from rates_sync.cycle.backfill import CHUNK, Backfill, Progress, Waits, chunks
from rates_sync.cycle.cycle import Cycle
from rates_sync.cycle.recorder import AnnounceMode, Recorder
from rates_sync.errors import BreakerOpen, QuotaExhausted, UpstreamError, UpstreamFailure
from rates_sync.store.coverage import PROVISIONAL, Span
from rates_sync.upstream import Query

TODAY = Day(2026, 8, 13)
THURSDAY = datetime(2026, 8, 13, 16, tzinfo=UTC)


@given(st.dates(Day(1992, 1, 1), TODAY), st.integers(0, 12_000))
def test_chunks_cover_a_span_once_newest_first(first: Day, length: int) -> None:
    """Chunks neither overlap nor leave a day out, and none is larger than a request may be."""
    span = Span(first, first + timedelta(days=length))
    parts = list(chunks([span]))
    assert (parts[0].last, parts[-1].first) == (span.last, span.first)
    assert all(newer.first - older.last == ONE_DAY for newer, older in pairwise(parts))
    assert all(part.last - part.first < CHUNK for part in parts)


@pytest.fixture
async def recorder(desk: Any) -> Recorder:
    """A recorder that has begun."""
    recorder: Recorder = desk.recorder()
    await recorder.begin()
    return recorder


@pytest.fixture
def backfill(desk: Any, banxico: Any, recorder: Recorder) -> Backfill:
    """The backfill of an empty record."""
    return Backfill(banxico, recorder, FIRST_FIX_DAY, desk.clock.monotonic)


async def _run(backfill: Backfill) -> list[Progress]:
    due = backfill.due(await backfill.holes(TODAY))
    return [progress async for progress in backfill.run(due)]


async def test_whole_history_is_one_event(
    desk: Any, backfill: Backfill, real_fix: dict[Day, Decimal]
) -> None:
    """Protocol rule 2: 35 years in nine requests, one `history_reload`, every day as published."""
    before = len(desk.announced)
    progress = await _run(backfill)
    assert [chunk.done for chunk in progress] == list(range(1, 10))
    assert [type(event) for event in desk.announced[before:]] == [HistoryReload]
    rows = await desk.rows(f"SELECT date, value FROM observations WHERE series = '{FIX}'")
    expected = {(str(day), str(value)) for day, value in real_fix.items() if day < TODAY}
    assert set(rows) == expected


async def test_whole_history_leaves_no_hole(desk: Any, backfill: Backfill) -> None:
    """Protocol rule 25: then both series are complete, as of the event that tells so."""
    assert await backfill.holes(TODAY) == (Span(FIRST_FIX_DAY, TODAY - ONE_DAY),)
    await _run(backfill)
    assert await backfill.holes(TODAY) == ()
    event = desk.announced[-1]
    for series in (FIX, SETTLEMENT):
        known = event.status.series[series]
        assert (known.complete_from, known.complete_at) == (FIRST_FIX_DAY, event.recorded_at)


async def test_a_fix_after_the_last_question_is_asked_for_after_a_long_rest(
    desk: Any, banxico: Any, recorder: Recorder, backfill: Backfill, mexico: Any
) -> None:
    """Protocol rule 25: what was not out before noon is no gap when polls no longer reach back."""
    cycle, off = Cycle(banxico, recorder, desk.clock), Day(2026, 4, 15)
    desk.clock.now = mexico(f"{off} 10:00")
    await cycle.run()
    desk.clock.now += timedelta(days=50)
    await cycle.run()
    holes = await backfill.holes(mexico_day(desk.clock()))
    assert any(hole.first <= off <= hole.last for hole in holes)


async def test_interrupted_backfill_goes_on_where_it_was(
    desk: Any, banxico: Any, backfill: Backfill
) -> None:
    """What is covered is not asked for again; the end announces all of it."""
    running = backfill.run(await backfill.holes(TODAY))
    for _ in range(4):
        await anext(running)
    banxico.script = [UpstreamFailure("away")]
    with pytest.raises(UpstreamFailure):
        await anext(running)
    asked = len(banxico.asked)
    before = len(desk.announced)
    desk.clock.now += timedelta(minutes=1)
    await _run(backfill)
    assert len(banxico.asked) - asked == 5
    assert [type(event) for event in desk.announced[before:]] == [HistoryReload]
    assert await backfill.holes(TODAY) == ()


async def test_400_days_off_are_a_hole(desk: Any, banxico: Any, backfill: Backfill) -> None:
    """Protocol rule 30: what the polls of 45 days leave out is found and asked for."""
    await _run(backfill)
    desk.clock.now += timedelta(days=40)
    today = Day(2026, 9, 22)
    first = Day(2026, 9, 11)
    poll = await banxico.ask(Query((FIX, SETTLEMENT), first, today + timedelta(10)))
    recorder = desk.recorder()
    await recorder.record(poll, AnnounceMode.POLL)
    known = desk.announced[-1].status.series[FIX]
    assert (known.complete_from, known.complete_at is None) == (first, False)
    provisional = TODAY - ONE_DAY - PROVISIONAL
    assert await backfill.holes(today) == (Span(provisional + ONE_DAY, first - ONE_DAY),)


async def test_day_asked_for_before_its_fix_came_is_asked_for_again(
    desk: Any, banxico: Any, recorder: Recorder, backfill: Backfill, mexico: Any
) -> None:
    """Protocol rule 25: off from the morning of a banking day for months, it is no gap."""
    desk.clock.now = mexico("2026-03-02 10:00")
    cycle = Cycle(banxico, recorder, desk.clock)
    await cycle.run()
    desk.clock.now = mexico("2026-06-02 10:00")
    await cycle.run()
    async for _ in backfill.run(await backfill.holes(Day(2026, 6, 2))):
        pass
    march = "SELECT value FROM observations WHERE series = 'SF43718' AND date = '2026-03-02'"
    assert await desk.rows(march) == [(str(banxico.fix[Day(2026, 3, 2)]),)]
    assert await backfill.holes(Day(2026, 6, 2)) == ()


async def test_range_that_fails_waits_twice_as_long_each_time(
    desk: Any, banxico: Any, backfill: Backfill
) -> None:
    """From a minute to an hour; the other chunks need not wait for it."""
    holes = await backfill.holes(TODAY)
    banxico.script = [UpstreamFailure("away")]
    with pytest.raises(UpstreamFailure):
        await anext(backfill.run(backfill.due(holes)))
    failed = backfill.due(holes)
    assert len(failed) == 8
    desk.clock.now += timedelta(seconds=59)
    assert backfill.due(holes) == failed
    desk.clock.now += timedelta(seconds=1)
    assert len(backfill.due(holes)) == 9


@pytest.mark.parametrize("refusal", [BreakerOpen(THURSDAY), QuotaExhausted("1000 spent")])
async def test_range_that_nobody_asked_for_need_not_wait(
    banxico: Any, backfill: Backfill, refusal: UpstreamError
) -> None:
    """An open breaker or a spent quota says nothing about the range."""
    holes = await backfill.holes(TODAY)
    banxico.script = [refusal]
    with pytest.raises(type(refusal)):
        await anext(backfill.run(backfill.due(holes)))
    assert len(backfill.due(holes)) == 9


def test_wait_grows_from_a_minute_to_an_hour() -> None:
    """Protocol rule 35: doubled each time."""
    now = 0.0
    waits, span = Waits(lambda: now), Span(TODAY, TODAY)
    seconds = []
    for _ in range(8):
        began = now
        waits.lengthen(span)
        while not waits.are_over(span):
            now += 1.0
        seconds.append(now - began)
    assert seconds == [60, 120, 240, 480, 960, 1920, 3600, 3600]


async def test_hole_that_stays_is_told_once_and_waits(
    desk: Any, banxico: Any, backfill: Backfill
) -> None:
    """Protocol rule 25: days without a FIX for more than 15 days stay unknown though asked for."""
    gap = Span(Day(2009, 3, 3), Day(2009, 3, 31))
    banxico.fix = {day: rate for day, rate in banxico.fix.items() if not _in(gap, day)}
    told = [hole for progress in await _run(backfill) for hole in progress.holes]
    (hole,) = await backfill.holes(TODAY)
    assert told == [hole]
    assert (hole.first, hole.last) == (gap.first, gap.last)
    assert backfill.due([hole]) == []
    desk.clock.now += timedelta(minutes=1)
    assert [progress.holes for progress in await _run(backfill)] == [()]
    assert desk.announced[-1].status.series[FIX].complete_from == Day(2009, 4, 1)


async def test_silence_across_two_chunks_is_one_hole(
    desk: Any, banxico: Any, backfill: Backfill, recorder: Recorder
) -> None:
    """Protocol rule 25: ten days without a FIX on either side of a border are 20 days without."""
    border = list(chunks([Span(FIRST_FIX_DAY, TODAY - ONE_DAY)]))[2].first
    silence = Span(border - timedelta(days=10), border + timedelta(days=9))
    banxico.fix = {day: rate for day, rate in banxico.fix.items() if not _in(silence, day)}
    told = [hole for progress in await _run(backfill) for hole in progress.holes]
    (hole,) = await backfill.holes(TODAY)
    assert told == [hole]
    assert hole.first <= silence.first
    assert silence.last <= hole.last
    assert hole.last + ONE_DAY in banxico.fix
    await recorder.accept_history(hole, "operator")
    assert await backfill.holes(TODAY) == ()
    night = Query((FIX, SETTLEMENT), border, border + timedelta(days=400))
    await recorder.record(await banxico.ask(night), AnnounceMode.SLICE)
    assert await backfill.holes(TODAY) == ()


async def test_accepted_hole_is_covered(
    desk: Any, banxico: Any, backfill: Backfill, recorder: Recorder
) -> None:
    """Protocol rule 25: `history accept` settles it, audited, and the history is complete."""
    gap = Span(Day(2009, 3, 3), Day(2009, 3, 31))
    banxico.fix = {day: rate for day, rate in banxico.fix.items() if not _in(gap, day)}
    await _run(backfill)
    desk.clock.now += timedelta(hours=1)
    await recorder.accept_history(gap, "operator")
    assert await backfill.holes(TODAY) == ()
    event = desk.announced[-1]
    assert event.status.series[FIX].complete_from == FIRST_FIX_DAY
    assert event.status.series[FIX].complete_at == event.recorded_at
    assert await desk.rows("SELECT actor, action, detail FROM audit") == [
        ("operator", "history-accept", "2009-03-03 to 2009-03-31")
    ]


async def test_operators_backfill_trusts_what_it_brings(
    desk: Any, banxico: Any, backfill: Backfill
) -> None:
    """A value set aside is recorded once an operator asks for its day again."""
    day = Day(2026, 8, 12)
    async for _ in backfill.run([Span(Day(2026, 7, 1), Day(2026, 8, 11))]):
        pass
    banxico.changed[FIX, day] = banxico.changed[SETTLEMENT, day] = banxico.fix[day] * 2
    async for progress in backfill.run([Span(day, day)], trusted=True):
        assert progress.additions.new == 2


async def test_today_is_no_hole_of_an_operators_range(banxico: Any, backfill: Backfill) -> None:
    """Protocol rule 25: its FIX may still come, so that nobody is told to accept the day."""
    span = Span(Day(2026, 7, 1), TODAY)
    async for progress in backfill.run([span], trusted=True):
        assert progress.holes == ()


async def test_operators_range_of_later_days_leaves_no_day_out(
    banxico: Any, backfill: Backfill
) -> None:
    """Protocol rule 25: else the days before it would be known to have no FIX, unasked."""
    later = Span(Day(2026, 8, 10), Day(2026, 8, 12))
    assert await backfill.widened(later) == later  # nothing is known yet
    async for _ in backfill.run([Span(Day(2026, 6, 1), Day(2026, 6, 30))]):
        pass
    assert await backfill.widened(later) == Span(Day(2026, 6, 20), later.last)
    earlier = Span(Day(2026, 6, 29), Day(2026, 8, 12))
    assert await backfill.widened(earlier) == earlier


def _in(span: Span, day: Day) -> bool:
    return span.first <= day <= span.last
