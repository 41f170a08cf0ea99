"""Connections and transactions, with the same behaviour on SQLite and MySQL.

Everything in `store` goes through `reading` and `writing`, which translate the drivers' errors.
Never creates a database: only a migration does.

Isolation on MySQL is REPEATABLE READ: all selects of a reading transaction see one state of the
record. A writing one begins with a locking read of the lease (protocol rule 2), which opens no
snapshot, so the consistent read starts only after the lock is held. MySQL's session defaults differ
between servers and are never relied on.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, event, exc, make_url, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from rates_contracts import tls
from rates_contracts.cancellation import cancellation_prevails
from rates_contracts.deadline import deadline, refuse_after_deadline
from rates_sync.errors import StoreRefused, StoreUnavailable

LOCK_WAIT_SECONDS = 2
"""How long a statement waits for another transaction's lock (protocol rule 2)."""
SESSION_IDLE_SECONDS = 5
"""MySQL ends an idle session after this: a paused leader can't lock the lease row for hours."""
TRANSACTION_SECONDS = 5.0
"""A transaction that takes longer fails, at a distance after its round trips besides (rule 37)."""
MAX_ROUND_TRIPS = 25
"""Of a transaction: 12 of a recording, the rest to connect first."""
MAX_ROUND_TRIP_SECONDS = 0.5
"""A round trip that takes longer is a slow server's, not the distance."""

CONNECTIONS = 5
"""The most transactions at a time; others wait."""

DatabaseUtc = Callable[[AsyncConnection], Awaitable[datetime | None]]
"""Reads the database's clock on an open connection (aware UTC), None if it has none."""

_BEGIN = "sqlite_begin"
_ROUND_TRIPS = "round_trips"
_FILE = "file"
_REFUSALS = (exc.IntegrityError, exc.DataError)
_BUGS = (exc.ProgrammingError, exc.NotSupportedError)
_NO_SUCH_TABLE = 1146
_READ_ONLY = frozenset({1290, 1792, 1836})
"""MySQL's errors of a server or a session that can't write: another one is the writer now."""
_ENDING = frozenset({1053, 1079, 1152, 1184, 3168, 3169})
"""MySQL's errors of a server that shuts down, or of a session that it has ended."""


def open_engine(url: str, *, migrating: bool = False) -> AsyncEngine:
    """Return an engine for `mysql+asyncmy` or `sqlite+aiosqlite`; nothing is connected yet.

    `migrating` creates a missing SQLite file, and removes the time limit of statements on MySQL.
    Raises ValueError for other drivers, and for TLS options that `rates_contracts.tls` does not
    accept.
    """
    parsed = make_url(url)
    if parsed.drivername == "sqlite+aiosqlite":
        engine = _sqlite(parsed, mode="rwc" if migrating else "rw")
    elif parsed.drivername == "mysql+asyncmy":
        engine = _mysql(parsed, migrating=migrating)
    else:
        raise ValueError(f"no such database driver: {parsed.drivername}")
    for beginning in ("do_connect", "before_cursor_execute"):
        event.listen(engine.sync_engine, beginning, refuse_after_deadline)
    return engine


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Give one consistent snapshot of the record. Raises `StoreUnavailable`."""
    async with translated(transaction_seconds(engine)), engine.connect() as connection:
        yield connection


@asynccontextmanager
async def writing(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Give a transaction that commits at the end, or rolls back on any error.

    Raises `StoreUnavailable`, and `StoreRefused` for a value that the database does not take.
    """
    immediate = engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
    async with translated(transaction_seconds(engine)), immediate.begin() as connection:
        yield connection


def transaction_seconds(engine: AsyncEngine) -> float:
    """Return how long a transaction may take, which grows with the distance of the database."""
    return TRANSACTION_SECONDS + MAX_ROUND_TRIPS * distance(engine)


def distance(engine: AsyncEngine) -> float:
    """Return the measured seconds of a round trip to the database, 0 where there is none."""
    round_trips: RoundTrips | None = engine.get_execution_options().get(_ROUND_TRIPS)
    return 0.0 if round_trips is None else min(round_trips.shortest, MAX_ROUND_TRIP_SECONDS)


