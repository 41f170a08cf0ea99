"""`GET /api/v1/rates/historical`: the values of a span, in one of three forms.

Settlement days before the stored series are derived and marked, each as its day is answered.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import date as Day
from datetime import datetime, timedelta
from typing import Annotated, Any

from msgspec import UNSET

from rates_api.rates.doubts import Doubt, doubts, gap_warnings, warnings_about
from rates_api.rates.knowledge import (
    knowledge_members,
    series_status,
    unknown,
)
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
    rows = _rows(view, query.kind, first, last)
    return _history(query, view, rows, (first, last), (first, last))


def _last(query: HistoricalQuery, view: View, n: int) -> History:
    """Answer with the last `n` values; where too few are known, with all of history in view."""
    rows = _last_rows(view, query.kind, n)
    shown = (rows[0].date, rows[-1].date) if rows else (None, None)
    complete_from = series_status(view, query.kind).complete_from
    enough = len(rows) == n and complete_from is not None and rows[0].date >= complete_from
    touched = (rows[0].date if enough else FIRST_FIX_DAY, view.today)
    return _history(query, view, rows, shown, touched)


def _history(
    query: HistoricalQuery,
    view: View,
    rows: tuple[Row, ...],
    shown: tuple[Day | None, Day | None],
    touched: tuple[Day, Day],
) -> History:
    """Return the answer with `rows`, which says the days `shown` and rests on those `touched`."""
    warned = {warning for row in rows for warning in row.warnings or ()}
    warned.update(gap_warnings(view, query.kind, *touched))
    return History(
        **envelope(view, query.kind),
        **knowledge_members(unknown(view, query.kind, *touched), warned),
        from_=shown[0],
        to=shown[1],
        count=len(rows),
        observations=rows,
    )


def _bounds(query: HistoricalQuery, today: Day) -> tuple[Day, Day]:
    if query.from_ is not None:
        return query.from_, query.to or max(today, query.from_)
    return today - timedelta(days=(query.days or DEFAULT_DAYS) - 1), today


def _rows(view: View, kind: Kind, first: Day, last: Day) -> tuple[Row, ...]:
    """Return the values of the days from `first` to `last`, each as its day is answered."""
    if kind == "fix":
        return _recorded_rows(view, kind, view.values("fix", first, min(last, view.today)))
    stored = _recorded_rows(view, kind, view.settlement.between(first, last))
    return (*_derived_rows(view, first, last), *stored)


def _last_rows(view: View, kind: Kind, n: int) -> tuple[Row, ...]:
    """Return the last `n` values up to today."""
    found = view.history(kind).last(n, view.today)
    if len(found) == n and all(view.recorded(kind, row.date) for row in found):
        return _recorded_rows(view, kind, found)
    return _rows(view, kind, FIRST_FIX_DAY, view.today)[-n:]


def _recorded_rows(view: View, kind: Kind, found: Iterable[Observation]) -> tuple[Row, ...]:
    doubted = doubts(view, kind)
    return tuple(_row(value.date, value, doubted) for value in found)


def _derived_rows(view: View, first: Day, last: Day) -> Iterator[Row]:
    doubted = doubts(view, "fix")
    for settled, fix in _derived(view, first, last):
        yield _row(settled, fix, doubted, derived=True)


def _row(day: Day, found: Observation, doubted: tuple[Doubt, ...], *, derived: bool = False) -> Row:
    # Nearly always nothing is doubtful, and a list may have thousands of rows.
    warnings = warnings_about(doubted, found.date) if doubted else ()
    return Row(
        day,
        found.value,
        found.revision,
        found.recorded_at,
        derived,
        warnings or UNSET,
    )


def _derived(view: View, first: Day, last: Day) -> Iterator[tuple[Day, Observation]]:
    """Yield the settlement days before the stored series, each with the FIX that applies there.

    That is derived only where both series are complete, and nothing is under review (rule 25).
    """
    settlement, fix = series_status(view, "settlement"), series_status(view, "fix")
    if settlement.complete_from is None or fix.complete_from is None:
        return
    end = (view.settlement.first_day or FIRST_SETTLEMENT_DAY) - ONE_DAY
    # The first day past the calendar still rests on days within it.
    end = min(end, view.calendar.last + ONE_DAY)
    since = max(first, FIRST_FIX_DAY, settlement.complete_from)
    usable = {found.date: found for found in view.fix.between(fix.complete_from, last)}
    for settled, determined in _determinations(view, since, min(last, end)):
        reviewed = settled in settlement.under_review or determined in fix.under_review
        if determined in usable and not reviewed:
            yield settled, usable[determined]


def _determinations(view: View, first: Day, last: Day) -> Iterator[tuple[Day, Day]]:
    """Yield the days from `first` to `last`, each with the day whose FIX applies by the rule.

    In a single pass: day by day the rule would look back from each of 10,000 days.
    """
    banking = view.banking_days
    determined, published = banking.determination_for(first), banking.previous(first)
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        settled = Day.fromordinal(ordinal)
        if determined is not None:
            yield settled, determined
        if banking.is_banking_day(settled):
            determined, published = published, settled
