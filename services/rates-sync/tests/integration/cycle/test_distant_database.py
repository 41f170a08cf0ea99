"""A MySQL 300 ms away (protocol rule 37)."""

from collections.abc import AsyncIterator, Callable
from datetime import date as Day
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_sync.cycle.recorder import AnnounceMode, Recorder
from rates_sync.migrations import migrate
from rates_sync.store.engine import open_engine, reading, transaction_seconds
from rates_sync.upstream import Answer
from support.servers.distance import Distance, distant

pytestmark = pytest.mark.integration

ONE_WAY = 0.15
WITH_OBSERVATIONS = 12
PING = 1


@pytest.fixture
async def distance(mysql_server: Any) -> AsyncIterator[Distance]:
    """The server through a proxy, near as long as nobody moves it away."""
    async with distant(mysql_server.port) as distance:
        yield distance


@pytest.fixture
async def engine(
    database: Any, mysql_server: Any, distance: Distance
) -> AsyncIterator[AsyncEngine]:
    """An engine over a migrated database, through the proxy."""
    await migrate(database.url)
    engine = open_engine(database.url.replace(f":{mysql_server.port}/", f":{distance.port}/"))
    yield engine
    distance.one_way = 0.0
    await engine.dispose()


async def test_a_recording_takes_the_round_trips_that_it_may(
    recorder: Recorder, distance: Distance, answer_until: Callable[[Day], Answer]
) -> None:
    """Counted on the wire, the ping of the pooled connection among them."""
    distance.round_trips = 0
    added = await recorder.record(answer_until(Day(2026, 8, 13)), AnnounceMode.POLL)
    assert added.new == 2
    assert distance.round_trips <= WITH_OBSERVATIONS + PING


async def test_a_recording_reaches_a_distant_database(
    recorder: Recorder,
    engine: AsyncEngine,
    distance: Distance,
    mysql_server: Any,
    answer_until: Callable[[Day], Answer],
) -> None:
    """Also one that has to connect first, which takes longer than a near transaction may."""
    near = transaction_seconds(engine)
    distance.one_way = ONE_WAY
    for _ in range(20):
        async with reading(engine) as connection:
            await connection.execute(text("SELECT 1"))
    assert transaction_seconds(engine) > near + 5
    _kill_sessions(mysql_server)
    added = await recorder.record(answer_until(Day(2026, 8, 13)), AnnounceMode.POLL)
    assert added.new == 2


def _kill_sessions(server: Any) -> None:
    found = server.execute(
        "SELECT id FROM performance_schema.processlist WHERE user = 'rates_sync'"
    )
    server.execute(*(f"KILL {session}" for (session,) in found))
