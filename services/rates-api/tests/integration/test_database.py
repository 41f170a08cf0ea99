"""The record read through its views: one consistent snapshot, and no way to write."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_api.errors import FallbackUnavailable, NothingRecorded
from rates_api.fallback import queries
from rates_api.fallback.engine import open_engine
from rates_api.fallback.reader import DatabaseReader
from rates_contracts import views
from rates_contracts.deadline import deadline
from rates_contracts.observation import SETTLEMENT
from rates_contracts.status import DataStatusDay

pytestmark = pytest.mark.integration

TIMEOUT = 2.0
"""Seconds for a question, as in production the same for its connection and all of it."""


@pytest.fixture
def record(fakes: ModuleType) -> Any:
    """Give a record with both series, a correction, averages and a closure."""
    record = fakes.Record()
    record.observe(
        fakes.observation(date(2024, 1, 2)),
        fakes.observation(date(2024, 1, 4), "17.0500", series=SETTLEMENT),
    )
    record.observe(fakes.observation(date(2024, 1, 2), "17.0300", revision=2))
    record.plan(fakes.average(fakes.START), fakes.average(fakes.START + fakes.HOUR))
    record.close(date(2024, 1, 8))
    return record


@pytest.fixture
async def engine(database: Any) -> AsyncIterator[AsyncEngine]:
    """Give the worker's engine on the database."""
    engine = open_engine(database.url, pool_size=2, timeout=TIMEOUT)
    yield engine
    await engine.dispose()


@pytest.fixture
def reader(engine: AsyncEngine) -> DatabaseReader:
    """Give the worker's reader on the database."""
    return DatabaseReader(engine, name="database", timeout=TIMEOUT)


async def test_the_database_is_the_record(
    database: Any, reader: DatabaseReader, record: Any
) -> None:
    """Protocol rule 12: the views hold the whole record, to the last zero of a value."""
    database.hold(record)

    snapshot = await reader.load()

    assert snapshot == record.snapshot
    assert await reader.head() == record.state.head
    assert str(snapshot.fix.on(date(2024, 1, 2)).value) == "17.0300"  # type: ignore[union-attr]


async def test_the_newest_ninety_days_are_loaded(
    database: Any, reader: DatabaseReader, record: Any
) -> None:
    """Ascending, though the record keeps two years of them."""
    days = [DataStatusDay(date(2024, 1, 1) + timedelta(days=ahead), 1, 2, 3) for ahead in range(99)]
    record.count(days[-1], *days[:-1])
    database.hold(record)
    loaded = await reader.load()
    assert loaded == record.snapshot
    assert loaded.data_status == tuple(days[-90:])


async def test_a_record_of_before_the_data_status_is_loaded(
    database: Any, reader: DatabaseReader, record: Any
) -> None:
    """Where its status counts no day the view is not asked for: it may not be there."""
    database.hold(record)
    database.execute(f"DROP TABLE {views.DATA_STATUS}")
    assert (await reader.load()).data_status == ()


async def test_a_record_whose_data_status_is_not_granted_is_loaded(
    database: Any, reader: DatabaseReader, record: Any
) -> None:
    """Bars on a page never keep a worker from its rates; what is recorded of them is left out."""
    record.count(DataStatusDay(date(2024, 1, 5), 1, 2, 3))
    database.hold(record)
    database.execute(f"DROP TABLE {views.DATA_STATUS}")
    loaded = await reader.load()
    assert loaded.series == record.snapshot.series
    assert loaded.ended_days == ()


