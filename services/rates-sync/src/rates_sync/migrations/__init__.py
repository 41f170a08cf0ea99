"""The schema's history: start in `versions` for the tables and the read views.

`bootstrap` calls `migrate` before the lease is taken. Idempotent; of two instances that start
together the second waits for the first and finds nothing to do. Never touches rows that a
recording wrote.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from rates_sync.store.engine import open_engine, translated, writing

LOCK = "rates_sync_migrations"
LOCK_SECONDS = 60
"""How long an instance waits for another's migration on MySQL."""


async def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema, creating a missing SQLite file.

    Raises `StoreUnavailable`.
    """
    migrating = _sqlite if make_url(url).get_backend_name() == "sqlite" else _mysql
    async with migrating(url) as connection:
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@asynccontextmanager
async def _sqlite(url: str) -> AsyncIterator[AsyncConnection]:
    """One write transaction around all steps: SQLite's own lock keeps others out."""
    Path(make_url(url).database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = open_engine(url, create=True)
    try:
        async with writing(engine) as connection:
            yield connection
    finally:
        await engine.dispose()


@asynccontextmanager
async def _mysql(url: str) -> AsyncIterator[AsyncConnection]:
    """MySQL commits at each DDL statement, so a named lock keeps others out."""
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with translated(LOCK_SECONDS * 2), engine.begin() as connection:
            await _take_lock(connection)
            yield connection
    finally:
        await engine.dispose()


async def _take_lock(connection: AsyncConnection) -> None:
    """The session's end gives the lock back."""
    taken = await connection.scalar(
        text("SELECT GET_LOCK(:name, :seconds)"), {"name": LOCK, "seconds": LOCK_SECONDS}
    )
    if taken != 1:
        raise TimeoutError(f"another instance migrates for more than {LOCK_SECONDS} s")
