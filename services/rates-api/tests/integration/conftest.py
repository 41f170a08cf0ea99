"""Real back ends, each named and none silently replaced; the database has the views' columns.

`RATES_TEST_DATABASE` chooses the database (`sqlite`, the default, or `mysql`), `RATES_TEST_REDIS`
the Redis: `embedded` (the default) is fakeredis' TCP server, `server` a `redis-server` from PATH,
`container` one in a container.
"""

import asyncio
import os
import sqlite3
import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import fakeredis
import msgspec
import pytest
import redis
from sqlalchemy.ext.asyncio import create_async_engine

from rates_contracts import views
from rates_contracts.documents import AVERAGES, CURRENT, HISTORY
from rates_contracts.events import Event, encode_event, stored_event
from rates_contracts.stream import EVENTS, entry_fields
from rates_dev.ports import free_port
from rates_dev.redis import server_program
from support.servers import until_it_answers

DATABASE = os.environ.get("RATES_TEST_DATABASE", "sqlite")
REDIS = os.environ.get("RATES_TEST_REDIS", "embedded")
collect_ignore = [
    *([] if DATABASE == "mysql" else ["test_mysql.py"]),
    *([] if REDIS == "container" else ["test_redis_tls.py"]),
]
"""What only one back end can show belongs to its run alone; nothing is skipped in another's."""


