"""Which state holds from which instant, if nothing new is recorded.

Pure (protocol rules 17 and 29). Workers compare the instants with their own clock, so that data
doesn't stay "fresh" when rates-sync stops.
"""

from datetime import date as Day
from datetime import datetime, time

import msgspec

from rates_contracts.calendar import (
    AWAITED_FROM,
    DUE_FROM,
    LATE_FROM,
    BankCalendar,
    mexico_day,
    mexico_instant,
)
from rates_contracts.status import MAX_EDGE_SECONDS, State, Transition
from rates_sync.timetable.calendar import (
    WINDOW,
    days_from,
    fix_missing,
    is_closed,
    next_open_day,
)

DAYS_AHEAD = 10
MAX_MISSED = 3

EDGE_SECONDS_AT_NOON = 15
"""The edge keeps an answer this long while a publication may appear at any moment (rule 21)."""

MIDNIGHT = time()
TURNING_POINTS = (MIDNIGHT, WINDOW.opens, AWAITED_FROM, LATE_FROM, WINDOW.closes)
"""The wall times in Mexico City at which a row may begin."""


def usable_until(calendar: BankCalendar, verified_at: datetime) -> datetime:
    """Return the instant at which three publications have been missed since `verified_at`.

    A publication is missed when 13:00 passes on a banking day whose noon is after `verified_at`;
    the result is the third such 13:00. After the calendar's end every weekday counts: any may be a
    banking day.
    """
    day = mexico_day(verified_at)
    if is_closed(calendar, day) or verified_at >= mexico_instant(day, DUE_FROM):
        day = next_open_day(calendar, day)
    for _ in range(MAX_MISSED - 1):
        day = next_open_day(calendar, day)
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
    instant, closed = mexico_instant(day, at), is_closed(calendar, day)
    unseen = calendar.is_banking_day(day) and (newest_fix_day is None or newest_fix_day < day)
    awaited = unseen and AWAITED_FROM <= at < LATE_FROM
    late = fix_missing(calendar, newest_fix_day, instant, LATE_FROM)
    return Transition(
        at=instant,
        state=_state(late=late, awaited=awaited, closed=closed and day != newest_fix_day),
        next_publication_at=_next_publication(calendar, day, unseen=unseen),
        in_window=not closed and WINDOW.opens <= at < WINDOW.closes,
        edge_seconds=EDGE_SECONDS_AT_NOON if awaited else MAX_EDGE_SECONDS,
    )


def _state(*, late: bool, awaited: bool, closed: bool) -> State:
    """Late stays late, over midnight and closed days; a FIX of a day refutes that it is closed.

    Both by protocol rule 29.
    """
    if late:
        return "late"
    if awaited:
        return "awaiting_publication"
    return "closed_day" if closed else "fresh"


def _next_publication(calendar: BankCalendar, day: Day, *, unseen: bool) -> datetime:
    """Return the day's noon until its FIX is seen, even if past; else the next banking day's.

    After the calendar's end it is the next weekday's, for shipped workers that can't read a null;
    a worker says null there.
    """
    return mexico_instant(day if unseen else next_open_day(calendar, day), DUE_FROM)


def _without_repeats(rows: list[Transition]) -> tuple[Transition, ...]:
    """Keep the rows that differ from the one before."""
    kept = rows[:1]
    for row in rows[1:]:
        if msgspec.structs.replace(row, at=kept[-1].at) != kept[-1]:
            kept.append(row)
    return tuple(kept)
