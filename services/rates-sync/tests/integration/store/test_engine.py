"""Transactions on the real database: consistent reads, locks, errors."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, text

from rates_contracts.deadline import deadline
from rates_sync.errors import StoreRefused, StoreUnavailable
from rates_sync.store.engine import open_engine, reading, translated, writing
from rates_sync.store.rows import read_head
from rates_sync.store.schema import lease

pytestmark = pytest.mark.integration


async def test_a_reading_transaction_sees_one_state(leader: Any) -> None:
    """What commits meanwhile is not seen: position and data are never torn apart."""
    async with reading(leader.engine) as connection:
        before = await read_head(connection)
        event = await leader.change_status()
        assert await read_head(connection) == before
    assert await leader.record.head() == event.head


async def test_a_locked_database_is_unavailable_not_a_crash(database: Any, leader: Any) -> None:
    """Protocol rule 2: another's lock ends in `StoreUnavailable` after 2 s; nothing is lost."""
    other = open_engine(database.url)
    async with writing(other) as connection:
        await connection.execute(select(lease).with_for_update())
        with pytest.raises(StoreUnavailable, match=r"(?i)\block"):
            await leader.change_status()
    await other.dispose()
    assert (await leader.change_status()).position == 1


async def test_a_cancelled_transaction_is_no_outage() -> None:
    """A rollback that fails after the cancellation does not keep a task from ending."""

    async def transaction() -> None:
        async with translated():
            try:
                await asyncio.Event().wait()
            finally:
                raise ConnectionError("lost during the rollback")

    running = asyncio.create_task(transaction())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_transaction_that_takes_too_long_is_an_outage() -> None:
    """The deadline's own cancellation is not one of the task's."""
    with pytest.raises(StoreUnavailable):
        async with translated(0.01):
            await asyncio.Event().wait()


async def test_no_connection_begins_after_the_deadline(database: Any, leader: Any) -> None:
    """The pool's queue can lose the cancellation: a server that hung was waited for twice."""
    engine = open_engine(database.url)
    with deadline(0), pytest.raises(TimeoutError):
        async with engine.connect():
            pass
    await engine.dispose()


async def test_an_error_names_neither_statement_nor_values(database: Any, leader: Any) -> None:
    """What reaches the log is the driver's message alone."""
    with pytest.raises(StoreUnavailable) as caught:
        async with reading(leader.engine) as connection:
            await connection.execute(text("SELECT :secret FROM nowhere"), {"secret": "hunter2"})
    assert "hunter2" not in str(caught.value)
    assert "SELECT" not in str(caught.value)


async def test_a_broken_constraint_is_a_refusal(leader: Any) -> None:
    """A constraint that does not hold is not taken for an outage, after which one tries again."""
    with pytest.raises(StoreRefused):
        async with writing(leader.engine) as connection:
            await connection.execute(text("INSERT INTO upstream (id, name) VALUES (1, 'x')"))
