"""Line plots as SVG text: panels one below the other, each with axes, labels and a legend.

Written by hand because a plot of a few lines needs no library; the same series give the same bytes.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from html import escape

WIDTH, LEFT, RIGHT, TOP, GAP = 860, 84, 26, 44, 62
Point = tuple[float, float]
Scale = Callable[[float], float]
COLOURS = ("#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df")
GRID, AXIS = "#d8dee4", "#59636e"
HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
    ' font-family="sans-serif" font-size="12" fill="#1f2328">'
    '<title>{title}</title><rect width="100%" height="100%" fill="#ffffff"/>'
    '<text x="{left}" y="22" font-size="15" font-weight="bold">{title}</text>'
)


@dataclasses.dataclass(frozen=True)
class Series:
    """One line: (place on the horizontal axis, value), from left to right."""

    name: str
    points: Sequence[Point]
    dashed: bool = False


@dataclasses.dataclass(frozen=True)
class Panel:
    """One pair of axes; `label` names the vertical one with its unit, `ticks` the other's places.

    Values hold until the next one (steps) on a linear axis from 0 on. On a logarithmic axis they
    are measured points, with slopes between them.
    """

    label: str
    series: Sequence[Series]
    ticks: Sequence[tuple[float, str]] = ()
    logarithmic: bool = False
    height: int = 190


def svg(title: str, panels: Sequence[Panel]) -> str:
    """Return the panels, one below the other, as an SVG document."""
    height = TOP + sum(panel.height + GAP for panel in panels)
    parts = [HEAD.format(width=WIDTH, height=height, left=LEFT, title=escape(title))]
    top = TOP
    for panel in panels:
        parts += _panel(panel, top)
        top += panel.height + GAP
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: Panel, top: int) -> list[str]:
    bottom, right = top + panel.height, WIDTH - RIGHT
    places = [x for line in panel.series for x, _ in line.points] + [x for x, _ in panel.ticks]
    first, last = min(places, default=0.0), max(places, default=0.0)
    share, labels = _vertical([y for line in panel.series for _, y in line.points], panel)

    def x(place: float) -> float:
        return LEFT + (place - first) / ((last - first) or 1) * (right - LEFT)

    def y(value: float) -> float:
        return bottom - share(value) * panel.height

    middle = top + panel.height / 2
    turned = f'<text x="16" y="{middle}" text-anchor="middle" transform="rotate(-90 16 {middle})">'
    parts = [f"{turned}{escape(panel.label)}</text>"]
    for value, words in labels:
        parts.append(_line(LEFT, y(value), right, y(value), GRID))
        parts.append(_text(LEFT - 6, y(value) + 4, words, "end"))
    for place, words in panel.ticks:
        parts.append(_line(x(place), bottom, x(place), bottom + 4, AXIS))
        parts.append(_text(x(place), bottom + 17, words, "middle"))
    parts.append(_line(LEFT, bottom, right, bottom, AXIS))
    draw = _slopes if panel.logarithmic else _steps
    for index, line in enumerate(panel.series):
        if line.points:
            parts += draw(line, COLOURS[index % len(COLOURS)], x, y)
    return parts + _legend(panel, bottom + 36)


def _vertical(values: Sequence[float], panel: Panel) -> tuple[Scale, list[tuple[float, str]]]:
    """Return at which share of the height a value lies, and what the axis is labelled with."""
    if not panel.logarithmic:
        ceiling = _round_up(max(values))
        quarters = [ceiling * step / 4 for step in range(5)]
        return lambda value: value / ceiling, [(value, f"{value:,.10g}") for value in quarters]
    low = math.floor(math.log10(min(values, default=1.0)))
    high = max(low + 1, math.ceil(math.log10(max(values, default=1.0))))
    decades = [10.0**decade for decade in range(low, high + 1)]
    labels = [(value, f"{value:g}") for value in decades]
    return lambda value: (math.log10(value) - low) / (high - low), labels


def _steps(line: Series, colour: str, x: Scale, y: Scale) -> list[str]:
    """Return the steps of a line; points that change nothing are left out."""
    (place, value), *rest = line.points
    path = [f"M{x(place):.1f},{y(value):.1f}"]
    for later, following in rest:
        if following != value:
            path.append(f"H{x(later):.1f}V{y(following):.1f}")
            value = following
    path.append(f"H{x(line.points[-1][0]):.1f}")
    dash = ' stroke-dasharray="5 3"' if line.dashed else ""
    return [f'<path d="{"".join(path)}" fill="none" stroke="{colour}" stroke-width="1.6"{dash}/>']


def _slopes(line: Series, colour: str, x: Scale, y: Scale) -> list[str]:
    """Return a line from point to point, each of which says what it is."""
    path = " ".join(f"{x(place):.1f},{y(value):.1f}" for place, value in line.points)
    dots = [
        f'<circle cx="{x(place):.1f}" cy="{y(value):.1f}" r="3.5" fill="{colour}">'
        f"<title>{escape(line.name)} at {place:,.10g}: {value:.2f}</title></circle>"
        for place, value in line.points
    ]
    return [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>', *dots]


def _legend(panel: Panel, top: int) -> list[str]:
    parts, left = [], LEFT
    for index, line in enumerate(panel.series):
        parts.append(_line(left, top - 4, left + 18, top - 4, COLOURS[index % len(COLOURS)], 3))
        parts.append(_text(left + 24, top, line.name, "start"))
        left += 48 + 7 * len(line.name)
    return parts


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: int = 1) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
        f' stroke="{colour}" stroke-width="{width}"/>'
    )


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _round_up(value: float) -> float:
    """Return the next number above that begins like 12, 2, 4 or 8: its quarters are short."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return float(next(lead * power for lead in (1.2, 2, 4, 8, 12) if lead * power >= value))
