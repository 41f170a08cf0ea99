"""The means of the FIX that people ask for: fifteen and thirty days, months, the year."""

import dataclasses
from datetime import date as Day
from decimal import Decimal
from typing import Literal, get_args

from rates_api.pages.home.standing import besides_state
from rates_api.rates import average, summary
from rates_api.rates.query_parameters import Month, month_of
from rates_api.resolution.view import View
from rates_contracts.averages import Window

MeanSpan = Literal["15d", "30d", "this_month", "last_month", "this_year"]


@dataclasses.dataclass(frozen=True)
class Mean:
    """The mean of a span, as the API answers it; None without a value.

    `count` of `expected` days have a value; `known` tells whether that of each day is known;
    `warnings` are those of its values and days.
    """

    span: MeanSpan
    first: Day
    last: Day
    mean: Decimal | None
    low: Decimal | None
    high: Decimal | None
    count: int
    expected: int
    known: bool
    warnings: tuple[str, ...]
    path: str


def means(view: View) -> tuple[Mean, ...]:
    """Return the means that end today, and that of the month before."""
    this_month = month_of(view.today)
    last_month = Month.of(this_month.ordinal - 1)
    windows: tuple[Window, ...] = get_args(Window)
    return (
        *(_of_window(view, window) for window in windows),
        _of_span(view, "this_month", summary.SummaryQuery(month=this_month), f"month={this_month}"),
        _of_span(view, "last_month", summary.SummaryQuery(month=last_month), f"month={last_month}"),
        _of_span(
            view,
            "this_year",
            summary.SummaryQuery(year=view.today.year),
            f"year={view.today.year}",
        ),
    )


def _of_window(view: View, window: Window) -> Mean:
    found = average.answer(average.AverageQuery(window), view)
    return Mean(
        window,
        found.from_,
        found.to,
        found.mean,
        found.low,
        found.high,
        found.count,
        found.expected,
        found.known,
        besides_state(view, found.warnings or ()),
        f"/api/v1/rates/average/{window}",
    )


def _of_span(view: View, span: MeanSpan, query: summary.SummaryQuery, asked: str) -> Mean:
    found = summary.answer(query, view)
    return Mean(
        span,
        found.from_,
        min(found.to, view.today),
        found.mean,
        None if found.low is None else found.low.rate,
        None if found.high is None else found.high.rate,
        found.count,
        found.expected,
        found.known,
        besides_state(view, found.warnings or ()),
        f"/api/v1/rates/summary?{asked}",
    )
