"""The simulator's settlement dates are those of the bank calendar, whatever opens or closes."""

from datetime import UTC, date, datetime, timedelta

import pytest

from banxico_simulator.published.market import Market
from banxico_simulator.published.series import History, load
from rates_contracts.calendar import BankCalendar, BankingDays, DeclaredClosure

FIRST, LAST = date(2024, 1, 1), date(2025, 12, 31)
DECREED = (date(2024, 1, 2), date(2024, 1, 3), date(2024, 3, 27), date(2024, 9, 13))
OPENED = (date(2024, 2, 5), date(2024, 3, 29), date(2024, 11, 18))

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def history() -> History:
    """The real FIX of these years."""
    return load(date(2027, 1, 1))


def bank_calendar(history: History) -> BankCalendar:
    """The calendar that knows of every closure and opening."""
    span = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days)]
    closed = [d for d in span if d.weekday() < 5 and d not in history.fix and d not in OPENED]
    at = datetime(2024, 1, 1, tzinfo=UTC)
    declared = tuple(DeclaredClosure(day, "decree", at) for day in DECREED)
    return BankCalendar("test", FIRST, LAST, tuple(closed), declared)


def test_closures_and_openings_shift_settlement_dates_as_the_calendar_does(
    history: History,
) -> None:
    """On every day of two years the FIX that applies is the one that the calendar names."""
    market = Market(history)
    for day in DECREED:
        market.close(day)
    for day in OPENED:
        market.open(day, settlement_follows=True)
    fix = history.fix.keys() - DECREED
    days = BankingDays(bank_calendar(history), history.first_day, fix.__contains__)
    span = [day for day in market.determined if FIRST <= day < LAST]
    assert len(span) > 700
    assert {day: market.determined[day] for day in span} == {
        day: days.determination_for(day) for day in span
    }
