"""Line plots as SVG text: panels over one time axis, each with axes, labels and a legend.

Steps, not slopes: a value holds until the next one. Written by hand because a plot of a few lines
needs no library; the same series give the same bytes.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from html import escape

WIDTH, PANEL, LEFT, RIGHT, TOP, GAP = 860, 190, 84, 26, 44, 62
Scale = Callable[[float], float]
COLOURS = ("#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df")
HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
    ' font-family="sans-serif" font-size="12" fill="#1f2328">'
    '<title>{title}</title><rect width="100%" height="100%" fill="#ffffff"/>'
    '<text x="{left}" y="22" font-size="15" font-weight="bold">{title}</text>'
)


@dataclasses.dataclass(frozen=True)
class Series:
    """One line: (hour of the day, value), in order of time."""

    name: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False


@dataclasses.dataclass(frozen=True)
class Panel:
    """One pair of axes; `label` names the vertical one with its unit."""

    label: str
    series: Sequence[Series]


def svg(title: str, panels: Sequence[Panel]) -> str:
    """Return the panels, one below the other, as an SVG document."""
    height = TOP + len(panels) * (PANEL + GAP)
    parts = [HEAD.format(width=WIDTH, height=height, left=LEFT, title=escape(title))]
    for index, panel in enumerate(panels):
        parts += _panel(panel, TOP + index * (PANEL + GAP))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: Panel, top: int) -> list[str]:
    hours = [hour for line in panel.series for hour, _ in line.points]
    first, last = min(hours), max(hours)
    ceiling = _round_up(max(value for line in panel.series for _, value in line.points))
    bottom, right = top + PANEL, WIDTH - RIGHT

    def x(hour: float) -> float:
        return LEFT + (hour - first) / (last - first) * (right - LEFT)

    def y(value: float) -> float:
        return bottom - value / ceiling * PANEL

    middle = top + PANEL / 2
    turned = f'<text x="16" y="{middle}" text-anchor="middle" transform="rotate(-90 16 {middle})">'
    parts = [f"{turned}{escape(panel.label)}</text>"]
    for step in range(5):
        value = ceiling * step / 4
        parts.append(_line(LEFT, y(value), right, y(value), "#d8dee4"))
        parts.append(_text(LEFT - 6, y(value) + 4, f"{value:,.10g}", "end"))
    for hour in range(math.ceil(first), math.floor(last) + 1):
        parts.append(_line(x(hour), bottom, x(hour), bottom + 4, "#59636e"))
        parts.append(_text(x(hour), bottom + 17, f"{hour % 24:02d}:00", "middle"))
    parts.append(_line(LEFT, bottom, right, bottom, "#59636e"))
    for index, line in enumerate(panel.series):
        parts += _drawn(line, COLOURS[index % len(COLOURS)], x, y)
    return parts + _legend(panel, bottom + 36)


def _drawn(line: Series, colour: str, x: Scale, y: Scale) -> list[str]:
    """Return the steps of a line; points that change nothing are left out."""
    (hour, value), *rest = line.points
    path = [f"M{x(hour):.1f},{y(value):.1f}"]
    for later, following in rest:
        if following != value:
            path.append(f"H{x(later):.1f}V{y(following):.1f}")
            value = following
    path.append(f"H{x(line.points[-1][0]):.1f}")
    dash = ' stroke-dasharray="5 3"' if line.dashed else ""
    return [f'<path d="{"".join(path)}" fill="none" stroke="{colour}" stroke-width="1.6"{dash}/>']


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
