"""The record as the judges read it, in SQL of their own: what was recorded by when."""

import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from simulation.judging.validity import CLOCK_SECONDS
from simulation.world.database import Database

INSTANT = "%Y-%m-%d %H:%M:%S.%f"
CLOCK = timedelta(seconds=CLOCK_SECONDS)


@dataclass
class RecordReader:
    """Reads beside the platform, over a connection of its own."""

    database: Database
    _raw: sqlite3.Connection | None = None
    _version: int = 0
    _read: dict[tuple[Any, ...], list[Any]] = field(default_factory=dict)

    def rows(self, sql: str, *parameters: Any) -> list[Any]:
        """Return the rows of a query, on what is committed."""
        if self._raw is None:
            self._raw = sqlite3.connect(self.database.file, isolation_level=None)
        self._forget_what_changed(self._raw)
        key = (sql, *parameters)
        if key not in self._read:
            self._read[key] = self._raw.execute(sql, parameters).fetchall()
        return self._read[key]

    def _forget_what_changed(self, raw: sqlite3.Connection) -> None:
        """Judges ask the same of each worker; what nobody has committed since is the same."""
        (version,) = raw.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._read.clear()
        self._version = version

    def close(self) -> None:
        """Close the connection; the next query opens another."""
        if self._raw is not None:
            self._raw.close()
        self._raw = None
        self._read.clear()

    def recorded_at(self, event_id: str) -> datetime | None:
        """Return when an event was recorded, None where the record does not hold it."""
        rows = self.rows("SELECT recorded_at FROM outbox WHERE event_id = ?", event_id)
        return _instant(rows[0][0]) if rows else None

    def last_event_by(self, instant: datetime) -> datetime | None:
        """Return when the last event was recorded that is not later than `instant`."""
        rows = self.rows(
            "SELECT max(recorded_at) FROM outbox WHERE recorded_at <= ?", _text(instant)
        )
        return None if rows[0][0] is None else _instant(rows[0][0])

    def is_ahead(self, now: datetime) -> bool:
        """Tell whether it ends after `now`: on SQLite nobody may know that a clock is ahead."""
        (newest,) = self.rows("SELECT max(recorded_at) FROM outbox")[0]
        return newest is not None and _instant(newest) > now + CLOCK

    def values(self, series: str, first: date, last: date, by: datetime) -> dict[date, Decimal]:
        """Return the newest values of a series that were recorded by an instant, by day."""
        rows = self.rows(
            "SELECT date, value FROM observations WHERE series = ? AND date BETWEEN ? AND ?"
            " AND recorded_at <= ? ORDER BY date, revision",
            series,
            first.isoformat(),
            last.isoformat(),
            _text(by),
        )
        return {date.fromisoformat(day): Decimal(value) for day, value in rows}

    def value(self, series: str, day: date, by: datetime) -> Decimal | None:
        """Return the newest value of a day that was recorded by an instant."""
        return self.values(series, day, day, by).get(day)


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime(INSTANT)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
