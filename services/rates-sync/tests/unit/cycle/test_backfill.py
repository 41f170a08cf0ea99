"""The whole history at first start, and ranges for operators."""

from datetime import date as Day
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rates_contracts.calendar import ONE_DAY
from rates_contracts.events import HistoryReload
from rates_contracts.observation import FIRST_FIX_DAY, FIX, SETTLEMENT
from rates_sync.cycle.backfill import CHUNK, Backfill, Progress, Span, chunks, holes
from rates_sync.cycle.recorder import Recorder
from rates_sync.errors import UpstreamFailure
from rates_sync.upstream import Purpose

TODAY = Day(2026, 8, 13)


def test_empty_record_is_one_hole() -> None:
    """Without any FIX everything from the first on is missing."""
    assert holes([], FIRST_FIX_DAY, TODAY) == [Span(FIRST_FIX_DAY, TODAY - ONE_DAY)]


def test_real_history_has_no_hole(real_fix: dict[Day, Decimal]) -> None:
    """No closure of 35 years looks like a hole."""
    days = [day for day in real_fix if day < TODAY]
    assert holes(days, FIRST_FIX_DAY, TODAY) == []


def test_history_is_missing_until_its_first_day_is_there(real_fix: dict[Day, Decimal]) -> None:
    """A record that begins a day late still lacks that day."""
    days = [day for day in real_fix if FIRST_FIX_DAY < day < TODAY]
    assert holes(days, FIRST_FIX_DAY, TODAY) == [Span(FIRST_FIX_DAY, FIRST_FIX_DAY)]


def test_hole_inside_is_found(real_fix: dict[Day, Decimal]) -> None:
    """What an interruption left between old and new is found from the days alone."""
    days = [day for day in real_fix if day < Day(2001, 1, 1) or Day(2009, 6, 1) < day < TODAY]
    (hole,) = holes(days, FIRST_FIX_DAY, TODAY)
    assert (hole.first, hole.last) == (Day(2000, 12, 30), Day(2009, 6, 1))


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


async def _run(backfill: Backfill) -> list[Progress]:
    missing = await backfill.missing(TODAY)
    return [progress async for progress in backfill.run(missing, Purpose.POLL)]


async def test_whole_history_is_one_event(
    desk: Any, banxico: Any, recorder: Recorder, real_fix: dict[Day, Decimal]
) -> None:
    """Protocol rule 2: 35 years in nine requests, one `history_reload`, every day as published."""
    before = len(desk.announced)
    progress = await _run(Backfill(banxico, recorder, FIRST_FIX_DAY))
    assert [chunk.done for chunk in progress] == list(range(1, 10))
    assert [type(event) for event in desk.announced[before:]] == [HistoryReload]
    rows = await desk.rows(f"SELECT date, value FROM observations WHERE series = '{FIX}'")
    expected = {(str(day), str(value)) for day, value in real_fix.items() if day < TODAY}
    assert set(rows) == expected


async def test_interrupted_backfill_goes_on_where_it_was(
    desk: Any, banxico: Any, recorder: Recorder, real_fix: dict[Day, Decimal]
) -> None:
    """What is recorded is not asked for again; the end announces all of it."""
    backfill = Backfill(banxico, recorder, FIRST_FIX_DAY)
    missing = await backfill.missing(TODAY)
    running = backfill.run(missing, Purpose.POLL)
    for _ in range(4):
        await anext(running)
    banxico.script = [UpstreamFailure("away")]
    with pytest.raises(UpstreamFailure):
        await anext(running)
    asked = len(banxico.asked)
    before = len(desk.announced)
    await _run(Backfill(banxico, recorder, FIRST_FIX_DAY))
    assert len(banxico.asked) - asked == 5
    assert [type(event) for event in desk.announced[before:]] == [HistoryReload]
    days = await recorder.days(FIRST_FIX_DAY, TODAY)
    assert days == [day for day in real_fix if day < TODAY]


async def test_operators_backfill_trusts_what_it_brings(
    desk: Any, banxico: Any, recorder: Recorder
) -> None:
    """A value set aside is recorded once an operator asks for its day again."""
    day = Day(2026, 8, 12)
    backfill = Backfill(banxico, recorder, FIRST_FIX_DAY)
    async for _ in backfill.run([Span(Day(2026, 7, 1), Day(2026, 8, 11))], Purpose.POLL):
        pass
    banxico.changed[FIX, day] = banxico.changed[SETTLEMENT, day] = banxico.fix[day] * 2
    async for progress in backfill.run([Span(day, day)], Purpose.MANUAL, trusted=True):
        assert progress.additions.new == 2
