"""The schema's history and what it leaves behind."""

import asyncio
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, event, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from rates_contracts.views import VIEWS
from rates_sync import migrations
from rates_sync.errors import StoreUnavailable
from rates_sync.migrations import migrate
from rates_sync.store.engine import open_engine, reading, writing
from rates_sync.store.rows import read_head, read_history
from rates_sync.store.schema import head, lease, metadata, upstream

pytestmark = pytest.mark.integration


async def test_the_migrated_schema_is_the_one_that_queries_are_built_from(
    engine: AsyncEngine,
) -> None:
    """Every table, column and index of `schema` is what the migrations made, and nothing more."""
    async with reading(engine) as connection:
        assert await connection.run_sync(_differences) == []


def _differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


@pytest.mark.parametrize("view", sorted(VIEWS))
async def test_each_read_view_has_the_columns_of_the_contract(
    engine: AsyncEngine, view: str
) -> None:
    """A read view's columns are those that `rates_contracts.views` promises, in that order."""
    async with reading(engine) as connection:
        result = await connection.execute(text(f"SELECT * FROM {view}"))
        assert tuple(result.keys()) == VIEWS[view]


async def test_no_other_view_exists(engine: AsyncEngine) -> None:
    """Only the promised views can be selected from."""
    async with reading(engine) as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_view_names())
    assert set(names) == set(VIEWS)


async def test_instances_that_start_together_migrate_once(database: Any) -> None:
    """Several migrations at once leave one schema and raise nothing."""
    await asyncio.gather(*(migrate(database.url) for _ in range(4)))
    engine = open_engine(database.url)
    async with reading(engine) as connection:
        assert (await read_head(connection)).position == 0
    await engine.dispose()


async def test_a_migration_that_dies_at_any_statement_is_finished_by_the_next(
    database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MySQL commits each statement by itself: what a killed instance left is no obstacle."""
    deaths = 0
    while await _dies_at(deaths + 1, database.url, monkeypatch):
        deaths += 1
    assert deaths > 20
    engine = open_engine(database.url)
    async with reading(engine) as connection:
        assert await connection.run_sync(_differences) == []
        for table in (head, lease, upstream):
            assert len((await connection.execute(select(table))).all()) == 1
    await engine.dispose()


class Killed(Exception):
    """What ends an instance in the middle of a migration."""


async def _dies_at(statement: int, url: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Migrate with an end before that statement; False if there are not so many."""
    left = count(statement, -1)

    def open_mortal(*args: Any, **options: Any) -> AsyncEngine:
        engine = open_engine(*args, **options)
        event.listen(engine.sync_engine, "before_cursor_execute", die)
        return engine

    def die(*_: object) -> None:
        if next(left) == 1:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(migrations, "open_engine", open_mortal)
        try:
            await migrate(url)
        except Killed:
            return True
    return False


async def test_migrating_again_keeps_the_record(database: Any, leader: Any) -> None:
    """A migration of a database that is up to date changes no row."""
    event = await leader.publish({"2026-08-13": "17.0530"})
    await migrate(database.url)
    assert await leader.record.head() == event.head


async def test_a_schema_of_a_later_version_is_left_as_it_is(database: Any, leader: Any) -> None:
    """After a rollback an instance starts on what a later one migrated, and records there."""
    async with writing(leader.engine) as connection:
        await connection.execute(text("ALTER TABLE outbox ADD COLUMN invented VARCHAR(9) NULL"))
        await connection.execute(text("UPDATE alembic_version SET version_num = 'r9999_later'"))
    with capture_logs() as lines:
        await migrate(database.url)
    assert [(line["event"], line["revision"]) for line in lines] == [
        ("schema_of_a_later_version", "r9999_later")
    ]
    event = await leader.publish({"2026-08-13": "17.0530"})
    assert await leader.record.head() == event.head


async def test_a_missing_database_is_an_error_and_is_not_made(database: Any) -> None:
    """Only a migration creates the database; everybody else hears that it is not there."""
    engine = open_engine(database.url)
    with pytest.raises(StoreUnavailable):
        async with reading(engine) as connection:
            await read_head(connection)
    await engine.dispose()
    assert database.untouched


async def test_what_was_recorded_before_positions_has_the_heads(database: Any) -> None:
    """An observation of an older release counts as announced where the head stood at migration."""
    await _migrate_to("0004", database.url)
    engine = open_engine(database.url)
    async with writing(engine) as connection:
        await connection.execute(
            text("INSERT INTO payloads (sha256, body, received_at) VALUES ('a', '{}', :at)"), OLD
        )
        await connection.execute(text(INSERT_OLD), OLD)
        await connection.execute(text("UPDATE head SET position = 42, recorded_at = :at"), OLD)
    await migrate(database.url)
    async with reading(engine) as connection:
        assert [row.position for row in await read_history(connection)] == [42]
    await engine.dispose()


OLD = {"at": "2026-08-13 18:00:00.000000"}
INSERT_OLD = (
    "INSERT INTO observations (series, date, revision, value, recorded_at, payload_sha256)"
    " VALUES ('SF43718', '2026-08-13', 1, '17.0530', :at, 'a')"
)


async def _migrate_to(revision: str, url: str) -> None:
    """Migrate as the release did whose newest step was `revision`."""
    engine = open_engine(url, migrating=True)

    def upgrade(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    async with engine.begin() as connection:
        await connection.run_sync(upgrade)
    await engine.dispose()
