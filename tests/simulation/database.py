"""The record in SQLite, without threads: each statement is a request that may fail on the way.

The services' own engines are used; only how they connect is replaced. `mysql` is a mode in which
what differs between the two databases is as on MySQL: the server has a clock, and ends a session
that is idle inside a transaction.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakSet

import aiosqlite
from sqlalchemy import event, exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rates_api.fallback.engine import open_engine as open_reading
from rates_sync.store.engine import LOCK_WAIT_SECONDS, SESSION_IDLE_SECONDS
from rates_sync.store.engine import open_engine as open_writing
from simulation.clock import VirtualTime
from simulation.network import Link, Machine, Unreachable

LOCK_LOOK_SECONDS = 0.05
READER_POOL, READER_TIMEOUT = 20, 5.0
_REQUESTS = frozenset({"execute", "executemany", "commit", "rollback"})
"""What is sent to a server; the rest concerns rows that have arrived."""
_WRITES = ("insert", "update", "delete", "begin immediate", "create", "alter")


class _Inline:
    """Stands in for the queue of the driver's thread: SQLAlchemy puts two settings there itself."""

    def put_nowait(self, item: "tuple[asyncio.Future[Any], Callable[[], Any]]") -> None:
        """Do it at once."""
        future, function = item
        future.set_result(function())


