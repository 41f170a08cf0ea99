"""The texts of a drawing in one layout: heading, names of ticks, extremes and lines, notes."""

from collections.abc import Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement

from rates_api.pages.charts import svg
from rates_api.pages.charts.lines import Point
from rates_api.pages.charts.scales import Plot
from rates_api.pages.charts.scene import FOOT, HEIGHT, LEFT, NARROW, WIDE, WIDTH, Layout, Scene
from rates_api.pages.charts.words import notes, tick_name

NOTE = "chart-note chart-muted"
KEY = 28
"""Units of a line that stand above its name."""
EDGE = 130
"""So near to a side of the plot the text beside an extreme begins, or ends, at it."""
ABOVE_AXIS = 6
BESIDE = 10
"""Between the plot and the names of the lines."""
FIX_LINE = {"name": "chart-line-fix", "width": "1.5", "stroke_linecap": "round"}
IN_FORCE_LINE = {"name": "chart-line-in-force", "width": "3", "stroke_opacity": ".55"}
"""How each line is drawn: they differ in weight, not by colour alone."""


class LineName(NamedTuple):
    """What names a line: its last value, how it is drawn, its name, the class of that."""

    last: Point
    stroke: dict[str, str]
    name: str
    css: str


def draw_labels(root: Element, scene: Scene, layout: Layout) -> None:
    """Draw all texts in one layout; without CSS the wide one shows."""
    attributes = {"class": f"chart-{layout.name}", "font-size": f"{layout.font:g}"}
    if layout is NARROW:
        attributes["display"] = "none"
    group = SubElement(root, "g", attributes)
    _draw_heading(group, scene, layout)
    _draw_tick_names(group, scene, layout)
    if scene.chart.is_empty:
        _draw_absence(group, scene)
    _draw_extremes(group, scene, layout)
    _draw_line_names(group, scene, layout)
    _draw_notes(group, scene, layout)


def _draw_heading(group: Element, scene: Scene, layout: Layout) -> None:
    words, chart = scene.words, scene.chart
    place = LEFT, layout.heading
    svg.text(group, "chart-heading", place, words.heading, font_size="1.25em", font_weight="600")
    svg.text(group, "chart-muted", (LEFT, layout.subtitle), layout.subtitle_of(words, chart))
    if chart.is_simulated:
        place = WIDTH - FOOT, layout.heading
        svg.text(
            group,
            "chart-simulated",
            place,
            words.simulated_badge,
            font_size="1.25em",
            font_weight="700",
            text_anchor="end",
        )


def _draw_tick_names(group: Element, scene: Scene, layout: Layout) -> None:
    plot, half = scene.plot, layout.font * 0.35
    for rate in scene.round_rates():
        place = plot.left - BESIDE, scene.rates.y(rate) + half
        svg.text(group, "chart-tick chart-muted", place, f"{rate:f}", text_anchor="end")
    for tick in filter(layout.has, scene.ticks()):
        place = scene.days.x(tick.day), plot.bottom + layout.days
        name = tick_name(scene.words, tick)
        svg.text(group, "chart-tick chart-muted", place, name, text_anchor="middle")


def _draw_absence(group: Element, scene: Scene) -> None:
    """Say in the middle of the plot that there is nothing to draw."""
    plot = scene.plot
    place = (plot.left + plot.right) / 2, (plot.top + plot.bottom) / 2
    svg.text(group, "chart-muted", place, scene.words.empty, text_anchor="middle")


def _draw_extremes(group: Element, scene: Scene, layout: Layout) -> None:
    """Mark where the FIX was lowest and highest, unless that is everywhere."""
    words, fix = scene.words, scene.chart.fix
    if fix.low and fix.high and fix.low.rate < fix.high.rate:
        _draw_extreme(group, scene, layout, fix.high, words.high, -layout.above)
        _draw_extreme(group, scene, layout, fix.low, words.low, layout.below)


def _draw_extreme(
    group: Element, scene: Scene, layout: Layout, point: Point, words: str, away: float
) -> None:
    x, y = scene.place(point)
    svg.ring(group, "chart-mark", (x, y), layout.ring)
    content = words.format(rate=point.rate)
    if layout is WIDE:
        content += f" · {layout.date(scene.words, point.day)}"
    anchor, aside = _anchor(scene.plot, x)
    place = x + aside * layout.ring, min(y + away, scene.plot.bottom - ABOVE_AXIS)
    svg.text(group, "chart-label chart-fix", place, content, text_anchor=anchor)


def _anchor(plot: Plot, x: float) -> tuple[str, int]:
    """Return how a text beside a ring at `x` is aligned, and to which side of it."""
    if x < plot.left + EDGE:
        return "start", 1
    return ("end", -1) if x > plot.right - EDGE else ("middle", 0)


def _draw_line_names(group: Element, scene: Scene, layout: Layout) -> None:
    """Name each line beside its last value, with that value and its day."""
    named = sorted(line_names(scene), key=lambda named: -named.last.rate)
    tops = [scene.rates.y(named.last.rate) - layout.label_height / 2 for named in named]
    for top, line_name in zip(_apart(tops, layout.label_height), named, strict=True):
        _draw_line_name(group, scene, layout, line_name, top)


def line_names(scene: Scene) -> list[LineName]:
    """Return the names of the lines that have values."""
    words, fix, in_force = scene.words, scene.chart.fix.last, scene.chart.in_force.last
    named = []
    if fix is not None:
        named.append(LineName(fix, FIX_LINE, words.fix, "chart-fix"))
    if in_force is not None:
        named.append(LineName(in_force, IN_FORCE_LINE, words.in_force, "chart-in-force"))
    return named


def _apart(tops: Sequence[float], height: float) -> Sequence[float]:
    """Return the tops of labels of this height, two at most, moved so that they don't overlap."""
    if len(tops) < 2 or tops[1] - tops[0] >= height:
        return tops
    middle = sum(tops) / 2
    return middle - height / 2, middle + height / 2


def _draw_line_name(
    group: Element, scene: Scene, layout: Layout, named: LineName, top: float
) -> None:
    """Draw a piece of the line, then below each other its name, last value and day."""
    left = scene.plot.right + BESIDE
    svg.line(group, data=f"M{svg.number(left)} {svg.number(top)}h{KEY}", **named.stroke)
    lines = (
        (f"chart-label {named.css}", named.name, "600"),
        (f"chart-label {named.css}", str(named.last.rate), "600"),
        ("chart-label chart-muted", layout.date(scene.words, named.last.day), "400"),
    )
    for number, (css, content, weight) in enumerate(lines, start=1):
        svg.text(group, css, (left, top + number * layout.line), content, font_weight=weight)


def _draw_notes(group: Element, scene: Scene, layout: Layout) -> None:
    *caveats, origin = notes(scene.words, scene.chart)
    css = "chart-note chart-simulated" if scene.chart.is_simulated else NOTE
    svg.text(group, css, (LEFT, HEIGHT - FOOT), origin, font_size=".86em")
    for number, content in enumerate(reversed(caveats), start=1):
        place = LEFT, HEIGHT - FOOT - number * layout.note
        svg.text(group, NOTE, place, content, font_size=".86em")
