"""The last 90 days: the chart, the same values as a table, and how well the data were verified."""

import dataclasses
from datetime import date as Day

from rates_api.pages.charts.fix_chart import inline_chart
from rates_api.pages.charts.lines import LAST_90_DAYS, chart_of, last_in_force
from rates_api.pages.charts.status_bars import ENOUGH, DataDay, status_bars, status_key
from rates_api.pages.language import Language
from rates_api.rates import historical
from rates_api.rates.historical import HistoricalQuery
from rates_api.resolution.view import View
from rates_contracts.answers import Row
from rates_contracts.calendar import LATE_FROM, mexico_instant
from rates_contracts.observation import Kind
from rates_contracts.status import DataStatusDay


@dataclasses.dataclass(frozen=True)
class DayOfTable:
    """A day that has a FIX or a rate in force."""

    day: Day
    fix: Row | None
    in_force: Row | None


@dataclasses.dataclass(frozen=True)
class Charted:
    """The chart as an element of the page, and its days, the newest first.

    `known` and `warnings` are those of the chart.
    """

    svg: str
    days: tuple[DayOfTable, ...]
    known: bool
    warnings: tuple[str, ...]


def charted(language: Language, view: View) -> Charted:
    """Return the last 90 days."""
    fix = _values(view, "fix", view.today)
    in_force = _values(view, "settlement", last_in_force(view))
    listed = sorted({*fix, *in_force}, reverse=True)
    rows = tuple(DayOfTable(day, fix.get(day), in_force.get(day)) for day in listed)
    chart = chart_of(view, "90d")
    return Charted(inline_chart(chart, language), rows, chart.known, chart.warnings)


@dataclasses.dataclass(frozen=True)
class Verified:
    """The bars of the days that rates-sync has counted, and their key; empty without any."""

    bars: str
    key: str
    has_enough: bool
    """They are enough to judge by."""


def verified(language: Language, view: View) -> Verified:
    """Return how well the data were verified on each day."""
    days = [_data_day(view, counted) for counted in view.data_status]
    if not days:
        return Verified("", "", has_enough=False)
    return Verified(status_bars(days, language), status_key(language), len(days) >= ENOUGH)


def _data_day(view: View, counted: DataStatusDay) -> DataDay:
    seen = view.fix.revision(counted.date, 1)
    return DataDay(
        day=counted.date,
        verified_seconds=counted.verified_seconds,
        unverified_seconds=counted.unverified_seconds,
        breaker_open_seconds=counted.breaker_open_seconds,
        fix_seen_at=None if seen is None else seen.recorded_at,
        is_banking_day=view.banking_days.is_banking_day(counted.date),
        fix_is_due=view.at >= mexico_instant(counted.date, LATE_FROM),
    )


def _values(view: View, kind: Kind, last: Day) -> dict[Day, Row]:
    query = HistoricalQuery(from_=view.today - LAST_90_DAYS, to=last, kind=kind)
    return {row.date: row for row in historical.answer(query, view).observations}
