"""`GET /api/v1/rates/average/{window}`: precomputed by rates-sync, or computed here.

rates-sync sends the averages of the coming days with every change; one that is not among them
(`as_of`, or a clock ahead of the table) is computed here by the same function.
"""

import dataclasses
from datetime import date as Day
from datetime import datetime
from typing import Annotated, Literal

from rates_api.http.parameters import Parameter
from rates_api.http.problems import Refused
from rates_api.rates import csv
from rates_api.rates.current import quality, require_current
from rates_api.rates.query_parameters import (
    AS_OF,
    ONE_VALUE_FORMAT,
    ONLY_FIX,
    RateQuery,
    csv_fields,
)
from rates_api.resolution.doubts import gap_warnings, recorded_warnings
from rates_api.resolution.knowledge import is_known, unknown, unknown_warnings
from rates_api.resolution.view import View
from rates_contracts.answers import AverageRate
from rates_contracts.averages import DAYS_OF, Average, Window, average, first_day
from rates_contracts.calendar import LATE_FROM, mexico_instant
from rates_contracts.observation import FIX

WINDOWS = tuple(DAYS_OF)


def _read_window(text: str) -> Window:
    for window in WINDOWS:
        if text == window:
            return window
    raise Refused("unknown-window", f"There is no such average: {_meant_by(text)}.", known=WINDOWS)


def _meant_by(text: str) -> str:
    """Return what to ask instead of a window that there is not, as `30d.csv`."""
    window, _, suffix = text.partition(".")
    if window in WINDOWS and suffix in ONE_VALUE_FORMAT.schema["enum"]:
        return f"ask `/api/v1/rates/average/{window}?format={suffix}`"
    return f"ask for {' or '.join(WINDOWS)}"


WINDOW = Parameter(
    "window",
    "The calendar days ending today.",
    f"one of {', '.join(WINDOWS)}",
    _read_window,
    {"type": "string", "enum": list(WINDOWS)},
)


@dataclasses.dataclass(frozen=True)
class AverageQuery(RateQuery):
    """What `average` can be asked."""

    window: Annotated[Window, WINDOW]
    kind: Annotated[Literal["fix"], ONLY_FIX] = "fix"
    as_of: Annotated[datetime | None, AS_OF] = None
    format: Annotated[str, ONE_VALUE_FORMAT] = "json"
    fields: Annotated[tuple[str, ...] | None, csv_fields(*csv.AVERAGE_COLUMNS)] = None


def answer(query: AverageQuery, view: View) -> AverageRate:
    """Answer with the average of the window that ends today.

    Raises `Refused` as a bare number can't say what is wrong with it.
    """
    found = _precomputed(view, query.window) or _computed(view, query.window)
    span = (found.from_day, found.to_day)
    if query.format == "txt":
        _require_number(view, *span)
    warnings = (
        *recorded_warnings(view, "fix", *span),
        *gap_warnings(view, "fix", *span),
        *unknown_warnings(view, "fix", *span),
    )
    return AverageRate(
        source=view.source,
        series=FIX,
        window=query.window,
        mean=found.mean,
        from_=found.from_day,
        to=found.to_day,
        count=found.count,
        expected=found.expected,
        complete=found.complete,
        known=is_known(view, "fix", *span),
        low=found.low,
        high=found.high,
        first_used=found.first_used,
        last_used=found.last_used,
        **quality(view, warnings),
    )


def _require_number(view: View, first: Day, last: Day) -> None:
    """Raise `Refused` where a mean is too old to pass as current, or days of it are not loaded."""
    require_current(view)
    if "history-loading" in unknown(view, "fix", first, last):
        detail = f"Not all days from {first} to {last} are loaded yet, which a number can't say."
        raise Refused("history-loading", detail)


def text(answer: AverageRate) -> str:
    """Return the bare mean. Raises `Refused` without observations."""
    if answer.mean is None:
        raise Refused("no-values", f"No FIX from {answer.from_} to {answer.to}, so no mean.")
    return str(answer.mean)


def _precomputed(view: View, window: Window) -> Average | None:
    """Return the newest precomputed average in force, if it is today's."""
    in_force = [row for row in view.averages if row.window == window and row.at <= view.at]
    newest = max(in_force, key=lambda row: row.at, default=None)
    return newest if newest is not None and newest.to_day == view.today else None


def _computed(view: View, window: Window) -> Average:
    observed = view.fix.between(first_day(window, view.today), view.today)
    return average(
        window,
        view.today,
        [(observation.date, observation.value) for observation in observed],
        view.calendar,
        at=view.at,
        last_day_expected=view.at >= mexico_instant(view.today, LATE_FROM),
    )
