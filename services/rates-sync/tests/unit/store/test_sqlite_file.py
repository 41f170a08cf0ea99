"""Connections to a record in one file: what happens to the file, and to a cancelled write."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_sync.errors import StoreUnavailable
from rates_sync.store.engine import open_engine, reading, utc_of, writing


async def _write(file: Path, word: str) -> None:
    engine = open_engine(f"sqlite+aiosqlite:///{file}", migrating=True)
    async with writing(engine) as connection:
        await connection.execute(text("CREATE TABLE said (word TEXT)"))
        await connection.execute(text("INSERT INTO said VALUES (:word)"), {"word": word})
    await engine.dispose()


async def _read(engine: AsyncEngine) -> str:
    async with reading(engine) as connection:
        return str((await connection.execute(text("SELECT word FROM said"))).scalar_one())


def _moved(file: Path, name: str) -> Path:
    return file.rename(file.with_name(name))


def _remove(file: Path) -> None:
    """Remove SQLite's own files beside it too: what is in its log belongs to it."""
    for part in (file, *file.parent.glob(f"{file.name}-*")):
        part.unlink()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the record is."""
    return tmp_path / "record.db"


@pytest.fixture
async def engine(file: Path) -> AsyncIterator[AsyncEngine]:
    """An engine that has read "before"."""
    await _write(file, "before")
    engine = open_engine(f"sqlite+aiosqlite:///{file}")
    assert await _read(engine) == "before"
    yield engine
    await engine.dispose()


async def test_a_look_at_the_record_opens_no_file(engine: AsyncEngine) -> None:
    """The connection waits for the next transaction."""
    assert "Connections in pool: 1 " in engine.pool.status()


async def test_a_file_moved_away_is_an_outage_until_it_is_back(
    engine: AsyncEngine, file: Path
) -> None:
    """The kept connection would still reach it, and nobody else does."""
    away = _moved(file, "away.db")
    with pytest.raises(StoreUnavailable, match="unable to open"):
        await _read(engine)
    _moved(away, file.name)
    assert await _read(engine) == "before"


async def test_a_replaced_file_is_what_the_next_transaction_reads(
    engine: AsyncEngine, file: Path, tmp_path: Path
) -> None:
    """An operator who puts a copy in its place gets answers from the copy."""
    copy = tmp_path / "copy.db"
    await _write(copy, "after")
    _remove(file)
    _moved(copy, file.name)
    assert await _read(engine) == "after"


async def test_a_file_has_no_clock(engine: AsyncEngine) -> None:
    """Protocol rule 33: on SQLite the only witness for the time is Banxico."""
    async with reading(engine) as connection:
        assert await utc_of(connection) is None


async def test_a_cancelled_write_keeps_no_lock(engine: AsyncEngine) -> None:
    """Also while the cancellation is handled: a leader that shuts down releases its lease then."""
    loop, running, go_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def wait_in_the_query() -> int:
        loop.call_soon_threadsafe(running.set)
        go_on.wait(timeout=5)
        return 1

    async def write() -> None:
        async with writing(engine) as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            await driver.create_function("wait", 0, wait_in_the_query)  # type: ignore[union-attr]
            await connection.execute(text("UPDATE said SET word = 'cancelled'"))
            await connection.execute(text("SELECT wait()"))

    async def lead() -> None:
        try:
            await write()
        finally:
            async with writing(engine) as connection:
                await connection.execute(text("UPDATE said SET word = word || ' and after'"))

    leading = asyncio.create_task(lead())
    await running.wait()
    leading.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await leading
    assert await _read(engine) == "before and after"
