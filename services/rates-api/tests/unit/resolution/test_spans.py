"""A list has for each of its days what the day itself is answered with."""

import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, get_args

import httpx
import pytest

from rates_api.http.problems import Refused
from rates_api.resolution import spans
from rates_api.resolution.resolution import resolve
from rates_api.resolution.view import View, present
from rates_api.snapshot.level import assess
from rates_contracts.observation import Kind

Ask = Callable[..., Awaitable[httpx.Response]]

FIRST, LAST = date(1991, 11, 1), date(2026, 8, 20)
KINDS: tuple[Kind, ...] = get_args(Kind)
SPANS = 1000


def whole(world: Any) -> Any:
    """Everything recorded, everything known."""
    return world.snapshot(series=world.known_series())


def holed(world: Any) -> Any:
    """Days are missing in both series, and one is under review."""
    missing = (date(1994, 3, 2), date(2008, 5, 6), date(2022, 7, 5), date(2026, 8, 12))
    series = world.known_series(under_review=(date(2026, 8, 11),), under_review_count=1)
    return world.snapshot(without=missing, series=series)


def loading(world: Any) -> Any:
    """What lies before July 2005 is not loaded yet."""
    since = date(2005, 7, 1)
    series = world.known_series(complete_from=since, complete_at=None)
    return world.since(world.snapshot(series=series), since)


def silent(world: Any) -> Any:
    """For three weeks before the calendar begins no FIX is recorded, more than a rest can be."""
    first, last = date(1996, 5, 6), date(1996, 5, 24)
    return world.snapshot(
        kept=lambda row: not first <= row.date <= last, series=world.known_series()
    )


def cut(world: Any) -> Any:
    """More FIX are under review than the status lists: older closures are in doubt."""
    reviewed = {"under_review": (date(2018, 5, 2),), "under_review_count": 9}
    return world.snapshot(series=world.known_series(**reviewed, settlement={}))


def torn(world: Any) -> Any:
    """The settlement has rows from before a hole that is not filled yet."""
    settlement = {"complete_from": date(2022, 8, 14)}
    return world.snapshot(series=world.known_series(settlement=settlement))


def answered(view: View, kind: Kind) -> Mapping[date, tuple[Decimal, bool]]:
    """Return the rate of each day that has one without rolling, and whether it is derived."""
    found = {}
    for offset in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=offset)
        try:
            resolution = resolve(view, kind, day, "none")
        except Refused:
            continue
        found[day] = (resolution.observation.value, resolution.derived)
    return found


@pytest.mark.parametrize("situation", [whole, holed, silent, loading, torn, cut])
@pytest.mark.parametrize("kind", KINDS)
def test_a_span_equals_its_days(world: Any, kind: Kind, situation: Callable[[Any], Any]) -> None:
    """A thousand spans of each kind list what each of their days answers, and no more."""
    snapshot = situation(world)
    view = present(snapshot, assess(snapshot, world.NOW), world.NOW)
    days = answered(view, kind)
    chance = random.Random(15)
    for _ in range(SPANS):
        first = FIRST + timedelta(days=chance.randrange((LAST - FIRST).days))
        last = first + timedelta(days=chance.randrange(60))
        listed = {
            day: (row.value, derived) for day, row, derived in spans.values(view, kind, first, last)
        }
        expected = {day: rate for day, rate in days.items() if first <= day <= last}
        assert listed == expected, (first, last)
