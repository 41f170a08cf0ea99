"""How good a snapshot is at an instant: level, freshness state, warnings, and until when.

Pure. It compares the absolute instants of rates-sync with the worker's clock (protocol rule 17) and
never computes a calendar. Level, state and instants are those of the series that an answer rests
on, the worse where it rests on both (protocol rule 27). An answer about the present has as
`s-maxage` the least of

    the cap by health and purge              3600 (`rates_contracts.status`), 300 and 15 (here)
    the cap of the transition in force       its `edge_seconds`, made in
                                             `rates_sync.timetable.transitions`
    15 around noon                           on a weekday, until its FIX is seen
    15 by what the answer itself says        a passing warning, days that are not known: `handlers`
    the whole seconds until `valid_until`    subtracted when the response leaves: `http.response`

An answer with `as_of` up to the record's head is immutable, after the head it is `no-store`, as are
problems and `/health`; today's `not-yet-published` alone is kept for 5 s. A problem's page has
`MAX_EDGE_SECONDS`.
"""

import dataclasses
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, time, timedelta
from operator import attrgetter
from typing import get_args

from rates_api.snapshot.snapshot import Snapshot
from rates_contracts.answers import Level
from rates_contracts.calendar import (
    AWAITED_FROM,
    DUE_FROM,
    LATE_FROM,
    MEXICO_CITY,
    ONE_DAY,
    is_weekend,
    mexico_day,
    mexico_instant,
)
from rates_contracts.observation import FIRST_FIX_DAY, FIX, SETTLEMENT
from rates_contracts.status import (
    MAX_CLOCK_OFFSET,
    MAX_EDGE_SECONDS,
    FreshnessState,
    SeriesStatus,
    Transition,
)
from rates_contracts.warnings import WARNINGS, in_order

LEVELS: tuple[Level, ...] = get_args(Level)
"""From best to worst."""

BOTH = (FIX, SETTLEMENT)

DEGRADING = frozenset(code for code, warning in WARNINGS.items() if warning.degrades)
PASSING = frozenset(code for code, warning in WARNINGS.items() if warning.passing)
OF_SOME_DAYS = frozenset({"value_under_review", "history_loading"})
"""What shortens the `s-maxage` of the answers that touch these days, and of no others."""

MAX_EDGE_SECONDS_WITHOUT_PURGE = 300
MAX_EDGE_SECONDS_NOT_HEALTHY = 15
"""The longest `s-maxage`, by purge and health (protocol rule 21)."""

MAX_COVERED = timedelta(days=10)
"""So many days after the first row of the transitions nothing is known of the calendar."""

TURNING_POINTS = (AWAITED_FROM, DUE_FROM, LATE_FROM)
"""Wall times in Mexico City at which answers change: a FIX is awaited, due, late."""

TICK = timedelta(microseconds=1)


@dataclasses.dataclass(frozen=True)
class Assessment:
    """How good a snapshot is from `now` until `valid_until`, for what rests on some series.

    `state` is the freshness state of `api.md`; the instants are those of the series, of two the
    earlier, None if one has none. `next_publication_at` is None where the calendar is not known.
    `edge_seconds` is the longest `s-maxage` until `valid_until`, which is the first instant at
    which anything here, or anything derived from "today" or from what is due, may be different.
    """

    level: Level
    state: FreshnessState
    verified_at: datetime | None
    fresh_until: datetime | None
    usable_until: datetime | None
    next_publication_at: datetime | None
    warnings: tuple[str, ...]
    edge_seconds: int
    valid_until: datetime


