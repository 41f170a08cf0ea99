"""The parts of a drawing: scales, ticks, paths, colours."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from rates_api.pages.charts.lines import Point, line_of
from rates_api.pages.charts.paths import path, stepped, thinned
from rates_api.pages.charts.scales import (
    DayScale,
    Plot,
    RateScale,
    day_ticks,
    rate_scale,
    rate_ticks,
)
from rates_api.pages.charts.style import DARK, LIGHT, Palette, stylesheet
from rates_api.pages.charts.svg import Coordinates

PLOT = Plot(0, 0, 100, 50)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        ("16.91", "17.73", ["17.0", "17.2", "17.4", "17.6"]),
        ("0", "29.1", ["0", "5", "10", "15", "20", "25"]),
        ("17.0512", "17.0549", ["17.052", "17.053", "17.054"]),
        ("90", "650", ["100", "200", "300", "400", "500", "600"]),
    ],
)
def test_the_axis_names_round_rates(low: str, high: str, ticks: list[str]) -> None:
    """A few steps of 1, 2 or 5, all within the scale, with as many decimals as they need."""
    scale = RateScale(PLOT, Decimal(low), Decimal(high))
    assert [f"{rate:f}" for rate in rate_ticks(scale)] == ticks


def test_extremes_have_room_for_their_texts() -> None:
    """The lowest and the highest rate are inside of the plot, as far from both ends."""
    scale = rate_scale(PLOT, [Decimal(17), Decimal(18)])
    low, high = scale.y(Decimal(17)), scale.y(Decimal(18))
    assert 0 < high < low < 50
    assert high == pytest.approx(50 - low)


def test_a_scale_of_one_rate_has_it_in_its_middle() -> None:
    """It is neither divided by nothing nor at an end."""
    assert rate_scale(PLOT, [Decimal("17.05")] * 2).y(Decimal("17.05")) == pytest.approx(25)


def test_a_single_day_is_in_the_middle() -> None:
    """Where a span has one day."""
    day = date(2026, 8, 14)
    assert DayScale(PLOT, day, day).x(day) == 50


@pytest.mark.parametrize(
    ("first", "last", "names"),
    [
        (date(2026, 8, 13), date(2026, 8, 14), ["2026-08-13", "2026-08-14"]),
        (date(2026, 8, 14), date(2026, 8, 14), ["2026-08-14"]),
        (date(2026, 5, 17), date(2026, 8, 14), ["2026-06-01", "2026-07-01", "2026-08-01"]),
        (date(2024, 6, 1), date(2026, 8, 1), ["2025-01-01", "2026-01-01"]),
        (date(1991, 11, 12), date(2009, 8, 1), ["1995-01-01", "2000-01-01", "2005-01-01"]),
    ],
)
def test_the_axis_names_round_days(first: date, last: date, names: list[str]) -> None:
    """The ends of few days, else the beginnings of months, of years, of every fifth year."""
    assert [str(tick.day) for tick in day_ticks(first, last)] == names


def test_narrow_charts_name_fewer_days() -> None:
    """Of a year's months those of quarters, January by its year; of years the decades."""
    months = day_ticks(date(2025, 8, 14), date(2026, 8, 14))
    assert [tick.day.month for tick in months if tick.in_narrow] == [10, 1, 4, 7]
    assert [tick.names for tick in months if tick.day.month == 1] == ["year"]
    years = day_ticks(date(1991, 11, 12), date(2026, 8, 14))
    assert [tick.day.year for tick in years if tick.in_narrow] == [2000, 2010, 2020]


def places(data: str) -> list[Coordinates]:
    """Return where a path of one run goes."""
    found = [(0.0, 0.0)]
    for command, numbers in re.findall(r"([Mlhv])([^Mlhv]*)", data):
        values = [float(number) for number in re.findall(r"-?\d*\.?\d+", numbers)]
        right, down = {"h": (values[0], 0.0), "v": (0.0, values[0])}.get(command, (*values, 0)[:2])
        x, y = (0.0, 0.0) if command == "M" else found[-1]
        found.append((x + right, y + down))
    return found[1:]


def test_a_path_goes_through_its_points() -> None:
    """To a tenth of a unit, with no error that adds up."""
    run: Sequence[Coordinates] = [(number * 1.07, (number * 7 % 13) / 3) for number in range(300)]
    for (x, y), (right, down) in zip(places(path([run])), run, strict=True):
        assert x == pytest.approx(right, abs=0.051)
        assert y == pytest.approx(down, abs=0.051)


def test_thinning_keeps_the_extremes_of_each_column() -> None:
    """One odd day among ten thousand is still seen, and both ends are."""
    run: list[Coordinates] = [(number / 100, 20.0 + number % 7) for number in range(10_000)]
    run[5123], run[7777] = (51.23, 1.5), (77.77, 49.5)
    kept = thinned(run)
    assert {run[0], run[5123], run[7777], run[-1]} <= set(kept)
    assert kept == sorted(kept)
    assert len(kept) <= 2 * 100 + 2


def test_few_points_are_all_kept() -> None:
    """Where there are no more points than pixels nothing is left out."""
    run: list[Coordinates] = [(number * 2.0, float(number % 3)) for number in range(40)]
    assert set(thinned(run)) == set(run)


def test_a_rate_in_force_stays_until_the_next() -> None:
    """It does not drift from one to another, and the last applies all day."""
    assert [*stepped([(0, 5), (1, 5), (2, 7)], 3)] == [(0, 5), (2, 5), (2, 7), (3, 7)]


def test_a_run_of_one_point_is_a_dot() -> None:
    """Round caps make a line of no length visible."""
    assert path([[(1.3, 2)]]) == "M1.3 2h0"


def test_of_equal_extremes_the_first_counts() -> None:
    """As in the summary."""
    rates = [Decimal("17.1"), Decimal("17.0"), Decimal("17.1"), Decimal("17.0")]
    line = line_of((tuple(Point(date(2026, 8, n), rate) for n, rate in enumerate(rates, 3)),))
    assert line.high is not None
    assert line.low is not None
    assert (line.high.day.day, line.low.day.day) == (3, 4)


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb` (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(colour: str, ground: str) -> float:
    """Return the contrast of two colours (WCAG 2.2)."""
    darker, lighter = sorted((luminance(colour), luminance(ground)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_have_contrast(palette: Palette) -> None:
    """Texts 4.5 to 1 against their ground, lines 3 to 1."""
    for text in (palette.ink, palette.muted, palette.accent, palette.alert):
        assert contrast(text, palette.paper) >= 4.5
    for line in (palette.accent, palette.band):
        assert contrast(line, palette.paper) >= 3


def test_a_theme_has_its_own_colours() -> None:
    """`auto` has both, the dark ones only where the reader's system prefers them."""
    light, dark, auto = stylesheet("light"), stylesheet("dark"), stylesheet("auto")
    assert (DARK.ink in light, LIGHT.ink in dark) == (False, False)
    before, _, after = auto.partition("@media(prefers-color-scheme:dark)")
    assert (LIGHT.ink in before, DARK.ink in before, DARK.ink in after) == (True, False, True)
