"""Latency against rate as an SVG, by hand: a logarithmic axis, a line per percentile. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 90, 40, 60
LINES = {"p50": "#2a7fba", "p95": "#e08a1e", "p99": "#c23b3b"}
APART = 14
INK, GRID = "#333333", "#e3e3e3"
STYLE = "font-family='system-ui, sans-serif' font-size='12'"

Points = Sequence[Mapping[str, float]]


def latency_plot(points: Points, title: str) -> str:
    """Plot `p50`, `p95` and `p99` (milliseconds) over `rate`, one point per measured rate.

    Points of one rate are averaged geometrically; what is no number has no place in it.
    """
    rates = sorted({point["rate"] for point in points})
    lines = {name: _line(points, rates, name) for name in LINES}
    values = [ms for line in lines.values() for _, ms in line]
    axes = _Axes(max(rates, default=1.0), values or [1.0])
    parts = [*_frame(axes, title), *_rates(axes, rates)]
    for name, line in lines.items():
        parts += _drawn(axes, name, line)
    parts += _names(axes, lines)
    head = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' {STYLE}>"
    return "\n".join([head, *parts, "</svg>", ""])


class _Axes:
    """Where a rate and a latency lie; the latency's axis spans whole decades."""

    def __init__(self, most: float, values: Iterable[float]) -> None:
        seen = list(values)
        self.low = math.floor(math.log10(min(seen)))
        self.high = max(self.low + 1, math.ceil(math.log10(max(seen))))
        self._most = most

    def x(self, rate: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * rate / self._most, 1)

    def y(self, ms: float) -> float:
        share = (math.log10(ms) - self.low) / (self.high - self.low)
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share, 1)


def _line(points: Points, rates: Sequence[float], name: str) -> list[tuple[float, float]]:
    line = []
    for rate in rates:
        logs = [
            math.log10(point[name])
            for point in points
            if point["rate"] == rate and math.isfinite(point[name]) and point[name] > 0
        ]
        if logs:
            line.append((rate, 10 ** (sum(logs) / len(logs))))
    return line


def _frame(axes: _Axes, title: str) -> Iterable[str]:
    yield f"<rect width='{WIDTH}' height='{HEIGHT}' fill='white'/>"
    yield _text(LEFT, 24, title, size=14)
    for decade in range(axes.low, axes.high + 1):
        y = axes.y(10.0**decade)
        yield f"<line x1='{LEFT}' x2='{WIDTH - RIGHT}' y1='{y}' y2='{y}' stroke='{GRID}'/>"
        yield _text(LEFT - 8, y + 4, f"{10.0**decade:g}", anchor="end")
    middle = (HEIGHT - BOTTOM + TOP) / 2
    turned = f" transform='rotate(-90 18 {middle})'"
    yield _text(18, middle, "latency from the due time, ms (log)", anchor="middle", more=turned)
    across = (LEFT + WIDTH - RIGHT) / 2
    yield _text(across, HEIGHT - 16, "requests per second (open loop)", anchor="middle")


def _rates(axes: _Axes, rates: Sequence[float]) -> Iterable[str]:
    bottom = HEIGHT - BOTTOM
    for rate in rates:
        x = axes.x(rate)
        yield f"<line x1='{x}' x2='{x}' y1='{bottom}' y2='{bottom + 5}' stroke='{INK}'/>"
        yield _text(x, bottom + 20, f"{rate:,.0f}", anchor="middle")
    yield f"<line x1='{LEFT}' x2='{WIDTH - RIGHT}' y1='{bottom}' y2='{bottom}' stroke='{INK}'/>"


def _drawn(axes: _Axes, name: str, line: Sequence[tuple[float, float]]) -> Iterable[str]:
    if not line:
        return
    colour = LINES[name]
    places = [(axes.x(rate), axes.y(ms)) for rate, ms in line]
    path = " ".join(f"{x},{y}" for x, y in places)
    yield f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='2'/>"
    for (x, y), (rate, ms) in zip(places, line, strict=True):
        yield (
            f"<circle cx='{x}' cy='{y}' r='3.5' fill='{colour}'>"
            f"<title>{name} at {rate:,.0f}/s: {ms:.2f} ms</title></circle>"
        )


def _names(axes: _Axes, lines: Mapping[str, Sequence[tuple[float, float]]]) -> Iterable[str]:
    """Name each line at its end, from the bottom up, none upon another."""
    above = float(HEIGHT)
    for name, line in lines.items():
        if line:
            rate, ms = line[-1]
            above = min(axes.y(ms) + 4, above - APART)
            yield _text(axes.x(rate) + 10, above, name, colour=LINES[name])


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", colour: str = INK, size: int = 12,
    more: str = "",
) -> str:  # fmt: skip
    place = f"x='{x}' y='{y}' text-anchor='{anchor}' font-size='{size}' fill='{colour}'"
    return f"<text {place}{more}>{escape(words)}</text>"
