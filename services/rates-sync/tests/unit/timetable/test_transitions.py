"""What sync ships ahead: the limits and the table (protocol rules 17, 18, 29)."""

from collections.abc import Callable, Sequence
from datetime import date as Day
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from rates_contracts.calendar import BankCalendar, mexico_day
from rates_contracts.environment import Secret
from rates_contracts.status import Transition
from rates_sync.settings import Settings
from rates_sync.timetable.calendar import bank_calendar, in_window, next_opening, window_of
from rates_sync.timetable.schedule import ScheduleInputs, fresh_until, next_cycle
from rates_sync.timetable.transitions import transitions, usable_until

Mexico = Callable[[str], datetime]
RealSeries = dict[Day, Decimal]

UNUSED = Secret("unused")
INTERVALS = Settings(UNUSED, UNUSED, UNUSED, UNUSED).poll_intervals()
FIVE = timedelta(minutes=5)


def _limit(calendar: BankCalendar, verified: datetime, newest: Day | None = None) -> datetime:
    """Return `fresh_until` of an answer at `verified`, by default with the day's FIX seen."""
    seen = newest or mexico_day(verified)
    limit = fresh_until(ScheduleInputs(calendar, seen, verified), INTERVALS)
    assert limit is not None
    return limit


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
    assert _limit(calendar, mexico(verified)) == mexico(until)


@pytest.mark.parametrize(
    ("verified", "until"),
    [
        ("2026-08-14 11:58", "2026-08-14 12:03"),
        ("2026-08-14 12:30", "2026-08-14 12:35"),
        ("2026-08-14 16:56:10", "2026-08-14 17:02"),
        ("2026-08-14 17:00:02", "2026-08-14 17:20"),
        ("2026-08-14 20:45:02", "2026-08-14 21:05"),
        ("2026-08-14 21:00:02", "2026-08-14 22:05"),
        ("2026-08-14 23:00:02", "2026-08-15 00:05"),
        ("2026-08-15 12:00:02", "2026-08-15 13:05"),
        ("2026-08-17 06:00:02", "2026-08-17 07:05"),
    ],
)
def test_missing_fix_is_vouched_for_until_the_next_poll(
    calendar: BankCalendar, mexico: Mexico, verified: str, until: str
) -> None:
    """Protocol rule 18: while Friday's FIX is missing no answer counts till Monday's opening."""
    assert _limit(calendar, mexico(verified), Day(2026, 8, 13)) == mexico(until)


def test_late_fix_that_comes_makes_the_weekend_fresh(
    calendar: BankCalendar, mexico: Mexico
) -> None:
    """Protocol rule 18: seen at 20:36 it ends the search; nothing is due before Monday."""
    verified = mexico("2026-08-14 20:36")
    assert _limit(calendar, verified, Day(2026, 8, 14)) == mexico("2026-08-17 07:05")


def test_no_false_unverified_on_any_day(calendar: BankCalendar, real_fix: RealSeries) -> None:
    """With every poll answered within 20 s nothing is unverified at any instant of 2001-2026.

    The polls between are the same every day; each night and weekend has its own calendar.
    """
    for day in calendar.banking_days(Day(2001, 1, 2), max(real_fix)):
        evening = window_of(day).closes - timedelta(minutes=20)
        following = next_opening(calendar, evening)
        assert following is not None
        _never_unverified(calendar, evening, following + timedelta(minutes=10))


def test_no_false_unverified_through_a_whole_day(calendar: BankCalendar, mexico: Mexico) -> None:
    """The same holds at every poll of a day, in and out of summer time."""
    _never_unverified(calendar, mexico("2026-08-13 07:00"), mexico("2026-08-14 07:00"))
    _never_unverified(calendar, mexico("2022-08-11 07:00"), mexico("2022-08-12 07:00"))


def _never_unverified(calendar: BankCalendar, verified: datetime, last: datetime) -> None:
    """Follow the schedule from a good answer at `verified`; each further one takes 0 to 20 s."""
    while verified < last:
        limit = _limit(calendar, verified)
        inputs = ScheduleInputs(calendar, mexico_day(verified), verified)
        started = next_cycle(inputs, verified, INTERVALS)
        verified = started + timedelta(seconds=started.minute % 21)
        assert verified <= limit


