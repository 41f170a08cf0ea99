"""Days and rates as coordinates of a chart, and the round days and rates that its axes name.

Coordinates are units of the SVG's `viewBox`, from the top left corner. They may be floats: no rate
is printed from one. Pure.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import date as Day
from decimal import Decimal
from functools import cached_property
from itertools import chain
from math import ceil, floor

MAX_RATE_TICKS = 6
HEADROOM = Decimal("0.18")
"""Of the range of rates, left free at both ends for what is written beside the extremes."""
ALONE = Decimal("0.01")
"""The headroom, as a share of the rate, where there is only one."""
PLACES = Decimal("0.0001")
STEPS = (1, 2, 5)
MAX_DAYS_NAMED = 45
"""Of a shorter span the first and the last day are named."""
MAX_DAYS_OF_MONTHS = 500
"""Of a span up to so long months are named, of a longer one years."""
MAX_MONTHS_NARROW, QUARTER = 4, (1, 4, 7, 10)
MAX_YEARS, MAX_YEARS_NARROW = 12, 6
YEARS_APART = 5


@dataclasses.dataclass(frozen=True)
class Plot:
    """The rectangle that values are drawn in."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Return its width."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Return its height."""
        return self.bottom - self.top


@dataclasses.dataclass(frozen=True)
class DayScale:
    """The days from `first` to `last` across a plot; a single one is in its middle."""

    plot: Plot
    first: Day
    last: Day

    def x(self, day: Day) -> float:
        """Return where `day` is."""
        return self._origin + day.toordinal() * self._unit

    @cached_property
    def _unit(self) -> float:
        """Return how far a day is from the next."""
        days = (self.last - self.first).days
        return self.plot.width / days if days else 0.0

    @cached_property
    def _origin(self) -> float:
        """Return where the day 0 would be."""
        begins = self.plot.left if self._unit else (self.plot.left + self.plot.right) / 2
        return begins - self.first.toordinal() * self._unit


@dataclasses.dataclass(frozen=True)
class RateScale:
    """The rates from `low` at the bottom of a plot to `high` at its top."""

    plot: Plot
    low: Decimal
    high: Decimal

    def y(self, rate: Decimal) -> float:
        """Return where `rate` is."""
        return self._origin - float(rate) * self._unit

    @cached_property
    def _unit(self) -> float:
        """Return how far a peso is from the next."""
        return self.plot.height / float(self.high - self.low)

    @cached_property
    def _origin(self) -> float:
        """Return where a rate of 0 would be."""
        return self.plot.bottom + float(self.low) * self._unit


def rate_scale(plot: Plot, rates: Sequence[Decimal]) -> RateScale:
    """Return the scale on which all of `rates` have headroom, any scale without them."""
    if not rates:
        return RateScale(plot, Decimal(0), Decimal(1))
    low, high = min(rates), max(rates)
    share = (high - low) * HEADROOM if low < high else high * ALONE
    room = max(share.quantize(PLACES), PLACES)
    return RateScale(plot, max(low - room, Decimal(0)), high + room)


def rate_ticks(scale: RateScale) -> list[Decimal]:
    """Return the round rates of a scale, ascending, a step of 1, 2 or 5 of a decimal place apart.

    Each has the decimals of the step, none before the point.
    """
    step = _step((scale.high - scale.low) / MAX_RATE_TICKS)
    begins, ends = ceil(scale.low / step), floor(scale.high / step)
    return [step * number for number in range(begins, ends + 1)]


def _step(least: Decimal) -> Decimal:
    """Return the smallest round step that is not less than `least`, which is positive."""
    place = least.adjusted()
    candidates = (
        Decimal(digit).scaleb(exponent) for exponent in (place, place + 1) for digit in STEPS
    )
    return next(step for step in candidates if step >= least)


@dataclasses.dataclass(frozen=True)
class DayTick:
    """A day that the axis names, as a day, by its month or by its year.

    `in_narrow` tells whether there is room for its name in a narrow chart.
    """

    day: Day
    names: str
    in_narrow: bool


def day_ticks(first: Day, last: Day) -> list[DayTick]:
    """Return the days that the axis from `first` to `last` names, ascending."""
    days = (last - first).days
    if days <= MAX_DAYS_NAMED:
        return [DayTick(day, "day", in_narrow=True) for day in sorted({first, last})]
    if days <= MAX_DAYS_OF_MONTHS:
        return _months([*_month_starts(first, last)])
    return _years([day for day in _year_starts(first, last) if day >= first])


def _months(starts: Sequence[Day]) -> list[DayTick]:
    are_few = len(starts) <= MAX_MONTHS_NARROW
    return [
        DayTick(day, "year" if day.month == 1 else "month", are_few or day.month in QUARTER)
        for day in starts
    ]


def _years(starts: Sequence[Day]) -> list[DayTick]:
    """Return the years, every fifth of many; in a narrow chart every second of some."""
    if len(starts) > MAX_YEARS:
        starts = [day for day in starts if day.year % YEARS_APART == 0]
    are_few = len(starts) <= MAX_YEARS_NARROW
    return [DayTick(day, "year", are_few or day.year % 10 == 0) for day in starts]


def _month_starts(first: Day, last: Day) -> Iterator[Day]:
    months = chain.from_iterable(
        (Day(year, month, 1) for month in range(1, 13)) for year in range(first.year, last.year + 1)
    )
    return (day for day in months if first <= day <= last)


def _year_starts(first: Day, last: Day) -> Iterator[Day]:
    return (Day(year, 1, 1) for year in range(first.year, last.year + 1))
