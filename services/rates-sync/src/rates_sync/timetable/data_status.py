"""Counts the data status of days: how long what is recorded was verified (protocol rule 47).

Pure. From one recording to the next the status of the first is what holds, whether anybody leads or
not. So the count needs no memory but that status.
"""

from datetime import datetime, timedelta

from rates_contracts.calendar import BankCalendar, mexico_day
from rates_contracts.status import CountedDay, DataStatusDay, SyncStatus
from rates_sync.timetable.calendar import DayWindow, days_from, is_closed, window_of

MAX_COUNTED = timedelta(days=731)
"""After a longer silence only its newest days are counted: older ones are not kept."""

Interval = tuple[datetime, datetime]


def counted(
    old: SyncStatus | None, new: SyncStatus, calendar: BankCalendar, at: datetime
) -> tuple[tuple[DataStatusDay, ...], CountedDay]:
    """Return the days that have ended since `old`, ascending, and that of `at`, when `new` begins.

    Where `old` counted nothing the count begins at `at` (UTC), which is cut to whole seconds, as
    everything here is. It never goes back.
    """
    until = at.replace(microsecond=0)
    if old is None or old.counted is None:
        return (), CountedDay(DataStatusDay(mexico_day(until)), until)
    since, before = old.counted.until, old.counted.day
    until = max(since, until)
    verified = since, min(max(since, _verified_until(old) or since), until)
    open_ = _open(old, new, since, until)
    start = max(since, until - MAX_COUNTED)
    *ended, today = (
        _with(
            before if day == before.date else DataStatusDay(day),
            calendar,
            verified=verified,
            unverified=(verified[1], until),
            breaker_open=open_,
        )
        for day in days_from(start, (mexico_day(until) - mexico_day(start)).days + 1)
    )
    return tuple(ended), CountedDay(today, until)


def _with(
    day: DataStatusDay,
    calendar: BankCalendar,
    *,
    verified: Interval,
    unverified: Interval,
    breaker_open: Interval,
) -> DataStatusDay:
    """Return `day` with what of the intervals lies in its window, if it has one."""
    if is_closed(calendar, day.date):
        return day
    window = window_of(day.date)
    return DataStatusDay(
        day.date,
        day.verified_seconds + _seconds(verified, window),
        day.unverified_seconds + _seconds(unverified, window),
        day.breaker_open_seconds + _seconds(breaker_open, window),
    )


def _seconds(interval: Interval, window: DayWindow) -> int:
    """Return how many seconds of `interval` the window is open."""
    start, end = max(interval[0], window.opens), min(interval[1], window.closes)
    return max(0, int((end - start).total_seconds()))


def _verified_until(status: SyncStatus) -> datetime | None:
    """Return until when the values of both series count as verified; None if one never did."""
    limits = [series.fresh_until for series in status.series.values()] or [status.fresh_until]
    known = [limit for limit in limits if limit is not None]
    return min(known).replace(microsecond=0) if len(known) == len(limits) else None


def _open(old: SyncStatus, new: SyncStatus, since: datetime, until: datetime) -> Interval:
    """Return when the breaker was not closed: `old` holds until it changed, as `new` says."""
    was_closed, is_closed_now = old.breaker == "closed", new.breaker == "closed"
    changed_at = min(max(since, new.breaker_since or until), until).replace(microsecond=0)
    if was_closed:
        return (until, until) if is_closed_now else (changed_at, until)
    return (since, changed_at) if is_closed_now else (since, until)
