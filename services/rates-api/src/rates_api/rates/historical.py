"""`GET /api/v1/rates/historical`: the values of a span, in one of three forms.

Settlement days before the stored series are derived and marked, each as its day is answered.
"""

import dataclasses
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date as Day
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Annotated, Any

from msgspec import UNSET

from rates_api.rates import csv
from rates_api.rates.doubts import doubts, gap_warnings, warnings_about
from rates_api.rates.knowledge import (
    knowledge_members,
    series_status,
    unknown,
)
from rates_api.rates.query_parameters import (
    AS_OF,
    FORMAT,
    KIND,
    LONG_DAYS,
    MAX_DAYS,
    RateQuery,
    csv_fields,
    day,
    in_order,
    integer,
    is_long_span,
    one_form_of,
)
from rates_api.rates.view import View, envelope
from rates_contracts.answers import History, ParameterError, Row
from rates_contracts.calendar import ONE_DAY
from rates_contracts.observation import (
    FIRST_FIX_DAY,
    FIRST_SETTLEMENT_DAY,
    Kind,
    Observation,
)

DEFAULT_DAYS = 10
_day = itemgetter(0)

Value = tuple[Day, Observation, bool]
"""A day, the observation that answers for it, and whether its value is derived from that."""

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
    fields: Annotated[tuple[str, ...] | None, csv_fields(*csv.HISTORY_COLUMNS)] = None

    rules = (one_form_of(("days",), ("from", "to"), ("last",)), begun, in_order)


def is_long(query: HistoricalQuery) -> bool:
    """Tell whether so many days are asked for that other requests should not wait for them."""
    if query.from_ is not None:
        return is_long_span(query.from_, query.to)
    return max(query.days or 0, query.last or 0) > LONG_DAYS


def answer(query: HistoricalQuery, view: View) -> History:
    """Answer with the newest revision of each day of the span that has a value.

    Raises `Refused` as CSV can't say `known`.
    """
    if query.last is not None:
        return _last(query, view, query.last)
    first, last = _bounds(query, view.today)
    values = _values(view, query.kind, first, last)
    return _history(query, view, values, (first, last), (first, last))


def _last(query: HistoricalQuery, view: View, n: int) -> History:
    """Answer with the last `n` values; where too few are known, with all of history in view."""
    values = _last_values(view, query.kind, n)
    days = [answered for answered, _, _ in values]
    shown = (days[0], days[-1]) if days else (None, None)
    complete_from = series_status(view, query.kind).complete_from
    enough = len(days) == n and complete_from is not None and days[0] >= complete_from
    touched = (days[0] if enough else FIRST_FIX_DAY, view.today)
    return _history(query, view, values, shown, touched)


def _history(
    query: HistoricalQuery,
    view: View,
    values: Iterable[Value],
    shown: tuple[Day | None, Day | None],
    touched: tuple[Day, Day],
) -> History:
    """Return the answer with `values`, which says the days `shown` and rests on those `touched`."""
    codes = unknown(view, query.kind, *touched)
    csv.require_known(query, codes)
    rows = tuple(_rows(view, query.kind, values))
    warned = {warning for row in rows for warning in row.warnings or ()}
    warned.update(gap_warnings(view, query.kind, *touched))
    return History(
        **envelope(view, query.kind),
        **knowledge_members(codes, warned),
        from_=shown[0],
        to=shown[1],
        count=len(rows),
        observations=rows,
    )


def _bounds(query: HistoricalQuery, today: Day) -> tuple[Day, Day]:
    if query.from_ is not None:
        return query.from_, query.to or max(today, query.from_)
    return today - timedelta(days=(query.days or DEFAULT_DAYS) - 1), today


def _values(view: View, kind: Kind, first: Day, last: Day) -> Sequence[Value]:
    """Return the values of the days from `first` to `last`, each as its day is answered."""
    if kind == "fix":
        last = min(last, view.today)
    recorded = [(found.date, found, False) for found in view.values(kind, first, last)]
    return recorded if kind == "fix" else [*_derived(view, first, last), *recorded]


def _last_values(view: View, kind: Kind, n: int) -> Sequence[Value]:
    """Return the last `n` values up to today."""
    # Five days of seven have a FIX, holidays aside: only where days are missing all are needed.
    likely = view.today - timedelta(days=n * 3 // 2 + 15)
    found = _values(view, kind, likely, view.today)
    if len(found) < n:
        found = _values(view, kind, FIRST_FIX_DAY, view.today)
    return found[-n:]


def _rows(view: View, kind: Kind, values: Iterable[Value]) -> Iterator[Row]:
    """Yield a row for each of `values`; a derived one is doubted as its FIX is."""
    doubts_of = {False: doubts(view, kind), True: doubts(view, "fix")}
    for answered, found, derived in values:
        doubted = doubts_of[derived]
        # Nearly always nothing is doubtful, and a list may have thousands of rows.
        warnings = warnings_about(doubted, found.date) if doubted else ()
        yield Row(
            answered, found.value, found.revision, found.recorded_at, derived, warnings or UNSET
        )


def _derived(view: View, first: Day, last: Day) -> Sequence[Value]:
    """Return the settlement days from `first` to `last` before the stored series."""
    if view.memo.derived is None:
        view.memo.derived = _all_derived(view)
    days = view.memo.derived
    return days[bisect_left(days, first, key=_day) : bisect_right(days, last, key=_day)]


def _all_derived(view: View) -> list[Value]:
    """Return the settlement days before the stored series, each with the FIX that applies there.

    That is derived only where both series are complete, and nothing is under review (rule 25).
    """
    settlement, fix = series_status(view, "settlement"), series_status(view, "fix")
    if settlement.complete_from is None or fix.complete_from is None:
        return []
    end = (view.settlement.first_day or FIRST_SETTLEMENT_DAY) - ONE_DAY
    # The first day past the calendar still rests on days within it.
    end = min(end, view.calendar.last + ONE_DAY)
    usable = {
        found.date: found
        for found in view.fix.between(fix.complete_from, end)
        if found.date not in fix.under_review
    }
    since = max(FIRST_FIX_DAY, settlement.complete_from)
    reviewed = frozenset(settlement.under_review)
    days = [
        (Day.fromordinal(ordinal), determining, True)
        for determined, ordinals in _determinations(view, since, end)
        if (determining := usable.get(determined)) is not None
        for ordinal in ordinals
    ]
    return [value for value in days if value[0] not in reviewed] if reviewed else days


def _determinations(view: View, first: Day, last: Day) -> Iterator[tuple[Day, range]]:
    """Yield the days whose FIX applies by the rule, each with its days from `first` to `last`.

    In a single pass, by ordinals: day by day the rule would look back from each of 10,000 days.
    """
    banking = view.banking_days
    before = (banking.determination_for(first), banking.previous(first))
    days = [*filter(None, before), *view.banking_days_between(first, last), last]
    start = first.toordinal() - 1
    ends = [max(start, day.toordinal()) + 1 for day in days]
    # A FIX applies from the day after the next banking day, to the one after that.
    return zip(days, map(range, ends[1:], ends[2:]), strict=False)