class EmbeddedRedis:
    """fakeredis' TCP server on one port, that can be stopped and started again, empty."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        self.port = free_port()
        self.start()

    def start(self) -> None:
        """Listen."""
        self._server = fakeredis.TcpFakeServer(("127.0.0.1", self.port))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and drop every connection."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class LocalRedis:
    """A `redis-server` on one port, that can be stopped and started again, empty."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        self.port = free_port()
        self.start()

    def start(self) -> None:
        """Run the server and wait until it answers."""
        program = server_program()
        assert program, "RATES_TEST_REDIS=server needs redis-server or valkey-server on PATH"
        command = [program, "--port", str(self.port), "--bind", "127.0.0.1"]
        self._process = subprocess.Popen(
            [*command, "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL
        )
        with redis.Redis(port=self.port) as client:
            until_it_answers(client.ping, (redis.ConnectionError,))

    def stop(self) -> None:
        """End the server."""
        self._process.terminate()
        self._process.wait(10)


class Relay:
    """Writes a record's events and documents to Redis, as sync's relay would."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.url = f"redis://{server.host}:{server.port}/0"

    def relay(self, record: Any) -> None:
        """Add the outbox's events that are missing, and write the documents."""
        with self._client() as client:
            tail: Any = client.xrevrange(EVENTS, count=1)
            last = tail[0][0].decode() if tail else "0-0"
            for event in record.outbox:
                if event.at.stream_id > last:
                    client.xadd(EVENTS, _fields(event), id=event.at.stream_id)
            documents = zip((CURRENT, AVERAGES, HISTORY), record.documents(), strict=True)
            client.mset(dict(documents))

    def flush(self) -> None:
        """Lose everything."""
        with self._client() as client:
            client.flushall()

    def _client(self) -> redis.Redis:
        return redis.Redis(host=self.server.host, port=self.server.port, protocol=2)


@contextmanager
def _local(kind: Callable[[], Any]) -> Iterator[Any]:
    server = kind()
    yield server
    server.stop()


@contextmanager
def _container(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Give the session's, empty, and started again if the test has stopped it."""
    server = request.getfixturevalue("redis_container")
    with redis.Redis(host=server.host, port=server.port) as client:
        client.flushall()
    yield server
    server.start()


@pytest.fixture
def redis_server(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Give the Redis under test."""
    servers = {
        "embedded": lambda: _local(EmbeddedRedis),
        "server": lambda: _local(LocalRedis),
        "container": lambda: _container(request),
    }
    assert REDIS in servers, f"RATES_TEST_REDIS must be one of {sorted(servers)}, not {REDIS!r}"
    with servers[REDIS]() as server:
        yield server


@pytest.fixture
def relay(redis_server: Any) -> Relay:
    """Give the relay to the Redis under test."""
    return Relay(redis_server)


TYPES = {
    "timeline": "BIGINT",
    "position": "BIGINT",
    "event_id": "VARCHAR(64)",
    "recorded_at": "DATETIME(6)",
    "series": "VARCHAR(16)",
    "date": "DATE",
    "revision": "INTEGER",
    "value": "VARCHAR(32)",
    "payload_sha256": "VARCHAR(64)",
    "window_name": "VARCHAR(8)",
    "at": "DATETIME(6)",
    "document": "TEXT",
    "history_version": "VARCHAR(41)",
    "averages_version": "VARCHAR(41)",
    "version": "VARCHAR(64)",
    "sha256": "VARCHAR(64)",
    "jws": "TEXT",
    "kid": "VARCHAR(64)",
    "x": "VARCHAR(64)",
    "created_at": "DATETIME(6)",
    "revoked_at": "DATETIME(6)",
    "body": "MEDIUMBLOB",
    "received_at": "DATETIME(6)",
    "verified_seconds": "INTEGER",
    "unverified_seconds": "INTEGER",
    "breaker_open_seconds": "INTEGER",
}
Rows = Sequence[tuple[Any, ...]]


class Database(ABC):
    """A database with a table for each read view, holding what a record holds."""

    url: str
    mark: str
    """How the driver marks a parameter."""

    def create(self) -> None:
        """Make the tables, empty."""
        for view, columns in views.VIEWS.items():
            typed = ", ".join(f"{name} {TYPES[name]}" for name in columns)
            self.execute(f"CREATE TABLE {view} ({typed})")

    def hold(self, record: Any) -> None:
        """Hold what the record holds, in one transaction."""
        state = record.state
        version = state.head.at.stream_id
        head = (*msgspec.structs.astuple(state.head)[:3], _instant(state.head.recorded_at))
        averages = [(row.window, _instant(row.at), _json(row)) for row in state.averages]
        status = (_json(state.status), version, version)
        self.write(
            {
                views.HEAD: [head],
                views.SYNC_STATUS: [status],
                views.BANK_CALENDAR: [(state.calendar.version, _json(state.calendar))],
                views.RATE_AVERAGES: averages,
                views.RATE_HISTORY: [_row(row) for row in state.observations],
                views.DATA_STATUS: [_day_row(row) for row in state.ended_days],
            }
        )

    def write(self, rows: dict[str, Rows]) -> None:
        """Replace the rows of the given views, in one transaction."""
        steps: list[str | tuple[str, Rows]] = []
        for view, content in rows.items():
            width = len(content[0]) if content else len(views.VIEWS[view])
            marks = ", ".join([self.mark] * width)
            steps += [f"DELETE FROM {view}", (f"INSERT INTO {view} VALUES ({marks})", content)]
        self.execute(*steps)

    @abstractmethod
    def execute(self, *statements: str | tuple[str, Rows]) -> None:
        """Run statements, as somebody who may write, in one transaction."""

    @abstractmethod
    def lose(self) -> None:
        """Take the database away."""

    @abstractmethod
    def locked(self) -> AbstractAsyncContextManager[None]:
        """Keep every reader out."""


class SqliteDatabase(Database):
    """A file."""

    mark = "?"

    def __init__(self, path: Path) -> None:
        self._path = path
        self.url = f"sqlite+aiosqlite:///{path}"
        self.execute("PRAGMA journal_mode = WAL")
        self.create()

    def execute(self, *statements: str | tuple[str, Rows]) -> None:
        """Run statements in one transaction."""
        with closing(sqlite3.connect(self._path)) as connection, connection:
            for statement in statements:
                if isinstance(statement, str):
                    connection.execute(statement)
                else:
                    connection.executemany(*statement)

    def lose(self) -> None:
        """Move the file away."""
        self._path.rename(self._path.with_suffix(".gone"))

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Hold the file as only a writer without WAL does."""
        with closing(sqlite3.connect(self._path)) as blocker:
            blocker.execute("PRAGMA locking_mode = EXCLUSIVE")
            blocker.execute("PRAGMA journal_mode = DELETE")
            blocker.execute("BEGIN EXCLUSIVE")
            yield


class MysqlDatabase(Database):
    """A database on the session's server, read by the user that rates-api has in production."""

    mark = "%s"

    def __init__(self, server: Any, name: str) -> None:
        self._server, self._name = server, name
        self.url = server.url(name, "rates_api")
        self.create()

    def execute(self, *statements: str | tuple[str, Rows]) -> None:
        """Run statements in one transaction."""
        self._server.execute(*statements, database=self._name)

    def lose(self) -> None:
        """Drop it."""
        self._server.execute(f"DROP DATABASE {self._name}")

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Lock its tables, as a schema's change would."""
        engine = create_async_engine(self._server.url(self._name))
        async with engine.connect() as blocker:
            locks = ", ".join(f"{view} WRITE" for view in views.VIEWS)
            await blocker.exec_driver_sql(f"LOCK TABLES {locks}")
            yield
            await blocker.exec_driver_sql("UNLOCK TABLES")
        await engine.dispose()


def _fields(event: Event) -> Any:
    return entry_fields(stored_event(encode_event(event)))


def _json(document: Any) -> str:
    return msgspec.json.encode(document).decode()


def _instant(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S.%f}"


def _row(row: Any) -> tuple[Any, ...]:
    at = _instant(row.recorded_at)
    return (
        row.series,
        row.date.isoformat(),
        row.revision,
        str(row.value),
        at,
        row.payload_sha256,
        row.position,
    )


def _day_row(day: Any) -> tuple[Any, ...]:
    return (
        day.date.isoformat(),
        day.verified_seconds,
        day.unverified_seconds,
        day.breaker_open_seconds,
    )


@contextmanager
def _sqlite(request: pytest.FixtureRequest) -> Iterator[Database]:
    yield SqliteDatabase(request.getfixturevalue("tmp_path") / "rates.db")


@contextmanager
def _mysql(request: pytest.FixtureRequest) -> Iterator[Database]:
    server = request.getfixturevalue("mysql_server")
    name = f"test_{uuid4().hex[:12]}"
    server.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    yield MysqlDatabase(server, name)
    server.execute(f"DROP DATABASE IF EXISTS {name}")


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Give an empty database of the back end under test."""
    kinds = {"sqlite": _sqlite, "mysql": _mysql}
    assert DATABASE in kinds, f"RATES_TEST_DATABASE must be one of {sorted(kinds)}"
    with kinds[DATABASE](request) as one:
        yield one


@pytest.fixture(autouse=True)
async def sqlite_threads() -> AsyncIterator[None]:
    """Let the threads of connections that failed end before their loop does.

    aiosqlite stops them without waiting, and they report to the loop once more.
    """
    yield
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join)