def assess(
    snapshot: Snapshot | None, now: datetime, rests_on: Collection[str] = BOTH
) -> Assessment:
    """Assess `snapshot` at `now` (aware) for an answer that rests on the series `rests_on`.

    The level is that of the design's table; None is critical.
    """
    if snapshot is None:
        return Assessment("critical", "unverified", None, None, None, None, (), 0, now)
    known = _worst([snapshot.series_status(series) for series in rests_on])
    row = _transition_at(snapshot, now)
    state = _state(snapshot, known, row, now)
    warnings = in_order(_warnings(snapshot, known, row, state, now))
    if FIX in rests_on and _newest_under_review(snapshot, now):
        warnings = in_order((*warnings, "value_under_review"))
    return Assessment(
        level=_level(snapshot, rests_on, warnings),
        state=state,
        verified_at=known.verified_at,
        fresh_until=known.fresh_until,
        usable_until=known.usable_until,
        next_publication_at=_next_publication(snapshot, row),
        warnings=warnings,
        edge_seconds=_edge_seconds(snapshot, row, warnings, now),
        valid_until=_valid_until(snapshot, now),
    )


def assess_whole(snapshot: Snapshot | None, now: datetime) -> Assessment:
    """Assess all that `snapshot` holds: missing history degrades that alone (protocol rule 25)."""
    found = assess(snapshot, now)
    if snapshot is None or not _history_is_loading(snapshot):
        return found
    return dataclasses.replace(
        found,
        level=max(found.level, "degraded", key=LEVELS.index),
        warnings=in_order((*found.warnings, "history_loading")),
    )


def _worst(series: Collection[SeriesStatus]) -> SeriesStatus:
    """Return the worst of what is known of `series`, as far as an assessment looks at it."""
    return SeriesStatus(
        verified_at=_earliest(known.verified_at for known in series),
        fresh_until=_earliest(known.fresh_until for known in series),
        usable_until=_earliest(known.usable_until for known in series),
    )


def _earliest(instants: Iterable[datetime | None]) -> datetime | None:
    """Return the earliest of `instants`; None, which means never, is before all."""
    given = list(instants)
    known = [instant for instant in given if instant is not None]
    return min(known) if len(known) == len(given) else None


def is_told(snapshot: Snapshot, now: datetime) -> bool:
    """Tell whether rates-sync has told of the day of `now`: past its transitions nothing holds."""
    return mexico_day(now) - mexico_day(snapshot.status.transitions[0].at) <= MAX_COVERED


def _transition_at(snapshot: Snapshot, now: datetime) -> Transition | None:
    """Return the transition in force, None past those that rates-sync has sent.

    It is the first if this clock is behind that of rates-sync.
    """
    rows = snapshot.status.transitions
    if not is_told(snapshot, now):
        return None
    return rows[max(bisect_right(rows, now, key=attrgetter("at")) - 1, 0)]


def _state(
    snapshot: Snapshot, known: SeriesStatus, row: Transition | None, now: datetime
) -> FreshnessState:
    """Return the state; nothing is claimed of a day that the calendar does not cover (rule 29).

    Late is still a FIX of a day that it covers.
    """
    if row is None or _past(known.fresh_until, now):
        return "unverified"
    is_covered = mexico_day(now) <= snapshot.calendar.last
    return row.state if is_covered or row.state == "late" else "fresh"


def _next_publication(snapshot: Snapshot, row: Transition | None) -> datetime | None:
    expected = None if row is None else row.next_publication_at
    if expected is None or mexico_day(expected) > snapshot.calendar.last:
        return None
    return expected


def _past(limit: datetime | None, now: datetime) -> bool:
    """Tell whether `now` is after `limit`; without a limit (never verified) it always is."""
    return limit is None or now > limit


def _warnings(
    snapshot: Snapshot,
    known: SeriesStatus,
    row: Transition | None,
    state: FreshnessState,
    now: datetime,
) -> Iterator[str]:
    """Yield the codes of the warnings that apply to whatever rests on the series."""
    status = snapshot.status
    if _past(known.usable_until, now):
        yield "past_usable_until"
    if state == "unverified":
        yield "unverified"
    if row is not None and row.in_window and status.breaker != "closed":
        yield f"breaker_{status.breaker}"
    if snapshot.feed != "redis":
        yield "not_fed_by_redis"
    if status.clock_suspect or snapshot.clock_suspect or _is_ahead(snapshot, now):
        yield "clock_suspect"
    if state == "late":
        yield "late_publication"
    if status.source == "simulator":
        yield "simulated_data"


