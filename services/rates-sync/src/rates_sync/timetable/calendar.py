"""The bank calendar and the polling hours of a day.

The closed weekdays come from `holidays.financial_holidays("XMEX")`, which agrees with the gaps of
the real FIX from 2001 to 2026-09-29 without an exception; an operator declares the days that
authorities close at short notice. It predicts, and is no witness: what it closes is asked about,
too (protocol rule 29). Never reads a clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime, time, timedelta
from functools import lru_cache
from importlib.metadata import version

# Imports its calendars too, or a take-over would load them on the event loop.
import holidays.financial
import msgspec

from rates_contracts.calendar import (
    ONE_DAY,
    BankCalendar,
    DeclaredClosure,
    is_weekend,
    mexico_day,
    mexico_instant,
)
from rates_contracts.status import PollingWindow

FIRST_DAY = Day(2001, 1, 1)
"""Before it the market's calendar has 98 false gaps: there the days with a FIX count instead."""

YEARS_AHEAD = 2
"""The calendar ends with the year after next, so that no settlement date is after it."""

LIBRARY_VERSION = f"holidays-{version('holidays')}/XMEX"
"""Read once: an upgrade of the package counts from the next start on, as its code does."""

WINDOW = PollingWindow()


def bank_calendar(today: Day, declared: Sequence[DeclaredClosure] = ()) -> BankCalendar:
    """Return the library's calendar around `today` with the declared closures."""
    last = Day(today.year + YEARS_AHEAD, 12, 31)
    closed = _closed_weekdays(last.year)
    return BankCalendar(
        version=LIBRARY_VERSION,
        first=FIRST_DAY,
        last=last,
        closed=tuple(day for day, _ in closed),
        declared=tuple(declared),
        names=tuple(name for _, name in closed),
    )


def restored(calendar: BankCalendar, kept: BankCalendar | None, at: datetime) -> BankCalendar:
    """Return `calendar` with the versions and the undone closures that only `kept` has.

    A release that does not know them leaves them out of what it records. A version that it brought
    counts as known from `at`.
    """
    if kept is None or _has_all_of(calendar, kept):
        return calendar
    this = calendar.versions[-1]
    is_same = msgspec.structs.replace(kept.versions[-1], known_from=this.known_from) == this
    whole = kept if is_same else kept.replaced_by(calendar, at)
    return msgspec.structs.replace(whole, declared=calendar.declared, reopened=kept.reopened)


def _has_all_of(calendar: BankCalendar, kept: BankCalendar) -> bool:
    versions, reopened = set(calendar.versions), set(calendar.reopened)
    return versions.issuperset(kept.versions) and reopened.issuperset(kept.reopened)


@lru_cache(maxsize=4)
def _closed_weekdays(last_year: int) -> tuple[tuple[Day, str], ...]:
    years = range(FIRST_DAY.year, last_year + 1)
    closed = holidays.financial_holidays("XMEX", years=years, language="es")
    return tuple(sorted((day, name) for day, name in closed.items() if not is_weekend(day)))


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
    return not is_closed(calendar, day) and window.opens <= instant <= window.closes


def next_opening(calendar: BankCalendar, instant: datetime) -> datetime:
    """Return the first opening after `instant`."""
    day = mexico_day(instant)
    if is_closed(calendar, day) or window_of(day).opens <= instant:
        day = next_open_day(calendar, day)
    return window_of(day).opens


def next_open_day(calendar: BankCalendar, day: Day) -> Day:
    """Return the next day after `day` on which a FIX may be published.

    After the calendar's end that is any weekday: banks may open on it (protocol rule 29).
    """
    day += ONE_DAY
    while is_closed(calendar, day):
        day += ONE_DAY
    return day


def is_closed(calendar: BankCalendar, day: Day) -> bool:
    """Tell whether banks are known to be closed on `day`, as no weekday after the end is."""
    return is_weekend(day) or (day <= calendar.last and not calendar.is_banking_day(day))


def last_due(calendar: BankCalendar, instant: datetime, at: time) -> Day | None:
    """Return the last banking day on which `at` (Mexico City) was not after `instant`."""
    day = mexico_day(instant)
    if calendar.is_banking_day(day) and mexico_instant(day, at) <= instant:
        return day
    return calendar.previous_banking_day(day)


def fix_missing(
    calendar: BankCalendar, newest_fix_day: Day | None, instant: datetime, since: time
) -> bool:
    """Tell whether a FIX is missing that was expected from `since` (Mexico City) of its day on.

    It is until it or a later one is seen (protocol rule 29). Before any was seen, only that of the
    instant's own day can be.
    """
    due = last_due(calendar, instant, since)
    if due is None or newest_fix_day is None:
        return due == mexico_day(instant)
    return newest_fix_day < due


def days_from(instant: datetime, days: int) -> list[Day]:
    """Return the Mexico City day of `instant` and those after it, `days` in all."""
    today = mexico_day(instant)
    return [today + timedelta(days=ahead) for ahead in range(days)]
