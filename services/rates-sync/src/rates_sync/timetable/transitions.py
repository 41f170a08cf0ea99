"""Which state holds from which instant, if nothing new is recorded.

Pure (protocol rules 17 and 18). Workers compare the instants with their own clock, so that data
doesn't stay "fresh" when rates-sync stops.
"""

from datetime import date as Day
from datetime import datetime, time, timedelta

import msgspec

from rates_contracts.calendar import DUE_FROM, LATE_FROM, BankCalendar, mexico_day, mexico_instant
from rates_contracts.status import MAX_EDGE_SECONDS, State, Transition
from rates_sync.timetable.calendar import AWAITED_FROM, WINDOW, days_from, next_opening, window_of

VERIFIED_FOR = timedelta(minutes=5)
DAYS_AHEAD = 10
MAX_MISSED = 3

EDGE_SECONDS_AT_NOON = 15
"""The edge keeps an answer this long while a publication may appear at any moment (rule 21)."""

MIDNIGHT = time()
TURNING_POINTS = (MIDNIGHT, WINDOW.opens, AWAITED_FROM, LATE_FROM, WINDOW.closes)
"""The wall times in Mexico City at which a row may begin."""


def fresh_until(calendar: BankCalendar, verified_at: datetime) -> datetime:
    """Return until when (included) a value verified at `verified_at` counts as verified (rule 18).

    Inside a window, and more than 5 minutes before its closing: 5 minutes. Otherwise nothing is due
    before the next window: until 5 minutes after its opening. So a night or a weekend is fresh if
    and only if Banxico answered at 16:55:00 of the last banking day or later.
    """
    day = mexico_day(verified_at)
    limit = verified_at + VERIFIED_FOR
    if calendar.is_banking_day(day):
        window = window_of(day)
        if window.opens <= verified_at and limit < window.closes:
            return limit
    return next_opening(calendar, verified_at) + VERIFIED_FOR


def usable_until(calendar: BankCalendar, verified_at: datetime) -> datetime:
    """Return the instant at which three publications have been missed since `verified_at`.

    A publication is missed when 13:00 passes on a banking day whose noon is after `verified_at`;
    the result is the third such 13:00.
    """
    day = mexico_day(verified_at)
    if not (calendar.is_banking_day(day) and verified_at < mexico_instant(day, DUE_FROM)):
        day = calendar.next_banking_day(day)
    for _ in range(MAX_MISSED - 1):
        day = calendar.next_banking_day(day)
    return mexico_instant(day, LATE_FROM)


def transitions(
    calendar: BankCalendar, newest_fix_day: Day | None, now: datetime
) -> tuple[Transition, ...]:
    """Return the rows of today and the coming days (rule 17); the first is in force at `now`."""
    rows = [
        _row(calendar, newest_fix_day, day, at)
        for day in days_from(now, DAYS_AHEAD + 1)
        for at in TURNING_POINTS
    ]
    past = [row for row in rows if row.at <= now]
    return _without_repeats([past[-1], *(row for row in rows if row.at > now)])


def _row(calendar: BankCalendar, newest_fix_day: Day | None, day: Day, at: time) -> Transition:
    banking = calendar.is_banking_day(day)
    unseen = banking and (newest_fix_day is None or newest_fix_day < day)
    state = _state(banking=banking, unseen=unseen, at=at)
    return Transition(
        at=mexico_instant(day, at),
        state=state,
        next_publication_at=_next_publication(calendar, day, unseen=unseen),
        in_window=banking and WINDOW.opens <= at < WINDOW.closes,
        edge_seconds=EDGE_SECONDS_AT_NOON if state == "awaiting_publication" else MAX_EDGE_SECONDS,
    )


def _state(*, banking: bool, unseen: bool, at: time) -> State:
    if not banking:
        return "closed_day"
    if unseen and at >= LATE_FROM:
        return "late"
    if unseen and at >= AWAITED_FROM:
        return "awaiting_publication"
    return "fresh"


def _next_publication(calendar: BankCalendar, day: Day, *, unseen: bool) -> datetime:
    """Return the day's noon until its FIX is seen, even if past; else the next banking day's."""
    return mexico_instant(day if unseen else calendar.next_banking_day(day), DUE_FROM)


def _without_repeats(rows: list[Transition]) -> tuple[Transition, ...]:
    """Keep the rows that differ from the one before."""
    kept = rows[:1]
    for row in rows[1:]:
        if msgspec.structs.replace(row, at=kept[-1].at) != kept[-1]:
            kept.append(row)
    return tuple(kept)
