"""The record as a scenario sees it: what it holds, and what can be done to it.

The driver reads through the read views where there is one. `sqlite` and `mysql` are the two kinds.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import date as Day
from typing import Any

from rates_contracts.events import Event, Head, Position, decode_event
from rates_contracts.views import HEAD, RATE_HISTORY


@dataclass(frozen=True)
class DatabaseState:
    """A copy of the whole database, for `restore`; the name says where it lies."""

    name: str


class Database(ABC):
    """The record of one platform, empty until rates-sync has created it."""

    @abstractmethod
    def locked(self) -> AbstractContextManager[None]:
        """Keep rates-sync from writing for as long as the block lasts."""

    @abstractmethod
    def writable(self) -> bool:
        """Tell whether nobody keeps others from writing."""

    @abstractmethod
    def take_away(self) -> None:
        """Make the database unreachable."""

    @abstractmethod
    def bring_back(self) -> None:
        """Make it reachable again, as it was."""

    @abstractmethod
    def remember(self) -> DatabaseState:
        """Return a copy of the state now."""

    @abstractmethod
    def restore(self, state: DatabaseState) -> None:
        """Set the live database back to `state`, as a restore from a backup does."""

    @abstractmethod
    def rows(self, query: str, *parameters: object) -> Sequence[tuple[Any, ...]]:
        """Return what a query finds; `?` stands for a parameter."""

    @property
    def at(self) -> Position:
        """Return where the record stands."""
        return self.head().at

    def head(self) -> Head:
        """Return the record's head."""
        query = f"SELECT timeline, position, event_id, recorded_at FROM {HEAD}"
        ((timeline, position, event_id, recorded_at),) = self.rows(query)
        at = datetime.fromisoformat(str(recorded_at)).replace(tzinfo=UTC)
        return Head(timeline, position, event_id, at)

    def events(self) -> list[Event]:
        """Return the outbox in the order of the positions."""
        rows = self.rows("SELECT document FROM outbox ORDER BY timeline, position")
        return [decode_event(document) for (document,) in rows]

    def revisions(self, series: str, day: Day) -> list[str]:
        """Return every value that was recorded for the day, oldest revision first."""
        query = f"SELECT value FROM {RATE_HISTORY} WHERE series = ? AND date = ? ORDER BY revision"
        return [value for (value,) in self.rows(query, series, day.isoformat())]

    def count(self, series: str) -> int:
        """Return how many observations of the series are recorded, every revision counted.

        Those that no event has announced yet count, too: the views don't show them.
        """
        ((count,),) = self.rows("SELECT count(*) FROM observations WHERE series = ?", series)
        return int(count)

    def quota_used(self, day: Day) -> int:
        """Return how much of the day's request quota is spent."""
        rows = self.rows("SELECT used FROM quota WHERE day = ?", day.isoformat())
        return int(rows[0][0]) if rows else 0
