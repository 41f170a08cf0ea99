"""A whole worker on a real Redis and a real database, through what happens to them."""

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from rates_api.bootstrap import Overrides, bootstrap
from rates_api.settings import Settings
from rates_api.snapshot.snapshot import Snapshot
from rates_api.worker import Worker
from rates_contracts.environment import Secret

pytestmark = pytest.mark.integration


@pytest.fixture
def settings(relay: Any, database: Any, tmp_path: Path) -> Settings:
    """Give settings with short times."""
    return Settings(
        database_url=Secret(database.url),
        redis_url=Secret(relay.url),
        database_timeout=2.0,
        redis_timeout=1.0,
        redis_answer_timeout=0.5,
        stream_block=0.1,
        watch_interval=0.2,
        watch_lag=0.1,
        retry_pause=0.05,
        reload_spread=0.05,
        instance_dir=str(tmp_path),
        workers=1,
    )


@pytest.fixture
def record(fakes: ModuleType) -> Any:
    """Give a record with one FIX."""
    record = fakes.Record()
    record.observe(fakes.observation(date(2024, 1, 2)))
    return record


@pytest.fixture
async def worker(settings: Settings, fakes: ModuleType) -> AsyncIterator[Worker]:
    """Give a worker that is running."""
    async with running(settings, fakes) as worker:
        yield worker


@asynccontextmanager
async def running(settings: Settings, fakes: ModuleType) -> AsyncIterator[Worker]:
    """Run a worker until the end."""
    worker = bootstrap(settings, Overrides(clock=lambda: fakes.START))
    task = asyncio.create_task(worker.run())
    yield worker
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    await worker.close()


async def until(true: Callable[[], bool]) -> None:
    """Wait until something is so, for some seconds at most."""
    deadline = time.monotonic() + 8
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def shows(worker: Worker, snapshot: Snapshot) -> Callable[[], bool]:
    """Return whether the worker answers from just this snapshot."""
    return lambda: worker.current.snapshot == snapshot


async def test_a_worker_follows_the_stream(
    relay: Any, record: Any, worker: Worker, fakes: ModuleType
) -> None:
    """Protocol rules 12 and 15: warm from the documents, every event, fed by Redis."""
    relay.relay(record)
    await until(shows(worker, record.snapshot.with_feed("redis")))

    record.observe(fakes.observation(date(2024, 1, 3), "17.0000"))
    record.backfill(fakes.observation(date(2023, 12, 29)))
    record.poll(breaker="open")
    relay.relay(record)

    await until(shows(worker, record.snapshot.with_feed("redis")))


async def test_what_is_recorded_without_redis_is_answered_within_three_seconds(
    relay: Any,
    redis_server: Any,
    database: Any,
    record: Any,
    settings: Settings,
    fakes: ModuleType,
) -> None:
    """Protocol rule 41: a worker whose stream is refused does not wait for its next look.

    With Redis gone an old rate was answered until then.
    """
    unhurried = dataclasses.replace(settings, watch_interval=3600.0, watch_lag=3600.0)
    database.hold(record)
    relay.relay(record)
    async with running(unhurried, fakes) as worker:
        await until(shows(worker, record.snapshot.with_feed("redis")))
        redis_server.stop()
        record.observe(fakes.observation(date(2024, 1, 3), "17.0000"))
        database.hold(record)
        recorded_at = time.monotonic()
        await until(shows(worker, record.snapshot.with_feed("database")))
        assert time.monotonic() - recorded_at < 3
        assert worker.fed
    redis_server.start()


async def test_a_worker_lives_through_the_loss_of_redis(
    relay: Any,
    redis_server: Any,
    database: Any,
    record: Any,
    worker: Worker,
    fakes: ModuleType,
) -> None:
    """Degraded from the record while Redis is away, healthy again once it is refilled."""
    database.hold(record)
    relay.relay(record)
    await until(shows(worker, record.snapshot.with_feed("redis")))

    redis_server.stop()
    record.observe(fakes.observation(date(2024, 1, 3), "17.0000"))
    database.hold(record)
    await until(shows(worker, record.snapshot.with_feed("database")))
    assert worker.redis.state == "unhealthy"

    redis_server.start()
    await until(lambda: worker.redis.state == "healthy")
    assert worker.current.snapshot == record.snapshot

    relay.relay(record)
    await until(shows(worker, record.snapshot.with_feed("redis")))


