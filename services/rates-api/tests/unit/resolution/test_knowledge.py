"""What a span says of its days is what they say themselves."""

from collections.abc import Callable
from datetime import date, timedelta
from time import process_time
from typing import Any

import pytest

from rates_api.resolution.knowledge import WARNING_OF, absence, is_known, unknown, unknown_warnings
from rates_api.resolution.view import View, as_known_at, present
from rates_api.snapshot.level import assess
from rates_contracts.observation import FIRST_FIX_DAY, FIX, SETTLEMENT, SeriesKind

ONE_DAY = timedelta(days=1)
AUGUST = date(2026, 8, 3)
FAR = date(2026, 9, 10)

Record = Callable[[Any], Any]


def known(without: tuple[date, ...] = (), **changes: dict[str, Any]) -> Record:
    """Return the record without days, with `changes` of what is known of the series."""
    return lambda world: world.snapshot(without=without, series=world.series(**changes))


def partly(series: str, since: date) -> Record:
    """Return the record of which a series is loaded since a day."""
    kind = "fix" if series == FIX else "settlement"
    return lambda world: world.snapshot(
        kept=lambda row: row.series != series or row.date >= since,
        series=world.series(**{kind: {"complete_from": since}}),
    )


RECORDS: dict[str, Record] = {
    "all known": known(),
    "holes": known((date(2024, 3, 1), date(2026, 8, 12), date(2026, 8, 13), date(2015, 5, 28))),
    "FIX loading": partly(FIX, AUGUST),
    "FIX loading, before the first stored settlement": partly(FIX, date(2015, 5, 29)),
    "settlements loading": partly(SETTLEMENT, date(2026, 8, 15)),
    "nothing complete": known(fix={"complete_from": None}, settlement={"complete_from": None}),
    "FIX under review": known(
        (date(2026, 8, 12),), fix={"under_review": (date(2026, 8, 14), date(2026, 8, 12))}
    ),
    "FIX of a weekend under review": known(fix={"under_review": (date(2026, 8, 9),)}),
    "settlement under review": known(
        (date(2026, 8, 17),), settlement={"under_review": (date(2026, 8, 17),)}
    ),
    "more FIX under review than are listed": known(
        (date(2024, 3, 1), date(2015, 5, 28), date(1991, 11, 20)),
        fix={"under_review": (date(2026, 8, 12),), "under_review_count": 4},
    ),
    "more settlements under review than are listed": known(
        (date(2024, 3, 1), date(2024, 3, 2)),
        settlement={"under_review": (date(2026, 8, 17),), "under_review_count": 3},
    ),
    "a hole of six weeks": lambda world: world.snapshot(
        kept=lambda row: not date(2026, 5, 4) <= row.date <= date(2026, 6, 14)
    ),
    "old FIX under review": known((date(2015, 5, 28),), fix={"under_review": (date(2015, 5, 28),)}),
}
SPANS = [
    (date(2026, 8, 1), FAR),
    (date(2026, 8, 13), date(2026, 8, 13)),
    (date(2026, 8, 14), date(2026, 8, 14)),
    (date(2026, 8, 18), date(2026, 8, 18)),
    (date(2024, 2, 28), date(2024, 3, 5)),
    (date(2015, 5, 25), date(2015, 6, 5)),
    (date(2026, 5, 18), date(2026, 5, 24)),
    (date(2026, 4, 1), date(2026, 7, 20)),
    (date(1991, 11, 1), date(1991, 12, 1)),
]


def brute_force(view: View, kind: SeriesKind, first: date, last: date) -> set[str]:
    """Return the codes of unknown days by asking each day."""
    found = set()
    day = max(first, FIRST_FIX_DAY)
    while day <= last:
        if view.recorded(kind, day) is None:
            found.add(absence(view, kind, day))
        day += ONE_DAY
    return {code for code in found if code in WARNING_OF}


