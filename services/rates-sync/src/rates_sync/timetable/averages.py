"""The averages of the coming days, computed ahead so that a new day needs no recording.

Pure. The definition of an average is in `rates_contracts.averages`; here is only when each row
begins (protocol rule 17).
"""

from collections.abc import Iterator, Sequence
from datetime import date as Day
from datetime import datetime, time, timedelta
from decimal import Decimal

from rates_contracts.averages import DAYS_OF, Average, Window, average, first_day
from rates_contracts.calendar import LATE_FROM, BankCalendar, mexico_day, mexico_instant
from rates_sync.timetable.calendar import days_from
from rates_sync.timetable.transitions import DAYS_AHEAD, MIDNIGHT

MAX_WINDOW = timedelta(days=max(DAYS_OF.values()) - 1)


def first_day_needed(now: datetime) -> Day:
    """Return the first day whose observation any row computed at `now` uses."""
    return mexico_day(now) - MAX_WINDOW


def averages_ahead(
    calendar: BankCalendar, observed: Sequence[tuple[Day, Decimal]], now: datetime
) -> tuple[Average, ...]:
    """Return the rows of both windows, ascending by window and `at`; the first is in force.

    `observed` holds the newest revision of each FIX from `first_day_needed`, ascending. A row
    begins at each midnight, and at 13:00 of a banking day that has no FIX: then it is expected.
    """
    seen = {day for day, _ in observed}
    starts = [
        (day, at)
        for day in days_from(now, DAYS_AHEAD + 1)
        for at in _starts(late=calendar.is_banking_day(day) and day not in seen)
    ]
    return tuple(
        row
        for window in DAYS_OF
        for row in _in_force(_rows(window, starts, calendar, observed), now)
    )


def _starts(*, late: bool) -> tuple[time, ...]:
    return (MIDNIGHT, LATE_FROM) if late else (MIDNIGHT,)


def _rows(
    window: Window,
    starts: Sequence[tuple[Day, time]],
    calendar: BankCalendar,
    observed: Sequence[tuple[Day, Decimal]],
) -> Iterator[Average]:
    for to_day, at in starts:
        from_day = first_day(window, to_day)
        yield average(
            window,
            to_day,
            [row for row in observed if from_day <= row[0] <= to_day],
            calendar,
            at=mexico_instant(to_day, at),
            last_day_expected=at == LATE_FROM,
        )


def _in_force(rows: Iterator[Average], now: datetime) -> list[Average]:
    """Drop the rows that another has replaced by `now`."""
    ascending = list(rows)
    past = [row for row in ascending if row.at <= now]
    return [past[-1], *(row for row in ascending if row.at > now)]
