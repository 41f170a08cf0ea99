"""When the next cycle runs, and that a day of it fits the quota."""

import itertools
from collections.abc import Callable
from datetime import date as Day
from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rates_contracts.calendar import (
    MEXICO_CITY,
    BankCalendar,
    DeclaredClosure,
    mexico_day,
    mexico_instant,
)
from rates_contracts.environment import Secret
from rates_sync.settings import Settings
from rates_sync.timetable.calendar import bank_calendar, next_opening, window_of
from rates_sync.timetable.schedule import (
    ScheduleInputs,
    due_at_once,
    fix_awaited,
    next_cycle,
    polls_until_closing,
)

Mexico = Callable[[str], datetime]

UNUSED = Secret("unused")
INTERVALS = Settings(UNUSED, UNUSED, UNUSED, UNUSED).poll_intervals()
THURSDAY, WEDNESDAY = Day(2026, 8, 13), Day(2026, 8, 12)
QUOTA, RESERVE = 1_000, 60


def _polls(
    calendar: BankCalendar, day: Day, newest: Day, *, answered: bool = True
) -> list[datetime]:
    """Return every poll of `day` while `newest` stays the newest FIX."""
    before = calendar.previous_banking_day(day)
    assert before is not None
    inputs = ScheduleInputs(calendar, newest, window_of(before).closes)
    now, polls = mexico_instant(day, time()), []
    while mexico_day(now := next_cycle(inputs, now, INTERVALS)) == day:
        polls.append(now)
        if answered:
            inputs = ScheduleInputs(calendar, newest, now + timedelta(seconds=1))
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
        ("21:00", "22:00"),
    ],
)
def test_missing_fix_is_looked_for(
    calendar: BankCalendar, mexico: Mexico, now: str, following: str
) -> None:
    """Every 15 s around noon, each minute to 17:00, every 15 min to 21:00, then each hour."""
    verified = min(mexico(f"2026-08-13 {now}"), window_of(THURSDAY).closes)
    inputs = ScheduleInputs(calendar, WEDNESDAY, verified)
    assert next_cycle(inputs, mexico(f"2026-08-13 {now}"), INTERVALS) == mexico(
        f"2026-08-13 {following}"
    )


def test_late_fix_is_asked_for_every_hour_of_the_weekend(
    calendar: BankCalendar, mexico: Mexico
) -> None:
    """Protocol rule 29: Friday's missing FIX is looked for until Monday's opening and after it."""
    now = answered = mexico("2026-08-14 21:00")
    polls = []
    while now < mexico("2026-08-17 07:08"):
        inputs = ScheduleInputs(calendar, THURSDAY, answered)
        now = next_cycle(inputs, now, INTERVALS)
        answered = now + timedelta(seconds=1)
        polls.append(now)
    hours = {b - a for a, b in itertools.pairwise(polls[:-2])}
    assert (polls[0], hours) == (mexico("2026-08-14 22:00"), {timedelta(hours=1)})
    assert polls[-3:] == [mexico(f"2026-08-17 07:0{minute}") for minute in (0, 4, 8)]


def test_later_fix_ends_the_search(calendar: BankCalendar, mexico: Mexico) -> None:
    """Protocol rule 29: with Monday's FIX Friday's is absent; the night is quiet again."""
    inputs = ScheduleInputs(calendar, Day(2026, 8, 17), mexico("2026-08-17 17:00:01"))
    assert next_cycle(inputs, mexico("2026-08-17 17:00:02"), INTERVALS) == mexico(
        "2026-08-18 07:00"
    )


def test_declared_closure_ends_the_search(calendar: BankCalendar, mexico: Mexico) -> None:
    """Protocol rule 29: only a person can say that Friday has no FIX; then nothing is missing."""
    closure = DeclaredClosure(Day(2026, 8, 14), "decree", mexico("2026-08-14 18:00"))
    inputs = ScheduleInputs(
        bank_calendar(THURSDAY, [closure]), THURSDAY, mexico("2026-08-14 18:00:01")
    )
    assert next_cycle(inputs, mexico("2026-08-14 18:00:02"), INTERVALS) == mexico(
        "2026-08-17 07:00"
    )


def test_weekday_without_a_window_is_asked_about(calendar: BankCalendar) -> None:
    """Protocol rule 29: a holiday that a law may move: four polls."""
    day = Day(2027, 3, 15)
    before = calendar.previous_banking_day(day)
    assert before is not None
    assert [mexico_clock(at) for at in _polls(calendar, day, before)] == [
        time(12, 15),
        time(13, 15),
        time(15),
        time(17),
    ]


def test_a_weekday_past_the_calendar_is_asked_about_as_a_banking_day(
    calendar: BankCalendar,
) -> None:
    """Protocol rule 29: nobody knows whether banks open, so its FIX must not be seen late."""
    past_the_end, banking = Day(2029, 1, 2), Day(2026, 8, 14)
    polls = [
        [mexico_clock(at) for at in _polls(calendar, day, day - timedelta(days=1))]
        for day in (past_the_end, banking)
    ]
    assert polls[0] == polls[1]


