"""`GET /api/v1/calendar`: whether banks open on the days of a year, and when the FIX is due."""

import dataclasses
from datetime import date as Day
from typing import Annotated

from rates_api.rates import csv
from rates_api.rates.days import banking_day
from rates_api.rates.query_parameters import (
    FORMAT,
    MONTH,
    YEAR,
    Month,
    RateQuery,
    csv_fields,
    one_form_of,
    whole_month_or_year,
)
from rates_api.resolution.knowledge import days_between
from rates_api.resolution.view import View
from rates_contracts.answers import CalendarDay, CalendarDays
from rates_contracts.calendar import DUE_FROM, mexico_instant


@dataclasses.dataclass(frozen=True)
class CalendarQuery(RateQuery):
    """What `calendar` can be asked."""

    month: Annotated[Month | None, MONTH] = None
    year: Annotated[int | None, YEAR] = None
    format: Annotated[str, FORMAT] = "json"
    fields: Annotated[tuple[str, ...] | None, csv_fields(*csv.CALENDAR_COLUMNS)] = None

    rules = (one_form_of(("month",), ("year",)),)


def answer(query: CalendarQuery, view: View) -> CalendarDays:
    """Answer with each day of the month or the year, without either of this year."""
    year = query.year or view.today.year
    first, last = whole_month_or_year(query.month, year)
    days = tuple(_day(view, day) for day in days_between(first, last))
    return CalendarDays(
        from_=first,
        to=last,
        version=view.calendar.version,
        first=view.calendar.first,
        last=view.calendar.last,
        count=len(days),
        days=days,
    )


def _day(view: View, day: Day) -> CalendarDay:
    opens = banking_day(view, day)
    if not opens:
        return CalendarDay(day, opens, view.calendar.name_of(day))
    expected_at = mexico_instant(day, DUE_FROM)
    return CalendarDay(day, True, None, expected_at, view.banking_days.next(day))
