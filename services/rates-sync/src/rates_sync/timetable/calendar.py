"""The bank calendar and the polling hours of a day: when Banxico is asked at all.

The closed weekdays come from `holidays.financial_holidays("XMEX")`, which agrees with the gaps of
the real FIX from 2001 to 2026-09-29 without an exception; what authorities decree at short notice
is declared by an operator. Never reads a clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime, time, timedelta
from functools import lru_cache
from importlib.metadata import version

# With its calendars, or they would be loaded on the loop while a leader takes over.
import holidays.financial

from rates_contracts.calendar import BankCalendar, DeclaredClosure, mexico_day, mexico_instant
from rates_contracts.status import PollingWindow

FIRST_DAY = Day(2001, 1, 1)
"""Before it the market's calendar has 98 false gaps: there the FIX's own days are the calendar."""

YEARS_AHEAD = 2
"""The calendar ends with the year after next, so that a settlement date never lies beyond it."""

WINDOW = PollingWindow()
AWAITED_FROM = time(11, 59)


def bank_calendar(today: Day, declared: Sequence[DeclaredClosure] = ()) -> BankCalendar:
    """Return the library's calendar around `today` with the declared closures."""
    last = Day(today.year + YEARS_AHEAD, 12, 31)
    return BankCalendar(
        version=f"holidays-{version('holidays')}/XMEX",
        first=FIRST_DAY,
        last=last,
        closed=_closed_weekdays(last.year),
        declared=tuple(declared),
    )


@lru_cache(maxsize=4)
def _closed_weekdays(last_year: int) -> tuple[Day, ...]:
    closed = holidays.financial_holidays("XMEX", years=range(FIRST_DAY.year, last_year + 1))
    return tuple(sorted(day for day in closed if day.weekday() < 5))


@dataclass(frozen=True, slots=True)
class DayWindow:
    """The polling window of one banking day, as instants (UTC), both ends included."""

    opens: datetime
    closes: datetime


def window_of(day: Day) -> DayWindow:
    """Return the window of `day`, which must be a banking day."""
    return DayWindow(mexico_instant(day, WINDOW.opens), mexico_instant(day, WINDOW.closes))


def in_window(calendar: BankCalendar, instant: datetime) -> bool:
    """Tell whether a window is open at `instant`."""
    day = mexico_day(instant)
    window = window_of(day)
    return calendar.is_banking_day(day) and window.opens <= instant <= window.closes


def next_opening(calendar: BankCalendar, instant: datetime) -> datetime:
    """Return the first opening after `instant`."""
    day = mexico_day(instant)
    if calendar.is_banking_day(day) and window_of(day).opens > instant:
        return window_of(day).opens
    return window_of(calendar.next_banking_day(day)).opens


def days_from(instant: datetime, days: int) -> list[Day]:
    """Return the Mexico City day of `instant` and those after it, `days` in all."""
    today = mexico_day(instant)
    return [today + timedelta(days=ahead) for ahead in range(days)]
