"""Which days an answer covers (protocol rule 25)."""

from datetime import UTC, datetime, timedelta
from datetime import date as Day
from decimal import Decimal
from typing import Any

import pytest

from rates_contracts.observation import FIX, SETTLEMENT
from rates_sync.cycle.coverage import covered, holes, silences
from rates_sync.store.coverage import Span, merged, uncovered
from rates_sync.upstream import Answer, Published, Query, Rejected

NOW = datetime(2026, 8, 13, 16, 0, tzinfo=UTC)
TODAY = Day(2026, 8, 13)
JULY = Span(Day(2026, 7, 1), Day(2026, 7, 31))


def _answer(days: dict[str, list[Day]], asked: Span = JULY, **others: Any) -> Answer:
    published = tuple(
        Published(series, day, Decimal("17.0530")) for series, of in days.items() for day in of
    )
    query = Query((FIX, SETTLEMENT), asked.first, asked.last)
    fields: dict[str, Any] = {"rejected": (), "missing_series": (), "answered_at": NOW} | others
    return Answer(b"", "", NOW, published, titles={}, query=query, asked_at=NOW, **fields)


def _every(days: int, span: Span) -> list[Day]:
    """Return each day of `span` that is a multiple of `days` after its first."""
    return [span.first + timedelta(n) for n in range(0, (span.last - span.first).days + 1, days)]


def test_days_that_were_asked_for_are_covered() -> None:
    """Protocol rule 25: weekends and closures too."""
    answer = _answer({FIX: _every(5, JULY), SETTLEMENT: _every(1, JULY)})
    assert covered(answer, FIX, TODAY) == covered(answer, SETTLEMENT, TODAY) == (JULY,)


def test_no_day_after_today_is_covered() -> None:
    """Protocol rule 25: a poll asks for days ahead, and their absence tells nothing."""
    asked = Span(Day(2026, 8, 1), Day(2026, 8, 23))
    answer = _answer({FIX: [Day(2026, 8, 10), TODAY], SETTLEMENT: _every(1, asked)}, asked)
    expected = (Span(asked.first, TODAY),)
    assert covered(answer, FIX, TODAY) == covered(answer, SETTLEMENT, TODAY) == expected
    assert covered(answer, FIX, Day(2026, 7, 31)) == ()


def test_today_is_covered_by_its_value_or_on_a_weekend() -> None:
    """Protocol rule 25: a FIX that comes after the last question before a long rest is no gap."""
    asked = Span(Day(2026, 8, 1), Day(2026, 8, 23))
    friday, saturday = Day(2026, 8, 14), Day(2026, 8, 15)
    answer = _answer({FIX: [Day(2026, 8, 10)]}, asked)
    assert covered(answer, FIX, friday) == (Span(asked.first, Day(2026, 8, 13)),)
    assert covered(answer, FIX, saturday) == (Span(asked.first, saturday),)
    assert covered(_answer({FIX: []}, Span(friday, friday)), FIX, friday) == ()


@pytest.mark.parametrize(("apart", "is_hole"), [(15, False), (16, True)])
def test_fix_too_far_apart_leave_a_hole(apart: int, is_hole: bool) -> None:
    """Protocol rule 25: more than 15 days between two FIX are no closure."""
    before = Day(2026, 7, 3)
    after = before + timedelta(apart)
    spans = covered(_answer({FIX: [before, after, Day(2026, 7, 29)]}), FIX, TODAY)
    assert spans == ((Span(JULY.first, before), Span(after, JULY.last)) if is_hole else (JULY,))


def test_silence_may_begin_before_the_range() -> None:
    """Protocol rule 25: two FIX more than 15 days apart, one of them recorded, leave a hole."""
    before, shown = Day(2026, 6, 20), Day(2026, 7, 10)
    known, answer = [Span(Day(2026, 6, 1), Day(2026, 6, 30))], _answer({FIX: [shown]})
    hole = Span(Day(2026, 6, 21), Day(2026, 7, 9))
    assert silences(answer, FIX, TODAY, [before], known) == (hole,)
    assert silences(answer, FIX, TODAY, [Day(2026, 6, 26)], known) == ()


def test_silence_where_nobody_asked_yet_is_none() -> None:
    """The chunk before it may still bring a FIX."""
    answer = _answer({FIX: [Day(2026, 7, 10)]})
    assert silences(answer, FIX, TODAY, [Day(2026, 6, 20)], []) == ()


