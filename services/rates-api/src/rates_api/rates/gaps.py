"""`GET /api/v1/rates/gaps`: banking days without a FIX, and those declared closed.

A day counts as `late` from 13:00 of its own day on, over midnight and weekends, until its FIX comes
or a later one, which makes it `absent`; a closure declared by an operator settles it (protocol rule
29). From noon on it is `unverified` while the source is not heard. Before the calendar's first day
there are no gaps: there the FIX's own days are the banking days.
"""

import dataclasses
from collections.abc import Iterator
from datetime import date as Day
from typing import Annotated, Literal

from rates_api.rates import csv
from rates_api.rates.query_parameters import (
    FORMAT,
    ONLY_FIX,
    SpanQuery,
    asked_span,
    csv_fields,
    day,
    in_order,
    is_long_span,
    one_form_of,
)
from rates_api.resolution.doubts import gap_warnings
from rates_api.resolution.knowledge import absence, knowledge_members, series_status, unknown
from rates_api.resolution.view import View, envelope
from rates_contracts.answers import Gap, Gaps
from rates_contracts.calendar import DUE_FROM, LATE_FROM, mexico_instant
from rates_contracts.observation import FIRST_FIX_DAY

FROM = day("from", "First day of the span (default 1991-11-12).", unbounded=True)
TO = day("to", "Last day of the span (default today).", unbounded=True)


@dataclasses.dataclass(frozen=True)
class GapsQuery(SpanQuery):
    """What `gaps` can be asked."""

    from_: Annotated[Day | None, FROM] = None
    to: Annotated[Day | None, TO] = None
    kind: Annotated[Literal["fix"], ONLY_FIX] = "fix"
    format: Annotated[str, FORMAT] = "json"
    fields: Annotated[tuple[str, ...] | None, csv_fields(*csv.GAPS_COLUMNS)] = None

    rules = (one_form_of(("from", "to"), ("month",), ("year",)), in_order)


def is_long(query: GapsQuery, today: Day) -> bool:
    """Tell whether so many days are asked for that other requests should not wait for them."""
    return is_long_span(*_span(query, today))


def answer(query: GapsQuery, view: View) -> Gaps:
    """Answer with the gaps of the span, ascending. Raises `Refused` as CSV can't say `known`."""
    first, last = _span(query, view.today)
    codes = unknown(view, "fix", first, last)
    csv.require_known(query, codes)
    found = tuple(_gaps(view, first, last))
    return Gaps(
        **envelope(view, "fix"),
        **knowledge_members(codes, gap_warnings(view, "fix", first, last)),
        from_=first,
        to=last,
        count=len(found),
        gaps=found,
    )


def _span(query: GapsQuery, today: Day) -> tuple[Day, Day]:
    """Return the span that is asked for; without one all of history."""
    return asked_span(query, today) or (FIRST_FIX_DAY, query.to or max(today, FIRST_FIX_DAY))


def _gaps(view: View, first: Day, last: Day) -> Iterator[Gap]:
    """Yield the gaps since the history is complete; of what lies before nothing is known."""
    complete_from = series_status(view, "fix").complete_from
    if complete_from is not None:
        for missing in _candidates(view, max(first, complete_from), min(last, view.today)):
            gap = _gap(view, missing)
            if gap is not None:
                yield gap


def _candidates(view: View, first: Day, last: Day) -> list[Day]:
    """Return the days without a FIX that could be gaps, ascending."""
    calendar = view.calendar
    days = {
        *calendar.banking_days(max(first, calendar.first), min(last, calendar.last)),
        *(closure.date for closure in calendar.declared),
        *series_status(view, "fix").under_review,
    }
    observed = {found.date for found in view.fix.between(first, last)}
    return sorted(day for day in days - observed if first <= day <= last)


def _gap(view: View, missing: Day) -> Gap | None:
    """Return the gap of `missing`, a day without a FIX, by the problem that it is answered with."""
    late_at = mexico_instant(missing, LATE_FROM)
    match absence(view, "fix", missing):
        case "gap":
            return Gap(missing, late_at, "absent")
        case "not-yet-published" if view.at >= late_at:
            return Gap(missing, late_at, "late")
        case "not-verified" | "not-known-then":
            return Gap(missing, mexico_instant(missing, DUE_FROM), "unverified")
        case "under-review":
            return Gap(missing, mexico_instant(missing, DUE_FROM), "under_review")
    declared = (closure for closure in view.calendar.declared if closure.date == missing)
    return next(
        (Gap(missing, closure.declared_at, "declared_closed") for closure in declared), None
    )
