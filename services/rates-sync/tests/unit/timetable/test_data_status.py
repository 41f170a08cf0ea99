"""What is counted of a day, from one status to the next (protocol rule 47)."""

from collections.abc import Callable
from datetime import date as Day
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rates_contracts.calendar import BankCalendar, DeclaredClosure
from rates_contracts.observation import FIX, SETTLEMENT
from rates_contracts.status import CountedDay, DataStatusDay, SeriesStatus, SyncStatus
from rates_sync.timetable.data_status import MAX_COUNTED, counted

WEDNESDAY, THURSDAY, FRIDAY = Day(2026, 8, 12), Day(2026, 8, 13), Day(2026, 8, 14)
WINDOW = 10 * 3600
Mexico = Callable[[str], datetime]


def status(
    counted_until: datetime | None, fresh_until: datetime | None, **members: Any
) -> SyncStatus:
    """Return a status of a Thursday without a second counted, verified until an instant."""
    day = None if counted_until is None else CountedDay(DataStatusDay(THURSDAY), counted_until)
    series = dict.fromkeys((FIX, SETTLEMENT), SeriesStatus(fresh_until=fresh_until))
    return SyncStatus("simulator", (), series=series, counted=day, **members)


def test_a_count_begins_with_the_first_status_of_all(
    calendar: BankCalendar, mexico: Mexico
) -> None:
    """Of the time before nothing is known: it is neither verified nor unverified."""
    at = mexico("2026-08-13 10:00:00.700000")
    for old in (None, status(None, at)):
        ended, today = counted(old, status(None, None), calendar, at)
        assert ended == ()
        assert today == CountedDay(DataStatusDay(THURSDAY), mexico("2026-08-13 10:00"))


def test_time_is_verified_up_to_fresh_until(calendar: BankCalendar, mexico: Mexico) -> None:
    """After it the same status said `unverified`, and nobody recorded another."""
    old = status(mexico("2026-08-13 10:00"), mexico("2026-08-13 10:05:00.900000"))
    _, today = counted(old, old, calendar, mexico("2026-08-13 10:07:30.100000"))
    assert today.day == DataStatusDay(THURSDAY, 300, 150)
    assert today.until == mexico("2026-08-13 10:07:30")


def test_what_is_verified_again_was_unverified_before(
    calendar: BankCalendar, mexico: Mexico
) -> None:
    """The new status counts from its own recording on, however far its `fresh_until` reaches."""
    old = status(mexico("2026-08-13 10:00"), mexico("2026-08-13 10:01"))
    new = status(None, mexico("2026-08-13 10:10"))
    _, today = counted(old, new, calendar, mexico("2026-08-13 10:05"))
    assert today.day == DataStatusDay(THURSDAY, 60, 240)


def test_the_worse_of_both_series_counts(calendar: BankCalendar, mexico: Mexico) -> None:
    """As in `/health`; one that was never verified leaves nothing verified."""
    at, fresh = mexico("2026-08-13 10:00"), mexico("2026-08-13 10:05")
    for limit, verified in ((fresh - timedelta(minutes=3), 120), (None, 0)):
        series = {FIX: SeriesStatus(fresh_until=fresh), SETTLEMENT: SeriesStatus(fresh_until=limit)}
        old = SyncStatus(
            "simulator", (), series=series, counted=CountedDay(DataStatusDay(THURSDAY), at)
        )
        _, today = counted(old, old, calendar, at + timedelta(minutes=5))
        assert today.day == DataStatusDay(THURSDAY, verified, 300 - verified)


def test_only_the_polling_window_counts(calendar: BankCalendar, mexico: Mexico) -> None:
    """A night after a verified closing is fresh by definition: it is no merit and no fault."""
    old = status(mexico("2026-08-13 16:59"), mexico("2026-08-14 07:05"))
    (thursday,), friday = counted(old, old, calendar, mexico("2026-08-14 07:06"))
    assert thursday == DataStatusDay(THURSDAY, 60)
    assert friday.day == DataStatusDay(FRIDAY, 300, 60)


def test_days_on_which_nobody_led_are_unverified(calendar: BankCalendar, mexico: Mexico) -> None:
    """Each has a row once somebody records again; a weekend, which has no window, has zeros."""
    old = status(mexico("2026-08-13 12:00"), mexico("2026-08-13 12:05"))
    ended, today = counted(old, old, calendar, mexico("2026-08-18 09:00"))
    assert ended == (
        DataStatusDay(THURSDAY, 300, 5 * 3600 - 300),
        DataStatusDay(FRIDAY, 0, WINDOW),
        DataStatusDay(Day(2026, 8, 15)),
        DataStatusDay(Day(2026, 8, 16)),
        DataStatusDay(Day(2026, 8, 17), 0, WINDOW),
    )
    assert today.day == DataStatusDay(Day(2026, 8, 18), 0, 2 * 3600)