def mexico_clock(instant: datetime) -> time:
    """Return what clocks in Mexico City show."""
    return instant.astimezone(MEXICO_CITY).time()


def test_last_poll_is_retried_until_1730(calendar: BankCalendar, mexico: Mexico) -> None:
    """Protocol rule 18: unanswered at 17:00 it is asked again each minute, at 17:30 a last time."""
    inputs = ScheduleInputs(calendar, THURSDAY, mexico("2026-08-13 16:56"))
    assert next_cycle(inputs, mexico("2026-08-13 17:00:05"), INTERVALS) == mexico(
        "2026-08-13 17:01"
    )
    assert next_cycle(inputs, mexico("2026-08-13 17:29:40"), INTERVALS) == mexico(
        "2026-08-13 17:30"
    )
    assert next_cycle(inputs, mexico("2026-08-13 17:30"), INTERVALS) == mexico("2026-08-14 07:00")
    answered = ScheduleInputs(calendar, THURSDAY, mexico("2026-08-13 17:01"))
    assert next_cycle(answered, mexico("2026-08-13 17:01"), INTERVALS) == mexico("2026-08-14 07:00")


def test_no_poll_on_weekends_and_at_night(calendar: BankCalendar, mexico: Mexico) -> None:
    """Between a verified closing and the next opening Banxico is not asked."""
    friday = ScheduleInputs(calendar, Day(2026, 8, 14), mexico("2026-08-14 17:00"))
    assert next_cycle(friday, mexico("2026-08-14 17:00:02"), INTERVALS) == mexico(
        "2026-08-17 07:00"
    )
    eve = ScheduleInputs(calendar, Day(2026, 9, 15), mexico("2026-09-15 17:00"))
    assert next_cycle(eve, mexico("2026-09-16 17:00"), INTERVALS) == mexico("2026-09-17 07:00")


def test_empty_record_is_filled_at_any_hour(calendar: BankCalendar, mexico: Mexico) -> None:
    """Before the first good answer Banxico is asked on a Sunday night, too, four times an hour."""
    empty = ScheduleInputs(calendar, None, None)
    assert due_at_once(empty, mexico("2026-08-16 03:00"), INTERVALS)
    assert next_cycle(empty, mexico("2026-08-16 03:00:01"), INTERVALS) == mexico("2026-08-16 03:15")


def test_start_asks_at_once_only_where_something_may_be_missing(
    calendar: BankCalendar, mexico: Mexico
) -> None:
    """Inside the window always; outside only if the last window did not close verified."""
    closed = ScheduleInputs(calendar, THURSDAY, mexico("2026-08-13 16:56"))
    assert not due_at_once(closed, mexico("2026-08-13 23:00"), INTERVALS)
    assert due_at_once(closed, mexico("2026-08-14 07:00"), INTERVALS)
    unverified = ScheduleInputs(calendar, THURSDAY, mexico("2026-08-13 16:00"))
    assert due_at_once(unverified, mexico("2026-08-13 23:00"), INTERVALS)


def test_doubt_is_settled_at_any_hour(calendar: BankCalendar, mexico: Mexico) -> None:
    """Protocol rule 29: at once by a new leader, and four times an hour, on a Sunday, too."""
    doubt = ScheduleInputs(calendar, Day(2026, 8, 14), mexico("2026-08-14 17:00"), in_doubt=True)
    assert due_at_once(doubt, mexico("2026-08-16 03:00"), INTERVALS)
    assert next_cycle(doubt, mexico("2026-08-16 03:00:01"), INTERVALS) == mexico("2026-08-16 03:15")


def test_answer_from_the_future_is_none(calendar: BankCalendar, mexico: Mexico) -> None:
    """Protocol rule 32: what a wrong clock verified is not believed; Banxico is asked at once."""
    future = ScheduleInputs(calendar, THURSDAY, mexico("2026-08-15 10:00"))
    assert due_at_once(future, mexico("2026-08-13 23:00"), INTERVALS)


def test_open_breaker_is_tried_when_it_may_be(calendar: BankCalendar, mexico: Mexico) -> None:
    """Inside the polling hours the next cycle runs exactly when the breaker admits a trial."""
    inputs = ScheduleInputs(calendar, WEDNESDAY, mexico("2026-08-13 09:56"))
    now, retry_at = mexico("2026-08-13 10:00:03"), mexico("2026-08-13 10:01:03")
    assert next_cycle(inputs, now, INTERVALS, retry_at) == retry_at
    assert next_cycle(inputs, mexico("2026-08-13 10:01:10"), INTERVALS, retry_at) == mexico(
        "2026-08-13 10:01:10"
    )


def test_blocked_past_the_window_waits_for_the_next_opening(
    calendar: BankCalendar, mexico: Mexico
) -> None:
    """A breaker or a rate limit that ends at night causes no call at night."""
    inputs = ScheduleInputs(calendar, THURSDAY, mexico("2026-08-13 16:56"))
    now = mexico("2026-08-13 17:29:30")
    assert next_cycle(inputs, now, INTERVALS, mexico("2026-08-13 17:30:30")) == mexico(
        "2026-08-14 07:00"
    )