def test_silence_that_is_covered_is_accepted() -> None:
    """Protocol rule 25: the monthly slice does not find again what an operator has settled."""
    accepted = [Span(Day(2026, 6, 1), Day(2026, 8, 12))]
    answer = _answer({FIX: [Day(2026, 7, 10)]})
    assert silences(answer, FIX, TODAY, [Day(2026, 6, 20)], accepted) == ()


def test_edges_of_the_range_count_for_the_fix() -> None:
    """A range that begins or ends with more than 15 days of silence is not covered there."""
    assert covered(_answer({FIX: [Day(2026, 7, 20)]}), FIX, TODAY) == (
        Span(Day(2026, 7, 20), JULY.last),
    )
    assert covered(_answer({FIX: [Day(2026, 7, 10)]}), FIX, TODAY) == (
        Span(JULY.first, Day(2026, 7, 10)),
    )
    assert covered(_answer({FIX: []}), FIX, TODAY) == ()


def test_settlement_series_begins_within_a_range() -> None:
    """Before its first value nothing is missing; between two values it may be."""
    whole = Span(Day(2019, 1, 1), Day(2020, 12, 31))
    begun = Span(Day(2020, 1, 1), whole.last)
    answer = _answer({SETTLEMENT: _every(1, begun)}, whole)
    assert covered(answer, SETTLEMENT, TODAY) == (whole,)
    gap = Span(Day(2020, 3, 1), Day(2020, 3, 31))
    days = [day for day in _every(1, begun) if not gap.first <= day <= gap.last]
    assert uncovered(whole, covered(_answer({SETTLEMENT: days}, whole), SETTLEMENT, TODAY)) == (
        gap,
    )


def test_value_that_cannot_be_used_was_published_all_the_same() -> None:
    """Its day is known to have a value: it is under review, not missing."""
    rejected = tuple(Rejected(FIX, day, "?", "no number") for day in _every(5, JULY))
    assert covered(_answer({}, rejected=rejected), FIX, TODAY) == (JULY,)


@pytest.mark.parametrize(
    "others",
    [
        {"missing_series": (FIX,)},
        {"rejected": (Rejected(FIX, None, "?", "no date", "undated"),)},
        {"age": timedelta(hours=20)},
        {"answered_at": NOW - timedelta(days=1)},
    ],
    ids=["series missing", "row without a readable day", "from a cache", "not of now"],
)
def test_answer_that_may_lack_days_covers_nothing(others: Any) -> None:
    """Protocol rule 25: ignorance is never told as the source's silence."""
    assert covered(_answer({FIX: _every(1, JULY)}, **others), FIX, TODAY) == ()


def test_unreadable_row_of_one_series_costs_the_other_nothing() -> None:
    """Each series is covered by its own rows."""
    rejected = (Rejected(SETTLEMENT, None, "?", "no date", "undated"),)
    answer = _answer({FIX: _every(1, JULY), SETTLEMENT: _every(1, JULY)}, rejected=rejected)
    assert (covered(answer, FIX, TODAY), covered(answer, SETTLEMENT, TODAY)) == ((JULY,), ())


def test_hole_is_what_any_series_lacks() -> None:
    """The holes of both series are asked for together."""
    coverage = {
        FIX: (Span(Day(2026, 7, 10), Day(2026, 7, 20)), Span(Day(2026, 7, 25), TODAY)),
        SETTLEMENT: (Span(Day(2026, 7, 1), Day(2026, 7, 27)),),
    }
    assert holes(JULY, (FIX, SETTLEMENT), coverage) == (
        Span(Day(2026, 7, 1), Day(2026, 7, 9)),
        Span(Day(2026, 7, 21), Day(2026, 7, 24)),
        Span(Day(2026, 7, 28), Day(2026, 7, 31)),
    )
    assert holes(JULY, (FIX,), {}) == (JULY,)


def test_spans_that_touch_are_one() -> None:
    """What was asked for in pieces counts as a whole."""
    spans = [Span(Day(2026, 7, 16), Day(2026, 7, 31)), Span(Day(2026, 7, 1), Day(2026, 7, 15))]
    assert merged(spans) == (JULY,)
    assert len(merged([JULY, Span(Day(2026, 8, 2), TODAY)])) == 2


def test_no_closure_of_35_years_looks_like_a_hole(real_fix: dict[Day, Decimal]) -> None:
    """The real history is covered as a whole."""
    whole = Span(min(real_fix), Day(2026, 8, 12))
    answer = _answer({FIX: [day for day in real_fix if day <= whole.last]}, whole)
    assert covered(answer, FIX, TODAY) == (whole,)
