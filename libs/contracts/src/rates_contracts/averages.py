"""The definition of an average: the mean FIX of the calendar days that end on a given day.

Summed exactly and rounded once, half-even, to six places, so that anyone can recompute it from
`historical` to the last digit.
"""

from collections.abc import Sequence
from datetime import date as Day
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Literal

import msgspec

from rates_contracts.calendar import BankCalendar, is_weekend

Window = Literal["15d", "30d"]
DAYS_OF: dict[Window, int] = {"15d": 15, "30d": 30}
PLACES = Decimal("0.000001")
EXACT = Context(prec=60)


class Average(msgspec.Struct, frozen=True):
    """The average of `window` that answers from the instant `at` on.

    `from_day` and `to_day` bound the calendar days, both included. `expected` counts the days that
    should have a FIX by then (the last day only once it is late, or has one); `mean`, `low`,
    `high`, `first_used` and `last_used` are null without observations.
    """

    window: Window
    at: datetime
    from_day: Day
    to_day: Day
    count: int
    expected: int
    mean: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    first_used: Day | None = None
    last_used: Day | None = None

    @property
    def complete(self) -> bool:
        """Tell whether no expected day is missing."""
        return self.count == self.expected


def first_day(window: Window, to_day: Day) -> Day:
    """Return the first of the calendar days that end with `to_day`."""
    return to_day - timedelta(days=DAYS_OF[window] - 1)


def mean_of(values: Sequence[Decimal]) -> Decimal:
    """Return the mean, summed exactly and rounded once, half-even, to six places."""
    total = Decimal(0)
    for value in values:
        total = EXACT.add(total, value)
    return EXACT.divide(total, Decimal(len(values))).quantize(PLACES, ROUND_HALF_EVEN, EXACT)


def average(
    window: Window,
    to_day: Day,
    observed: Sequence[tuple[Day, Decimal]],
    calendar: BankCalendar,
    *,
    at: datetime,
    last_day_expected: bool,
) -> Average:
    """Average `observed`, the newest revisions of all days in the window, ascending by date.

    `last_day_expected` says that `to_day`, if a banking day, should have its FIX by `at`. A FIX of
    a weekend is a mistake and counts nowhere (protocol rule 28).
    """
    from_day = first_day(window, to_day)
    used = [day for day, _ in observed if not is_weekend(day)]
    values = [value for day, value in observed if not is_weekend(day)]
    due = {day for day in _banking_days(calendar, from_day, to_day) if day < to_day}
    if last_day_expected and calendar.covers(to_day) and calendar.is_banking_day(to_day):
        due.add(to_day)
    bounds = Average(window, at, from_day, to_day, len(used), len(due | set(used)))
    if not values:
        return bounds
    return msgspec.structs.replace(
        bounds,
        mean=mean_of(values),
        low=min(values),
        high=max(values),
        first_used=used[0],
        last_used=used[-1],
    )


def _banking_days(calendar: BankCalendar, first: Day, last: Day) -> Sequence[Day]:
    """Return the banking days in the calendar's own span; before it a FIX makes its own day."""
    if last < calendar.first:
        return ()
    return tuple(calendar.banking_days(max(first, calendar.first), last))
