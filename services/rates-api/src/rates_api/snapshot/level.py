"""How good a snapshot is at an instant: level, freshness state, warnings, and until when.

Pure. It compares the absolute instants of rates-sync with the worker's clock (protocol rule 17) and
never computes a calendar. An answer about the present has as `s-maxage` the least of

    the cap by level and purge               3600 (`rates_contracts.status`), 300 and 15 (here)
    the cap of the transition in force       its `edge_seconds`, made in
                                             `rates_sync.timetable.transitions`: 15 while a
                                             publication is awaited
    the whole seconds until `valid_until`    subtracted when the response leaves: `http.response`

An answer with `as_of` up to the record's head is immutable, after the head it is `no-store`, as are
problems and `/health`. A problem's page has `MAX_EDGE_SECONDS`.
"""

import dataclasses
from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from operator import attrgetter
from typing import get_args

from rates_api.snapshot.snapshot import Snapshot
from rates_contracts.answers import Level
from rates_contracts.calendar import ONE_DAY, mexico_day, mexico_instant
from rates_contracts.status import MAX_EDGE_SECONDS, FreshnessState, SyncStatus, Transition
from rates_contracts.warnings import WARNINGS

LEVELS: tuple[Level, ...] = get_args(Level)
"""From best to worst."""

DEGRADING = frozenset(code for code, warning in WARNINGS.items() if warning.degrades)

MAX_EDGE_SECONDS_WITHOUT_PURGE = 300
MAX_EDGE_SECONDS_NOT_HEALTHY = 15
"""The longest `s-maxage`, by purge and level (protocol rule 21)."""

TICK = timedelta(microseconds=1)


@dataclasses.dataclass(frozen=True)
class Assessment:
    """How good a snapshot is from `now` until `valid_until`.

    `state` is the freshness state of `api.md`, `transition` the transition in force (None without a
    snapshot), `edge_seconds` the longest `s-maxage` until `valid_until`, which is the first instant
    at which anything here, or anything derived from "today", may be different.
    """

    level: Level
    state: FreshnessState
    transition: Transition | None
    warnings: tuple[str, ...]
    edge_seconds: int
    valid_until: datetime


def assess(snapshot: Snapshot | None, now: datetime) -> Assessment:
    """Assess `snapshot` at `now` (aware), by the level table of the design; None is critical."""
    if snapshot is None:
        return Assessment("critical", "unverified", None, (), 0, now)
    row = transition_at(snapshot.status, now)
    state: FreshnessState = "unverified" if _past(snapshot.status.fresh_until, now) else row.state
    warnings = tuple(_warnings(snapshot, row, state, now))
    level = _level(snapshot, warnings)
    return Assessment(
        level=level,
        state=state,
        transition=row,
        warnings=warnings,
        edge_seconds=_edge_seconds(snapshot.status, row, level),
        valid_until=_valid_until(snapshot, now),
    )


def transition_at(status: SyncStatus, now: datetime) -> Transition:
    """Return the transition in force; the first if this clock is behind that of rates-sync."""
    rows = status.transitions
    return rows[max(bisect_right(rows, now, key=attrgetter("at")) - 1, 0)]


def _past(limit: datetime | None, now: datetime) -> bool:
    """Tell whether `now` is after `limit`; without a limit (never verified) it always is."""
    return limit is None or now > limit


def _warnings(
    snapshot: Snapshot, row: Transition, state: FreshnessState, now: datetime
) -> Iterator[str]:
    """Yield the codes of the warnings that apply, worst first."""
    status = snapshot.status
    if _past(status.usable_until, now):
        yield "past_usable_until"
    if state == "unverified":
        yield "unverified"
    if status.breaker != "closed" and row.in_window:
        yield f"breaker_{status.breaker}"
    if snapshot.feed != "redis":
        yield "not_fed_by_redis"
    if state == "late":
        yield "late_publication"
    if status.source == "simulator":
        yield "simulated_data"


def _level(snapshot: Snapshot, warnings: tuple[str, ...]) -> Level:
    """Return the level of the design's table, the worst row that applies."""
    if not any(len(history) for history in snapshot.series.values()):
        return "critical"
    if "past_usable_until" in warnings or not len(snapshot.fix):
        return "limited"
    return "healthy" if DEGRADING.isdisjoint(warnings) else "degraded"


def _edge_seconds(status: SyncStatus, row: Transition, level: Level) -> int:
    longest = MAX_EDGE_SECONDS if status.edge_purged else MAX_EDGE_SECONDS_WITHOUT_PURGE
    if level != "healthy":
        longest = MAX_EDGE_SECONDS_NOT_HEALTHY
    return min(longest, row.edge_seconds)


def _valid_until(snapshot: Snapshot, now: datetime) -> datetime:
    """Return the next of: a transition, a limit passed, a new average, midnight in Mexico City."""
    status = snapshot.status
    limits = (status.fresh_until, status.usable_until)
    instants = [
        midnight_after(now),
        *(row.at for row in status.transitions),
        # At the limit itself the state still holds; it changes right after.
        *(limit + TICK for limit in limits if limit is not None),
        *(average.at for average in snapshot.averages),
    ]
    return min(at for at in instants if at > now)


def midnight_after(now: datetime) -> datetime:
    """Return the instant (UTC) at which the next day begins in Mexico City."""
    return mexico_instant(mexico_day(now) + ONE_DAY, time())
