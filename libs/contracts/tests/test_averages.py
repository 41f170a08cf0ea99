"""The one definition of an average."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from rates_contracts.averages import average, first_day, mean_of
from rates_contracts.calendar import BankCalendar

CALENDAR = BankCalendar(
    "test", date(2001, 1, 1), date(2027, 12, 31), (date(2024, 1, 1), date(2024, 2, 5))
)
AT = datetime(2024, 1, 16, 6, 0, tzinfo=UTC)
rates = st.decimals(min_value=1, max_value=100, places=4)


@given(st.lists(rates, min_size=1, max_size=40))
def test_a_mean_is_the_exact_mean_rounded_once(values: list[Decimal]) -> None:
    """The mean is within half a millionth of the exact fraction and has six places."""
    exact = sum((Fraction(value) for value in values), Fraction(0)) / len(values)
    mean = mean_of(values)
    assert abs(Fraction(mean) - exact) <= Fraction(1, 2_000_000)
    assert mean.as_tuple().exponent == -6


def test_a_tie_is_rounded_half_even() -> None:
    """0.0000005 goes to the even neighbour."""
    assert mean_of([Decimal("1.0000000"), Decimal("1.0000010")]) == Decimal("1.000000")
    assert mean_of([Decimal("1.0000010"), Decimal("1.0000020")]) == Decimal("1.000002")


def test_a_window_has_as_many_calendar_days_as_its_name_says() -> None:
    """15d ending on the 16th begins on the 2nd: both ends are included."""
    assert first_day("15d", date(2024, 1, 16)) == date(2024, 1, 2)
    assert first_day("30d", date(2024, 1, 30)) == date(2024, 1, 1)


def _observed(first: date, last: date) -> list[tuple[date, Decimal]]:
    return [(day, Decimal("17.0000")) for day in CALENDAR.banking_days(first, last)]


def test_the_last_day_is_expected_only_once_it_is_late() -> None:
    """Before its FIX is late a missing last day leaves the average complete, after it does not."""
    observed = _observed(date(2024, 1, 2), date(2024, 1, 15))
    before = average("15d", date(2024, 1, 16), observed, CALENDAR, at=AT, last_day_expected=False)
    after = average("15d", date(2024, 1, 16), observed, CALENDAR, at=AT, last_day_expected=True)
    assert (before.count, before.expected, before.complete) == (10, 10, True)
    assert (after.count, after.expected, after.complete) == (10, 11, False)


def test_a_missing_banking_day_leaves_the_average_incomplete() -> None:
    """Every banking day before the last is expected."""
    observed = _observed(date(2024, 1, 2), date(2024, 1, 16))[1:]
    found = average("15d", date(2024, 1, 16), observed, CALENDAR, at=AT, last_day_expected=False)
    assert (found.count, found.expected, found.complete) == (10, 11, False)


def test_a_fix_of_a_weekend_counts_nowhere() -> None:
    """A value of Saturday moves neither mean, count nor bounds (protocol rule 28)."""
    observed = _observed(date(2024, 1, 2), date(2024, 1, 12))
    wrong = [*observed, (date(2024, 1, 13), Decimal("99.9999"))]
    found, expected = (
        average("15d", date(2024, 1, 16), rows, CALENDAR, at=AT, last_day_expected=False)
        for rows in (wrong, observed)
    )
    assert found == expected


def test_before_the_calendar_the_observed_days_are_the_expected_ones() -> None:
    """The calendar of 1991 is not known: there a FIX makes its own day."""
    observed = [(date(1991, 11, 12) + timedelta(days=n), Decimal("3.0735")) for n in range(3)]
    found = average("15d", date(1991, 11, 20), observed, CALENDAR, at=AT, last_day_expected=True)
    assert (found.count, found.expected, found.complete) == (3, 3, True)


def test_a_window_without_observations_has_no_mean() -> None:
    """Nothing observed: count 0 and nulls, not a division by zero."""
    found = average("15d", date(1990, 1, 1), [], CALENDAR, at=AT, last_day_expected=False)
    assert (found.count, found.mean, found.low, found.first_used) == (0, None, None, None)
