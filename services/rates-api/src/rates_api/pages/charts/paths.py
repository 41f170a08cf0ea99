"""Lines of thousands of days as paths that show what pixels can, with every extreme.

Of the points in one column of the plot the lowest and the highest are drawn: the line covers the
same pixels, a dent of one day in thirty years included. Pure.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from operator import itemgetter

from rates_api.pages.charts.svg import Coordinates

COLUMN = 1.0
"""Units of the `viewBox`: at 1280 px they are 1.8 pixels."""
TENTHS = 10
"""Coordinates are written in tenths of a unit."""
_y = itemgetter(1)


def path(runs: Iterable[Sequence[Coordinates]]) -> str:
    """Return the path data of `runs`, each ascending by x and drawn by itself; one point is a dot.

    A dot needs a round `stroke-linecap`.
    """
    return "".join(_drawn(thinned(run)) for run in runs)


def stepped(run: Sequence[Coordinates], until: float) -> Iterator[Coordinates]:
    """Yield the corners of a line that stays at each value up to the next, the last to `until`."""
    if not run:
        return
    yield run[0]
    for (_, before), (x, y) in pairwise(run):
        if y != before:
            yield x, before
            yield x, y
    yield until, run[-1][1]


def thinned(run: Sequence[Coordinates]) -> list[Coordinates]:
    """Return the lowest and the highest point of each column, and both ends, ascending by x."""
    kept: list[Coordinates] = [run[0]]
    for _, found in groupby(run, key=_column):
        column = list(found)
        if len(column) <= 2:
            kept += column
        else:
            low, high = min(column, key=_y), max(column, key=_y)
            kept += (low, high) if column.index(low) <= column.index(high) else (high, low)
    return [*kept, run[-1]]


def _column(place: Coordinates) -> int:
    return int(place[0] / COLUMN)


def _drawn(places: Sequence[Coordinates]) -> str:
    """Return the path through `places`, relative from the second on, without repeated points."""
    rounded = [(round(x * TENTHS), round(y * TENTHS)) for x, y in places]
    moves = [
        (x - left, y - top) for (left, top), (x, y) in pairwise(rounded) if (x, y) != (left, top)
    ]
    x, y = rounded[0]
    return f"M{_number(x)}{_next(y)}{_lines(moves) or 'h0'}"


def _lines(moves: Iterable[tuple[int, int]]) -> str:
    return "".join(
        f"v{_number(down)}"
        if not right
        else f"h{_number(right)}"
        if not down
        else f"l{_number(right)}{_next(down)}"
        for right, down in moves
    )


def _number(tenths: int) -> str:
    """Return a coordinate, as short as it can be written."""
    whole, rest = divmod(abs(tenths), TENTHS)
    sign = "-" if tenths < 0 else ""
    if not rest:
        return f"{sign}{whole}"
    return f"{sign}{whole or ''}.{rest}"


def _next(tenths: int) -> str:
    """Return a coordinate after another one; a minus sign separates them already."""
    return _number(tenths) if tenths < 0 else f" {_number(tenths)}"