class Session(aiosqlite.Connection):
    """A connection whose statements run inline, as requests over a link."""

    def __init__(
        self, connector: Callable[[], sqlite3.Connection], server: "Database", link: Link
    ) -> None:
        """Connect over `link` on first use."""
        super().__init__(connector, iter_chunk_size=64)
        self._tx = _Inline()  # type: ignore[assignment]
        self._server, self._link = server, link
        self._statement_at = 0.0
        self.ended = False
        self._cursors: WeakSet[sqlite3.Cursor] = WeakSet()

    def __await__(self) -> Any:
        """Connect, without the thread."""
        return self._connect().__await__()

    def __del__(self) -> None:
        """Say nothing: the end of a run closes what is left."""

    async def _connect(self) -> "Session":
        await self._reach()
        self._connection = self._connector()
        self._statement_at = self._server.time.seconds
        self._server.sessions.append(self)
        return self

    async def _execute(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        name = getattr(fn, "__name__", "")
        if self.ended and name in ("close", "rollback"):
            return None
        if name == "close" or (name == "rollback" and self._link.machine.dead):
            return self._run(fn, *args, **kwargs)
        if self.ended:
            raise sqlite3.OperationalError("the server has ended the session")
        if name not in _REQUESTS:
            answer = self._run(fn, *args, **kwargs)
            if name == "cursor":
                self._cursors.add(answer)
            return answer
        sql = args[0].lower() if args and isinstance(args[0], str) else ""
        if sql.startswith("pragma busy_timeout"):
            return self._run(fn, "PRAGMA busy_timeout = 0")
        await self._reach()
        if self.ended:
            raise sqlite3.OperationalError("the server has ended the session")
        return await self._answered(partial(fn, *args, **kwargs), name, sql)

    async def _answered(self, statement: Callable[[], Any], name: str, sql: str) -> Any:
        if self._server.read_only and sql.startswith(_WRITES):
            raise sqlite3.OperationalError("1290: the server is read-only")
        changes = self._changes
        answer = await self._after_locks(statement)
        self._statement_at = self._server.time.seconds
        if name == "commit" and changes is not None:
            self._server.on_commit(self._link.machine)
        await self._reach(back=True)
        return answer

    @property
    def _changes(self) -> int | None:
        """Tell whether a transaction is open that may have changed something."""
        raw = self._connection
        return raw.total_changes if raw is not None and raw.in_transaction else None

    async def _after_locks(self, statement: Callable[[], Any]) -> Any:
        until = self._server.time.seconds + LOCK_WAIT_SECONDS
        while not self.ended:
            try:
                return self._run(statement)
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or self._server.time.seconds >= until:
                    raise
            await asyncio.sleep(LOCK_LOOK_SECONDS)
            await self._reach()
        raise sqlite3.OperationalError("the server has ended the session")

    def _run(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
        return statement(*args, **kwargs)

    async def _reach(self, *, back: bool = False) -> None:
        try:
            await (self._link.receive() if back else self._link.send())
        except Unreachable as error:
            raise sqlite3.OperationalError(str(error)) from error

    def stop(self) -> None:
        """Close at once: there is no thread to stop."""
        self._running = False
        self.end()
        if self in self._server.sessions:
            self._server.sessions.remove(self)
        raw, self._connection = self._connection, None
        if raw is not None:
            raw.close()

    async def close(self) -> None:
        """Close at once."""
        self.stop()

    def end(self) -> None:
        """End the session as a server does: nothing of its transaction or its reads is left."""
        raw = None if self.ended else self._connection
        self.ended = True
        if raw is not None:
            # SQLite closes a connection, and gives up its locks, with the last of its statements.
            for cursor in list(self._cursors):
                cursor.close()
            raw.close()

    def of(self, machine: Machine) -> bool:
        """Tell whether it is the session of `machine`."""
        return self._link.machine is machine

    @property
    def idle_in_transaction(self) -> float:
        """Return for how many seconds its transaction has waited for a statement."""
        raw = self._connection
        waits = raw is not None and not self.ended and raw.in_transaction
        return self._server.time.seconds - self._statement_at if waits else 0.0


@dataclass
class Database:
    """The server: a file, its sessions, and what is wrong with it."""

    file: Path
    time: VirtualTime
    mysql: bool
    on_commit: Callable[[Machine], None] = lambda _: None
    sessions: list[Session] = field(default_factory=list)
    read_only: bool = False
    _stranger: sqlite3.Connection | None = None

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

    def query(self, sql: str, *parameters: Any) -> list[Any]:
        """Read the record, beside the platform."""
        with sqlite3.connect(self.file) as connection:
            rows = connection.execute(sql, parameters).fetchall()
        connection.close()
        return rows

    def end_idle_sessions(self) -> None:
        """End what a paused instance left open, where the server does so (MySQL)."""
        if self.mysql:
            for session in list(self.sessions):
                if session.idle_in_transaction > SESSION_IDLE_SECONDS:
                    session.end()

    def end_sessions(self, machine: Machine | None = None) -> None:
        """End the sessions of a machine that has died, or all of them."""
        for session in list(self.sessions):
            if machine is None or session.of(machine):
                session.end()

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
        def connect(_dialect: Any, _record: Any, args: list[Any], parameters: Any) -> None:
            connector = partial(_raw, *args, **_without_wait(parameters))
            args.clear()
            parameters.clear()
            parameters["async_creator_fn"] = partial(Session, connector, self, link)

        @event.listens_for(engine.sync_engine, "checkout")
        def check(connection: Any, _record: Any, _proxy: Any) -> None:
            # As the ping before each transaction does on MySQL.
            if connection.driver_connection.ended:
                raise exc.DisconnectionError("the server has ended the session")

        return engine

    @property
    def _url(self) -> str:
        return f"sqlite+aiosqlite:///{self.file}"


def _without_wait(parameters: Any) -> dict[str, Any]:
    """Waiting for a lock is simulated: SQLite itself would block the loop, in real time."""
    return {**parameters, "timeout": 0, "check_same_thread": False}


def _copy(origin: Path, destination: Path) -> None:
    with closing(sqlite3.connect(origin)) as old, closing(sqlite3.connect(destination)) as new:
        old.backup(new)


def _raw(*args: Any, **parameters: Any) -> sqlite3.Connection:
    connection: sqlite3.Connection = sqlite3.connect(*args, **parameters)
    connection.execute("PRAGMA synchronous = OFF")
    return connection
