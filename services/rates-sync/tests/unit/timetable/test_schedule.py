"""When the next cycle runs, and that a day of it fits the quota."""

import itertools
from collections.abc import Callable
from datetime import date as Day
from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rates_contracts.calendar import BankCalendar, mexico_day, mexico_instant
from rates_contracts.environment import Secret
from rates_sync.settings import Settings
from rates_sync.timetable.calendar import bank_calendar, window_of
from rates_sync.timetable.schedule import (
    LAST_LATE_POLL,
    Known,
    due_at_once,
    next_cycle,
    polls_until_closing,
)

Mexico = Callable[[str], datetime]

UNUSED = Secret("unused")
PACE = Settings(UNUSED, UNUSED, UNUSED, UNUSED).pace()
THURSDAY, WEDNESDAY = Day(2026, 8, 13), Day(2026, 8, 12)
QUOTA, RESERVE = 1_000, 60


def _polls(
    calendar: BankCalendar, day: Day, newest: Day, *, answered: bool = True
) -> list[datetime]:
    """Return every poll of `day` while `newest` stays the newest FIX."""
    known = Known(calendar, newest, window_of(calendar.previous_banking_day(day)).closes)
    now, polls = mexico_instant(day, time()), []
    while mexico_day(now := next_cycle(known, now, PACE)) == day:
        polls.append(now)
        if answered:
            known = Known(calendar, newest, now + timedelta(seconds=1))
    return polls


def test_regular_day_is_polled_every_four_minutes(calendar: BankCalendar) -> None:
    """From 07:00 to 17:00 every four minutes, both ends included."""
    polls = _polls(calendar, THURSDAY, THURSDAY)
    window = window_of(THURSDAY)
    assert (polls[0], polls[-1]) == (window.opens, window.closes)
    assert {b - a for a, b in itertools.pairwise(polls)} == {timedelta(minutes=4)}
    assert len(polls) == 151


@pytest.mark.parametrize(
    ("now", "following"),
    [
        ("11:58", "11:59:30"),
        ("11:59:30", "11:59:45"),
        ("12:14:59", "12:15"),
        ("12:15", "12:16"),
        ("16:59:30", "17:00"),
        ("17:00:01", "17:15"),
        ("20:45", "21:00"),
    ],
)
def test_missing_fix_is_looked_for(
    calendar: BankCalendar, mexico: Mexico, now: str, following: str
) -> None:
    """Every 15 s around noon, then every minute, after the closing every 15 min until 21:00."""
    verified = min(mexico(f"2026-08-13 {now}"), window_of(THURSDAY).closes)
    known = Known(calendar, WEDNESDAY, verified)
    assert next_cycle(known, mexico(f"2026-08-13 {now}"), PACE) == mexico(f"2026-08-13 {following}")


def test_given_up_at_21_until_the_next_opening(calendar: BankCalendar, mexico: Mexico) -> None:
    """Protocol rule 18: after 21:00 a missing FIX waits for the next banking day's opening."""
    known = Known(calendar, WEDNESDAY, mexico("2026-08-13 17:00"))
    assert next_cycle(known, mexico("2026-08-13 21:00"), PACE) == mexico("2026-08-14 07:00")


def test_last_poll_is_retried_until_1730(calendar: BankCalendar, mexico: Mexico) -> None:
    """Protocol rule 18: unanswered at 17:00 it is asked again each minute, at 17:30 a last time."""
    known = Known(calendar, THURSDAY, mexico("2026-08-13 16:56"))
    assert next_cycle(known, mexico("2026-08-13 17:00:05"), PACE) == mexico("2026-08-13 17:01")
    assert next_cycle(known, mexico("2026-08-13 17:29:40"), PACE) == mexico("2026-08-13 17:30")
    assert next_cycle(known, mexico("2026-08-13 17:30"), PACE) == mexico("2026-08-14 07:00")
    answered = Known(calendar, THURSDAY, mexico("2026-08-13 17:01"))
    assert next_cycle(answered, mexico("2026-08-13 17:01"), PACE) == mexico("2026-08-14 07:00")


def test_no_poll_on_weekends_holidays_and_at_night(calendar: BankCalendar, mexico: Mexico) -> None:
    """Between a verified closing and the next opening Banxico is not asked."""
    friday = Known(calendar, Day(2026, 8, 14), mexico("2026-08-14 17:00"))
    assert next_cycle(friday, mexico("2026-08-14 17:00:02"), PACE) == mexico("2026-08-17 07:00")
    eve = Known(calendar, Day(2026, 9, 15), mexico("2026-09-15 17:00"))
    assert next_cycle(eve, mexico("2026-09-16 12:00"), PACE) == mexico("2026-09-17 07:00")