class RoundTrips:
    """How long the last statements took: the shortest of them is hardly more than its way."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=20)

    @property
    def shortest(self) -> float:
        """The seconds of a round trip, 0 before the first."""
        return min(self._seconds, default=0.0)

    def measure(self, engine: AsyncEngine) -> None:
        """Measure the statements of `engine`."""
        event.listen(engine.sync_engine, "before_cursor_execute", self._begin)
        event.listen(engine.sync_engine, "after_cursor_execute", self._end)

    def _begin(self, connection: Connection, *_: Any) -> None:
        connection.info[_ROUND_TRIPS] = monotonic()

    def _end(self, connection: Connection, *_: Any) -> None:
        self._seconds.append(monotonic() - connection.info[_ROUND_TRIPS])


@asynccontextmanager
async def translated(seconds: float = TRANSACTION_SECONDS) -> AsyncIterator[None]:
    """Limit the time inside, and raise the driver's errors as `StoreUnavailable`.

    So is a missing table, or a missing row that every migrated record has: on MySQL, where DDL
    can't be one transaction, a migration or a restore has not finished yet. `StoreRefused` is
    raised for a value that the database does not take. Once the time is up neither a statement nor
    a connection begins: asyncmy and the pool can lose the timeout's cancellation, and of quick
    statements in a row more than half went on without a bound.
    """
    try:
        with deadline(seconds), cancellation_prevails():
            async with asyncio.timeout(seconds):
                yield
    except _REFUSALS as error:
        raise StoreRefused(_cause(error)) from error
    except _BUGS as error:
        if not _lacks_a_table(error):
            raise
        raise StoreUnavailable(_cause(error)) from error
    except exc.NoResultFound as error:
        raise StoreUnavailable("a table lacks its only row") from error
    except (exc.DBAPIError, exc.TimeoutError, OSError) as error:
        raise StoreUnavailable(_cause(error)) from error


async def utc_of(connection: AsyncConnection) -> datetime | None:
    """Return the server's clock (aware UTC); None on SQLite, whose clock is this process's."""
    if connection.dialect.name != "mysql":
        return None
    now: datetime = (await connection.execute(text("SELECT UTC_TIMESTAMP(6)"))).scalar_one()
    return now.replace(tzinfo=UTC)


def _lacks_a_table(error: exc.DBAPIError) -> bool:
    """MySQL's driver reports a table that is not restored yet as a programming error."""
    return error.orig is not None and error.orig.args[:1] == (_NO_SUCH_TABLE,)


def _cause(error: Exception) -> str:
    """Return the driver's message without the statement and its parameters."""
    return str(error.orig if isinstance(error, exc.DBAPIError) else error) or type(error).__name__


def _sqlite(url: URL, mode: str) -> AsyncEngine:
    """Connections are pooled: a new one costs a thread and several times the cost of a read."""
    uri = url.set(database=f"file:{quote(url.database or '')}", query={"mode": mode, "uri": "true"})
    engine = create_async_engine(
        uri,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=TRANSACTION_SECONDS,
        connect_args={"factory": _SqliteConnection},
    )
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    _refuse_another_file(engine, Path(url.database or ""))
    return engine


class _SqliteConnection(sqlite3.Connection):
    """A connection whose transaction ends when it is closed.

    SQLite closes a connection only once its last statement is finalized. The traceback of a
    cancelled query refers to its statement, so that the transaction kept its lock until a garbage
    collection: a shutdown could not release the lease, "database is locked".
    """

    def close(self) -> None:
        """Roll back, then close; the driver closes some connections twice."""
        with suppress(sqlite3.ProgrammingError):
            self.rollback()
        super().close()


def _refuse_another_file(engine: AsyncEngine, file: Path) -> None:
    """The next transaction notices a file that was replaced or removed."""

    def opened(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[_FILE] = _identity(file)

    def taken(_connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        if record.info[_FILE] != _identity(file):
            raise exc.DisconnectionError("the record's file was replaced or removed")

    event.listen(engine.sync_engine, "connect", opened)
    event.listen(engine.sync_engine, "checkout", taken)


def _identity(file: Path) -> tuple[int, int] | None:
    """Return device and inode, which stay unique while a connection holds the file open."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """The driver's own BEGIN comes too late for consistent reads, so it is turned off."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {LOCK_WAIT_SECONDS * 1000}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """A writing transaction takes the lock first: upgrading a read would fail at once."""
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


def _mysql(url: URL, *, migrating: bool) -> AsyncEngine:
    connect = {
        "init_command": _SESSION,
        "connect_timeout": LOCK_WAIT_SECONDS,
        "read_timeout": None if migrating else TRANSACTION_SECONDS,
        "ssl": tls.tls_context(url.query),
    }
    address = url.difference_update_query(tls.OPTIONS).update_query_dict({"charset": "utf8mb4"})
    if migrating:
        return create_async_engine(address, poolclass=NullPool, connect_args=connect)
    round_trips = RoundTrips()
    engine = create_async_engine(
        address,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=TRANSACTION_SECONDS,
        pool_pre_ping=True,
        connect_args=connect,
        execution_options={_ROUND_TRIPS: round_trips},
    )
    round_trips.measure(engine)
    event.listen(engine.sync_engine, "handle_error", _leave_a_lost_server)
    return engine


def _leave_a_lost_server(context: ExceptionContext) -> None:
    """Give up the whole pool after an error that its other connections would meet, too.

    Protocol rule 36: the pool's ping does not see that a server or a session is read-only. Nor does
    SQLAlchemy know that asyncmy has closed a connection if it says "Cancelled during execution".
    """
    code = next(iter(context.original_exception.args), None)
    closed = isinstance(context.sqlalchemy_exception, exc.InterfaceError) and code == 0
    if closed or code in _READ_ONLY or code in _ENDING:
        context.is_disconnect = True


_SESSION = (
    f"SET SESSION innodb_lock_wait_timeout = {LOCK_WAIT_SECONDS},"
    f" lock_wait_timeout = {LOCK_WAIT_SECONDS},"
    f" wait_timeout = {SESSION_IDLE_SECONDS},"
    " transaction_isolation = 'REPEATABLE-READ', sql_mode = 'TRADITIONAL', time_zone = '+00:00'"
)
"""TRADITIONAL: a value that does not fit its column is an error, never truncated (rule R8)."""