def test_a_declared_closure_has_no_window(calendar: BankCalendar, mexico: Mexico) -> None:
    """Neither has a weekday that the calendar closes; what was counted before stays."""
    closure = DeclaredClosure(THURSDAY, "decree", mexico("2026-08-13 10:00"))
    declared = BankCalendar("test", Day(2001, 1, 1), Day(2028, 12, 31), (FRIDAY,), (closure,))
    old = status(mexico("2026-08-13 10:00"), mexico("2026-08-13 12:00"))
    (thursday,), friday = counted(old, old, declared, mexico("2026-08-14 12:00"))
    assert (thursday, friday.day) == (DataStatusDay(THURSDAY), DataStatusDay(FRIDAY))


@pytest.mark.parametrize(
    ("before", "after", "seconds"),
    [
        ("closed", "closed", 0),
        ("closed", "open", 90),
        ("open", "half_open", 120),
        ("half_open", "closed", 30),
    ],
)
def test_the_breaker_changes_when_the_status_says(
    calendar: BankCalendar, mexico: Mexico, before: Any, after: Any, seconds: int
) -> None:
    """A change is recorded some time after it; half open is no more closed than open is."""
    at = mexico("2026-08-13 10:00")
    old = status(at, at, breaker=before)
    new = status(None, None, breaker=after, breaker_since=at + timedelta(seconds=30))
    _, today = counted(old, new, calendar, at + timedelta(seconds=120))
    assert today.day == DataStatusDay(THURSDAY, 0, 120, seconds)


def test_the_dead_leaders_breaker_was_open_until_the_next_one_recorded(
    calendar: BankCalendar, mexico: Mexico
) -> None:
    """A new leader's begins closed, and says of no change."""
    at = mexico("2026-08-13 10:00")
    old = status(at, None, breaker="open", breaker_since=at)
    _, today = counted(old, status(None, None), calendar, at + timedelta(seconds=40))
    assert today.day.breaker_open_seconds == 40


def test_a_clock_that_goes_back_counts_nothing_twice(
    calendar: BankCalendar, mexico: Mexico
) -> None:
    """The count stands until the time that is recorded has come again."""
    until = mexico("2026-08-13 11:00")
    old = status(until, mexico("2026-08-13 12:00"))
    assert counted(old, old, calendar, mexico("2026-08-13 10:00")) == (
        (),
        CountedDay(DataStatusDay(THURSDAY), until),
    )


def test_a_silence_of_years_is_bounded(calendar: BankCalendar, mexico: Mexico) -> None:
    """A clock that is set a century ahead writes no more days than are kept."""
    old = status(mexico("2026-08-13 10:00"), None)
    ended, today = counted(old, old, calendar, mexico("2126-08-13 10:00"))
    assert len(ended) == MAX_COUNTED.days
    assert ended[-1].date + timedelta(days=1) == today.day.date == Day(2126, 8, 13)


@given(
    steps=st.lists(
        st.tuples(st.integers(1, 40_000), st.integers(-600, 40_000)), min_size=1, max_size=12
    )
)
def test_whatever_is_recorded_each_second_counts_once(
    calendar: BankCalendar, steps: list[tuple[int, int]]
) -> None:
    """Over any recordings, verified and unverified are together the seconds of the windows."""
    at = begin = datetime.fromisoformat("2026-08-13T13:00:00+00:00")
    kept: list[DataStatusDay] = []
    old = status(begin, begin)
    for seconds, fresh in steps:
        at += timedelta(seconds=seconds)
        ended, today = counted(old, old, calendar, at)
        kept += ended
        series = dict.fromkeys((FIX,), SeriesStatus(fresh_until=at + timedelta(seconds=fresh)))
        old = SyncStatus("simulator", (), series=series, counted=today)
    whole = status(begin, None)
    all_ended, last = counted(whole, whole, calendar, at)
    assert [(day.date, day.verified_seconds + day.unverified_seconds) for day in kept] == [
        (day.date, day.unverified_seconds) for day in all_ended
    ]
    assert today.day.verified_seconds + today.day.unverified_seconds == last.day.unverified_seconds
