"""The record in SQLite, without threads: each statement is a request that may fail on the way.

The services' own engines are used; only how they connect is replaced. `mysql` is a mode in which
what differs between the two databases is as on MySQL: the server has a clock, and ends a session
that is idle inside a transaction.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import event, exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.util import await_only

from rates_api.fallback.engine import open_engine as open_reading
from rates_sync.store.engine import LOCK_WAIT_SECONDS, SESSION_IDLE_SECONDS
from rates_sync.store.engine import open_engine as open_writing
from simulation.world.clock import VirtualTime
from simulation.world.network import Link, Machine, Unreachable

_Answer = TypeVar("_Answer")

LOCK_LOOK_SECONDS = 0.05
READER_POOL, READER_TIMEOUT = 20, 5.0
_CHANGES = ("insert", "update", "delete", "create", "alter")
_WRITES = (*_CHANGES, "begin immediate")
_RENEWAL = "update lease"


class _Nothing:
    """Awaits nothing; SQLAlchemy insists on an await in each statement."""

    def __await__(self) -> Generator[Any, None, None]:
        """Return without waiting."""
        yield from ()


_NOTHING: Awaitable[None] = _Nothing()


class Session:
    """A connection of SQLAlchemy's, whose statements are requests over a link.

    What the driver's thread would do is done inline. Only where something is in the way is anything
    awaited, by the greenlet that SQLAlchemy runs it in.
    """

    def __init__(self, server: "Database", link: Link, raw: sqlite3.Connection) -> None:
        """Let `raw` be reached over `link`."""
        self._server, self._link, self._raw = server, link, raw
        self._statement_at = server.time.seconds
        self._records = False
        self.ended = False
        server.sessions.append(self)

    @property
    def _connection(self) -> "Session":
        """Return the driver's connection, as SQLAlchemy asks for it."""
        return self

    @property
    def isolation_level(self) -> str | None:
        """Return how the driver begins transactions."""
        return self._raw.isolation_level

    @isolation_level.setter
    def isolation_level(self, value: Any) -> None:
        self._raw.isolation_level = value

    def cursor(self, server_side: bool = False) -> "Cursor":
        """Return a cursor; its rows arrive with the answer."""
        del server_side
        return Cursor(self)

    def create_function(self, *args: Any, **kwargs: Any) -> None:
        """Create a function, here."""
        self._raw.create_function(*args, **kwargs)

    def run(self, statement: Callable[..., sqlite3.Cursor], sql: str, parameters: Any) -> "Rows":
        """Send a statement; return its answer."""
        words = sql[:20].lower()
        if words.startswith("pragma busy_timeo"):  # SQLite would wait in real time.
            return Rows(self._raw.execute("PRAGMA busy_timeout = 0"))
        self._reach()
        if self._server.read_only and words.startswith(_WRITES):
            raise sqlite3.OperationalError("1290: the server is read-only")
        rows = self._after_locks(lambda: Rows(statement(self._raw, sql, parameters)))
        self._records |= words.startswith(_CHANGES) and not words.startswith(_RENEWAL)
        self._receive()
        return rows

    def commit(self) -> None:
        """Commit: what is recorded then is judged at once, whether the answer arrives or not."""
        self._reach()
        changes, records = self._raw.in_transaction, self._records
        self._after_locks(self._raw.commit)
        self._records = False
        if changes:
            self._server.on_lease(self._link.machine)
        if records:
            self._server.on_commit(self._link.machine)
        self._receive()
        if records:
            self._server.on_answered(self._link.machine)

    def rollback(self) -> None:
        """Roll back; a dead machine's sessions are rolled back by the server."""
        if self.ended:
            return
        if not self._link.machine.dead:
            self._reach()
        self._raw.rollback()
        self._records = False

    def close(self) -> None:
        """Close at once, which rolls back."""
        self.end()
        if self in self._server.sessions:
            self._server.sessions.remove(self)

    terminate = close

    def end(self) -> None:
        """End the session as a server does: nothing of its transaction is left."""
        if not self.ended:
            self._server.take_back(self._raw)
        self.ended = True

    def of(self, machine: Machine) -> bool:
        """Tell whether it is the session of `machine`."""
        return self._link.machine is machine

    @property
    def idle_in_transaction(self) -> float:
        """Return for how many seconds its transaction has waited for a statement."""
        waits = not self.ended and self._raw.in_transaction
        return self._server.time.seconds - self._statement_at if waits else 0.0

    def _reach(self) -> None:
        with _refused():
            at_once = self.ended or self._link.send_at_once()
            await_only(_NOTHING if at_once else self._link.send())
        self._refuse_ended()

    def _receive(self) -> None:
        self._statement_at = self._server.time.seconds
        with _refused():
            if not self._link.receive_at_once():
                await_only(self._link.receive())

    def _after_locks(self, statement: Callable[[], _Answer]) -> _Answer:
        until = self._server.time.seconds + LOCK_WAIT_SECONDS
        while True:
            try:
                return statement()
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or self._server.time.seconds >= until:
                    raise
            await_only(asyncio.sleep(LOCK_LOOK_SECONDS))
            self._reach()

    def _refuse_ended(self) -> None:
        if self.ended:
            raise sqlite3.OperationalError("the server has ended the session")