async def test_a_load_is_one_consistent_snapshot(
    database: Any,
    engine: AsyncEngine,
    record: Any,
    fakes: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Protocol rule 12: what is committed during a load is not in it, `head_v1` is read first."""
    database.hold(record)
    before = record.snapshot
    head_of = queries.head_of

    def head_then_commit(row: Any) -> Any:
        record.observe(fakes.observation(date(2024, 1, 3)))
        database.hold(record)
        return head_of(row)

    monkeypatch.setattr(queries, "head_of", head_then_commit)

    assert await DatabaseReader(engine, name="database", timeout=5).load() == before


async def test_the_engine_cannot_write(database: Any, engine: AsyncEngine, record: Any) -> None:
    """Rule R2: rates-api could not write if it tried."""
    database.hold(record)

    async with engine.connect() as connection:
        with pytest.raises(OperationalError, match=r"readonly|DELETE command denied"):
            await connection.execute(text(f"DELETE FROM {views.HEAD}"))


async def test_no_connection_begins_after_the_deadline(engine: AsyncEngine, database: Any) -> None:
    """The pool's queue can lose the cancellation: a server that hung was waited for twice."""
    with deadline(0), pytest.raises(TimeoutError):
        async with engine.connect():
            pass


async def test_a_missing_file_is_an_error_and_stays_missing(tmp_path: Path) -> None:
    """Only sync's migrations create the database; looking for it does not."""
    path = tmp_path / "none.db"
    engine = open_engine(f"sqlite+aiosqlite:///{path}", pool_size=1, timeout=0.2)

    with pytest.raises(FallbackUnavailable):
        await DatabaseReader(engine, name="database", timeout=5).head()

    assert not path.exists()
    await engine.dispose()


async def test_a_locked_database_is_unavailable(
    database: Any, reader: DatabaseReader, record: Any
) -> None:
    """A lock that outlasts the timeout is a database that is away, and says that it is locked."""
    database.hold(record)

    async with database.locked():
        with pytest.raises(FallbackUnavailable, match=r"(?i)\block"):
            await reader.load()


class HungEngine:
    """An engine whose connections are never there."""

    def connect(self) -> "HungEngine":
        """Return a connection to be."""
        return self

    async def __aenter__(self) -> None:
        await asyncio.Event().wait()

    async def __aexit__(self, *_: object) -> None:
        """Never reached."""


async def test_a_slow_database_is_unavailable() -> None:
    """Every question is bounded in time."""
    hung: Any = HungEngine()

    with pytest.raises(FallbackUnavailable, match="TimeoutError"):
        await DatabaseReader(hung, name="database", timeout=0.01).head()


async def test_the_database_tells_its_time_if_it_has_a_clock(
    database: Any, reader: DatabaseReader
) -> None:
    """Protocol rule 33: MySQL is a witness for the time, to the microsecond; SQLite has none."""
    before = datetime.now(UTC) - timedelta(minutes=1)

    told = await reader.clock()

    if told is None:
        assert "sqlite" in database.url
    else:
        assert before < told < before + timedelta(minutes=2)


async def test_an_empty_record_says_so(database: Any, reader: DatabaseReader) -> None:
    """Before the first recording there is nothing to serve, and that is no fault."""
    with pytest.raises(NothingRecorded):
        await reader.load()


async def test_a_database_before_its_migration_is_unavailable(
    database: Any, reader: DatabaseReader
) -> None:
    """Without the views the record can't be read yet."""
    database.execute(f"DROP TABLE {views.HEAD}")

    with pytest.raises(FallbackUnavailable):
        await reader.head()


async def test_a_row_that_cannot_be_read_is_unavailable(
    database: Any, reader: DatabaseReader, record: Any
) -> None:
    """A broken document is no snapshot, and no crash."""
    database.hold(record)
    database.write({views.SYNC_STATUS: [("{", "1", "1")]})

    with pytest.raises(FallbackUnavailable, match="can't be read"):
        await reader.load()


@pytest.mark.parametrize("view", [views.HEAD, views.SYNC_STATUS, views.RATE_HISTORY])
async def test_a_placeholder_of_a_view_is_unavailable(
    database: Any, reader: DatabaseReader, record: Any, view: str
) -> None:
    """While a dump is loaded a view may consist of ones: no snapshot, and no crash."""
    database.hold(record)
    ones = ", ".join(f"1 AS {name}" for name in views.VIEWS[view])
    database.execute(f"DROP TABLE {view}")
    database.execute(f"CREATE VIEW {view} AS SELECT {ones}")

    with pytest.raises(FallbackUnavailable, match="can't be read"):
        await reader.load()


def test_mysql_transactions_are_read_only_snapshots() -> None:
    """Protocol rule 12: MySQL starts every transaction as a consistent, read-only snapshot."""
    engine = open_engine("mysql+asyncmy://api:secret@127.0.0.1/rates", pool_size=20, timeout=5)
    begun: list[str] = []

    class Connection:
        def exec_driver_sql(self, statement: str) -> None:
            begun.append(statement)

    engine.sync_engine.dispatch.begin(Connection())

    assert begun == ["START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"]
    assert engine.pool.size() == 20  # type: ignore[attr-defined]
