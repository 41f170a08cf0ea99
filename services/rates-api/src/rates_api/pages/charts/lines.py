"""What a chart draws of the record: its lines as runs of values, broken where a value is missing.

Days are those of Mexico City; rates are pesos per dollar, exactly as published. Pure.
"""

from collections.abc import Callable, Sequence
from datetime import date as Day
from datetime import timedelta
from decimal import Decimal
from itertools import chain, pairwise
from operator import itemgetter
from typing import Literal, NamedTuple

import msgspec

from rates_api.pages.language import Language
from rates_api.resolution import spans
from rates_api.resolution.knowledge import MAX_REST, unknown, warnings_of
from rates_api.resolution.resolution import RULE_KNOWN_FROM
from rates_api.resolution.view import View
from rates_contracts.calendar import ONE_DAY
from rates_contracts.observation import Source
from rates_contracts.warnings import in_order

ChartRange = Literal["90d", "1y", "5y", "all"]
YEARS: dict[ChartRange, int] = {"1y": 1, "5y": 5}
LAST_90_DAYS = timedelta(days=89)
NEW_PESOS_BEFORE = Day(1993, 1, 1)
"""Earlier rates are published in new pesos, of 1,000 pesos of then."""

COLUMNS = 2 * 528
"""Half units of a drawing's `viewBox` across its plot: less than a pixel wide."""
MIN_COLUMN = 6
"""So many values share half a unit before some are left out."""


class Point(NamedTuple):
    """A rate and its day."""

    day: Day
    rate: Decimal


Run = tuple[Point, ...]
"""Values between which none is missing, ascending, at least one."""
_rate = itemgetter(1)


class ChartLine(msgspec.Struct, frozen=True):
    """The runs of a kind of rate, ascending; first, last, lowest and highest are None without any.

    Of equal extremes the first counts.
    """

    runs: tuple[Run, ...]
    first: Point | None
    last: Point | None
    low: Point | None
    high: Point | None


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """What is drawn from the day `first` to the day `last`, and how good it is.

    `known` tells whether each missing value is known to be none, `warnings` what to be careful
    about, as in `historical`.
    """

    range: ChartRange
    first: Day
    last: Day
    fix: ChartLine
    in_force: ChartLine
    source: Source
    known: bool
    warnings: tuple[str, ...]
    drawings: dict[Language, str] = msgspec.field(default_factory=dict)
    """What was drawn of it, which themes share."""

    @property
    def is_simulated(self) -> bool:
        """Tell whether the values are not Banco de México's."""
        return self.source == "simulator"

    @property
    def is_empty(self) -> bool:
        """Tell whether there is no value at all."""
        return self.fix.last is None and self.in_force.last is None

    @property
    def has_new_pesos(self) -> bool:
        """Tell whether rates in new pesos are among the values."""
        first = self.fix.first
        return first is not None and first.day < NEW_PESOS_BEFORE

    @property
    def lines(self) -> tuple[ChartLine, ChartLine]:
        """Return the FIX and the rate in force."""
        return self.fix, self.in_force


def chart_of(view: View, range_: ChartRange) -> Chart:
    """Return the chart of a range that ends today, found once while the view holds."""
    key = "chart", range_
    found: Chart | None = view.memo.drawn.get(key)
    if found is None:
        found = view.memo.drawn[key] = _chart_of(view, range_)
    return found


def _chart_of(view: View, range_: ChartRange) -> Chart:
    first, last = first_day(view, range_), view.today
    fix = spans.values(view, "fix", first, last)
    # Before the rule is known, nobody can say which rate was in force.
    begins = max(first, RULE_KNOWN_FROM)
    in_force = spans.values(view, "settlement", begins, last_in_force(view))
    codes = unknown(view, "fix", first, last) | unknown(view, "settlement", first, last)
    warned = spans.warnings(view, "fix", fix) | spans.warnings(view, "settlement", in_force)
    return Chart(
        range=range_,
        first=first,
        last=last,
        fix=_line(fix, _fix_is_missing(view)),
        in_force=_line(in_force, lambda day, following: following - day > ONE_DAY),
        source=view.source,
        known=not codes,
        warnings=in_order([*warned, *warnings_of(codes)]),
    )


def last_in_force(view: View) -> Day:
    """Return the last day whose rate is drawn: before today where none may pass as today's."""
    usable_until = view.series["settlement"].usable_until
    is_usable = usable_until is not None and view.at <= usable_until
    return view.today if is_usable else view.today - ONE_DAY


def first_day(view: View, range_: ChartRange) -> Day:
    """Return the first day of a range: of `all` that of the first value, today without any."""
    match range_:
        case "90d":
            return view.today - LAST_90_DAYS
        case "all":
            days = (view.fix.first_day, view.settlement.first_day, view.today)
            return min(day for day in days if day is not None)
    return _years_before(view.today, YEARS[range_])


def _years_before(day: Day, years: int) -> Day:
    """Return the same day of an earlier year, the 28th for a 29th of February."""
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - years, day=28 if is_leap_day else day.day)


def _fix_is_missing(view: View) -> Callable[[Day, Day], bool]:
    """Return what tells whether between two days with a FIX a banking day has none."""
    missing = spans.missing_counter(view, "fix")

    def is_missing(day: Day, following: Day) -> bool:
        apart = following - day
        if apart == ONE_DAY:
            return False
        return apart > MAX_REST or missing(day + ONE_DAY, following - ONE_DAY, ()) > 0

    return is_missing


def _line(listed: Sequence[spans.Value], is_broken: Callable[[Day, Day], bool]) -> ChartLine:
    """Return the line of values, broken between two days of which `is_broken` is true."""
    if not listed:
        return line_of(())
    days = [day for day, _, _ in listed]
    breaks = [
        number
        for number, (day, following) in enumerate(pairwise(days), start=1)
        if following - day > ONE_DAY and is_broken(day, following)
    ]
    column = max(1, (days[-1] - days[0]).days // COLUMNS)
    runs = (listed[begin:end] for begin, end in pairwise((0, *breaks, len(listed))))
    return line_of(tuple(_run(values, column) for values in runs))


def _run(values: Sequence[spans.Value], column: int) -> Run:
    """Return what of a run is drawn: all, or of each `column` of days its ends and extremes.

    Of thirty years that is a third, and covers the same pixels.
    """
    if column < MIN_COLUMN:
        return tuple(Point(day, found.value) for day, found, _ in values)
    kept: list[Point] = []
    for at in range(0, len(values), column):
        points = [Point(day, found.value) for day, found, _ in values[at : at + column]]
        kept += sorted({points[0], min(points, key=_rate), max(points, key=_rate), points[-1]})
    return tuple(kept)


def line_of(runs: tuple[Run, ...]) -> ChartLine:
    """Return the line of `runs`."""
    points = [*chain.from_iterable(runs)]
    if not points:
        return ChartLine(runs, None, None, None, None)
    return ChartLine(runs, points[0], points[-1], min(points, key=_rate), max(points, key=_rate))
