"""Real back ends for the store and the relay, each named and none silently replaced.

`RATES_TEST_DATABASE` chooses the database (`sqlite`, the default, or `mysql`), `RATES_TEST_REDIS`
the Redis (`embedded`, the default, `server` or `container`). What can't be had is an error, never
another back end.
"""

import asyncio
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import date as Day
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_contracts.averages import Average
from rates_contracts.calendar import BankCalendar
from rates_contracts.events import (
    CalendarChanged,
    HistoryReload,
    ObservationsRecorded,
    StatusChanged,
)
from rates_contracts.observation import FIX, Observation
from rates_contracts.status import SyncStatus
from rates_dev.ports import free_port
from rates_dev.redis import server_program
from rates_sync.migrations import migrate
from rates_sync.settings import Settings
from rates_sync.store.engine import open_engine, reading
from rates_sync.store.fence import Fence
from rates_sync.store.lease import Lease
from rates_sync.store.pruning import Pruning
from rates_sync.store.record import Record
from rates_sync.store.rows import read_calendar

# --- databases -----------------------------------------------------------------------------------


class Database(Protocol):
    """A database of a test's own; it can be saved and put back while it is in use."""

    @property
    def url(self) -> str:
        """Its SQLAlchemy URL."""
        ...

    @property
    def untouched(self) -> bool:
        """Tell whether nobody has made anything in it."""
        ...

    def save(self) -> None:
        """Keep its present state."""
        ...

    def restore(self) -> None:
        """Bring the kept state back, as an operator's restore would."""
        ...


@dataclass
class SqliteDatabase:
    """A file; saved and restored by SQLite's own backup."""

    path: Path

    @property
    def url(self) -> str:
        """Its SQLAlchemy URL."""
        return f"sqlite+aiosqlite:///{self.path}"

    @property
    def untouched(self) -> bool:
        """Tell whether the file is missing."""
        return not self.path.exists()

    def save(self) -> None:
        """Copy the file's state aside."""
        _backup(self.path, self.path.with_suffix(".saved"))

    def restore(self) -> None:
        """Copy it back into the live file."""
        _backup(self.path.with_suffix(".saved"), self.path)


def _backup(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as written:
        read.backup(written)


@dataclass
class MysqlDatabase:
    """A database on the session's server; saved and restored by copies of its tables."""

    server: Any
    name: str
    saved: bool = False

    @property
    def url(self) -> str:
        """Its SQLAlchemy URL, for the user that rates-sync has in production."""
        return str(self.server.url(self.name, "rates_sync"))

    @property
    def untouched(self) -> bool:
        """Tell whether it has no table."""
        return not self.tables()

    def tables(self) -> list[str]:
        """Return the names of its tables."""
        found = self.server.execute(
            "SELECT table_name FROM information_schema.tables"
            f" WHERE table_type = 'BASE TABLE' AND table_schema = '{self.name}'"
        )
        return [name for (name,) in found]

    def save(self) -> None:
        """Copy every table into a database beside this one."""
        self.server.execute(f"CREATE DATABASE {self.name}_saved")
        self.saved = True
        for table in self.tables():
            source, copy = f"{self.name}.{table}", f"{self.name}_saved.{table}"
            self.server.execute(
                f"CREATE TABLE {copy} LIKE {source}", f"INSERT INTO {copy} SELECT * FROM {source}"
            )

    def restore(self) -> None:
        """Copy every row back, in one transaction."""
        steps = ["SET foreign_key_checks = 0"]
        for table in self.tables():
            steps.append(f"DELETE FROM {self.name}.{table}")
            steps.append(f"INSERT INTO {self.name}.{table} SELECT * FROM {self.name}_saved.{table}")
        self.server.execute(*steps)


@contextmanager
def _sqlite(request: pytest.FixtureRequest) -> Iterator[Database]:
    folder: Path = request.getfixturevalue("tmp_path")
    yield SqliteDatabase(folder / "rates.db")


@contextmanager
def _mysql(request: pytest.FixtureRequest) -> Iterator[Database]:
    server = request.getfixturevalue("mysql_server")
    name = f"test_{uuid4().hex[:12]}"
    server.execute(f"CREATE DATABASE {name}")
    database = MysqlDatabase(server, name)
    yield database
    server.execute(f"DROP DATABASE {name}")
    if database.saved:
        server.execute(f"DROP DATABASE {name}_saved")


DATABASES: dict[str, Callable[[pytest.FixtureRequest], AbstractContextManager[Database]]] = {
    "sqlite": _sqlite,
    "mysql": _mysql,
}
DATABASE = os.environ.get("RATES_TEST_DATABASE", "sqlite")
REDIS = os.environ.get("RATES_TEST_REDIS", "embedded")
ONLY_MYSQL = [
    "store/test_mysql.py",
    "store/test_mysql_connections.py",
    "cycle/test_distant_database.py",
]
collect_ignore = [
    *([] if DATABASE == "mysql" else ONLY_MYSQL),
    *([] if REDIS == "container" else ["relay/test_redis_tls.py"]),
]
"""What only one back end can show belongs to its run alone; nothing is skipped in another's."""


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database, not migrated yet, of the back end under test."""
    if DATABASE not in DATABASES:
        pytest.fail(f"RATES_TEST_DATABASE must be one of {sorted(DATABASES)}, not {DATABASE!r}")
    with DATABASES[DATABASE](request) as database:
        yield database


@pytest.fixture
async def engine(database: Database) -> AsyncIterator[AsyncEngine]:
    """An engine over a migrated database."""
    await migrate(database.url)
    engine = open_engine(database.url)
    yield engine
    await engine.dispose()


@pytest.fixture(autouse=True)
async def _drivers_end_with_their_test() -> AsyncIterator[None]:
    """Wait for the threads of queries that failed: each still answers to this test's loop."""
    yield
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 5)


