"""When the next cycle runs: a pure function of the clock, the calendar and what is known.

With the default intervals an ordinary day takes about 175 requests, one without its FIX 441, even
if every poll of it were retried within the default quota without its reserve. While the FIX stays
away a weekend day takes 24, a closed weekday 26 (else 4), the next banking day 448. A day in
doubt takes 96 at most besides. Before the first answer a day takes 656, trials of the breaker
included.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime, time, timedelta

from rates_contracts.calendar import (
    DUE_FROM,
    LATE_FROM,
    ONE_DAY,
    BankCalendar,
    is_weekend,
    mexico_day,
    mexico_instant,
)
from rates_sync.timetable.calendar import (
    DayWindow,
    fix_missing,
    in_window,
    is_closed,
    next_opening,
    window_of,
)
from rates_sync.timetable.poll_intervals import PollIntervals
from rates_sync.timetable.transitions import MIDNIGHT, transitions

NOON_RUSH_FROM = time(11, 59, 30)
NOON_RUSH_TO = time(12, 15)
"""91 % of 556 real publications were visible by 12:06."""
POLLS_ALONE_FROM = time(11, 55)
"""A chunk of a backfill that begins before it has ended or timed out before the FIX may come."""
LAST_CLOSING_POLL = time(17, 30)
OVERDUE_FROM = time(21, 0)
"""Seven of 556 real publications came after 14:00, the latest seen at 20:36."""
CLOSED_WEEKDAY_POLLS = (time(12, 15), time(13, 15), time(15, 0), time(17, 0))
"""The calendar is a prediction: some ten weekdays a year are closed by it (protocol rule 29)."""

VERIFIED_FOR = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class ScheduleInputs:
    """What decides the next poll: calendar, newest FIX, and when Banxico last answered (UTC).

    `in_doubt` tells that only an answer can settle what is told: a series is unconfirmed (protocol
    rule 27), or a clock suspect (rule 33).
    """

    calendar: BankCalendar
    newest_fix_day: Day | None
    verified_at: datetime | None
    in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class PollPeriod:
    """Polls every `step` from `start` to `end`, both included."""

    start: datetime
    end: datetime
    step: timedelta

    def after(self, now: datetime) -> datetime | None:
        """Return the first poll after `now`, if there is one."""
        steps = max(0, (now - self.start) // self.step + 1)
        at = self.start + steps * self.step
        return at if at <= self.end else None


def fresh_until(inputs: ScheduleInputs, intervals: PollIntervals) -> datetime | None:
    """Return until when (included) the last good answer counts; None before any (rule 18).

    Inside a window, and more than 5 minutes before its closing: 5 minutes. Otherwise nothing is due
    before the next window: until 5 minutes after its opening. So a night or a weekend is fresh if
    and only if Banxico answered at 16:55:00 of the last banking day or later. While a due FIX is
    missing it is asked for all the time: until 5 minutes after the next poll.
    """
    calendar, verified_at = inputs.calendar, inputs.verified_at
    if verified_at is None:
        return None
    limit, window = verified_at + VERIFIED_FOR, window_of(mexico_day(verified_at))
    if in_window(calendar, verified_at) and limit < window.closes:
        return limit
    asked = next_opening(calendar, verified_at)
    if fix_missing(calendar, inputs.newest_fix_day, verified_at, DUE_FROM):
        asked = _next_poll(inputs, verified_at, intervals)
    return asked + VERIFIED_FOR


def due_at_once(inputs: ScheduleInputs, now: datetime, intervals: PollIntervals) -> bool:
    """Tell whether a new leader asks immediately: in the window, in doubt, if nothing is verified.

    So an empty database is filled at any hour, and a weekend after a verified closing costs no
    request. An answer from the future is none: a clock was wrong (protocol rule 32).
    """
    limit = fresh_until(inputs, intervals)
    if inputs.in_doubt or inputs.verified_at is None or limit is None:
        return True
    return in_window(inputs.calendar, now) or not inputs.verified_at <= now <= limit


def next_cycle(
    inputs: ScheduleInputs,
    now: datetime,
    intervals: PollIntervals,
    blocked_until: datetime | None = None,
    *,
    is_trial: bool = False,
) -> datetime:
    """Return when to ask next, after `now`.

    `blocked_until` is when the breaker allows a trial request, Banxico's rate limit resets or the
    database is tried again: the cycle runs at that time if it is within the day's polling hours,
    else with the next poll. A trial waits for the next poll also where polls are rarer than regular
    ones: each trial that fails allows another.
    """
    if blocked_until is None:
        return _next_poll(inputs, now, intervals)
    at = max(now, blocked_until)
    periods = _poll_periods(inputs, mexico_day(at), intervals)
    if is_trial:
        periods = [period for period in periods if period.step <= intervals.regular]
    if any(period.start <= at <= period.end for period in periods):
        return at
    return _next_poll(inputs, at, intervals)


def fix_awaited(inputs: ScheduleInputs, now: datetime) -> bool:
    """Tell whether Banxico is the polls' alone: what can wait would delay them (rule 35).

    From 11:55 to 12:15 on any day, and while a publication is awaited.
    """
    day = mexico_day(now)
    if mexico_instant(day, POLLS_ALONE_FROM) <= now <= mexico_instant(day, NOON_RUSH_TO):
        return True
    in_force = transitions(inputs.calendar, inputs.newest_fix_day, now)[0]
    return in_force.state == "awaiting_publication"


def polls_until_closing(inputs: ScheduleInputs, now: datetime, intervals: PollIntervals) -> int:
    """Return today's remaining polls up to 17:00: a retry must leave quota for them (rule 20)."""
    day = mexico_day(now)
    if is_closed(inputs.calendar, day):
        return 0
    closes, polls = window_of(day).closes, 0
    while (now := _next_poll(inputs, now, intervals)) <= closes:
        polls += 1
    return polls


