"""`GET /charts/fix.svg`: FIX and rate in force as a picture, by itself or inline in a page.

One drawing in two forms. By itself it has a style of its own, under a policy that lets nothing else
in; inline it has none, and the points that a page needs to follow a pointer.
"""

import dataclasses
from collections.abc import Iterator
from datetime import date as Day
from typing import Annotated, get_args
from xml.etree.ElementTree import Element

from rates_api.pages.charts import svg
from rates_api.pages.charts.drawing import drawing
from rates_api.pages.charts.lines import Chart, ChartLine, ChartRange, chart_of
from rates_api.pages.charts.scene import HEIGHT, WIDTH
from rates_api.pages.charts.style import Theme, stylesheet
from rates_api.pages.language import Language
from rates_api.rates.query_parameters import RateQuery, choice
from rates_api.resolution.view import View
from rates_contracts.calendar import ONE_DAY

PATH = "/charts/fix.svg"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""Of the picture's own document: it loads and runs nothing (Content-Security-Policy)."""
RANGE = choice(
    "range",
    "The days drawn, ending today in Mexico City; `all` begins with the first FIX.",
    *get_args(ChartRange),
)
THEME = choice(
    "theme",
    "The colours; `auto` goes by the reader's `prefers-color-scheme`.",
    *get_args(Theme),
)
LANG = choice("lang", "The language of its texts.", *get_args(Language))
STYLE = "<style />"
"""An empty style sheet, as it is written."""
LONG_RANGES = ("5y", "all")


@dataclasses.dataclass(frozen=True)
class ChartQuery(RateQuery):
    """What the chart can be asked: closed lists, each combination a picture of its own."""

    range_: Annotated[ChartRange, RANGE] = "90d"
    theme: Annotated[Theme, THEME] = "auto"
    lang: Annotated[Language, LANG] = "es"

    @property
    def format(self) -> str:
        """Return the only format."""
        return "svg"


def is_long(query: ChartQuery, _: Day) -> bool:
    """Tell whether so many days are drawn that other requests should not wait for them."""
    return query.range_ in LONG_RANGES


def answer(query: ChartQuery, view: View) -> Chart:
    """Answer with what is drawn."""
    return chart_of(view, query.range_)


def to_svg(query: ChartQuery, chart: Chart) -> bytes:
    """Return the picture as a document of its own; themes differ in the style sheet alone."""
    drawn = chart.drawings.get(query.lang)
    if drawn is None:
        drawn = chart.drawings[query.lang] = _document(chart, query.lang)
    return drawn.replace(STYLE, f"<style>{stylesheet(query.theme)}</style>", 1).encode()


def _document(chart: Chart, language: Language) -> str:
    """Return the picture with an empty style sheet."""
    root = drawing(chart, language)
    root.set("xmlns", svg.NAMESPACE)
    root.set("xml:lang", language)
    size = {"width": str(WIDTH), "height": str(HEIGHT)}
    # Title and description stay the first two children.
    ground = Element("rect", {"class": "chart-ground", "fill": "none", **size})
    root[2:2] = (Element("style"), ground)
    return svg.written(root)


def inline_chart(chart: Chart, language: Language) -> str:
    """Return the picture as an element of a page; its points only of 90 days, for their size."""
    root = drawing(chart, language)
    root.set("lang", language)
    if chart.range == "90d":
        root.set("data-points", points(chart))
    return svg.written(root)


def points(chart: Chart) -> str:
    """Return for each calendar day `FIX,in force;`, exactly as published, empty without a value."""
    fix, in_force = _by_day(chart.fix), _by_day(chart.in_force)
    return "".join(f"{fix.get(day, '')},{in_force.get(day, '')};" for day in _days(chart))


def _by_day(line: ChartLine) -> dict[Day, str]:
    return {point.day: str(point.rate) for run in line.runs for point in run}


def _days(chart: Chart) -> Iterator[Day]:
    return (chart.first + number * ONE_DAY for number in range((chart.last - chart.first).days + 1))
