"""When the next cycle runs: a pure function of the clock, the calendar and what is known.

With the default intervals an ordinary day takes about 180 requests and one without its FIX 439:
both fit the default quota without its reserve, even if every poll were retried.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime, time, timedelta

from rates_contracts.calendar import ONE_DAY, BankCalendar, mexico_day, mexico_instant
from rates_sync.timetable.calendar import DayWindow, in_window, window_of
from rates_sync.timetable.poll_intervals import PollIntervals
from rates_sync.timetable.transitions import fresh_until

NOON_RUSH_FROM = time(11, 59, 30)
NOON_RUSH_TO = time(12, 15)
"""91 % of 556 real publications were visible by 12:06."""
LAST_CLOSING_POLL = time(17, 30)
LAST_LATE_POLL = time(21, 0)
"""Seven of 556 real publications came after 14:00, the latest seen at 20:36."""


@dataclass(frozen=True, slots=True)
class ScheduleInputs:
    """What decides the next poll: calendar, newest FIX, and when Banxico last answered (UTC)."""

    calendar: BankCalendar
    newest_fix_day: Day | None
    verified_at: datetime | None


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


def due_at_once(inputs: ScheduleInputs, now: datetime) -> bool:
    """Tell whether a new leader asks immediately: inside the window, or if nothing is verified.

    So an empty database is filled at any hour, and a weekend after a verified closing costs no
    request.
    """
    if inputs.verified_at is None or in_window(inputs.calendar, now):
        return True
    return now > fresh_until(inputs.calendar, inputs.verified_at)


def next_cycle(
    inputs: ScheduleInputs,
    now: datetime,
    intervals: PollIntervals,
    blocked_until: datetime | None = None,
) -> datetime:
    """Return when to ask next, after `now`.

    `blocked_until` is when the breaker allows a trial request or Banxico's rate limit resets: the
    cycle runs at that time if it is within the day's polling hours, else with the next poll.
    """
    if blocked_until is None:
        return _next_poll(inputs, now, intervals)
    at = max(now, blocked_until)
    periods = _poll_periods(inputs, mexico_day(at), intervals)
    if any(period.start <= at <= period.end for period in periods):
        return at
    return _next_poll(inputs, at, intervals)


def polls_until_closing(inputs: ScheduleInputs, now: datetime, intervals: PollIntervals) -> int:
    """Return today's remaining polls up to 17:00: a retry must leave quota for them (rule 20)."""
    day = mexico_day(now)
    if not inputs.calendar.is_banking_day(day):
        return 0
    closes, polls = window_of(day).closes, 0
    while (now := _next_poll(inputs, now, intervals)) <= closes:
        polls += 1
    return polls


def _next_poll(inputs: ScheduleInputs, now: datetime, intervals: PollIntervals) -> datetime:
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
        midnight = time()
        begin, end = mexico_instant(day, midnight), mexico_instant(day + ONE_DAY, midnight)
        return [PollPeriod(begin, end, intervals.awaiting)]
    if not inputs.calendar.is_banking_day(day):
        return []
    window = window_of(day)
    periods = [PollPeriod(window.opens, window.closes, intervals.regular)]
    if inputs.verified_at < window.closes:
        periods.append(_closing(window, intervals))
    if inputs.newest_fix_day is None or inputs.newest_fix_day < day:
        periods += _polls_until_fix(day, window, intervals)
    return periods


def _closing(window: DayWindow, intervals: PollIntervals) -> PollPeriod:
    """The last poll of a day, retried until Banxico has answered (protocol rule 18)."""
    end = mexico_instant(mexico_day(window.closes), LAST_CLOSING_POLL)
    return PollPeriod(window.closes, end, intervals.closing)


def _polls_until_fix(day: Day, window: DayWindow, intervals: PollIntervals) -> Iterator[PollPeriod]:
    """Yield the polls that only a day without its FIX needs."""
    rush_ends = mexico_instant(day, NOON_RUSH_TO)
    last = mexico_instant(day, LAST_LATE_POLL)
    yield PollPeriod(mexico_instant(day, NOON_RUSH_FROM), rush_ends, intervals.noon_rush)
    yield PollPeriod(rush_ends, window.closes, intervals.awaiting)
    yield PollPeriod(window.closes, last, intervals.late)