def _next_poll(inputs: ScheduleInputs, now: datetime, intervals: PollIntervals) -> datetime:
    """Every weekday has a poll, whatever the calendar says of it: the search ends."""
    day = mexico_day(now)
    while True:
        polls = [period.after(now) for period in _poll_periods(inputs, day, intervals)]
        ahead = [at for at in polls if at is not None]
        if ahead:
            return min(ahead)
        day += ONE_DAY


def _poll_periods(inputs: ScheduleInputs, day: Day, intervals: PollIntervals) -> list[PollPeriod]:
    """Return the polls of `day`, as planned from `inputs`."""
    if inputs.verified_at is None:
        return _polls_until_first_answer(day, intervals)
    periods = [_from(day, MIDNIGHT, intervals.overdue)] if _begins_overdue(inputs, day) else []
    if inputs.in_doubt:
        periods.append(_from(day, MIDNIGHT, intervals.late))
    if is_closed(inputs.calendar, day):
        return [*periods, *_polls_of_a_closed_day(day)]
    window = window_of(day)
    periods.append(PollPeriod(window.opens, window.closes, intervals.regular))
    if inputs.verified_at < window.closes:
        periods.append(_closing(window, intervals))
    if inputs.newest_fix_day is None or inputs.newest_fix_day < day:
        periods += _polls_until_fix(day, window, intervals)
    return periods


def _polls_until_first_answer(day: Day, intervals: PollIntervals) -> list[PollPeriod]:
    """Return the polls of any day, banking day or not.

    A refused token may last all night, and must leave the day's quota to whoever replaces it.
    """
    window = window_of(day)
    return [
        _from(day, MIDNIGHT, intervals.late),
        PollPeriod(window.opens, window.closes, intervals.awaiting),
    ]


def _begins_overdue(inputs: ScheduleInputs, day: Day) -> bool:
    """Tell whether `day` begins with a late FIX (protocol rule 29)."""
    return fix_missing(
        inputs.calendar, inputs.newest_fix_day, mexico_instant(day, MIDNIGHT), LATE_FROM
    )


def _from(day: Day, at: time, step: timedelta) -> PollPeriod:
    """Return the polls from `at` to the end of `day`."""
    return PollPeriod(mexico_instant(day, at), mexico_instant(day + ONE_DAY, MIDNIGHT), step)


def _polls_of_a_closed_day(day: Day) -> list[PollPeriod]:
    """Return the polls of a weekday without a window: a FIX there would refute the calendar."""
    if is_weekend(day):
        return []
    instants = [mexico_instant(day, at) for at in CLOSED_WEEKDAY_POLLS]
    return [PollPeriod(instant, instant, ONE_DAY) for instant in instants]


def _closing(window: DayWindow, intervals: PollIntervals) -> PollPeriod:
    """The last poll of a day, retried until Banxico has answered (protocol rule 18)."""
    end = mexico_instant(mexico_day(window.closes), LAST_CLOSING_POLL)
    return PollPeriod(window.closes, end, intervals.closing)


def _polls_until_fix(day: Day, window: DayWindow, intervals: PollIntervals) -> Iterator[PollPeriod]:
    """Yield the polls that only a day without its FIX needs."""
    rush_ends = mexico_instant(day, NOON_RUSH_TO)
    evening_ends = mexico_instant(day, OVERDUE_FROM)
    yield PollPeriod(mexico_instant(day, NOON_RUSH_FROM), rush_ends, intervals.noon_rush)
    yield PollPeriod(rush_ends, window.closes, intervals.awaiting)
    yield PollPeriod(window.closes, evening_ends, intervals.late)
    yield _from(day, OVERDUE_FROM, intervals.overdue)
