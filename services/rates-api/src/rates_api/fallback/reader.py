"""The record as one consistent snapshot, and its head (protocol rules 12 and 14).

One connection, one transaction, `head_v1` first; sequential, never `asyncio.gather`: parallel reads
could mix two positions. The engine can't write.
"""

import asyncio
import decimal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

import msgspec
import structlog
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rates_api.errors import FallbackUnavailable, NothingRecorded
from rates_api.fallback import queries
from rates_api.snapshot.snapshot import Snapshot, histories
from rates_contracts.answers import PublicKey
from rates_contracts.averages import Average
from rates_contracts.calendar import BankCalendar
from rates_contracts.cancellation import cancellation_prevails
from rates_contracts.deadline import deadline
from rates_contracts.events import Head
from rates_contracts.status import DataStatusDay, SyncStatus

log = structlog.get_logger(__name__)

UNREADABLE = (
    msgspec.DecodeError,
    decimal.InvalidOperation,
    ValueError,
    # While a dump is loaded, mysqldump's placeholders replace the views: rows of ones.
    TypeError,
    AttributeError,
)
KEYS_SECONDS = 2.0
MAX_ROWS_PER_TURN = 1000
"""Rows decoded before the event loop runs again: a load must not delay requests (rule R6)."""


class DatabaseReader:
    """Reads the record through its views."""

    def __init__(self, engine: AsyncEngine, *, name: str, timeout: float) -> None:
        """Count loads as `name`; head and load take `timeout` seconds at most."""
        self.name = name
        self._engine = engine
        self._timeout = timeout

    async def head(self) -> Head:
        """Return the record's head. Raises `FallbackUnavailable`, `NothingRecorded`."""
        async with self._transaction() as connection:
            return await _head(connection)

    async def clock(self) -> datetime | None:
        """Return the database's clock (UTC), None where it has none of its own, as SQLite.

        Raises `FallbackUnavailable`.
        """
        if self._engine.dialect.name == "sqlite":
            return None
        async with self._transaction() as connection:
            now: datetime = (await connection.execute(queries.SELECT_CLOCK)).scalar_one()
            return now.replace(tzinfo=UTC)

    async def public_keys(self) -> tuple[PublicKey, ...]:
        """Return every key that was ever signed with, oldest first. Raises `FallbackUnavailable`.

        Within `KEYS_SECONDS`: a warm-up waits for it.
        """
        async with reading(self._engine, min(KEYS_SECONDS, self._timeout)) as connection:
            return await read_public_keys(connection)

    async def load(self) -> Snapshot:
        """Return the whole record as of one event.

        Raises `FallbackUnavailable`, `NothingRecorded`.
        """
        async with self._transaction() as connection:
            head = await _head(connection)
            status = await _document(connection, queries.SELECT_STATUS, SyncStatus)
            return Snapshot(
                head=head,
                status=status,
                calendar=await _document(connection, queries.SELECT_CALENDAR, BankCalendar),
                averages=await _averages(connection),
                series=histories(await _observations(connection)),
                ended_days=await _ended_days(connection, status),
            )

    def _transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return reading(self._engine, self._timeout)


@asynccontextmanager
async def reading(engine: AsyncEngine, seconds: float) -> AsyncIterator[AsyncConnection]:
    """Give a transaction that only reads, for `seconds` at most. Raises `FallbackUnavailable`."""
    try:
        with deadline(seconds), cancellation_prevails():
            async with (
                asyncio.timeout(seconds),
                engine.connect() as connection,
                connection.begin(),
            ):
                yield connection
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        raise FallbackUnavailable(f"{type(error).__name__}: {error}") from error
    except UNREADABLE as error:
        raise FallbackUnavailable(f"a row can't be read: {error}") from error


async def read_public_keys(connection: AsyncConnection) -> tuple[PublicKey, ...]:
    """Return every key that was ever signed with, oldest first."""
    rows = await connection.execute(queries.SELECT_SIGNING_KEYS)
    return tuple(sorted(map(queries.public_key_of, rows), key=attrgetter("created_at", "kid")))


async def _head(connection: AsyncConnection) -> Head:
    row = (await connection.execute(queries.SELECT_HEAD)).one_or_none()
    if row is None:
        raise NothingRecorded("the record has no head")
    return queries.head_of(row)


async def _document(connection: AsyncConnection, select: Any, kind: Any) -> Any:
    """Return the one document of a view."""
    row = (await connection.execute(select)).one_or_none()
    if row is None:
        raise NothingRecorded(f"the record has no {kind.__name__}")
    return msgspec.json.decode(row.document, type=kind)


async def _averages(connection: AsyncConnection) -> tuple[Average, ...]:
    rows = (await connection.execute(queries.SELECT_AVERAGES)).all()
    averages = [msgspec.json.decode(row.document, type=Average) for row in rows]
    return tuple(sorted(averages, key=lambda average: (average.window, average.at)))


async def _ended_days(connection: AsyncConnection, status: SyncStatus) -> tuple[DataStatusDay, ...]:
    """Return the newest days that have ended, ascending; none where they can't be read.

    Where the status counts none, an older rates-sync leads: its record may have no such view. Where
    one is there that this account was never granted, rates matter more than their bars.
    """
    if status.counted is None:
        return ()
    try:
        rows = await connection.execute(queries.SELECT_DATA_STATUS)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        log.warning("data_status_unreadable", error=str(error.orig))
        return ()
    return tuple(reversed([queries.day_of(row) for row in rows]))


async def _observations(connection: AsyncConnection) -> dict[str, list[Any]]:
    rows = queries.ObservationRows()
    # Before a newer rates-sync has migrated the record, its view has one column less.
    columns = (await connection.execute(queries.SELECT_NO_HISTORY)).keys()
    is_placed = "position" in columns
    select = queries.SELECT_HISTORY if is_placed else queries.SELECT_HISTORY_WITHOUT_POSITIONS
    result = await connection.stream(select)
    async for partition in result.partitions(MAX_ROWS_PER_TURN):
        rows.add(partition)
    return rows.by_series
