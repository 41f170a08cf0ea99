"""A line of values drawn with characters: eight dots of Braille each, or an asterisk where there is
no Unicode. Positions are computed of decimals, as everything that is made of rates.
"""

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Decimal

BRAILLE = 0x2800
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot of a character, by row from the top and column."""
ACROSS, DOWN = 2, 4


def plot(values: Sequence[Decimal], width: int, height: int, *, braille: bool) -> list[str]:
    """Return `height` lines of `width` characters with a line through `values`, the first left.

    The lowest value is at the bottom, the highest at the top. `values` has one at least.
    """
    cells = [[0] * width for _ in range(height)]
    for column, (low, high) in enumerate(_strokes(values, ACROSS * width, DOWN * height)):
        for dot in range(low, high + 1):
            row, within = divmod(DOWN * height - 1 - dot, DOWN)
            cells[row][column // ACROSS] |= DOTS[within][column % ACROSS]
    return ["".join(_character(cell, braille) for cell in line) for line in cells]


def _strokes(values: Sequence[Decimal], columns: int, rows: int) -> Iterator[tuple[int, int]]:
    """Yield the lowest and the highest dot of each column, joined to the column before."""
    dots = _dots(values, rows)
    before: int | None = None
    for column in range(columns):
        part = dots[_first(column, columns, dots) : _first(column + 1, columns, dots)]
        part = part or dots[_first(column, columns, dots) :][:1]
        reached = (*part, part[0] if before is None else before)
        yield min(reached), max(reached)
        before = part[-1]


def _first(column: int, columns: int, dots: Sequence[int]) -> int:
    return column * len(dots) // columns


def _dots(values: Sequence[Decimal], rows: int) -> list[int]:
    """Return how high each value stands, 0 for the lowest."""
    low = min(values)
    span = (max(values) - low) or Decimal(1)
    heights = ((value - low) * (rows - 1) / span for value in values)
    return [int(height.to_integral_value(ROUND_HALF_EVEN)) for height in heights]


def _character(cell: int, braille: bool) -> str:
    if not cell:
        return " "
    return chr(BRAILLE + cell) if braille else "*"
