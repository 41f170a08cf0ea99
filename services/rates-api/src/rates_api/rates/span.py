"""The days of a span: their values, stored or derived, and whether all of them are known."""

from collections.abc import Iterable, Iterator
from datetime import date as Day
from typing import Any

from rates_api.rates.knowledge import (
    recorded_warnings,
    series_status,
    unknown,
    warnings_member,
    warnings_of,
)
from rates_api.rates.view import View
from rates_contracts.answers import Row
from rates_contracts.calendar import ONE_DAY
from rates_contracts.observation import FIRST_FIX_DAY, Kind, Observation


def rows_between(view: View, kind: Kind, first: Day, last: Day) -> tuple[Row, ...]:
    """Return the values of the days from `first` to `last`, each as its day is answered."""
    stored = (_row(found.date, found) for found in view.history(kind).between(first, last))
    if kind == "fix":
        return tuple(stored)
    derived = (_row(day, fix, derived=True) for day, fix in _derived(view, first, last))
    return (*derived, *stored)


def last_rows(view: View, kind: Kind, n: int) -> tuple[Row, ...]:
    """Return the last `n` values up to today."""
    stored = tuple(_row(found.date, found) for found in view.history(kind).last(n, view.today))
    if kind == "fix" or len(stored) == n:
        return stored
    return rows_between(view, kind, FIRST_FIX_DAY, view.today)[-n:]


def knowledge_members(
    view: View, kind: Kind, first: Day, last: Day, warnings: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the members `known` and `warnings` of a list over `first` to `last`.

    `warnings` are those of what it lists; with `as_of` there are none (protocol rule 25).
    """
    codes = unknown(view, kind, first, last)
    return {"known": not codes, **warnings_member((*warnings_of(codes), *warnings))}


def value_warnings(view: View, kind: Kind, first: Day, last: Day) -> tuple[str, ...]:
    """Return what to be careful about in the values from `first` to `last`, derived ones too."""
    found = recorded_warnings(view, kind, first, last)
    withdrawn = series_status(view, "fix").withdrawn
    if kind == "settlement" and withdrawn:
        derived = _derived(view, first, last)
        if any(fix.date in withdrawn for _, fix in derived):
            return (*found, "withdrawn_at_source")
    return found


def _row(day: Day, found: Observation, *, derived: bool = False) -> Row:
    return Row(day, found.value, found.revision, found.recorded_at, derived)


def _derived(view: View, first: Day, last: Day) -> Iterator[tuple[Day, Observation]]:
    """Yield the settlement days before the stored series, each with the FIX that applies there.

    That is derived only where both series are complete, and nothing is under review (rule 25).
    """
    settlement, fix = series_status(view, "settlement"), series_status(view, "fix")
    if settlement.complete_from is None or fix.complete_from is None:
        return
    stored = view.settlement.first_day
    end = view.calendar.last if stored is None else stored - ONE_DAY
    since = max(first, FIRST_FIX_DAY, settlement.complete_from)
    usable = {found.date: found for found in view.fix.between(fix.complete_from, last)}
    for day, determined in _determinations(view, since, min(last, end)):
        reviewed = day in settlement.under_review or determined in fix.under_review
        if determined in usable and not reviewed:
            yield day, usable[determined]


def _determinations(view: View, first: Day, last: Day) -> Iterator[tuple[Day, Day]]:
    """Yield the days from `first` to `last`, each with the day whose FIX applies by the rule.

    In a single pass: asked for day by day, thirty years take a second.
    """
    banking = view.banking_days
    determined, published = banking.determination_for(first), banking.previous(first)
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = Day.fromordinal(ordinal)
        if determined is not None:
            yield day, determined
        if banking.is_banking_day(day):
            determined, published = published, day
