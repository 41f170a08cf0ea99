"""`GET /api/v1/rates/historical`: the values of a span, each as its day is answered."""

import dataclasses
from collections.abc import Sequence
from datetime import date as Day
from datetime import timedelta
from typing import Annotated

from rates_api.rates import csv
from rates_api.rates.query_parameters import (
    FORMAT,
    FROM,
    LONG_DAYS,
    MAX_DAYS,
    RateQuery,
    SpanQuery,
    asked_span,
    begun,
    csv_fields,
    in_order,
    integer,
    is_long_span,
    one_form_of,
)
from rates_api.resolution import spans
from rates_api.resolution.doubts import gap_warnings
from rates_api.resolution.gazette import rests_on, unknown_days
from rates_api.resolution.knowledge import knowledge_members, series_status
from rates_api.resolution.view import View, envelope
from rates_contracts.answers import History
from rates_contracts.observation import FIRST_FIX_DAY, RESTS_ON

DEFAULT_DAYS = 10

DAYS = integer(
    "days", "The calendar days ending today, both ends included (default 10).", 1, MAX_DAYS
)
LAST = integer(
    "last", "The last values up to today, or of the span, whatever days they are of.", 1, MAX_DAYS
)


@dataclasses.dataclass(frozen=True)
class _CountQuery(RateQuery):
    """How many days or values are asked for: documented before the forms of a span."""

    last: Annotated[int | None, LAST] = None
    days: Annotated[int | None, DAYS] = None


@dataclasses.dataclass(frozen=True)
class HistoricalQuery(SpanQuery, _CountQuery):
    """What `historical` can be asked."""

    format: Annotated[str, FORMAT] = "json"
    fields: Annotated[tuple[str, ...] | None, csv_fields(*csv.HISTORY_COLUMNS)] = None

    rules = (
        one_form_of(("days",), ("from", "to"), ("month",), ("year",)),
        one_form_of(("days",), ("last",)),
        begun(FROM),
        in_order,
    )


def is_long(query: HistoricalQuery, today: Day) -> bool:
    """Tell whether so many days are asked for that other requests should not wait for them."""
    span = asked_span(query, today)
    if span is None:
        return max(query.days or 0, query.last or 0) > LONG_DAYS
    return is_long_span(*span)


def answer(query: HistoricalQuery, view: View) -> History:
    """Answer with the newest revision of each day of the span that has a value.

    Raises `Refused` as CSV can't say `known`.
    """
    span = asked_span(query, view.today)
    if query.last is not None:
        return _last(query, view, query.last, span)
    first, last = span or _days_ending_today(query.days or DEFAULT_DAYS, view.today)
    listed = spans.values(view, query.kind, first, last)
    return _history(query, view, listed, (first, last), (first, last))


def _last(query: HistoricalQuery, view: View, n: int, span: tuple[Day, Day] | None) -> History:
    """Answer with the last `n` values; where too few are known, with the whole span in view."""
    if span is None:
        listed, span = spans.last_values(view, query.kind, n), (FIRST_FIX_DAY, view.today)
    else:
        listed = spans.values(view, query.kind, *span)[-n:]
    days = [answered for answered, _, _ in listed]
    shown = (days[0], days[-1]) if days else (None, None)
    complete_from = series_status(view, RESTS_ON[query.kind]).complete_from
    enough = len(days) == n and complete_from is not None and days[0] >= complete_from
    touched = (days[0] if enough else span[0], span[1])
    return _history(query, view, listed, shown, touched)


def _history(
    query: HistoricalQuery,
    view: View,
    listed: Sequence[spans.Value],
    shown: tuple[Day | None, Day | None],
    touched: tuple[Day, Day],
) -> History:
    """Return the answer with values, which says the days `shown` and rests on those `touched`."""
    codes = unknown_days(view, query.kind, *touched)
    csv.require_known(query, codes)
    rows = tuple(spans.rows(view, query.kind, listed))
    warned = {warning for row in rows for warning in row.warnings or ()}
    warned.update(gap_warnings(view, *rests_on(view, query.kind, *touched)))
    return History(
        **envelope(view, query.kind),
        **knowledge_members(codes, warned),
        from_=shown[0],
        to=shown[1],
        count=len(rows),
        missing=spans.missing_counter(view, query.kind)(*touched, listed),
        observations=rows,
    )


def _days_ending_today(n: int, today: Day) -> tuple[Day, Day]:
    return today - timedelta(days=n - 1), today
