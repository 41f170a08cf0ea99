"""Everything a worker knows, as of one event of the record.

It never changes: an event makes a new one. A request takes it once (protocol rule 16).
"""

import dataclasses
from collections.abc import Mapping
from datetime import date as Day
from datetime import datetime
from typing import Literal

from rates_api.snapshot.history import SeriesHistory
from rates_contracts.averages import Average
from rates_contracts.calendar import BankCalendar
from rates_contracts.events import Head
from rates_contracts.observation import FIRST_FIX_DAY, FIX, SETTLEMENT, Observation
from rates_contracts.status import DATA_STATUS_DAYS, DataStatusDay, SeriesStatus, SyncStatus

Feed = Literal["redis", "database"]
"""`redis`: the stream is being read and the position is the record's head (protocol rule 15)."""

EMPTY = SeriesHistory.of(())


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """The record as of `head`."""

    head: Head
    status: SyncStatus
    averages: tuple[Average, ...]
    """The averages of the coming days, ascending by window and `at`."""
    calendar: BankCalendar
    series: Mapping[str, SeriesHistory]
    """By series; FIX and settlement are always present, empty before their first observation."""
    feed: Feed = "database"
    clock_suspect: bool = dataclasses.field(default=False, compare=False)
    """The worker's clock disagrees with the database's (protocol rule 33); no content."""
    ended_days: tuple[DataStatusDay, ...] = ()
    """The data status of the newest days that have ended, ascending; at most `DATA_STATUS_DAYS`."""

    @property
    def fix(self) -> SeriesHistory:
        """Return the FIX by determination date."""
        return self.series[FIX]

    @property
    def settlement(self) -> SeriesHistory:
        """Return the rate by settlement date."""
        return self.series[SETTLEMENT]

    @property
    def first_recorded_at(self) -> datetime | None:
        """Return when the first observation of any series was recorded, None without any."""
        instants = (history.first_recorded_at for history in self.series.values())
        return min((instant for instant in instants if instant is not None), default=None)

    @property
    def data_status(self) -> tuple[DataStatusDay, ...]:
        """Return the data status of the newest days, ascending; at most `DATA_STATUS_DAYS`.

        The last day is that of the newest event, counted until then. Days that rates-sync did not
        count are left out: all, where it is of an earlier version.
        """
        counted = self.status.counted
        return () if counted is None else (*self.ended_days, counted.day)[-DATA_STATUS_DAYS:]

    def fix_recorded_at(self, day: Day) -> datetime | None:
        """Return when a FIX of `day` was first recorded (UTC), None while none is."""
        first = self.fix.revision(day, 1)
        return None if first is None else first.recorded_at

    def series_status(self, series: str) -> SeriesStatus:
        """Return what is known of `series`: in a status of the first edition all its history."""
        return self.status.series.get(series) or SeriesStatus(
            verified_at=self.status.verified_at,
            fresh_until=self.status.fresh_until,
            usable_until=self.status.usable_until,
            complete_from=FIRST_FIX_DAY,
            complete_at=self.first_recorded_at,
        )

    def with_feed(self, feed: Feed) -> "Snapshot":
        """Return the same content fed by `feed`, itself if unchanged."""
        return self if feed == self.feed else dataclasses.replace(self, feed=feed)

    def with_clock(self, *, suspect: bool) -> "Snapshot":
        """Return the same content under a clock that is suspect or not, itself if unchanged."""
        if suspect == self.clock_suspect:
            return self
        return dataclasses.replace(self, clock_suspect=suspect)


def histories(observations: Mapping[str, list[Observation]]) -> dict[str, SeriesHistory]:
    """Build the histories of a snapshot by series; those of both kinds are always present."""
    series = {FIX: EMPTY, SETTLEMENT: EMPTY}
    return series | {name: SeriesHistory.of(rows) for name, rows in observations.items()}
