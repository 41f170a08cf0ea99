"""`GET /api/v1/rates/historical`: the values of a span, in one of three forms.

Settlement days before the stored series are derived and marked, each as its day is answered.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Set
from datetime import date as Day
from datetime import datetime, timedelta
from typing import Annotated, Any

from rates_api.rates.knowledge import series_status
from rates_api.rates.query_parameters import (
    AS_OF,
    FORMAT,
    KIND,
    MAX_DAYS,
    RateQuery,
    day,
    in_order,
    integer,
    one_form_of,
)
from rates_api.rates.span import knowledge_members, last_rows, rows_between, value_warnings
from rates_api.rates.view import View, envelope
from rates_contracts.answers import History, ParameterError, Row
from rates_contracts.observation import FIRST_FIX_DAY, Kind

DEFAULT_DAYS = 10

DAYS = integer(
    "days", "The calendar days ending today, both ends included (default 10).", 1, MAX_DAYS
)
LAST = integer("last", "The last values up to today, whatever days they are of.", 1, MAX_DAYS)
FROM = day("from", "First day of a span; with `to`, or up to today.", unbounded=True)
TO = day("to", "Last day of a span that `from` begins.", unbounded=True)


def begun(_: Mapping[str, Any], given: Set[str]) -> Iterator[ParameterError]:
    """Refuse a span without a beginning."""
    if "to" in given and "from" not in given:
        yield ParameterError("from", "is missing beside `to`", FROM.allowed)


@dataclasses.dataclass(frozen=True)
class HistoricalQuery(RateQuery):
    """What `historical` can be asked."""

    last: Annotated[int | None, LAST] = None
    days: Annotated[int | None, DAYS] = None
    from_: Annotated[Day | None, FROM] = None
    to: Annotated[Day | None, TO] = None
    kind: Annotated[Kind, KIND] = "fix"
    as_of: Annotated[datetime | None, AS_OF] = None
    format: Annotated[str, FORMAT] = "json"

    rules = (one_form_of(("days",), ("from", "to"), ("last",)), begun, in_order)


def answer(query: HistoricalQuery, view: View) -> History:
    """Answer with the newest revision of each day of the span that has a value."""
    if query.last is not None:
        return _last(query, view, query.last)
    first, last = _bounds(query, view.today)
    rows = rows_between(view, query.kind, first, last)
    return _history(query, view, rows, (first, last), (first, last))


def _last(query: HistoricalQuery, view: View, n: int) -> History:
    """Answer with the last `n` values; too few of them where all is known reach further back."""
    rows = last_rows(view, query.kind, n)
    shown = (rows[0].date, rows[-1].date) if rows else (None, None)
    complete_from = series_status(view, query.kind).complete_from
    enough = len(rows) == n and complete_from is not None and rows[0].date >= complete_from
    return _history(
        query, view, rows, shown, (rows[0].date if enough else FIRST_FIX_DAY, view.today)
    )


def _history(
    query: HistoricalQuery,
    view: View,
    rows: tuple[Row, ...],
    shown: tuple[Day | None, Day | None],
    touched: tuple[Day, Day],
) -> History:
    """Return the answer with `rows`, which says the days `shown` and rests on those `touched`."""
    warnings = value_warnings(view, query.kind, *touched)
    return History(
        **envelope(view, query.kind),
        **knowledge_members(view, query.kind, *touched, warnings),
        from_=shown[0],
        to=shown[1],
        count=len(rows),
        observations=rows,
    )


def _bounds(query: HistoricalQuery, today: Day) -> tuple[Day, Day]:
    if query.from_ is not None:
        return query.from_, query.to or max(today, query.from_)
    return today - timedelta(days=(query.days or DEFAULT_DAYS) - 1), today