def test_open_breaker_does_not_fill_the_night(calendar: BankCalendar, mexico: Mexico) -> None:
    """Protocol rule 20: a failing Banxico is tried by the hour; a rate limit ends when it ends."""
    inputs = ScheduleInputs(calendar, WEDNESDAY, mexico("2026-08-13 17:00"))
    now, retry_at = mexico("2026-08-13 22:00:05"), mexico("2026-08-13 22:01:05")
    assert next_cycle(inputs, now, INTERVALS, retry_at, is_trial=True) == mexico("2026-08-13 23:00")
    assert next_cycle(inputs, now, INTERVALS, retry_at) == retry_at


def test_every_day_fits_the_quota(calendar: BankCalendar) -> None:
    """A day whose FIX never comes, each poll tried twice, stays below quota less reserve.

    On the days after it midnight's poll, which is not counted here, comes first.
    """
    late = len(_polls(calendar, THURSDAY, WEDNESDAY))
    failing = len(_polls(calendar, THURSDAY, WEDNESDAY, answered=False))
    weekend = len(_polls(calendar, Day(2026, 8, 15), THURSDAY))
    following = len(_polls(calendar, Day(2026, 8, 14), WEDNESDAY))
    assert late == 441
    assert failing == 469
    assert weekend == 24 - 1
    assert following == 448 - 1
    assert 2 * failing <= QUOTA - RESERVE


def test_retry_must_leave_the_rest_of_the_day(calendar: BankCalendar, mexico: Mexico) -> None:
    """Protocol rule 20: what the schedule still needs is counted to 17:00, none on a closed day."""
    inputs = ScheduleInputs(calendar, THURSDAY, mexico("2026-08-13 16:40"))
    assert polls_until_closing(inputs, mexico("2026-08-13 16:41"), INTERVALS) == 5
    assert polls_until_closing(inputs, mexico("2026-08-13 17:00"), INTERVALS) == 0
    assert polls_until_closing(inputs, mexico("2026-08-15 12:00"), INTERVALS) == 0
    late = ScheduleInputs(calendar, WEDNESDAY, mexico("2026-08-13 12:59"))
    assert polls_until_closing(late, mexico("2026-08-13 13:00"), INTERVALS) == 4 * 60


@given(
    minutes=st.integers(0, 60 * 24 * 800),
    seen_back=st.integers(0, 5),
    verified_back=st.integers(0, 60 * 24 * 6),
    blocked=st.none() | st.integers(0, 7200),
)
def test_next_cycle_lies_ahead_and_not_after_the_opening(
    minutes: int, seen_back: int, verified_back: int, blocked: int | None
) -> None:
    """From any state the next cycle is not in the past, nor after the next opening."""
    calendar = bank_calendar(Day(2026, 8, 13))
    now = mexico_instant(Day(2024, 1, 1), time())
    now += timedelta(minutes=minutes)
    inputs = ScheduleInputs(
        calendar,
        mexico_day(now) - timedelta(days=seen_back),
        now - timedelta(minutes=verified_back),
    )
    blocked_until = None if blocked is None else now + timedelta(seconds=blocked)
    at = next_cycle(inputs, now, INTERVALS, blocked_until)
    assert at > now or at == blocked_until
    opening = next_opening(calendar, blocked_until or now)
    assert opening is not None
    assert at <= opening


def test_before_the_first_answer_a_day_leaves_its_quota(
    calendar: BankCalendar, mexico: Mexico
) -> None:
    """Each minute by day and each quarter of an hour by night, also for the breaker's trials."""
    inputs, asked = ScheduleInputs(calendar, None, None), 0
    now, midnight = mexico("2026-08-13"), mexico("2026-08-14")
    while now < midnight:
        trial_at = now + timedelta(minutes=1)
        now = next_cycle(inputs, now, INTERVALS, trial_at, is_trial=True)
        asked += now < midnight
    assert 600 <= asked <= 656 < QUOTA - RESERVE - 175


@pytest.mark.parametrize(
    ("now", "newest", "awaited"),
    [
        ("2026-08-13 11:54:59", WEDNESDAY, False),
        ("2026-08-13 11:55", WEDNESDAY, True),
        ("2026-08-13 12:16", WEDNESDAY, True),
        ("2026-08-13 12:59:59", WEDNESDAY, True),
        ("2026-08-13 13:00", WEDNESDAY, False),
        ("2026-08-13 12:10", THURSDAY, True),
        ("2026-08-13 12:16", THURSDAY, False),
        ("2026-08-15 12:00", THURSDAY, True),
        ("2026-08-15 12:30", WEDNESDAY, False),
        ("2026-08-13 12:30", None, True),
    ],
)
def test_what_can_wait_leaves_noon_to_the_polls(
    calendar: BankCalendar, mexico: Mexico, now: str, newest: Day | None, awaited: bool
) -> None:
    """Protocol rule 35: from 11:55 to 12:15 on any day, and until the day's FIX or 13:00."""
    inputs = ScheduleInputs(calendar, newest, mexico("2026-08-13 10:00"))
    assert fix_awaited(inputs, mexico(now)) is awaited
