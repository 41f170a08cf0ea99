"""A line of values in characters."""

from decimal import Decimal

from usdmxn.cli.plot import plot


def test_a_line_goes_from_the_lowest_value_at_the_bottom_to_the_highest_at_the_top() -> None:
    """One dot a value where there are as many dots; eight dots of Braille a character."""
    values = [Decimal(value) for value in range(8)]
    assert plot(values, 4, 2, braille=True) == ["  ⣠⠞", "⣠⠞⠁ "]


def test_without_unicode_it_is_drawn_with_asterisks() -> None:
    """As coarse as it is, it has the same form."""
    values = [Decimal(value) for value in (0, 1, 2, 3, 4, 5, 6, 7)]
    assert plot(values, 4, 2, braille=False) == ["  **", "*** "]


def test_values_that_never_change_are_a_line_at_the_bottom() -> None:
    """There is nothing to divide by; a single value fills the width."""
    assert plot([Decimal("17.0530")], 3, 2, braille=True) == ["   ", "⣀⣀⣀"]
