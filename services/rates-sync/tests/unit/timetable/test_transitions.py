"""What sync ships ahead: `fresh_until`, `usable_until` and the table (protocol rules 17, 18)."""

from collections.abc import Callable, Sequence
from datetime import date as Day
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from rates_contracts.calendar import BankCalendar, mexico_day
from rates_contracts.environment import Secret
from rates_contracts.status import Transition
from rates_sync.settings import Settings
from rates_sync.timetable.calendar import in_window, next_opening, window_of
from rates_sync.timetable.schedule import Known, next_cycle
from rates_sync.timetable.transitions import fresh_until, transitions, usable_until

Mexico = Callable[[str], datetime]
RealSeries = dict[Day, Decimal]

UNUSED = Secret("unused")
FIVE = timedelta(minutes=5)


@pytest.mark.parametrize(
    ("verified", "until"),
    [
        ("2026-08-13 07:00:01", "2026-08-13 07:05:01"),
        ("2026-08-13 12:00", "2026-08-13 12:05"),
        ("2026-08-13 16:54:59", "2026-08-13 16:59:59"),
        ("2026-08-13 16:55", "2026-08-14 07:05"),
        ("2026-08-13 16:58", "2026-08-14 07:05"),
        ("2026-08-13 17:10", "2026-08-14 07:05"),
        ("2026-08-14 16:56", "2026-08-17 07:05"),
        ("2026-08-15 09:00", "2026-08-17 07:05"),
        ("2026-08-13 03:00", "2026-08-13 07:05"),
        ("2026-08-13 06:59:59", "2026-08-13 07:05"),
        ("2026-09-15 17:00", "2026-09-17 07:05"),
    ],
)
def test_fresh_until_passes_no_closing_hour(
    calendar: BankCalendar, mexico: Mexico, verified: str, until: str
) -> None:
    """Protocol rule 18: five minutes, or the next opening + 5 min where the closing is passed."""
    assert fresh_until(calendar, mexico(verified)) == mexico(until)


def test_no_false_unverified_on_any_day(calendar: BankCalendar, real_fix: RealSeries) -> None:
    """With every poll answered within 20 s nothing is unverified at any instant of 2001-2026.

    The polls between are the same every day; each night and weekend has its own calendar.
    """
    for day in calendar.banking_days(Day(2001, 1, 2), max(real_fix)):
        evening = window_of(day).closes - timedelta(minutes=20)
        following = window_of(calendar.next_banking_day(day)).opens + timedelta(minutes=10)
        _never_unverified(calendar, evening, following)


def test_no_false_unverified_through_a_whole_day(calendar: BankCalendar, mexico: Mexico) -> None:
    """The same holds at every poll of a day, in and out of summer time."""
    _never_unverified(calendar, mexico("2026-08-13 07:00"), mexico("2026-08-14 07:00"))
    _never_unverified(calendar, mexico("2022-08-11 07:00"), mexico("2022-08-12 07:00"))


def _never_unverified(calendar: BankCalendar, verified: datetime, last: datetime) -> None:
    """Follow the schedule from a good answer at `verified`; each further one takes 0 to 20 s."""
    while verified < last:
        limit = fresh_until(calendar, verified)
        known = Known(calendar, mexico_day(verified), verified)
        started = next_cycle(known, verified, Settings(UNUSED, UNUSED, UNUSED, UNUSED).pace())
        verified = started + timedelta(seconds=started.minute % 21)
        assert verified <= limit


def test_no_missed_unverified_on_any_day(calendar: BankCalendar, real_fix: RealSeries) -> None:
    """If Banxico stops answering, every window shows it: within 5 min and by its closing."""
    for day in calendar.banking_days(Day(2001, 1, 2), max(real_fix)):
        window = window_of(day)
        before = fresh_until(calendar, window.opens - timedelta(hours=9))
        assert before == window.opens + FIVE
        for minute in range(0, 595, 7):
            verified = window.opens + timedelta(minutes=minute)
            assert fresh_until(calendar, verified) == verified + FIVE < window.closes
        assert fresh_until(calendar, window.closes) == next_opening(calendar, window.closes) + FIVE


