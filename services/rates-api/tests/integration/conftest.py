"""Real back ends: the Redis that `RATES_TEST_REDIS` names, and SQLite with the read views' columns.

`RATES_TEST_REDIS=embedded` (default) is fakeredis' TCP server, `server` a `redis-server` from PATH.
"""

import asyncio
import os
import shutil
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import fakeredis
import msgspec
import pytest
import redis

from rates_contracts import views
from rates_contracts.documents import AVERAGES, CURRENT, HISTORY
from rates_contracts.events import Event, encode_event, stored_event
from rates_contracts.stream import EVENTS, entry_fields


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class EmbeddedRedis:
    """fakeredis' TCP server on one port, that can be stopped and started again, empty."""

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

    def __init__(self) -> None:
        self.port = free_port()
        self.start()

    def start(self) -> None:
        """Run the server and wait until it answers."""
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1"]
        self._process = subprocess.Popen(
            [*command, "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL
        )
        with redis.Redis(port=self.port) as client:
            _until(client.ping)

    def stop(self) -> None:
        """End the server."""
        self._process.terminate()
        self._process.wait(10)


def _until(answers: Any) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            answers()
        except redis.ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


class Relay:
    """Writes a record's events and documents to Redis, as sync's relay would."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.url = f"redis://127.0.0.1:{server.port}/0"

    def relay(self, record: Any) -> None:
        """Add the outbox's events that are missing, and write the documents."""
        with redis.Redis(port=self.server.port, protocol=2) as client:
            tail: Any = client.xrevrange(EVENTS, count=1)
            last = tail[0][0].decode() if tail else "0-0"
            for event in record.outbox:
                if event.at.stream_id > last:
                    client.xadd(EVENTS, _fields(event), id=event.at.stream_id)
            documents = zip((CURRENT, AVERAGES, HISTORY), record.documents(), strict=True)
            client.mset(dict(documents))

    def flush(self) -> None:
        """Lose everything."""
        with redis.Redis(port=self.server.port, protocol=2) as client:
            client.flushall()


@pytest.fixture
def redis_server() -> Iterator[Any]:
    """Give the Redis under test."""
    kind = os.environ.get("RATES_TEST_REDIS", "embedded")
    if kind == "server":
        assert shutil.which("redis-server"), "RATES_TEST_REDIS=server needs redis-server on PATH"
    server: Any = LocalRedis() if kind == "server" else EmbeddedRedis()
    yield server
    server.stop()


@pytest.fixture
def relay(redis_server: Any) -> Relay:
    """Give the relay to the Redis under test."""
    return Relay(redis_server)


class Database:
    """A SQLite file with a table for each read view, holding what a record holds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"sqlite+aiosqlite:///{path}"
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            for view, columns in views.VIEWS.items():
                connection.execute(f"CREATE TABLE {view} ({', '.join(columns)})")
        connection.close()

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
            }
        )

    def write(self, rows: dict[str, list[tuple[Any, ...]]]) -> None:
        """Replace the rows of the given views, in one transaction."""
        connection = sqlite3.connect(self.path)
        with connection:
            for view, content in rows.items():
                connection.execute(f"DELETE FROM {view}")
                marks = ", ".join("?" * len(views.VIEWS[view]))
                connection.executemany(f"INSERT INTO {view} VALUES ({marks})", content)
        connection.close()


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
    )


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """Give an empty database."""
    return Database(tmp_path / "rates.db")


@pytest.fixture(autouse=True)
async def sqlite_threads() -> AsyncIterator[None]:
    """Let the threads of connections that failed end before their loop does.

    aiosqlite stops them without waiting, and they report to the loop once more.
    """
    yield
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join)