@pytest.mark.parametrize("kind", ["fix", "settlement"])
@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("hour", [10, 15])
def test_a_span_knows_what_each_of_its_days_knows(
    world: Any, kind: SeriesKind, name: str, hour: int
) -> None:
    """The few days that are looked at stand for all others (protocol rule 25)."""
    snapshot, now = RECORDS[name](world), world.mexico(world.TODAY, hour)
    views = [present(snapshot, assess(snapshot, now), now)]
    views += [
        as_known_at(snapshot, world.mexico(day, 15), now)
        for day in (date(2026, 8, 12), date(2024, 3, 2))
    ]
    for view in views:
        for span in SPANS:
            codes = brute_force(view, kind, *span)
            assert unknown(view, kind, *span) == codes, (view.at, span)
            assert is_known(view, kind, *span) == (not codes)


def test_later_value_proves_no_absence_in_a_hole_of_then(world: Any) -> None:
    """Protocol rule 25: what was filled only later, or never asked for, was not known then."""
    snapshot = RECORDS["a hole of six weeks"](world)
    view = as_known_at(snapshot, world.mexico(date(2026, 8, 12), 12), world.NOW)
    assert absence(view, "fix", date(2026, 5, 20)) == "not-known-then"
    assert absence(view, "settlement", date(2026, 5, 20)) == "not-known-then"
    assert absence(view, "fix", date(2026, 8, 12)) == "not-known-then"


def test_with_as_of_a_span_warns_of_nothing(world: Any) -> None:
    """What was not known then stays so: no warning could ever end (protocol rule 25)."""
    snapshot = world.snapshot()
    view = as_known_at(snapshot, world.mexico(date(2026, 8, 12), 12), world.NOW)
    span = (date(2026, 8, 1), date(2026, 8, 12))
    assert not is_known(view, "fix", *span)
    assert unknown_warnings(view, "fix", *span) == ()


@pytest.mark.parametrize("kind", ["fix", "settlement"])
@pytest.mark.parametrize("name", RECORDS)
def test_thirty_years_take_no_longer_than_a_week(world: Any, kind: SeriesKind, name: str) -> None:
    """Only days that may be unknown are looked at: far less than the 20 ms of rule 40."""
    snapshot, now = RECORDS[name](world), world.mexico(world.TODAY, 15)
    view = present(snapshot, assess(snapshot, now), now)
    times = []
    for _ in range(5):
        begun = process_time()
        unknown(view, kind, FIRST_FIX_DAY, view.today)
        times.append(process_time() - begun)
    assert sorted(times)[2] < 0.02


@pytest.mark.parametrize(
    ("kind", "day", "says"),
    [
        ("fix", date(2024, 3, 1), "under-review"),
        ("fix", date(2026, 8, 13), "gap"),
        ("fix", date(2024, 2, 5), "no-fix-on-closed-day"),
        ("fix", date(1995, 6, 15), "under-review"),
        ("settlement", date(2015, 6, 1), "under-review"),
        ("settlement", date(2015, 7, 1), None),
        ("settlement", date(2024, 3, 9), "under-review"),
        ("settlement", date(2026, 8, 9), "gap"),
    ],
)
def test_days_under_review_that_are_only_counted_make_no_gap(
    world: Any, kind: SeriesKind, day: date, says: str | None
) -> None:
    """The status lists 50 days: of what is older no absence is claimed (rules 25 and 28)."""
    of_fix = (date(2024, 3, 1), date(2026, 8, 13), date(1995, 6, 15), date(2015, 5, 28))
    missing = (*of_fix, date(2024, 3, 9), date(2026, 8, 9))
    fix = {"under_review": (date(2026, 8, 12),), "under_review_count": 5}
    settlement = {"under_review": (date(2026, 8, 8),), "under_review_count": 2}
    snapshot = world.snapshot(
        newest=world.TODAY, without=missing, series=world.series(fix=fix, settlement=settlement)
    )
    view = present(snapshot, assess(snapshot, world.NOW), world.NOW)
    assert absence(view, kind, day) == says
