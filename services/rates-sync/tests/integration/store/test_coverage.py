"""The days that were asked for, as the record keeps them (protocol rule 25)."""

from datetime import date as Day
from typing import Any

import pytest

from rates_contracts.observation import FIX, SETTLEMENT
from rates_sync.store.coverage import PROVISIONAL, Span

pytestmark = pytest.mark.integration

JUNE = Span(Day(2026, 6, 1), Day(2026, 6, 30))
AUGUST = Span(Day(2026, 8, 1), Day(2026, 8, 13))


async def _cover(leader: Any, **spans: Span) -> None:
    async with leader.record.recording(leader.fence) as recording:
        await recording.cover({name: (span,) for name, span in spans.items()})


async def test_spans_are_merged_in_the_record(leader: Any) -> None:
    """Spans that touch are one, each series has its own; the days before a hole are part of it."""
    await _cover(leader, SF43718=JUNE, SF60653=AUGUST)
    await _cover(leader, SF43718=AUGUST)
    final = Span(JUNE.first, JUNE.last - PROVISIONAL)
    assert await leader.record.coverage() == {FIX: (final, AUGUST), SETTLEMENT: (AUGUST,)}
    await _cover(leader, SF43718=AUGUST)
    await _cover(leader, SF43718=Span(final.last, AUGUST.first))
    assert (await leader.record.coverage())[FIX] == (Span(JUNE.first, AUGUST.last),)


async def test_all_is_known_from_the_first_day_of_the_newest_span(leader: Any) -> None:
    """What lies before a hole does not count; without any span nothing is known."""
    assert await leader.record.coverage() == {}
    await _cover(leader, SF43718=JUNE)
    await _cover(leader, SF43718=AUGUST)
    async with leader.record.recording(leader.fence) as recording:
        assert recording.coverage[FIX][-1] == AUGUST
        assert SETTLEMENT not in recording.coverage
