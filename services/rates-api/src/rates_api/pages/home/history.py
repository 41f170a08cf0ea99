"""The chart of the last 90 days, and the same values as a table."""

import dataclasses
from datetime import date as Day
from decimal import Decimal

from rates_api.pages.charts.fix_chart import inline_chart
from rates_api.pages.charts.lines import LAST_90_DAYS
from rates_api.pages.language import Language
from rates_api.rates import historical
from rates_api.rates.historical import HistoricalQuery
from rates_api.resolution.view import View
from rates_contracts.observation import Kind


@dataclasses.dataclass(frozen=True)
class DayOfTable:
    """A day that has a FIX or a rate in force."""

    day: Day
    fix: Decimal | None
    in_force: Decimal | None


@dataclasses.dataclass(frozen=True)
class Charted:
    """The chart as an element of the page, and its days, the newest first."""

    svg: str
    days: tuple[DayOfTable, ...]


def charted(language: Language, view: View) -> Charted:
    """Return the last 90 days."""
    fix, in_force = _values(view, "fix"), _values(view, "settlement")
    listed = sorted({*fix, *in_force}, reverse=True)
    rows = tuple(DayOfTable(day, fix.get(day), in_force.get(day)) for day in listed)
    return Charted(inline_chart(view, "90d", language), rows)


def _values(view: View, kind: Kind) -> dict[Day, Decimal]:
    query = HistoricalQuery(from_=view.today - LAST_90_DAYS, to=view.today, kind=kind)
    return {row.date: row.rate for row in historical.answer(query, view).observations}
