"""A chart on its scales: where everything is drawn, and how large the texts are.

The texts are there twice, sized and placed for wide and for narrow charts: an SVG scales as a
whole, and letters that are right at 1280 px would be a third of that at 320.
"""

import dataclasses
from collections.abc import Callable
from datetime import date as Day
from decimal import Decimal

from rates_api.pages.charts.lines import Chart, Point
from rates_api.pages.charts.scales import (
    DayScale,
    DayTick,
    Plot,
    RateScale,
    day_ticks,
    rate_scale,
    rate_ticks,
)
from rates_api.pages.charts.svg import Coordinates
from rates_api.pages.charts.words import (
    WORDS,
    Words,
    notes,
    short_date,
    short_day,
    span,
    subtitle,
)
from rates_api.pages.language import Language

WIDTH, HEIGHT = 720, 450
"""Units of the `viewBox`."""
LEFT, TOP, RIGHT = 72, 88, 600
"""Of the plot; right of it the lines are named."""
DAY_NAMES, NOTE_HEIGHT, FOOT = 44, 26, 12
"""Heights below the plot: of the names of days, of each note, of what is left free."""


@dataclasses.dataclass(frozen=True)
class Layout:
    """Sizes of the texts in one width of chart, in units.

    `heading`, `subtitle` are base lines from the top, `days` is one from the plot's bottom; `line`
    and `note` are heights of lines, `ring` is a radius; `above` and `below` are the distances of
    the texts beside the highest and the lowest value. `date` writes the day of a line's last value,
    `subtitle_of` which rates and days are drawn.
    """

    name: str
    font: float
    heading: float
    subtitle: float
    days: float
    line: float
    note: float
    ring: float
    above: float
    below: float
    date: Callable[[Words, Day], str]
    subtitle_of: Callable[[Words, Chart], str]

    @property
    def label_height(self) -> float:
        """Return the height of a line's name, value and day, with what keeps others away."""
        return 3 * self.line + self.font

    def has(self, tick: DayTick) -> bool:
        """Tell whether there is room for the name of a tick."""
        return self is WIDE or tick.in_narrow


WIDE = Layout("wide", 13, 32, 54, 20, 16, 18, 3.5, 10, 20, short_date, subtitle)
NARROW = Layout("narrow", 22, 32, 62, 28, 25, NOTE_HEIGHT, 6, 13, 28, short_day, span)


@dataclasses.dataclass(frozen=True)
class Scene:
    """A chart and its scales, in one language."""

    chart: Chart
    words: Words
    days: DayScale
    rates: RateScale

    @property
    def plot(self) -> Plot:
        """Return where values are drawn."""
        return self.days.plot

    def place(self, point: Point) -> Coordinates:
        """Return where a value is."""
        return self.days.x(point.day), self.rates.y(point.rate)

    def round_rates(self) -> list[Decimal]:
        """Return the rates that the axis names, none where there is nothing to compare."""
        return [] if self.chart.is_empty else rate_ticks(self.rates)

    def ticks(self) -> list[DayTick]:
        """Return the days that the axis names."""
        return day_ticks(self.chart.first, self.chart.last)


def scene_of(chart: Chart, language: Language) -> Scene:
    """Return a chart on scales that all its values have room in."""
    words = WORDS[language]
    bottom = HEIGHT - FOOT - NOTE_HEIGHT * len(notes(words, chart)) - DAY_NAMES
    plot = Plot(LEFT, TOP, RIGHT, bottom)
    extremes = [point.rate for line in chart.lines for point in (line.low, line.high) if point]
    return Scene(chart, words, DayScale(plot, chart.first, chart.last), rate_scale(plot, extremes))
