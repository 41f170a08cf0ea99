"""The status that sync ships with every event, and when it is worth an event of its own.

Pure: it never reads a clock.
"""

from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime, timedelta

from rates_contracts.calendar import BankCalendar, mexico_day
from rates_contracts.observation import Source
from rates_contracts.status import BreakerState, SyncStatus, Upstream
from rates_sync.timetable.calendar import WINDOW
from rates_sync.timetable.transitions import fresh_until, transitions, usable_until

MOVED = timedelta(minutes=1)
"""A poll without news is announced only if `fresh_until` moves at least so far (rule 5)."""


@dataclass(frozen=True, slots=True)
class UpstreamHealth:
    """What this leader knows of Banxico: its last good answer, how the last request ended."""

    verified_at: datetime | None = None
    upstream: Upstream = "unknown"
    breaker: BreakerState = "closed"
    breaker_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """What stays the same as long as the process lives."""

    source: Source
    edge_purged: bool


def status_of(
    origin: Origin,
    health: UpstreamHealth,
    calendar: BankCalendar,
    newest_fix_day: Day | None,
    now: datetime,
) -> SyncStatus:
    """Return the whole status as of `now`."""
    verified = health.verified_at
    return SyncStatus(
        source=origin.source,
        transitions=transitions(calendar, newest_fix_day, now),
        verified_at=verified,
        fresh_until=None if verified is None else fresh_until(calendar, verified),
        usable_until=None if verified is None else usable_until(calendar, verified),
        breaker=health.breaker,
        breaker_since=health.breaker_since,
        upstream=health.upstream,
        edge_purged=origin.edge_purged,
        window=WINDOW,
    )


def worth_an_event(old: SyncStatus | None, new: SyncStatus) -> bool:
    """Tell whether workers need to know of `new` (protocol rule 5).

    A state changed, `fresh_until` moved by a minute, or a new day lengthens the table: otherwise
    every poll at noon would drop every rendered answer.
    """
    if old is None or _states(old) != _states(new):
        return True
    return _far_apart(old.fresh_until, new.fresh_until) or new_day(old, new)


def new_day(old: SyncStatus, new: SyncStatus) -> bool:
    """Tell whether the tables of `old` were made on another Mexico City day."""
    return mexico_day(old.transitions[0].at) != mexico_day(new.transitions[0].at)


def _states(status: SyncStatus) -> tuple[object, ...]:
    return (status.source, status.breaker, status.upstream, status.edge_purged, status.window)


def _far_apart(old: datetime | None, new: datetime | None) -> bool:
    if old is None or new is None:
        return old is not new
    return abs(new - old) >= MOVED
