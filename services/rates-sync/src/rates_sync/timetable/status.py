"""The status that is sent with every event, and when it is worth its own event.

Pure: it never reads a clock.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date as Day
from datetime import datetime, timedelta

import msgspec

from rates_contracts.calendar import BankCalendar, mexico_day
from rates_contracts.observation import FIRST_FIX_DAY, FIX, Source
from rates_contracts.status import (
    MAX_LISTED_DAYS,
    BreakerState,
    SeriesStatus,
    SyncStatus,
    Upstream,
)
from rates_sync.timetable.calendar import WINDOW
from rates_sync.timetable.poll_intervals import PollIntervals
from rates_sync.timetable.schedule import ScheduleInputs, fresh_until
from rates_sync.timetable.transitions import transitions, usable_until

MOVED = timedelta(minutes=1)
"""A poll without new data is announced only if `fresh_until` moves at least this far (rule 5)."""


@dataclass(frozen=True, slots=True)
class Verification:
    """When a series was last confirmed, and since when answers have not confirmed it (rule 27)."""

    verified_at: datetime | None = None
    unconfirmed_since: datetime | None = None

    def believed_at(self, now: datetime) -> "Verification":
        """Return it with no instant after `now`."""
        instants = (self.verified_at, self.unconfirmed_since)
        return Verification(*(None if at is None else min(at, now) for at in instants))


UNVERIFIED = Verification()


@dataclass(frozen=True, slots=True)
class UpstreamHealth:
    """What this leader knows about Banxico: what it confirmed, how the last request ended.

    `purge_refused` tells that the edge refused a purge and has accepted none since (rule 44).
    """

    verifications: Mapping[str, Verification] = field(default_factory=dict)
    upstream: Upstream = "unknown"
    breaker: BreakerState = "closed"
    breaker_since: datetime | None = None
    clock_suspect: bool = False
    purge_refused: bool = False

    def believed_at(self, now: datetime) -> "UpstreamHealth":
        """Return it without instants after `now`, which only a wrong clock can have made (rule 32).

        They become `now`: then at the latest the answers came.
        """
        return dataclasses.replace(
            self, verifications={name: v.believed_at(now) for name, v in self.verifications.items()}
        )

    def of(self, series: str) -> Verification:
        """Return the verification of `series`."""
        return self.verifications.get(series, UNVERIFIED)

    @property
    def verified_at(self) -> datetime | None:
        """When the FIX was last confirmed."""
        return self.of(FIX).verified_at

    @property
    def in_doubt(self) -> bool:
        """Tell whether a series is unconfirmed, or a clock suspect."""
        unconfirmed = (v.unconfirmed_since is not None for v in self.verifications.values())
        return self.clock_suspect or any(unconfirmed)


@dataclass(frozen=True, slots=True)
class SeriesKnowledge:
    """What the record holds of one series.

    `newest_day` is the newest recorded day that is not withdrawn, `newest_seen_day` the newest that
    is recorded, or a weekday under review, which counts as seen for state and schedule (protocol
    rule 28). The rest is as in `SeriesStatus`, the days all and newest first.
    """

    newest_day: Day | None = None
    newest_seen_day: Day | None = None
    complete_from: Day | None = None
    complete_at: datetime | None = None
    under_review: tuple[Day, ...] = ()
    withdrawn: tuple[Day, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusOrigin:
    """The part of the status that is configured and never changes while the process runs."""

    source: Source
    edge_purged: bool
    intervals: PollIntervals
    first_fix_day: Day = FIRST_FIX_DAY


def status_of(
    origin: StatusOrigin,
    health: UpstreamHealth,
    calendar: BankCalendar,
    known: Mapping[str, SeriesKnowledge],
    now: datetime,
) -> SyncStatus:
    """Return the whole status as of `now`; the FIX's limits are also the status' own."""
    newest_fix_day = known[FIX].newest_seen_day
    series = {
        name: _series_status(
            health.of(name),
            knowledge,
            ScheduleInputs(calendar, newest_fix_day, health.of(name).verified_at),
            origin.intervals,
        )
        for name, knowledge in known.items()
    }
    return SyncStatus(
        source=origin.source,
        transitions=transitions(calendar, newest_fix_day, now),
        verified_at=series[FIX].verified_at,
        fresh_until=series[FIX].fresh_until,
        usable_until=series[FIX].usable_until,
        breaker=health.breaker,
        breaker_since=health.breaker_since,
        upstream=health.upstream,
        edge_purged=origin.edge_purged and not health.purge_refused,
        window=WINDOW,
        series=series,
        clock_suspect=health.clock_suspect,
    )


def _series_status(
    verification: Verification,
    knowledge: SeriesKnowledge,
    inputs: ScheduleInputs,
    intervals: PollIntervals,
) -> SeriesStatus:
    verified = inputs.verified_at
    return SeriesStatus(
        verified_at=verified,
        fresh_until=fresh_until(inputs, intervals),
        usable_until=None if verified is None else usable_until(inputs.calendar, verified),
        unconfirmed_since=verification.unconfirmed_since,
        complete_from=knowledge.complete_from,
        complete_at=knowledge.complete_at,
        under_review=knowledge.under_review[:MAX_LISTED_DAYS],
        under_review_count=len(knowledge.under_review),
        withdrawn=knowledge.withdrawn[:MAX_LISTED_DAYS],
        withdrawn_count=len(knowledge.withdrawn),
    )


def worth_an_event(old: SyncStatus | None, new: SyncStatus) -> bool:
    """Tell whether `new` must be announced to workers (protocol rule 5).

    It must if a state changed, anything in `series` but `verified_at`, a `fresh_until` moved far
    enough, or a new day extends the table. Announcing each poll at noon would make workers discard
    every rendered answer.
    """
    if old is None or _states(old) != _states(new) or new_day(old, new):
        return True
    return any(
        _far_apart(old.series[name].fresh_until, series.fresh_until)
        for name, series in new.series.items()
    )


def new_day(old: SyncStatus, new: SyncStatus) -> bool:
    """Tell whether the tables of `old` were made on another Mexico City day."""
    return mexico_day(old.transitions[0].at) != mexico_day(new.transitions[0].at)


def _states(status: SyncStatus) -> tuple[object, ...]:
    """Return all that is announced whenever it changes."""
    timeless = {
        name: msgspec.structs.replace(series, verified_at=None, fresh_until=None, usable_until=None)
        for name, series in status.series.items()
    }
    return (
        status.source,
        status.breaker,
        status.upstream,
        status.edge_purged,
        status.window,
        status.clock_suspect,
        timeless,
    )


def _far_apart(old: datetime | None, new: datetime | None) -> bool:
    if old is None or new is None:
        return old is not new
    return abs(new - old) >= MOVED