def _is_ahead(snapshot: Snapshot, now: datetime) -> bool:
    """Tell whether the record was written too far ahead of this clock (protocol rule 33)."""
    return snapshot.head.recorded_at > now + MAX_CLOCK_OFFSET


def _newest_under_review(snapshot: Snapshot, now: datetime) -> bool:
    """Tell whether the newest FIX, or one newer than it, is under review (protocol rule 28).

    One of a weekend leaves its day closed, as if it had not been published.
    """
    newest = snapshot.fix.at_or_before(mexico_day(now))
    since = FIRST_FIX_DAY if newest is None else newest.date
    under_review = snapshot.series_status(FIX).under_review
    return any(day >= since and not is_weekend(day) for day in under_review)


def _history_is_loading(snapshot: Snapshot) -> bool:
    """Tell whether days of either series have not been asked for yet (protocol rule 25)."""
    since = (snapshot.series_status(series).complete_from for series in BOTH)
    return any(day is None or day > FIRST_FIX_DAY for day in since)


def _level(snapshot: Snapshot, rests_on: Collection[str], warnings: tuple[str, ...]) -> Level:
    """Return the level of the design's table, the worst row that applies."""
    if not any(len(history) for history in snapshot.series.values()):
        return "critical"
    if "past_usable_until" in warnings or (FIX in rests_on and not len(snapshot.fix)):
        return "limited"
    return "healthy" if DEGRADING.isdisjoint(warnings) else "degraded"


def _edge_seconds(
    snapshot: Snapshot, row: Transition | None, warnings: tuple[str, ...], now: datetime
) -> int:
    """Return the longest `s-maxage` (protocol rule 21), for an answer without own warnings."""
    purged = snapshot.status.edge_purged
    longest = MAX_EDGE_SECONDS if purged else MAX_EDGE_SECONDS_WITHOUT_PURGE
    hurried = not PASSING.isdisjoint(set(warnings) - OF_SOME_DAYS)
    if row is None or hurried or not len(snapshot.fix) or _is_awaited(snapshot, now):
        longest = MAX_EDGE_SECONDS_NOT_HEALTHY
    return longest if row is None else min(longest, row.edge_seconds)


def _is_awaited(snapshot: Snapshot, now: datetime) -> bool:
    """Tell whether a FIX may appear at any moment, whatever calendar and state say (rule 21)."""
    local = now.astimezone(MEXICO_CITY)
    at_noon = not is_weekend(local.date()) and AWAITED_FROM <= local.time() < LATE_FROM
    return at_noon and snapshot.fix.on(local.date()) is None


def _valid_until(snapshot: Snapshot, now: datetime) -> datetime:
    """Return the next of: a transition, a limit passed, a new average, a turn of the day."""
    known = [snapshot.series_status(series) for series in BOTH]
    limits = [limit for each in known for limit in (each.fresh_until, each.usable_until)]
    today = mexico_day(now)
    instants = [
        midnight_after(now),
        *(mexico_instant(today, at) for at in TURNING_POINTS),
        *(row.at for row in snapshot.status.transitions),
        # At the limit itself the state still holds; it changes right after.
        *(limit + TICK for limit in limits if limit is not None),
        *(average.at for average in snapshot.averages),
        snapshot.head.recorded_at - MAX_CLOCK_OFFSET,
    ]
    return min(at for at in instants if at > now)


def midnight_after(now: datetime) -> datetime:
    """Return the instant (UTC) at which the next day begins in Mexico City."""
    return mexico_instant(mexico_day(now) + ONE_DAY, time())
