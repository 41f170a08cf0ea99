"""Days are read as people in Mexico write them, and never guessed."""

from datetime import date as Day

import pytest

from usdmxn.cli.day_formats import DayAmbiguous, DayUnreadable, Order, proven_order, read_day

THE_DAY = Day(2026, 8, 16)


@pytest.mark.parametrize(
    "written",
    [
        "2026-08-16",
        " 2026-08-16 ",
        "2026-08-16T10:20:30",
        "2026-08-16 10:20:30.5-06:00",
        "16/08/2026",
        "16-08-2026",
        "16.8.2026",
        "08/16/2026",
        "16/08/2026 09:15",
        "16/08/2026 12:00:00 a. m.",
        "16/ago/2026",
        "16-Aug-2026",
        "16 de agosto de 2026",
        "16 agosto 2026",
    ],
)
def test_a_day_is_read_however_it_is_written(written: str) -> None:
    """The order of the numbers is known where one of them is above 12; the time is left out."""
    assert read_day(written) == THE_DAY


@pytest.mark.parametrize(("order", "day"), [("dmy", Day(2026, 4, 3)), ("mdy", Day(2026, 3, 4))])
def test_a_day_that_is_either_of_two_is_refused_unless_the_order_is_given(
    order: Order, day: Day
) -> None:
    """03/04/2026 is 3 April in Mexico and 4 March in the USA; 04/04/2026 is the same in both."""
    with pytest.raises(DayAmbiguous) as refused:
        read_day("03/04/2026")
    assert (refused.value.dmy, refused.value.mdy) == (Day(2026, 4, 3), Day(2026, 3, 4))
    assert "3 abr 2026 o 4 mar 2026" in refused.value.sentence("es")
    assert read_day("03/04/2026", order) == day
    assert read_day("04/04/2026") == Day(2026, 4, 4)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "no hay fecha"),
        ("16/08/26", "dos dígitos"),
        ("16-ago-26", "dos dígitos"),
        ("46250", "Excel"),
        ("31/02/2026", "no existe"),
        ("2026-02-30", "no existe"),
        ("16/13/2026", "no existe"),
        ("16/foo/2026", "no es una fecha"),
        ("ayer", "no es una fecha"),
        ("2026-08-17T02:30:00Z", "otra zona"),
        ("2026-08-17 02:30+00:00", "otra zona"),
        ("2026-08-16 99 garbage", "no es una fecha"),
        ("2026-8-16", "no es una fecha"),
        ("16/08-2026", "no es una fecha"),
    ],
)
def test_what_is_no_day_is_refused_with_the_reason(written: str, reason: str) -> None:
    """Each way to be no day says what to write."""
    with pytest.raises(DayUnreadable) as refused:
        read_day(written)
    assert reason in refused.value.sentence("es")


def test_a_day_against_a_given_order_is_refused() -> None:
    """A month 16 is no month, whatever it may have meant."""
    with pytest.raises(DayUnreadable):
        read_day("16/08/2026", "mdy")


@pytest.mark.parametrize(
    ("column", "order"),
    [
        (["03/04/2026", "16/08/2026"], "dmy"),
        (["03/04/2026", "08/16/2026"], "mdy"),
        (["03/04/2026", "2026-08-16"], None),
        (["16/08/2026", "08/16/2026"], None),
        ([], None),
    ],
)
def test_a_column_proves_its_order_by_a_number_above_twelve(
    column: list[str], order: Order | None
) -> None:
    """Where days prove both orders, nothing is proven."""
    assert proven_order(column) == order
