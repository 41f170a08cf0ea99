"""The record as a scenario sees it: locked, gone, restored, and what it holds.

The services open SQLite's file for each connection, so a file that was moved away is a database
that is away. The driver reads through the read views where there is one.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import date as Day
from pathlib import Path
from typing import Any

from rates_contracts.events import Event, Head, Position, decode_event
from rates_contracts.views import HEAD, RATE_HISTORY


@dataclass(frozen=True)
class DatabaseState:
    """A copy of the whole database, for `restore`."""

    path: Path


class NativeDatabase:
    """One SQLite file, absent until rates-sync has created it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._copies = 0

    @property
    def url(self) -> str:
        """Return the URL for the services."""
        return f"sqlite+aiosqlite:///{self._path}"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the one write lock for as long as the block lasts."""
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=5)
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.rollback()
        finally:
            connection.close()

    def writable(self) -> bool:
        """Tell whether nobody holds the write lock."""
        with self._open(timeout=0.1) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            connection.rollback()
        return True

    def take_away(self) -> None:
        """Make the database unreachable."""
        for file in self._files():
            file.rename(file.with_name(f"away-{file.name}"))

    def bring_back(self) -> None:
        """Make it reachable again, as it was."""
        for file in self._path.parent.glob(f"away-{self._path.name}*"):
            file.rename(file.with_name(file.name.removeprefix("away-")))

    def remember(self) -> DatabaseState:
        """Return a copy of the state now."""
        self._copies += 1
        copy = self._path.with_name(f"copy-{self._copies}.db")
        with self._open() as source, contextlib.closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        return DatabaseState(copy)

    def restore(self, state: DatabaseState) -> None:
        """Set the live database back to `state`, as a restore from a backup does."""
        copy = contextlib.closing(sqlite3.connect(state.path))
        live = contextlib.closing(sqlite3.connect(self._path, timeout=10))
        with copy as source, live as target:
            source.backup(target)

    def copy_to(self, path: Path) -> None:
        """Write a copy that another platform can start from."""
        with self._open() as source, contextlib.closing(sqlite3.connect(path)) as target:
            source.backup(target)

    def head(self) -> Head:
        """Return the record's head."""
        query = f"SELECT timeline, position, event_id, recorded_at FROM {HEAD}"
        ((timeline, position, event_id, recorded_at),) = self._rows(query)
        at = datetime.fromisoformat(recorded_at).replace(tzinfo=UTC)
        return Head(timeline, position, event_id, at)

    def events(self) -> list[Event]:
        """Return the outbox in the order of the positions."""
        rows = self._rows("SELECT document FROM outbox ORDER BY timeline, position")
        return [decode_event(document) for (document,) in rows]

    def revisions(self, series: str, day: Day) -> list[str]:
        """Return every value that was recorded for the day, oldest revision first."""
        query = f"SELECT value FROM {RATE_HISTORY} WHERE series = ? AND date = ? ORDER BY revision"
        return [value for (value,) in self._rows(query, series, day.isoformat())]

    def count(self, series: str) -> int:
        """Return how many days of the series are recorded."""
        query = f"SELECT count(DISTINCT date) FROM {RATE_HISTORY} WHERE series = ?"
        ((count,),) = self._rows(query, series)
        return int(count)

    def quota_used(self, day: Day) -> int:
        """Return how much of the day's request quota is spent."""
        rows = self._rows("SELECT used FROM quota WHERE day = ?", day.isoformat())
        return int(rows[0][0]) if rows else 0

    def quarantined(self) -> list[tuple[str, str]]:
        """Return what was set aside: the raw datum and the reason."""
        return [(raw, reason) for raw, reason in self._rows("SELECT raw, reason FROM quarantine")]

    @property
    def at(self) -> Position:
        """Return where the record stands."""
        return self.head().at

    def _rows(self, query: str, *parameters: object) -> Sequence[tuple[Any, ...]]:
        with self._open() as connection:
            rows: list[tuple[Any, ...]] = connection.execute(query, parameters).fetchall()
            return rows

    def _open(self, timeout: float = 5) -> Any:
        uri = f"file:{self._path}?mode=rw"
        return contextlib.closing(sqlite3.connect(uri, uri=True, timeout=timeout))

    def _files(self) -> list[Path]:
        """Return the database's file and SQLite's own files beside it."""
        return [
            file
            for suffix in ("", "-wal", "-shm")
            if (file := self._path.with_name(self._path.name + suffix)).exists()
        ]
