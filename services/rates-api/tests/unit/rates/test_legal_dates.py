"""The legal dates over every day of the real series."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from rates_api.rates.legal_dates import dates_of_fix
from rates_api.rates.resolution import resolve
from rates_api.rates.view import View, present
from rates_api.snapshot.level import assess

ONE_DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def view(world: Any) -> View:
    """Give everything the two files hold: the FIX to 2026-09-29, the settlement to 08-21."""
    newest = max(world.fix())
    now = world.mexico(newest, 13)
    snapshot = world.snapshot(now=now, today=newest, newest=newest)
    return present(snapshot, assess(snapshot, now), now)


def test_the_rule_names_the_fix_of_every_settlement_day(view: View, world: Any) -> None:
    """On each of 2,425 real days SF60653 is the FIX of the day that the rule determines."""
    for day, rate in world.settlement().items():
        determined = view.banking_days.determination_for(day)
        assert determined is not None
        assert world.fix()[determined] == rate, day


def test_dates_are_right_on_every_day_that_sf60653_covers(view: View, world: Any) -> None:
    """Each FIX is confirmed, and applies exactly on the days on which SF60653 shows it."""
    spans = {}
    for day in world.settlement():
        found = resolve(view, "settlement", day)
        dates = found.dates
        assert dates.confirmed
        assert dates.determined is not None
        assert dates.applies_from is not None
        assert dates.applies_to is not None
        assert dates.applies_from <= day <= dates.applies_to
        assert dates == dates_of_fix(view, dates.determined)
        spans[dates.determined] = (dates.applies_from, dates.applies_to)
    ordered = [spans[determined] for determined in sorted(spans)]
    for (_, ended), (begins, _) in pairwise(ordered):
        assert begins == ended + ONE_DAY


def test_a_fix_is_published_on_the_next_day_that_has_one(view: View, world: Any) -> None:
    """From 1991 to 2026 the DOF day of each FIX is the day of the next FIX, and the law follows."""
    days = sorted(world.fix())
    for determined, published, following in zip(days, days[1:], days[2:], strict=False):
        dates = dates_of_fix(view, determined)
        assert dates.dof_published == published
        assert dates.applies_from == published + ONE_DAY
        assert dates.applies_to == following


def test_every_calendar_day_has_a_settlement_rate(view: View, world: Any) -> None:
    """From the first settlement on, stored or derived, no day is without a rate."""
    day, last = min(world.fix()) + 2 * ONE_DAY, max(world.settlement())
    while day <= last:
        found = resolve(view, "settlement", day)
        assert found.derived is (day < min(world.settlement()))
        day += ONE_DAY


def test_dates_beyond_the_calendar_are_null(view: View) -> None:
    """Where the calendar ends nothing is promised."""
    dates = dates_of_fix(view, view.calendar.last)
    assert (dates.dof_published, dates.applies_from, dates.applies_to) == (None, None, None)
    assert not dates.confirmed