@pytest.mark.parametrize(
    ("verified", "until"),
    [
        ("2026-08-13 11:59", "2026-08-17 13:00"),
        ("2026-08-13 12:00", "2026-08-18 13:00"),
        ("2026-08-13 12:30", "2026-08-18 13:00"),
        ("2026-08-15 09:00", "2026-08-19 13:00"),
        ("2026-09-15 12:30", "2026-09-21 13:00"),
    ],
)
def test_usable_until_the_third_missed_publication(
    calendar: BankCalendar, mexico: Mexico, verified: str, until: str
) -> None:
    """Three banking days' 13:00 whose noon lies after the last good answer."""
    assert usable_until(calendar, mexico(verified)) == mexico(until)


def _at(rows: Sequence[Transition], instant: datetime) -> Transition:
    return [row for row in rows if row.at <= instant][-1]


def test_table_of_a_day_whose_fix_is_awaited(calendar: BankCalendar, mexico: Mexico) -> None:
    """Protocol rule 17: fresh, awaited from 11:59, late from 13:00, and so on each day ahead."""
    rows = transitions(calendar, Day(2026, 8, 12), mexico("2026-08-13 08:00"))
    expected = {
        "2026-08-13 08:00": ("fresh", True, 3600),
        "2026-08-13 11:59": ("awaiting_publication", True, 15),
        "2026-08-13 12:59:59": ("awaiting_publication", True, 15),
        "2026-08-13 13:00": ("late", True, 3600),
        "2026-08-13 17:00": ("late", False, 3600),
        "2026-08-14 00:00": ("fresh", False, 3600),
        "2026-08-14 07:00": ("fresh", True, 3600),
        "2026-08-14 13:00": ("late", True, 3600),
        "2026-08-15 00:00": ("closed_day", False, 3600),
        "2026-08-16 12:00": ("closed_day", False, 3600),
    }
    for at, (state, window, edge) in expected.items():
        row = _at(rows, mexico(at))
        assert (row.state, row.in_window, row.edge_seconds) == (state, window, edge), at


def test_table_of_a_day_whose_fix_was_seen(calendar: BankCalendar, mexico: Mexico) -> None:
    """Once the day's FIX is seen the day is fresh to its end and the next noon is tomorrow's."""
    rows = transitions(calendar, Day(2026, 8, 13), mexico("2026-08-13 12:04"))
    for at in ("12:04", "13:00", "17:00", "23:59"):
        row = _at(rows, mexico(f"2026-08-13 {at}"))
        assert (row.state, row.edge_seconds) == ("fresh", 3600)
        assert row.next_publication_at == mexico("2026-08-14 12:00")


def test_next_publication_stays_todays_noon_until_seen(
    calendar: BankCalendar, mexico: Mexico
) -> None:
    """While a FIX is awaited or late the expected instant is that day's own noon."""
    rows = transitions(calendar, Day(2026, 8, 13), mexico("2026-08-14 06:00"))
    for at in ("06:00", "12:30", "20:00"):
        row = _at(rows, mexico(f"2026-08-14 {at}"))
        assert row.next_publication_at == mexico("2026-08-14 12:00")
    assert _at(rows, mexico("2026-08-15 06:00")).next_publication_at == mexico("2026-08-17 12:00")


def test_table_begins_now_ascends_and_reaches_ten_days(
    calendar: BankCalendar, mexico: Mexico, real_fix: RealSeries
) -> None:
    """On every day the first row is in force, rows ascend, none repeats, ten days are covered."""
    for ordinal in range(Day(2024, 1, 1).toordinal(), Day(2026, 8, 1).toordinal()):
        day = Day.fromordinal(ordinal)
        now = mexico(f"{day} 12:30")
        seen = max(
            d for d in (day, *(Day.fromordinal(ordinal - k) for k in range(1, 9))) if d in real_fix
        )
        rows = transitions(calendar, seen, now)
        assert rows[0].at <= now < rows[1].at
        assert list(rows) == sorted(rows, key=lambda row: row.at)
        assert rows[-1].at >= now + timedelta(days=6)
        for row in rows:
            assert (
                row.in_window == in_window(calendar, row.at)
                or row.at == window_of(mexico_day(row.at)).closes
            )