def test_no_missed_unverified_on_any_day(calendar: BankCalendar, real_fix: RealSeries) -> None:
    """If Banxico stops answering, every window shows it: within 5 min and by its closing."""
    for day in calendar.banking_days(Day(2001, 1, 2), max(real_fix)):
        window = window_of(day)
        before = _limit(calendar, window.opens - timedelta(hours=9), day)
        assert before == window.opens + FIVE
        for minute in range(0, 595, 7):
            verified = window.opens + timedelta(minutes=minute)
            assert _limit(calendar, verified, day) == verified + FIVE < window.closes
        opening = next_opening(calendar, window.closes)
        assert opening is not None
        assert _limit(calendar, window.closes, day) == opening + FIVE


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
    """Protocol rules 17 and 29: fresh, awaited from 11:59, late from 13:00 until a FIX comes."""
    rows = transitions(calendar, Day(2026, 8, 12), mexico("2026-08-13 08:00"))
    expected = {
        "2026-08-13 08:00": ("fresh", True, 3600),
        "2026-08-13 11:59": ("awaiting_publication", True, 15),
        "2026-08-13 12:59:59": ("awaiting_publication", True, 15),
        "2026-08-13 13:00": ("late", True, 3600),
        "2026-08-13 17:00": ("late", False, 3600),
        "2026-08-14 00:00": ("late", False, 3600),
        "2026-08-14 07:00": ("late", True, 3600),
        "2026-08-14 11:59": ("late", True, 15),
        "2026-08-14 13:00": ("late", True, 3600),
        "2026-08-15 00:00": ("late", False, 3600),
        "2026-08-16 12:00": ("late", False, 3600),
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


def test_fridays_missing_fix_stays_late(calendar: BankCalendar, mexico: Mexico) -> None:
    """Protocol rule 29: over midnight, the weekend and Monday, until it or a later one is seen."""
    for now in ("2026-08-15 00:00", "2026-08-16 12:00", "2026-08-17 06:59", "2026-08-17 12:30"):
        assert transitions(calendar, Day(2026, 8, 13), mexico(now))[0].state == "late", now
        assert transitions(calendar, Day(2026, 8, 14), mexico(now))[0].state != "late", now
    monday = transitions(calendar, Day(2026, 8, 17), mexico("2026-08-17 12:30"))[0]
    assert (monday.state, monday.edge_seconds) == ("fresh", 3600)
    saturday = transitions(calendar, Day(2026, 8, 13), mexico("2026-08-15 09:00"))[0]
    assert saturday.next_publication_at == mexico("2026-08-17 12:00")


def test_noon_is_short_lived_while_an_older_fix_is_late(
    calendar: BankCalendar, mexico: Mexico
) -> None:
    """Protocol rule 21: 15 s from 11:59 until the day's FIX or 13:00, whatever the state is."""
    rows = transitions(calendar, Day(2026, 8, 13), mexico("2026-08-17 11:00"))
    shown = [
        (row.state, row.edge_seconds)
        for at in ("11:58:59", "11:59", "12:59", "13:00")
        for row in [_at(rows, mexico(f"2026-08-17 {at}"))]
    ]
    assert shown == [("late", 3600), ("late", 15), ("late", 15), ("late", 3600)]


def test_nothing_is_claimed_past_the_calendars_end(mexico: Mexico) -> None:
    """Protocol rule 29: from 2029-01-01 on the calendar of 2026 knows no banking day."""
    calendar = bank_calendar(Day(2026, 8, 13))
    seen = Day(2028, 12, 29)
    last = transitions(calendar, Day(2028, 12, 28), mexico("2028-12-29 08:00"))[0]
    assert last.next_publication_at == mexico("2028-12-29 12:00")
    for row in transitions(calendar, seen, mexico("2029-01-01 12:30")):
        assert mexico_day(row.next_publication_at) > calendar.last
        assert row.edge_seconds == 3600
        assert row.state == ("closed_day" if mexico_day(row.at).weekday() > 4 else "fresh")


def test_fix_missing_at_the_calendars_end_stays_late(mexico: Mexico) -> None:
    """Protocol rule 29: what was due before the end of the calendar is missing after it, too."""
    calendar = bank_calendar(Day(2026, 8, 13))
    row = transitions(calendar, Day(2028, 12, 28), mexico("2029-01-02 12:30"))[0]
    assert row.state == "late"
    assert mexico_day(row.next_publication_at) > calendar.last


def test_limits_end_past_the_calendars_end(mexico: Mexico) -> None:
    """Any weekday may have a FIX and may miss one: none passes noon unasked (rules 18 and 29)."""
    calendar = bank_calendar(Day(2026, 8, 13))
    verified = mexico("2029-01-01 12:15:05")
    assert _limit(calendar, verified, Day(2028, 12, 29)) == mexico("2029-01-01 12:20:05")
    closing = mexico("2029-01-01 17:00")
    assert _limit(calendar, closing, Day(2028, 12, 29)) == mexico("2029-01-02 07:05")
    assert usable_until(calendar, verified) == mexico("2029-01-04 13:00")


def test_a_fix_of_today_refutes_that_banks_are_closed(mexico: Mexico) -> None:
    """Protocol rule 29: the calendar predicts; with today's FIX nobody says `closed_day`."""
    calendar, holiday = bank_calendar(Day(2026, 8, 13)), Day(2026, 2, 2)
    now = mexico(f"{holiday} 12:30")
    assert transitions(calendar, Day(2026, 1, 30), now)[0].state == "closed_day"
    assert transitions(calendar, holiday, now)[0].state == "fresh"


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