def test_empty_record_is_filled_at_any_hour(calendar: BankCalendar, mexico: Mexico) -> None:
    """Before the first good answer Banxico is asked each minute, on a Sunday night too."""
    empty = Known(calendar, None, None)
    assert due_at_once(empty, mexico("2026-08-16 03:00"))
    assert next_cycle(empty, mexico("2026-08-16 03:00:01"), PACE) == mexico("2026-08-16 03:01")


def test_start_asks_at_once_only_where_something_may_be_missing(
    calendar: BankCalendar, mexico: Mexico
) -> None:
    """Inside the window always; outside only if the last window did not close verified."""
    closed = Known(calendar, THURSDAY, mexico("2026-08-13 16:56"))
    assert not due_at_once(closed, mexico("2026-08-13 23:00"))
    assert due_at_once(closed, mexico("2026-08-14 07:00"))
    unverified = Known(calendar, THURSDAY, mexico("2026-08-13 16:00"))
    assert due_at_once(unverified, mexico("2026-08-13 23:00"))


def test_open_breaker_is_tried_when_it_may_be(calendar: BankCalendar, mexico: Mexico) -> None:
    """Inside the polling hours the next cycle runs exactly when the breaker admits a trial."""
    known = Known(calendar, WEDNESDAY, mexico("2026-08-13 09:56"))
    now, retry_at = mexico("2026-08-13 10:00:03"), mexico("2026-08-13 10:01:03")
    assert next_cycle(known, now, PACE, retry_at) == retry_at
    assert next_cycle(known, mexico("2026-08-13 10:01:10"), PACE, retry_at) == mexico(
        "2026-08-13 10:01:10"
    )


def test_blocked_past_the_window_waits_for_the_next_opening(
    calendar: BankCalendar, mexico: Mexico
) -> None:
    """A breaker or a rate limit that ends at night causes no call at night."""
    known = Known(calendar, THURSDAY, mexico("2026-08-13 16:56"))
    now = mexico("2026-08-13 17:29:30")
    assert next_cycle(known, now, PACE, mexico("2026-08-13 17:30:30")) == mexico("2026-08-14 07:00")


def test_every_day_fits_the_quota(calendar: BankCalendar) -> None:
    """A day whose FIX never comes, each poll tried twice, stays below quota less reserve."""
    late = len(_polls(calendar, THURSDAY, WEDNESDAY))
    failing = len(_polls(calendar, THURSDAY, WEDNESDAY, answered=False))
    assert late == 439
    assert failing == 467
    assert 2 * failing <= QUOTA - RESERVE


def test_retry_must_leave_the_rest_of_the_day(calendar: BankCalendar, mexico: Mexico) -> None:
    """Protocol rule 20: what the schedule still needs is counted to 17:00, none on a closed day."""
    known = Known(calendar, THURSDAY, mexico("2026-08-13 16:40"))
    assert polls_until_closing(known, mexico("2026-08-13 16:41"), PACE) == 5
    assert polls_until_closing(known, mexico("2026-08-13 17:00"), PACE) == 0
    assert polls_until_closing(known, mexico("2026-08-15 12:00"), PACE) == 0
    late = Known(calendar, WEDNESDAY, mexico("2026-08-13 12:59"))
    assert polls_until_closing(late, mexico("2026-08-13 13:00"), PACE) == 4 * 60


@given(
    minutes=st.integers(0, 60 * 24 * 800),
    seen_back=st.integers(0, 5),
    verified_back=st.integers(0, 60 * 24 * 6),
    blocked=st.none() | st.integers(0, 7200),
)
def test_next_cycle_lies_ahead_and_in_polling_hours(
    minutes: int, seen_back: int, verified_back: int, blocked: int | None
) -> None:
    """From any state the next cycle is not in the past and never at night or on a closed day."""
    calendar = bank_calendar(Day(2026, 8, 13))
    now = mexico_instant(Day(2024, 1, 1), time())
    now += timedelta(minutes=minutes)
    known = Known(
        calendar,
        mexico_day(now) - timedelta(days=seen_back),
        now - timedelta(minutes=verified_back),
    )
    blocked_until = None if blocked is None else now + timedelta(seconds=blocked)
    at = next_cycle(known, now, PACE, blocked_until)
    assert at > now or at == blocked_until
    assert calendar.is_banking_day(mexico_day(at))
    last = mexico_instant(mexico_day(at), LAST_LATE_POLL)
    assert window_of(mexico_day(at)).opens <= at <= last
