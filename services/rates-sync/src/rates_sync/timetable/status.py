"""The status that is sent with every event, and when it is worth its own event.

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
"""A poll without new data is announced only if `fresh_until` moves at least this far (rule 5)."""


@dataclass(frozen=True, slots=True)
class UpstreamHealth:
    """What this leader knows about Banxico: its last good answer, how the last request ended."""

    verified_at: datetime | None = None
    upstream: Upstream = "unknown"
    breaker: BreakerState = "closed"
    breaker_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class StatusOrigin:
    """The part of the status that is configured and never changes while the process runs."""

    source: Source
    edge_purged: bool


def status_of(
    origin: StatusOrigin,
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
    """Tell whether `new` must be announced to workers (protocol rule 5).

    It must if a state changed, `fresh_until` moved far enough, or a new day extends the table.
    Announcing each poll at noon would make workers discard every rendered answer.
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
