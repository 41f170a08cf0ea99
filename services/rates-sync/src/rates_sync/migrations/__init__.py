"""The schema's history: start in `versions` for the tables and the read views.

Idempotent; of two instances that start together the second waits for the first and finds nothing to
do. Never touches rows that a recording wrote. MySQL can't take DDL back: a step that was killed
halfway is there in part, and every step can be run again over what it left. A schema that a later
version has left, before a rollback or while instances are replaced, only has more than this version
asks for: it stays.
"""

import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rates_sync.store.engine import open_engine, translated, writing

log = structlog.get_logger(__name__)

LOCK_SECONDS = 60
"""How long an instance waits for another's migration."""
LOCK_POLL_SECONDS = 0.05


async def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema, creating a missing SQLite file.

    Raises `StoreUnavailable`.
    """
    engine = open_engine(url, migrating=True)
    try:
        if engine.dialect.name == "sqlite":
            async with _locked_file(Path(make_url(url).database or "")):
                await migrate_with(engine)
        else:
            await migrate_with(engine)
    finally:
        await engine.dispose()


async def migrate_with(engine: AsyncEngine) -> None:
    """Bring the database behind `engine` to the newest schema. Raises `StoreUnavailable`.

    On SQLite all steps are one write transaction; the file must exist.
    """
    is_sqlite = engine.dialect.name == "sqlite"
    async with writing(engine) if is_sqlite else _locked_mysql(engine) as connection:
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None or revision in _known(config):
        command.upgrade(config, "head")
    else:
        log.warning("schema_of_a_later_version", revision=revision)


def _known(config: Config) -> set[str]:
    """Return every revision that this version's history has."""
    return {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}


@asynccontextmanager
async def _locked_file(path: Path) -> AsyncIterator[None]:
    """Keep other processes out of the SQLite file by a lock file beside it.

    SQLite's own lock comes too late: a new file is switched to WAL before, and of two that switch
    it at once one is refused without waiting.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.migrating").open("w") as lock:
        await _take_file(lock)
        yield


async def _take_file(lock: IO[str]) -> None:
    """The file's closing gives the lock back, the process' end as well."""
    async with translated(LOCK_SECONDS):
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                await asyncio.sleep(LOCK_POLL_SECONDS)
            else:
                return


@asynccontextmanager
async def _locked_mysql(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """MySQL commits at each DDL statement, so a named lock keeps others out."""
    async with translated(LOCK_SECONDS * 2), engine.begin() as connection:
        await _take_lock(connection)
        yield connection


async def _take_lock(connection: AsyncConnection) -> None:
    """The session's end gives the lock back. Names count for a whole server, with 64 letters."""
    taken = await connection.scalar(
        text("SELECT GET_LOCK(LEFT(CONCAT('migrate ', DATABASE()), 64), :seconds)"),
        {"seconds": LOCK_SECONDS},
    )
    if taken != 1:
        raise TimeoutError(f"another instance migrates for more than {LOCK_SECONDS} s")