async def test_a_flushed_redis_is_not_noticed_once_it_is_refilled(
    relay: Any, database: Any, record: Any, worker: Worker, fakes: ModuleType
) -> None:
    """Protocol rule 8: flushed and refilled on its timeline, the stream goes on as before."""
    database.hold(record)
    relay.relay(record)
    await until(shows(worker, record.snapshot.with_feed("redis")))

    relay.flush()
    relay.relay(record)
    record.observe(fakes.observation(date(2024, 1, 3), "17.0000"))
    database.hold(record)
    relay.relay(record)

    await until(shows(worker, record.snapshot.with_feed("redis")))


async def test_a_silent_stream_does_not_hide_the_record(
    relay: Any, database: Any, record: Any, worker: Worker, fakes: ModuleType
) -> None:
    """Protocol rule 14: what never reaches the stream reaches the worker through the record."""
    database.hold(record)
    relay.relay(record)
    await until(shows(worker, record.snapshot.with_feed("redis")))

    record.observe(fakes.observation(date(2024, 1, 3), "17.0000"))
    database.hold(record)

    await until(shows(worker, record.snapshot.with_feed("database")))


async def test_a_restored_database_is_followed_with_redis_away(
    relay: Any,
    redis_server: Any,
    database: Any,
    record: Any,
    worker: Worker,
    fakes: ModuleType,
) -> None:
    """Protocol rules 9 and 14: a new history reaches the worker also without the stream."""
    record.observe(fakes.observation(date(2024, 1, 3), "99.0000"))
    database.hold(record)
    relay.relay(record)
    await until(shows(worker, record.snapshot.with_feed("redis")))

    redis_server.stop()
    record.restore(1)
    record.change_timeline()
    database.hold(record)

    await until(shows(worker, record.snapshot.with_feed("database")))


async def test_a_worker_recovers_from_a_start_without_any_source(
    redis_server: Any, database: Any, record: Any, worker: Worker, relay: Any
) -> None:
    """With Redis away and an empty database the worker is critical, then warms up by itself."""
    redis_server.stop()
    await until(lambda: worker.instance_health().level == "critical")
    assert worker.current.snapshot is None

    database.hold(record)
    await until(shows(worker, record.snapshot))

    redis_server.start()
    relay.relay(record)
    await until(shows(worker, record.snapshot.with_feed("redis")))


async def test_a_worker_without_data_says_what_does_not_answer(
    redis_server: Any, database: Any, worker: Worker
) -> None:
    """While it warms up nothing else asks Redis and the database; each refused load is counted."""
    redis_server.stop()
    await asyncio.to_thread(database.lose)
    await until(lambda: worker.redis.state == worker.database.state == "unhealthy")
    assert worker.current.snapshot is None
    for source in ("documents", "database"):
        counted = {"source": source}
        refused = worker.metrics.registry.get_sample_value("rates_api_load_failures_total", counted)
        assert refused


async def test_a_lost_database_costs_nothing(
    relay: Any, database: Any, record: Any, worker: Worker, fakes: ModuleType
) -> None:
    """Without the database the worker follows the stream, healthy, and says who is away."""
    database.hold(record)
    relay.relay(record)
    await until(shows(worker, record.snapshot.with_feed("redis")))

    # The worker may be in the middle of a question, and MySQL waits for its end.
    await asyncio.to_thread(database.lose)
    await until(lambda: worker.database.state == "unhealthy")
    record.observe(fakes.observation(date(2024, 1, 3), "17.0000"))
    relay.relay(record)

    await until(shows(worker, record.snapshot.with_feed("redis")))
    await until(lambda: worker.instance_health().level == "healthy")
