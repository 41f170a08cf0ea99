"""The record on MySQL: read-only snapshots, whom to trust, and what outlives its server."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from datetime import date
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_api.errors import FallbackUnavailable
from rates_api.fallback.engine import open_engine
from rates_api.fallback.reader import DatabaseReader
from rates_contracts import views

pytestmark = pytest.mark.integration

TIMEOUT = 2.0


@pytest.fixture
def record(fakes: ModuleType, database: Any) -> Any:
    """Give a record with one FIX, held by the database."""
    record = fakes.Record()
    record.observe(fakes.observation(date(2024, 1, 2), "17.0300"))
    database.hold(record)
    return record


@contextlib.asynccontextmanager
async def _engine(url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(url, pool_size=2, timeout=TIMEOUT)
    yield engine
    await engine.dispose()


@pytest.fixture
async def engine(database: Any) -> AsyncIterator[AsyncEngine]:
    """Give the worker's engine on the database."""
    async with _engine(database.url) as engine:
        yield engine


@pytest.fixture
def reader(engine: AsyncEngine) -> DatabaseReader:
    """Give the worker's reader on the database."""
    return DatabaseReader(engine, name="database", timeout=TIMEOUT)


# --- transactions --------------------------------------------------------------------------------


async def test_the_snapshot_is_taken_at_the_beginning(
    engine: AsyncEngine, database: Any, record: Any, fakes: ModuleType
) -> None:
    """Protocol rule 12: what is committed before the first select is not in the snapshot either."""
    async with engine.connect() as connection, connection.begin():
        record.observe(fakes.observation(date(2024, 1, 3)))
        database.hold(record)
        for view, rows in ((views.HEAD, "MAX(position)"), (views.RATE_HISTORY, "COUNT(*)")):
            assert await connection.scalar(text(f"SELECT {rows} FROM {view}")) == 1


async def test_a_transaction_cannot_write_whoever_the_user_is(
    mysql_server: Any, database: Any, record: Any
) -> None:
    """Rule R2: the transaction is READ ONLY; root's rights don't help."""
    url = database.url.replace("rates_api:", "root:")
    async with _engine(url) as engine, engine.connect() as connection, connection.begin():
        with pytest.raises(OperationalError, match="READ ONLY transaction"):
            await connection.execute(text(f"DELETE FROM {views.HEAD}"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time_zone", "+00:00"),
        ("transaction_isolation", "REPEATABLE-READ"),
        ("lock_wait_timeout", 1),
        ("wait_timeout", 60),
        ("character_set_connection", "utf8mb4"),
    ],
)
async def test_a_session_does_not_rely_on_the_servers_defaults(
    engine: AsyncEngine, mysql_server: Any, name: str, value: object
) -> None:
    """Isolation, time zone and patience are the session's own; the server's are others."""
    ((default,),) = mysql_server.execute(f"SELECT @@GLOBAL.{name}")
    async with engine.connect() as connection:
        assert await connection.scalar(text(f"SELECT @@SESSION.{name}")) == value
    assert default != value


# --- trust ---------------------------------------------------------------------------------------


async def test_the_right_authority_connects(database: Any, record: Any, certificates: Any) -> None:
    """The URL's `ssl_ca` encrypts the connection and checks the server."""
    async with _engine(f"{database.url}?ssl_ca={certificates.authority}") as engine:
        async with engine.connect() as connection:
            status = await connection.execute(text("SHOW SESSION STATUS LIKE 'Ssl_cipher'"))
            assert status.one()[1] != ""
        loaded = await DatabaseReader(engine, name="database", timeout=TIMEOUT).load()
    assert loaded == record.snapshot


@pytest.mark.parametrize("trusting", ["ssl_ca={stranger}", "ssl=true"])
async def test_a_wrong_authority_is_refused(
    database: Any, certificates: Any, trusting: str
) -> None:
    """A server that neither the file nor the system vouches for is one that is away."""
    trust = trusting.format(stranger=certificates.stranger)
    async with _engine(f"{database.url}?{trust}") as engine:
        with pytest.raises(FallbackUnavailable, match="certificate verify failed"):
            await DatabaseReader(engine, name="database", timeout=TIMEOUT).head()


# --- outages -------------------------------------------------------------------------------------


async def test_a_restarted_server_is_read_again_at_once(
    reader: DatabaseReader, mysql_server: Any, record: Any
) -> None:
    """Pooled connections are dead; no question hears of it, or waits."""
    await asyncio.gather(reader.load(), reader.load())
    await asyncio.to_thread(mysql_server.restart)
    outcomes = [await _outcome(reader) for _ in range(3)]
    assert [found for found, _ in outcomes] == ["found"] * 3
    assert all(seconds < TIMEOUT for _, seconds in outcomes)
    assert await reader.load() == record.snapshot


async def test_a_server_that_hangs_is_away(
    reader: DatabaseReader, mysql_server: Any, record: Any
) -> None:
    """A paused server takes connections and answers nothing; no question outlasts its timeout."""
    await reader.head()
    with mysql_server.paused():
        outcomes = await asyncio.gather(*(_outcome(reader) for _ in range(4)))
    assert {found for found, _ in outcomes} == {"away"}
    assert max(seconds for _, seconds in outcomes) < TIMEOUT + 3
    assert await reader.head() == record.state.head


async def test_quick_statements_in_a_row_are_bounded_together(
    engine: AsyncEngine, record: Any
) -> None:
    """Each is answered at once, and yet the transaction ends when its time is over."""
    hasty = DatabaseReader(engine, name="database", timeout=0.05)

    async def ask_for_seconds() -> None:
        begun = time.monotonic()
        async with hasty._transaction() as connection:
            while time.monotonic() - begun < 2:
                await connection.execute(text("SELECT 1"))

    for _ in range(20):
        with pytest.raises(FallbackUnavailable):
            await ask_for_seconds()


async def _outcome(reader: DatabaseReader) -> tuple[str, float]:
    begun = time.monotonic()
    try:
        await reader.head()
    except FallbackUnavailable:
        return "away", time.monotonic() - begun
    return "found", time.monotonic() - begun
