"""`GET /api/v1/rates/monthly`: a row for each month: mean, last, low and high."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import date as Day
from datetime import datetime
from itertools import groupby
from typing import Annotated, Any

from msgspec import UNSET

from rates_api.rates import csv
from rates_api.rates.query_parameters import (
    AS_OF,
    FORMAT,
    KIND,
    YEAR,
    Month,
    RateQuery,
    begun,
    calendar_month,
    csv_fields,
    in_order,
    is_long_span,
    month_of,
    one_form_of,
    spanned,
)
from rates_api.resolution import spans
from rates_api.resolution.doubts import gap_warnings
from rates_api.resolution.gazette import rests_on, unknown_days
from rates_api.resolution.knowledge import knowledge_members
from rates_api.resolution.view import View, envelope
from rates_contracts.answers import Monthly, MonthRow, ParameterError
from rates_contracts.averages import mean_of
from rates_contracts.observation import Kind
from rates_contracts.warnings import in_order as in_warning_order

MAX_MONTHS = 600
FROM = calendar_month("from", "First month; with `to`, or up to this month.")
TO = calendar_month("to", "Last month of a span that `from` begins.")
FORMS = (("year",), ("from", "to"))


def not_too_many(values: Mapping[str, Any], _: Set[str]) -> Iterator[ParameterError]:
    """Refuse a span of more months than one answer has."""
    first, last = values.get("from"), values.get("to")
    if first is not None and last is not None and last.ordinal - first.ordinal >= MAX_MONTHS:
        yield ParameterError("to", "is too late", f"at most {MAX_MONTHS} months from `from` on")


@dataclasses.dataclass(frozen=True)
class MonthlyQuery(RateQuery):
    """What `monthly` can be asked."""

    year: Annotated[int | None, YEAR] = None
    from_: Annotated[Month | None, FROM] = None
    to: Annotated[Month | None, TO] = None
    kind: Annotated[Kind, KIND] = "fix"
    as_of: Annotated[datetime | None, AS_OF] = None
    format: Annotated[str, FORMAT] = "json"
    fields: Annotated[tuple[str, ...] | None, csv_fields(*csv.MONTHLY_COLUMNS)] = None

    rules = (spanned(*FORMS), one_form_of(*FORMS), begun(FROM), in_order, not_too_many)


def is_long(query: MonthlyQuery, today: Day) -> bool:
    """Tell whether so many days are asked for that other requests should not wait for them."""
    first, last = _months(query, month_of(today))
    return is_long_span(first.first, last.last)


def answer(query: MonthlyQuery, view: View) -> Monthly:
    """Answer with a row for each month, nulls where it has no value.

    Raises `Refused` as CSV can't say `known`.
    """
    first, last = _months(query, month_of(view.today))
    resting = rests_on(view, query.kind, first.first, last.last)
    codes = unknown_days(view, query.kind, first.first, last.last)
    csv.require_known(query, codes)
    listed = spans.values(view, query.kind, first.first, last.last)
    warned = spans.warnings(view, query.kind, listed)
    unknown_months = _unknown_months(view, query.kind, first, last) if codes else frozenset()
    rows = tuple(_rows(query.kind, view, first, last, listed, unknown_months))
    return Monthly(
        **envelope(view, query.kind),
        **knowledge_members(codes, [*warned, *gap_warnings(view, *resting)]),
        from_=str(first),
        to=str(last),
        count=len(rows),
        months=rows,
    )


def _months(query: MonthlyQuery, this_month: Month) -> tuple[Month, Month]:
    """Return the first and the last month; without a `to` this one, as far as there is room."""
    if query.from_ is None:
        year = query.year or this_month.year
        return Month(year, 1), Month(year, 12)
    most = Month.of(query.from_.ordinal + MAX_MONTHS - 1)
    return query.from_, query.to or min(max(this_month, query.from_), most)


def _rows(
    kind: Kind,
    view: View,
    first: Month,
    last: Month,
    listed: Sequence[spans.Value],
    unknown_months: Set[Month],
) -> Iterator[MonthRow]:
    by_month = {month: list(values) for month, values in groupby(listed, _month)}
    count_missing = spans.missing_counter(view, kind)
    for month in months_between(first, last):
        values = by_month.get((month.year, month.number), [])
        known = month not in unknown_months
        complete = known and count_missing(month.first, month.last, values) == 0
        warnings = in_warning_order(spans.warnings(view, kind, values)) or UNSET
        yield MonthRow(
            month=str(month), complete=complete, known=known, warnings=warnings, **_figures(values)
        )


def _unknown_months(view: View, kind: Kind, first: Month, last: Month) -> frozenset[Month]:
    months = months_between(first, last)
    return frozenset(month for month in months if unknown_days(view, kind, month.first, month.last))


def months_between(first: Month, last: Month) -> Iterator[Month]:
    """Return the months from `first` to `last`, both included."""
    return map(Month.of, range(first.ordinal, last.ordinal + 1))


def _month(value: spans.Value) -> tuple[int, int]:
    return value[0].year, value[0].month


def _figures(listed: Sequence[spans.Value]) -> dict[str, Any]:
    """Return the members that values make."""
    if not listed:
        return {"count": 0}
    rates = [found.value for _, found, _ in listed]
    return {
        "mean": mean_of(rates),
        "last": rates[-1],
        "last_date": listed[-1][0],
        "low": min(rates),
        "high": max(rates),
        "count": len(rates),
    }