class Rows:
    """The answer to a statement, whole."""

    def __init__(self, answer: sqlite3.Cursor) -> None:
        """Read it all."""
        self.description, self.lastrowid = answer.description, answer.lastrowid
        self.rows = deque(answer.fetchall() if answer.description else ())
        self.rowcount = answer.rowcount
        answer.close()


class Cursor:
    """A cursor of SQLAlchemy's."""

    server_side = False
    arraysize = 1

    def __init__(self, session: Session) -> None:
        """Execute in `session`."""
        self._session = session
        self._answer: Rows | None = None

    def execute(self, sql: str, parameters: Any = ()) -> None:
        """Execute a statement."""
        self._answer = self._session.run(sqlite3.Connection.execute, sql, parameters)

    def executemany(self, sql: str, parameters: Any) -> None:
        """Execute a statement for each of `parameters`."""
        self._answer = self._session.run(sqlite3.Connection.executemany, sql, parameters)

    def __getattr__(self, name: str) -> Any:
        """Return what the answer says: its description, how many rows it concerns."""
        return getattr(self._answer, name)

    def fetchone(self) -> Any:
        """Return the next row, None without one."""
        return self.rows.popleft() if self.rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return the next rows."""
        return [self.rows.popleft() for _ in range(min(size or 1, len(self.rows)))]

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        rows = list(self.rows)
        self.rows.clear()
        return rows

    def setinputsizes(self, *_: Any) -> None:
        """Say nothing about types."""

    def close(self) -> None:
        """Do nothing: nothing is left at the server."""

    async def _async_soft_close(self) -> None:
        """Do nothing, when SQLAlchemy asks."""


@contextmanager
def _refused() -> Iterator[None]:
    """Raise the driver's error for a part that can't be reached."""
    try:
        yield
    except Unreachable as error:
        raise sqlite3.OperationalError(str(error)) from error


@dataclass
class Database:
    """The server: a file, its sessions, and what is wrong with it."""

    file: Path
    time: VirtualTime
    mysql: bool
    on_commit: Callable[[Machine], None] = lambda _: None
    """Called after each commit that has changed more than the lease."""
    on_lease: Callable[[Machine], None] = lambda _: None
    """Called after each commit."""
    on_answered: Callable[[Machine], None] = lambda _: None
    """Called once a machine knows that its commit was done."""
    sessions: list[Session] = field(default_factory=list)
    read_only: bool = False
    _stranger: sqlite3.Connection | None = None
    _unused: dict[str, list[sqlite3.Connection]] = field(default_factory=dict)
    _urls: dict[sqlite3.Connection, str] = field(default_factory=dict)

    def writer(self, link: Link) -> AsyncEngine:
        """Return the engine of an instance of rates-sync."""
        return self._over(open_writing(self._url), link)

    def reader(self, link: Link) -> AsyncEngine:
        """Return the engine of a worker of rates-api."""
        engine = open_reading(self._url, pool_size=READER_POOL, timeout=READER_TIMEOUT)
        return self._over(engine, link)

    async def utc(self, connection: AsyncConnection) -> datetime | None:
        """Return the server's clock, which is right; None where it has none."""
        del connection
        return self.time.now if self.mysql else None

    def end_idle_sessions(self) -> None:
        """End what a paused instance left open, where the server does so (MySQL)."""
        if self.mysql:
            for session in list(self.sessions):
                if session.idle_in_transaction > SESSION_IDLE_SECONDS:
                    session.end()

    def end_sessions(self, machine: Machine | None = None) -> None:
        """End the sessions of a machine that has died, or all of them."""
        ended = [each for each in self.sessions if machine is None or each.of(machine)]
        for session in ended:
            session.end()
        if machine is not None:  # Nobody is left to close them.
            self.sessions = [each for each in self.sessions if each not in ended]

    def take_back(self, connection: sqlite3.Connection) -> None:
        """Roll back what a session has left open, and keep its connection for another."""
        connection.rollback()
        self._unused.setdefault(self._urls[connection], []).append(connection)

    def close(self) -> None:
        """Close the file, once all sessions have ended."""
        for connection in self._urls:
            connection.close()

    def lock(self) -> None:
        """Let a stranger hold the lock for writing, unless it is taken."""
        if self._stranger is not None:
            return
        stranger = sqlite3.connect(self.file, timeout=0, isolation_level=None)
        try:
            stranger.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            stranger.close()
        else:
            self._stranger = stranger

    def unlock(self) -> None:
        """Let the stranger go."""
        if self._stranger is not None:
            self._stranger.close()
        self._stranger = None

    def save(self) -> Path:
        """Keep the record as it is now, as a backup does."""
        saved = self.file.with_suffix(f".{len(list(self.file.parent.iterdir()))}")
        _copy(self.file, saved)
        return saved

    def restore(self, saved: Path) -> None:
        """Restore the record to `saved`, which ends all sessions; nobody raises the timeline."""
        self.end_sessions()
        self.unlock()
        _copy(saved, self.file)

    def _over(self, engine: AsyncEngine, link: Link) -> AsyncEngine:
        @event.listens_for(engine.sync_engine, "do_connect")
        def connect(_dialect: Any, _record: Any, args: list[Any], parameters: Any) -> Session:
            with _refused():
                await_only(link.send())
            return Session(self, link, self._connected(*args, **parameters))

        @event.listens_for(engine.sync_engine, "checkout")
        def check(connection: Any, _record: Any, _proxy: Any) -> None:
            # As the ping before each transaction does on MySQL.
            if connection.ended:
                raise exc.DisconnectionError("the server has ended the session")

        return engine

    def _connected(self, url: str, **parameters: Any) -> sqlite3.Connection:
        """Open the file, or take what an ended session has left: a new one reads the schema."""
        if unused := self._unused.get(url):
            return unused.pop()
        connection: sqlite3.Connection = sqlite3.connect(url, **_without_wait(parameters))
        connection.execute("PRAGMA synchronous = OFF")
        self._urls[connection] = url
        return connection

    @property
    def _url(self) -> str:
        return f"sqlite+aiosqlite:///{self.file}"


def _without_wait(parameters: Any) -> dict[str, Any]:
    """Waiting for a lock is simulated: SQLite itself would block the loop, in real time."""
    return {**parameters, "timeout": 0, "check_same_thread": False}


def _copy(origin: Path, destination: Path) -> None:
    with closing(sqlite3.connect(origin)) as old, closing(sqlite3.connect(destination)) as new:
        old.backup(new)
