"""When the next cycle runs: a pure function of the clock, the calendar and what is known.

An ordinary day costs some 180 requests, one whose FIX never comes 439: both fit the quota of 1,000
with its reserve, also if every poll were tried twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime, time, timedelta

from rates_contracts.calendar import ONE_DAY, BankCalendar, mexico_day, mexico_instant
from rates_sync.timetable.calendar import DayWindow, in_window, window_of
from rates_sync.timetable.pace import Pace
from rates_sync.timetable.transitions import fresh_until

NOON_RUSH_FROM = time(11, 59, 30)
NOON_RUSH_TO = time(12, 15)
"""91 % of 556 real publications were visible by 12:06."""
LAST_CLOSING_POLL = time(17, 30)
LAST_LATE_POLL = time(21, 0)
"""Seven of 556 real publications came after 14:00, the latest seen at 20:36."""


@dataclass(frozen=True, slots=True)
class Known:
    """What decides the next poll: the newest FIX and the last good answer."""

    calendar: BankCalendar
    newest_fix_day: Day | None
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Polls from `start` to `end` (both included), `step` apart."""

    start: datetime
    end: datetime
    step: timedelta

    def after(self, now: datetime) -> datetime | None:
        """Return the first poll after `now`, if there is one."""
        steps = max(0, (now - self.start) // self.step + 1)
        at = self.start + steps * self.step
        return at if at <= self.end else None


def due_at_once(known: Known, now: datetime) -> bool:
    """Tell whether a new leader asks immediately: inside the window, or if nothing is verified.

    So a fresh database is filled at any hour, and a weekend that closed verified costs no call.
    """
    if known.verified_at is None or in_window(known.calendar, now):
        return True
    return now > fresh_until(known.calendar, known.verified_at)


def next_cycle(
    known: Known, now: datetime, pace: Pace, blocked_until: datetime | None = None
) -> datetime:
    """Return when to ask next, after `now`.

    `blocked_until` is when the breaker may be tried or Banxico's rate limit resets: the cycle runs
    right then if that lies in the day's polling hours, else with the next poll after it.
    """
    if blocked_until is None:
        return _next_poll(known, now, pace)
    at = max(now, blocked_until)
    stretches = _stretches(known, mexico_day(at), pace)
    if any(stretch.start <= at <= stretch.end for stretch in stretches):
        return at
    return _next_poll(known, at, pace)


def polls_until_closing(known: Known, now: datetime, pace: Pace) -> int:
    """Return how many polls lie ahead today up to 17:00: what a retry must leave (rule 20)."""
    day = mexico_day(now)
    if not known.calendar.is_banking_day(day):
        return 0
    closes, polls = window_of(day).closes, 0
    while (now := _next_poll(known, now, pace)) <= closes:
        polls += 1
    return polls


def _next_poll(known: Known, now: datetime, pace: Pace) -> datetime:
    day = mexico_day(now)
    while True:
        polls = [stretch.after(now) for stretch in _stretches(known, day, pace)]
        ahead = [at for at in polls if at is not None]
        if ahead:
            return min(ahead)
        day += ONE_DAY


def _stretches(known: Known, day: Day, pace: Pace) -> list[Stretch]:
    """Return the polls of `day` as far as is known now."""
    if known.verified_at is None:
        midnight = time()
        begin, end = mexico_instant(day, midnight), mexico_instant(day + ONE_DAY, midnight)
        return [Stretch(begin, end, pace.awaiting)]
    if not known.calendar.is_banking_day(day):
        return []
    window = window_of(day)
    stretches = [Stretch(window.opens, window.closes, pace.regular)]
    if known.verified_at < window.closes:
        stretches.append(_closing(window, pace))
    if known.newest_fix_day is None or known.newest_fix_day < day:
        stretches += _until_seen(day, window, pace)
    return stretches


def _closing(window: DayWindow, pace: Pace) -> Stretch:
    """The last poll of a day, retried until Banxico has answered (protocol rule 18)."""
    end = mexico_instant(mexico_day(window.closes), LAST_CLOSING_POLL)
    return Stretch(window.closes, end, pace.closing)


def _until_seen(day: Day, window: DayWindow, pace: Pace) -> Iterator[Stretch]:
    """Yield the polls that only a day without its FIX needs."""
    rush_ends = mexico_instant(day, NOON_RUSH_TO)
    last = mexico_instant(day, LAST_LATE_POLL)
    yield Stretch(mexico_instant(day, NOON_RUSH_FROM), rush_ends, pace.noon_rush)
    yield Stretch(rush_ends, window.closes, pace.awaiting)
    yield Stretch(window.closes, last, pace.late)
