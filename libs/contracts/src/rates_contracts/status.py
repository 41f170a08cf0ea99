"""What rates-sync knows of the source and its freshness, as absolute instants (rule R7).

It is part of every event. A worker compares the instants with its own clock and computes no
calendar. `transitions` is the table of protocol rule 17: what holds from an instant on if nothing
new arrives.
"""

from collections.abc import Collection
from datetime import date as Day
from datetime import datetime, time, timedelta
from typing import Literal

import msgspec

from rates_contracts.observation import Source

State = Literal["fresh", "closed_day", "awaiting_publication", "late"]
"""By the calendar; past `fresh_until` a worker says `unverified` instead."""

FreshnessState = Literal["fresh", "closed_day", "awaiting_publication", "late", "unverified"]

BreakerState = Literal["closed", "half_open", "open"]

Upstream = Literal["unknown", "ok", "failing", "rate_limited", "bad_token", "quota_exhausted"]
"""How the last request to Banxico ended."""


MAX_EDGE_SECONDS = 3600
"""The longest `s-maxage`, where nothing shortens it (protocol rule 21)."""


MAX_CLOCK_OFFSET = timedelta(seconds=60)
"""How far two clocks may be apart before one of them is suspect (protocol rule 33)."""


class Transition(msgspec.Struct, frozen=True, array_like=True):
    """The state from `at` until the next row, and how long an answer may be cached.

    `next_publication_at` is the next instant at which a FIX is expected; one after the bank
    calendar's last day claims nothing. `in_window` tells whether Banxico is polled then (a breaker
    that is not closed degrades only there, protocol rule 18), `edge_seconds` is the longest
    `s-maxage` of an answer that a publication would change.
    """

    at: datetime
    state: State
    next_publication_at: datetime
    in_window: bool
    edge_seconds: int


MAX_LISTED_DAYS = 50
"""The most days of `under_review` and `withdrawn`; their counts tell how many there are."""


class SeriesStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one series (protocol rules 25, 27 and 28); instants are UTC.

    `verified_at` is the last answer that confirmed the series; past `fresh_until` its values are
    unverified, past `usable_until` none passes as current. `unconfirmed_since` is the first of the
    answers since then that did not confirm it, null while the last one did.

    All days from `complete_from` on have been asked for, so that a day without a value has none;
    null while no day has. `complete_at` is the instant at which the whole history first was, null
    before. `under_review` are days whose newest published value is in quarantine, `withdrawn` days
    whose recorded value the source has withdrawn: newest first, at most `MAX_LISTED_DAYS`.
    """

    verified_at: datetime | None = None
    fresh_until: datetime | None = None
    usable_until: datetime | None = None
    unconfirmed_since: datetime | None = None
    complete_from: Day | None = None
    complete_at: datetime | None = None
    under_review: tuple[Day, ...] = ()
    under_review_count: int = 0
    withdrawn: tuple[Day, ...] = ()
    withdrawn_count: int = 0


def oldest_told(listed: Collection[Day], count: int) -> Day:
    """Return the day before which any may be one of `count` days, the newest of which are `listed`.

    `Day.min` where all are listed.
    """
    return min(listed, default=Day.max) if count > len(listed) else Day.min


class PollingWindow(msgspec.Struct, frozen=True):
    """When Banxico is polled on banking days, in Mexico City wall time."""

    opens: time = time(7, 0)
    closes: time = time(17, 0)
    time_zone: str = "America/Mexico_City"


DATA_STATUS_DAYS = 90
"""So many days of data status travel to workers; the record keeps more."""


class DataStatusDay(msgspec.Struct, frozen=True, array_like=True):
    """How a day in Mexico City went, in whole seconds of its polling window (protocol rule 47).

    They are counted by what was recorded at each moment. In `verified_seconds` the values of both
    series counted as verified, in `unverified_seconds` those of one did not. In
    `breaker_open_seconds`, which are part of these, the breaker was not closed. All are zero on a
    day without a window. Verified and unverified are less than the window where nobody counted: the
    day has not ended, or an earlier version of rates-sync led.
    """

    date: Day
    verified_seconds: int = 0
    unverified_seconds: int = 0
    breaker_open_seconds: int = 0


class CountedDay(msgspec.Struct, frozen=True):
    """A day that has not ended, counted `until` an instant (UTC)."""

    day: DataStatusDay
    until: datetime


class SyncStatus(msgspec.Struct, frozen=True):
    """Everything that decides how good an answer is; instants are UTC.

    `verified_at` is the last good answer of Banxico, null before the first. Past `fresh_until` a
    value is unverified; past `usable_until` it no longer passes as current: all three are the
    FIX's, as in `series`. `transitions` covers the coming 10 days, its first row is not later than
    the recording. `series` is empty in a status of the first edition, which means: everything since
    1991-11-12 is known. `clock_suspect` tells that rates-sync's clock disagrees with Banxico's or
    the database's (protocol rule 33). `counted` is the data status of the day of the recording,
    null in a status of an earlier version.
    """

    source: Source
    transitions: tuple[Transition, ...]
    verified_at: datetime | None = None
    fresh_until: datetime | None = None
    usable_until: datetime | None = None
    breaker: BreakerState = "closed"
    breaker_since: datetime | None = None
    upstream: Upstream = "unknown"
    edge_purged: bool = False
    window: PollingWindow = PollingWindow()
    series: dict[str, SeriesStatus] = {}
    clock_suspect: bool = False
    counted: CountedDay | None = None