# --- Redis ---------------------------------------------------------------------------------------

EMBEDDED = """
import sys
from fakeredis import TcpFakeServer
TcpFakeServer(("127.0.0.1", int(sys.argv[1]))).serve_forever()
"""


def _embedded_command(port: int) -> list[str]:
    return [sys.executable, "-c", EMBEDDED, str(port)]


def _server_command(port: int) -> list[str]:
    binary = server_program()
    if binary is None:
        pytest.fail("RATES_TEST_REDIS=server needs redis-server or valkey-server on PATH")
    return [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]


PROCESSES = {"embedded": _embedded_command, "server": _server_command}


def _wait_until_it_listens(process: "subprocess.Popen[bytes]", port: int) -> None:
    while process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
    pytest.fail(f"the Redis of this run ended with {process.returncode}")


@pytest.fixture(scope="session")
def redis_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of the Redis that `RATES_TEST_REDIS` names, started for this session."""
    if REDIS == "container":
        server = request.getfixturevalue("redis_container")
        yield f"redis://{server.host}:{server.port}/0"
    elif REDIS in PROCESSES:
        with _process(PROCESSES[REDIS]) as port:
            yield f"redis://127.0.0.1:{port}/0"
    else:
        known = sorted([*PROCESSES, "container"])
        pytest.fail(f"RATES_TEST_REDIS must be one of {known}, not {REDIS!r}")


@contextmanager
def _process(command: Callable[[int], list[str]]) -> Iterator[int]:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            command(port), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait_until_it_listens(process, port)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=5)


def connect(url: str) -> Redis:
    """A client as bootstrap builds it: no retries, short timeouts."""
    return Redis.from_url(
        url, retry=Retry(NoBackoff(), 0), socket_timeout=5, socket_connect_timeout=2
    )


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A client of an empty Redis."""
    client = connect(redis_url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
async def no_redis() -> AsyncIterator[Redis]:
    """A client of a Redis that is away."""
    client = connect(f"redis://127.0.0.1:{free_port()}/0")
    yield client
    await client.aclose()


# --- a leader and its record ---------------------------------------------------------------------

PAYLOAD = "ab" * 32
BEGIN = datetime(2026, 8, 13, 18, 0, tzinfo=UTC)
STATUS = SyncStatus(source="Banco de México", transitions=())
CALENDAR = BankCalendar("test/1", Day(2001, 1, 1), Day(2028, 12, 31), (Day(2026, 9, 16),))


@dataclass
class Clock:
    """A wall clock, aware UTC, and a monotonic one; both move by hand."""

    now: datetime = BEGIN
    monotonic_now: float = 100.0

    def __call__(self) -> datetime:
        """Return the instant."""
        return self.now

    def monotonic(self) -> float:
        """Return monotonic seconds."""
        return self.monotonic_now

    async def sleep(self, seconds: float) -> None:
        """Pass the time at once."""
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move both."""
        self.now += timedelta(seconds=seconds)
        self.monotonic_now += seconds


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at 12:00 in Mexico City on a banking day."""
    return Clock()


@dataclass
class Instance:
    """One rates-sync instance, as far as the store goes: its lease and its record."""

    engine: AsyncEngine
    clock: Clock
    name: str
    ids: Iterator[int]
    lease: Lease = field(init=False)
    record: Record = field(init=False)
    fence: Fence = field(init=False)

    def __post_init__(self) -> None:
        """Build its lease and its record."""
        self.lease = Lease(
            self.engine,
            self.name,
            monotonic=self.clock.monotonic,
            sleep=self.clock.sleep,
            poll=Settings.lease_poll,
            patience=Settings.lease_patience,
        )
        self.record = Record(self.engine, self.clock, lambda: f"{self.name}-{next(self.ids)}")

    async def lead(self) -> "Instance":
        """Take the lease."""
        self.fence = await self.lease.contend()
        return self

    async def publish(
        self,
        values: dict[str, str],
        *,
        series: str = FIX,
        averages: Sequence[Average] | None = None,
    ) -> ObservationsRecorded:
        """Record a value per ISO day, as revision 1, and announce them."""
        async with self.record.recording(self.fence) as recording:
            await recording.keep_payload(PAYLOAD, b"{}", self.clock.now)
            new = tuple(
                Observation(
                    series,
                    Day.fromisoformat(day),
                    1,
                    Decimal(value),
                    recording.recorded_at,
                    PAYLOAD,
                )
                for day, value in values.items()
            )
            await recording.add(new)
            return await recording.announce(
                ObservationsRecorded,
                status=STATUS,
                averages=None if averages is None else tuple(averages),
                observations=new,
            )

    async def chunk(self, day: str, value: str) -> None:
        """Record a chunk of a backfill, which no event announces yet."""
        async with self.record.recording(self.fence) as recording:
            await recording.keep_payload(PAYLOAD, b"{}", self.clock.now)
            when = recording.recorded_at
            await recording.add(
                [Observation(FIX, Day.fromisoformat(day), 1, Decimal(value), when, PAYLOAD)]
            )
            await recording.announce_later()

    async def change_status(self, status: SyncStatus = STATUS) -> StatusChanged:
        """Announce a status."""
        async with self.record.recording(self.fence) as recording:
            return await recording.announce(StatusChanged, status=status)

    async def change_calendar(self, calendar: BankCalendar = CALENDAR) -> CalendarChanged:
        """Announce a calendar; documents need one."""
        async with self.record.recording(self.fence) as recording:
            return await recording.announce(CalendarChanged, status=STATUS, calendar=calendar)

    async def calendar(self) -> BankCalendar | None:
        """Return the recorded calendar."""
        async with reading(self.engine) as connection:
            return await read_calendar(connection)

    def pruning(
        self,
        on_pruned: Callable[[str, int], None] = lambda _table, _rows: None,
        sleep: Callable[[float], Awaitable[None]] = lambda _seconds: asyncio.sleep(0),
    ) -> Pruning:
        """Return its pruning, whose pauses take no time."""
        return Pruning(self.engine, self.fence, sleep, on_pruned)

    async def reload(self) -> HistoryReload:
        """Announce the end of a backfill."""
        async with self.record.recording(self.fence) as recording:
            return await recording.announce(HistoryReload, status=STATUS)


@pytest.fixture
def instance(engine: AsyncEngine, clock: Clock) -> Callable[[str], Instance]:
    """Return an instance by name; each has a name of its own and shares the database."""
    ids = count(1)
    return lambda name: Instance(engine, clock, name, ids)


@pytest.fixture
async def leader(instance: Callable[[str], Instance]) -> Instance:
    """An instance that holds the lease."""
    return await instance("leader").lead()
