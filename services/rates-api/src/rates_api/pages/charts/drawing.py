"""One drawing of a chart: a hairline grid, two lines that differ in weight, and texts."""

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from rates_api.pages.charts import svg
from rates_api.pages.charts.labels import FIX_LINE, IN_FORCE_LINE, draw_labels, line_names
from rates_api.pages.charts.lines import Chart
from rates_api.pages.charts.paths import path, stepped
from rates_api.pages.charts.scene import HEIGHT, NARROW, WIDE, WIDTH, Scene, scene_of
from rates_api.pages.charts.svg import Coordinates, number
from rates_api.pages.charts.words import description, title
from rates_api.pages.language import Language
from rates_contracts.calendar import ONE_DAY

TICK = 5
"""The length of a tick of the axis of days."""
END, ALONE = 2.5, 1.75
"""Radii of dots: at the end of a line, and where a value has no neighbours."""


def drawing(chart: Chart, language: Language) -> Element:
    """Return the drawing of a chart: an `svg` with its name and description in words."""
    scene = scene_of(chart, language)
    root = _root(scene)
    _draw_axes(root, scene)
    _draw_lines(root, scene)
    for layout in (WIDE, NARROW):
        draw_labels(root, scene, layout)
    return root


def _root(scene: Scene) -> Element:
    chart, plot, rates = scene.chart, scene.plot, scene.rates
    root = svg.image(
        f"chart-{chart.range}",
        (WIDTH, HEIGHT),
        title(scene.words, chart),
        description(scene.words, chart),
    )
    root.set("class", "chart")
    root.set("data-plot", f"{plot.left:g} {plot.top:g} {plot.width:g} {plot.height:g}")
    root.set("data-domain", f"{rates.low} {rates.high}")
    root.set("data-first", str(chart.first))
    root.set("data-last", str(chart.last))
    return root


def _draw_axes(root: Element, scene: Scene) -> None:
    """Draw a hairline for each round rate, and the axis of days with its ticks."""
    plot = scene.plot
    heights = [scene.rates.y(rate) for rate in scene.round_rates()]
    grid = "".join(f"M{plot.left:g} {number(y)}h{plot.width:g}" for y in heights)
    svg.line(root, "chart-grid", grid, "1", stroke_opacity=".16")
    ticks = "".join(
        f"M{number(scene.days.x(tick.day))} {plot.bottom:g}v{TICK}" for tick in scene.ticks()
    )
    axis = f"M{plot.left:g} {plot.bottom:g}h{plot.width:g}{ticks}"
    svg.line(root, "chart-axis", axis, "1", stroke_opacity=".6")


def _draw_lines(root: Element, scene: Scene) -> None:
    """Draw the rate in force, and the FIX over it, each ending in a dot."""
    fix = ([scene.place(point) for point in run] for run in scene.chart.fix.runs)
    for stroke, data in ((IN_FORCE_LINE, path(_steps(scene))), (FIX_LINE, path(fix))):
        if data:
            svg.line(root, data=data, stroke_linejoin="round", **stroke)
    for run in scene.chart.fix.runs:
        if len(run) == 1:
            svg.dot(root, "chart-fix", scene.place(run[0]), ALONE)
    for line_name in line_names(scene):
        svg.dot(root, line_name.css, scene.place(line_name.last), END)


def _steps(scene: Scene) -> Iterator[Sequence[Coordinates]]:
    """Yield the corners of each run of the rate in force, which applies all day."""
    for run in scene.chart.in_force.runs:
        ends = min(run[-1].day + ONE_DAY, scene.chart.last)
        yield [*stepped([scene.place(point) for point in run], scene.days.x(ends))]
