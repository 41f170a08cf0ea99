"""Builds a worker from its settings: the one place that knows every concrete class.

Called by `app`, and by tests with their own clock, sleep and chance. Nothing connects here: each
client does on its first question.
"""

import asyncio
import functools
import os
import random as chance
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from rates_api import __version__
from rates_api.consume.documents import Documents
from rates_api.consume.head_monitor import HeadWatch
from rates_api.consume.reader import StreamReader, Waits
from rates_api.consume.stream import Stream, open_redis
from rates_api.dependencies import Dependency
from rates_api.fallback.engine import open_engine
from rates_api.fallback.reader import DatabaseReader
from rates_api.instance import Instance
from rates_api.metrics import Metrics
from rates_api.settings import Settings
from rates_api.snapshot.current import CurrentSnapshot
from rates_api.snapshot.warmup import Sources
from rates_api.worker import Worker
from rates_contracts.environment import Secret
from rates_telemetry.tracing import Tracing, open_tracing

Sleep = Callable[[float], Awaitable[None]]
Wait = Callable[[], Awaitable[None]]


utc_now = functools.partial(datetime.now, UTC)
"""Returns now, in UTC."""


def timestamp_of(clock: Callable[[], datetime]) -> Callable[[], float]:
    """Return `clock` in POSIX seconds; an instant, made and compared, costs five times a float."""
    return time.time if clock is utc_now else lambda: clock().timestamp()


def bootstrap(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = utc_now,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Sleep = asyncio.sleep,
    random: Callable[[], float] = chance.random,
    settle: Callable[[], None] = lambda: None,
) -> Worker:
    """Build a worker; `random` gives numbers from 0 to 1 for every jitter."""
    closing = AsyncExitStack()
    metrics = Metrics(monotonic)
    current = CurrentSnapshot()
    redis = Dependency("redis", metrics.redis_up.set)
    database = Dependency("database", metrics.database_up.set)
    stream = _stream(settings, closing)
    readers = _readers(settings, closing)
    tracing = _tracing(settings, closing)

    def between(least: float, most: float) -> Wait:
        return lambda: sleep(least + (most - least) * random())

    pause = between(0.5 * settings.retry_pause, 1.5 * settings.retry_pause)
    sources = Sources([Documents(stream), *readers], metrics.loaded)
    reader = StreamReader(
        stream,
        current,
        sources,
        redis,
        count=metrics.event,
        waits=Waits(pause, spread=between(0, settings.reload_spread)),
        span=lambda name, parent: tracing.span(name, parent=parent),
    )
    watch = HeadWatch(
        readers[0],
        current,
        Sources(readers, metrics.loaded),
        database,
        interval=between(0.5 * settings.watch_interval, settings.watch_interval),
        grace=between(settings.watch_lag, settings.watch_lag),
    )
    return Worker(
        clock=clock,
        timestamp=timestamp_of(clock),
        monotonic=monotonic,
        sleep=sleep,
        pause=pause,
        current=current,
        metrics=metrics,
        sources=sources,
        reader=reader,
        watch=watch,
        database=database,
        redis=redis,
        instance=_instance(settings, metrics, closing),
        tracing=tracing,
        closing=closing,
        settle=settle,
    )


def _stream(settings: Settings, closing: AsyncExitStack) -> Stream:
    redis = open_redis(
        settings.redis_url.reveal(),
        timeout=settings.redis_timeout,
        connect_timeout=settings.redis_answer_timeout,
    )
    closing.push_async_callback(redis.aclose)
    return Stream(redis, block=settings.stream_block, timeout=settings.redis_answer_timeout)


def _readers(settings: Settings, closing: AsyncExitStack) -> list[DatabaseReader]:
    """Return the reader, then the writer endpoint where one is set (protocol rule 13)."""
    urls: list[tuple[str, Secret | None]] = [
        ("database", settings.database_url),
        ("database_primary", settings.database_primary_url),
    ]
    readers = []
    for name, url in urls:
        if url is not None:
            engine = open_engine(
                url.reveal(),
                pool_size=settings.database_pool,
                timeout=settings.database_timeout,
            )
            closing.push_async_callback(engine.dispose)
            readers.append(DatabaseReader(engine, name=name, timeout=settings.database_timeout))
    return readers


def _tracing(settings: Settings, closing: AsyncExitStack) -> Tracing:
    tracing = open_tracing(
        "rates-api", version=__version__, endpoint=settings.otlp_endpoint or None
    )
    closing.push_async_callback(asyncio.to_thread, tracing.close)
    return tracing


def _instance(settings: Settings, metrics: Metrics, closing: AsyncExitStack) -> Instance:
    """Join the instance's directory; a worker that runs alone makes its own."""
    directory, workers = settings.instance_dir, settings.workers
    if not directory:
        workers = 1
        directory = closing.enter_context(tempfile.TemporaryDirectory(prefix="rates-api-"))
    name = f"worker-{os.getpid()}-{uuid.uuid4().hex[:4]}"
    return Instance(Path(directory), name, metrics.registry, workers=workers)
