"""The record in one SQLite file.

The services look for the file before each transaction, so a file that was moved away is a database
that is away.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from driver.database import Database, DatabaseState


class SqliteDatabase(Database):
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
        """Move the file and SQLite's own files beside it away."""
        for file in self._files():
            file.rename(file.with_name(f"away-{file.name}"))

    def bring_back(self) -> None:
        """Move the files back."""
        for file in self._path.parent.glob(f"away-{self._path.name}*"):
            file.rename(file.with_name(file.name.removeprefix("away-")))

    def remember(self) -> DatabaseState:
        """Return a copy of the state now."""
        self._copies += 1
        copy = self._path.with_name(f"copy-{self._copies}.db")
        self.copy_to(copy)
        return DatabaseState(str(copy))

    def restore(self, state: DatabaseState) -> None:
        """Set the live database back to `state` by SQLite's own backup."""
        copy = contextlib.closing(sqlite3.connect(state.name))
        live = contextlib.closing(sqlite3.connect(self._path, timeout=10))
        with copy as source, live as target:
            source.backup(target)

    def copy_to(self, path: Path) -> None:
        """Write a copy that another platform can start from."""
        with self._open() as source, contextlib.closing(sqlite3.connect(path)) as target:
            source.backup(target)

    def rows(self, query: str, *parameters: object) -> Sequence[tuple[Any, ...]]:
        """Return what a query finds."""
        with self._open() as connection:
            rows: list[tuple[Any, ...]] = connection.execute(query, parameters).fetchall()
            return rows

    def _open(self, timeout: float = 5) -> Any:
        uri = f"file:{self._path}?mode=rw"
        return contextlib.closing(sqlite3.connect(uri, uri=True, timeout=timeout))

    def _files(self) -> list[Path]:
        return [
            file
            for suffix in ("", "-wal", "-shm")
            if (file := self._path.with_name(self._path.name + suffix)).exists()
        ]
