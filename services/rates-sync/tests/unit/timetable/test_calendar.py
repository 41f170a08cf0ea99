"""The bank calendar against the real FIX, and the polling hours."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from datetime import date as Day
from decimal import Decimal
from pathlib import Path

from rates_contracts.calendar import BankCalendar, DeclaredClosure
from rates_sync.timetable.calendar import bank_calendar, in_window, next_opening, window_of

Mexico = Callable[[str], datetime]
RealSeries = dict[Day, Decimal]


def test_banking_days_are_the_days_of_the_real_fix(
    calendar: BankCalendar, real_fix: RealSeries
) -> None:
    """From 2001 to the end of the data a day is a banking day exactly if it has a FIX."""
    last = max(real_fix)
    banking = set(calendar.banking_days(Day(2001, 1, 1), last))
    assert banking == {day for day in real_fix if day.year >= 2001}


def test_closed_days_match_the_published_list(calendar: BankCalendar, data_dir: Path) -> None:
    """The weekdays on which banks close in 2023 to 2027 are those of the list."""
    rows = (data_dir / "mx_bank_holidays_2023_2027.csv").read_text().splitlines()[1:]
    listed = {Day.fromisoformat(row.split(",")[0]) for row in rows}
    listed = {day for day in listed if day.weekday() < 5}
    assert {day for day in calendar.closed if 2023 <= day.year <= 2027} == listed


def test_calendar_ends_with_the_year_after_next(calendar: BankCalendar) -> None:
    """A calendar built in 2026 covers 2028 and says which version it is."""
    assert calendar.last == Day(2028, 12, 31)
    assert calendar.version.startswith("holidays-")
    assert calendar.version.endswith("/XMEX")


def test_declared_closure_closes_a_banking_day() -> None:
    """A day that an operator declared closed is no banking day any more."""
    closure = DeclaredClosure(Day(2026, 8, 13), "decree", datetime(2026, 8, 13, 14, tzinfo=UTC))
    assert bank_calendar(Day(2026, 8, 13)).is_banking_day(closure.date)
    assert not bank_calendar(Day(2026, 8, 13), [closure]).is_banking_day(closure.date)


def test_window_is_07_to_17_in_mexico_city(mexico: Mexico) -> None:
    """The window follows the wall clock of Mexico City, summer time of former years included."""
    assert window_of(Day(2026, 8, 13)).opens == datetime(2026, 8, 13, 13, tzinfo=UTC)
    assert window_of(Day(2022, 8, 11)).opens == datetime(2022, 8, 11, 12, tzinfo=UTC)
    assert window_of(Day(2026, 8, 13)).closes == mexico("2026-08-13 17:00")


def test_window_is_closed_on_a_holiday(calendar: BankCalendar, mexico: Mexico) -> None:
    """Noon of a weekday is outside every window where banks are closed."""
    assert in_window(calendar, mexico("2026-09-15 12:00"))
    assert not in_window(calendar, mexico("2026-09-16 12:00"))
    assert not in_window(calendar, mexico("2026-09-15 17:00:01"))


def test_next_opening_skips_nights_weekends_and_holidays(
    calendar: BankCalendar, mexico: Mexico
) -> None:
    """The opening after Friday's closing is Monday's, after a holiday's eve the day after it."""
    assert next_opening(calendar, mexico("2026-09-11 06:59")) == mexico("2026-09-11 07:00")
    assert next_opening(calendar, mexico("2026-09-11 07:00")) == mexico("2026-09-14 07:00")
    assert next_opening(calendar, mexico("2026-09-15 18:00")) == mexico("2026-09-17 07:00")


def test_a_calendar_is_built_without_an_import() -> None:
    """A leader that takes over builds one on its loop, where loading modules would hold all up."""
    look = (
        "import sys; from datetime import date; from rates_sync.timetable import calendar\n"
        "loaded = set(sys.modules)\n"
        "calendar.bank_calendar(date(2026, 8, 13))\n"
        "sys.exit(' '.join(set(sys.modules) - loaded) or 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
