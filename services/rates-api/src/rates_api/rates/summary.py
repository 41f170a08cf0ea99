"""`GET /api/v1/rates/summary`: mean, first, last, low and high of a span.

Of exactly the values that `historical` lists for the span, so that anyone can recompute it.
"""

import dataclasses
from collections.abc import Sequence
from datetime import date as Day
from typing import Annotated, Any

from rates_api.http.problems import Refused
from rates_api.rates import csv
from rates_api.rates.change import change_members
from rates_api.rates.query_parameters import (
    FROM,
    ONE_VALUE_FORMAT,
    SpanQuery,
    asked_span,
    begun,
    csv_fields,
    in_order,
    is_long_span,
    one_form_of,
    spanned,
)
from rates_api.resolution import spans
from rates_api.resolution.doubts import gap_warnings
from rates_api.resolution.gazette import rests_on, unknown_days
from rates_api.resolution.knowledge import knowledge_members
from rates_api.resolution.view import View, envelope
from rates_contracts.answers import DatedRate, Summary
from rates_contracts.averages import mean_of
from rates_contracts.observation import FIRST_FIX_DAY


@dataclasses.dataclass(frozen=True)
class SummaryQuery(SpanQuery):
    """What `summary` can be asked."""

    format: Annotated[str, ONE_VALUE_FORMAT] = "json"
    fields: Annotated[tuple[str, ...] | None, csv_fields(*csv.SUMMARY_COLUMNS)] = None

    rules = (
        spanned(("month",), ("year",), ("from", "to")),
        one_form_of(("from", "to"), ("month",), ("year",)),
        begun(FROM),
        in_order,
    )


def is_long(query: SummaryQuery, today: Day) -> bool:
    """Tell whether so many days are asked for that other requests should not wait for them."""
    return is_long_span(*_span(query, today))


def answer(query: SummaryQuery, view: View) -> Summary:
    """Answer with the figures of the span, null where it has no value.

    Raises `Refused` as neither CSV nor a bare number can say `known`.
    """
    first, last = _span(query, view.today)
    resting = rests_on(view, query.kind, first, last)
    codes = unknown_days(view, query.kind, first, last)
    csv.require_known(query, codes)
    listed = spans.values(view, query.kind, first, last)
    missing = spans.missing_counter(view, query.kind)(first, last, listed)
    warned = spans.warnings(view, query.kind, listed)
    return Summary(
        **envelope(view, query.kind),
        **knowledge_members(codes, [*warned, *gap_warnings(view, *resting)]),
        from_=first,
        to=last,
        count=len(listed),
        expected=len(listed) + missing,
        complete=missing == 0 and not codes,
        **_figures(listed),
    )


def _span(query: SummaryQuery, today: Day) -> tuple[Day, Day]:
    return asked_span(query, today) or (FIRST_FIX_DAY, today)


def text(answer: Summary) -> str:
    """Return the bare mean. Raises `Refused` without values."""
    if answer.mean is None:
        raise Refused("no-values", f"No value from {answer.from_} to {answer.to}, so no mean.")
    return str(answer.mean)


def _figures(listed: Sequence[spans.Value]) -> dict[str, Any]:
    """Return the members that only values have."""
    if not listed:
        return {}
    dated = [DatedRate(day, found.value) for day, found, _ in listed]
    first, last = dated[0], dated[-1]
    return {
        "mean": mean_of([each.rate for each in dated]),
        "first": first,
        "last": last,
        "low": min(dated, key=lambda each: each.rate),
        "high": max(dated, key=lambda each: each.rate),
        **change_members(first.rate, last.rate),
    }
