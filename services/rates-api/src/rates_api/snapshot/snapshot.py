"""Everything a worker knows, as of one event of the record.

Made by the loaders and by `consume.projection`, read by every answer. A request takes it once and
finds or stores its rendered bytes only there (protocol rule 16). It never changes: news makes a
new one, with nothing rendered yet.
"""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from rates_api.snapshot.history import SeriesHistory
from rates_contracts.averages import Average
from rates_contracts.calendar import BankCalendar
from rates_contracts.events import Head
from rates_contracts.observation import FIX, SETTLEMENT, Observation
from rates_contracts.status import SyncStatus

Feed = Literal["redis", "database"]
"""`redis`: the stream is being read and the position is the record's head (protocol rule 15)."""

EMPTY = SeriesHistory.of(())


@dataclasses.dataclass(frozen=True)
class View:
    """The series and the calendar as they were known at `instant`, for `as_of` answers."""

    instant: datetime
    series: Mapping[str, SeriesHistory]
    calendar: BankCalendar


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """The record as of `head`; compared by content, never by what has been rendered from it."""

    head: Head
    status: SyncStatus
    averages: tuple[Average, ...]
    """The averages of the coming days, ascending by window and `at`."""
    calendar: BankCalendar
    series: Mapping[str, SeriesHistory]
    """FIX and settlement are always there, empty before their first observation."""
    feed: Feed = "database"
    rendered: dict[Any, Any] = dataclasses.field(
        default_factory=dict, compare=False, repr=False, init=False
    )
    """What has been rendered from this snapshot; empty in every new one (protocol rule 16)."""
    finished: dict[tuple[str, bytes], Any] = dataclasses.field(
        default_factory=dict, compare=False, repr=False, init=False
    )
    """What of it is ready to be sent, by path and query string as they come in a request."""

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
        """Return when the first observation of any series was recorded, null without any."""
        instants = (history.first_recorded_at for history in self.series.values())
        return min((instant for instant in instants if instant is not None), default=None)

    def with_feed(self, feed: Feed) -> "Snapshot":
        """Return the same content fed by `feed`, with nothing rendered; itself if unchanged."""
        return self if feed == self.feed else dataclasses.replace(self, feed=feed)

    def as_of(self, instant: datetime) -> View:
        """Return the series and the calendar as known at `instant` (UTC)."""
        series = {name: history.as_of(instant) for name, history in self.series.items()}
        return View(instant, series, self.calendar.as_of(instant))


def histories(observations: Mapping[str, list[Observation]]) -> dict[str, SeriesHistory]:
    """Build the histories of a snapshot, those of both kinds always among them."""
    series = {FIX: EMPTY, SETTLEMENT: EMPTY}
    return series | {name: SeriesHistory.of(rows) for name, rows in observations.items()}
