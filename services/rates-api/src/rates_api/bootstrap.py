"""Builds a worker from its settings: the one place that knows every concrete class.

Clocks, randomness and names come from here alone. Nothing connects here: each client does on its
first request.
"""

import asyncio
import dataclasses
import functools
import gc
import os
import random
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_api import __version__
from rates_api.consume.documents import Documents
from rates_api.consume.head_monitor import ClockCheck, HeadMonitor, MonitorPauses
from rates_api.consume.reader import ReaderPauses, StreamReader
from rates_api.consume.restore_check import RestoreCheck
from rates_api.consume.signatures import Signatures
from rates_api.consume.stream import Stream, open_redis
from rates_api.dependencies import DependencyMonitor
from rates_api.errors import FallbackUnavailable, SourceUnavailable, StreamUnavailable
from rates_api.fallback.engine import open_engine
from rates_api.fallback.evidence import CONNECTIONS, SECONDS, EvidenceReader
from rates_api.fallback.reader import DatabaseReader
from rates_api.following.broadcast import Broadcast, Timing
from rates_api.http.response_cache import ResponseCache
from rates_api.instance import ReportDirectory, ReportExchange, worker_name
from rates_api.metrics import Metrics
from rates_api.settings import Settings
from rates_api.snapshot.current import CurrentSnapshot
from rates_api.snapshot.sources import SnapshotSources
from rates_api.supervisor_link import SupervisorLink
from rates_api.worker import Worker
from rates_contracts.answers import PublicKey
from rates_contracts.environment import Secret
from rates_telemetry import TRACE_SHARE
from rates_telemetry.tracing import Tracing, open_tracing

Sleep = Callable[[float], Awaitable[None]]
Wait = Callable[[], Awaitable[None]]
UNFED_SECONDS = 2.0
"""At most between two looks at the head by a worker that the stream does not feed (rule 41)."""

utc_now = functools.partial(datetime.now, UTC)
"""Returns now, in UTC."""


def timestamp_of(clock: Callable[[], datetime]) -> Callable[[], float]:
    """Return `clock` in POSIX seconds: a datetime costs five times a float to make and compare."""
    return time.time if clock is utc_now else lambda: clock().timestamp()


def freeze_garbage() -> None:
    """Exclude what a warm worker holds permanently from garbage collection.

    A full collection over modules and routes stops every answer until it is done.
    """
    gc.collect()
    gc.freeze()


@dataclasses.dataclass(frozen=True)
class Overrides:
    """What a worker uses in place of the real thing; None means the real one.

    The worker closes none of it. `database_clock` is the witness for `clock`: whoever moves the
    time of the platform, and not that of its database, moves both. `wall` is Unix time, for the age
    of the files in the instance's directory; `random` gives numbers from 0 to 1 for every jitter;
    `freeze_garbage` is called once the worker is warm.
    """

    redis: Redis | None = None
    database: AsyncEngine | None = None
    database_primary: AsyncEngine | None = None
    reports: ReportExchange | None = None
    tracing: Tracing | None = None
    clock: Callable[[], datetime] | None = None
    database_clock: Callable[[], Awaitable[datetime | None]] | None = None
    wall: Callable[[], float] | None = None
    monotonic: Callable[[], float] | None = None
    sleep: Sleep | None = None
    random: Callable[[], float] | None = None
    new_request_id: Callable[[], str] | None = None
    worker_name: str | None = None
    freeze_garbage: Callable[[], None] | None = None


NO_OVERRIDES = Overrides()


def bootstrap(
    settings: Settings, overrides: Overrides = NO_OVERRIDES, link: SupervisorLink | None = None
) -> Worker:
    """Build a worker; parts in `overrides` replace the real ones; without `link` it is alone."""
    closing = AsyncExitStack()
    clock = overrides.clock or utc_now
    monotonic = overrides.monotonic or time.monotonic
    sleep = overrides.sleep or asyncio.sleep
    chance = overrides.random or random.random
    metrics = Metrics(monotonic)
    link = link or SupervisorLink()
    streams = Broadcast(
        settings.streams,
        Timing(clock, monotonic, sleep, chance),
        is_draining=lambda: link.draining,
        on_count=metrics.streams.set,
        on_refused=metrics.on_stream_refused,
    )
    current = CurrentSnapshot(ResponseCache, streams.on_snapshot)
    redis = DependencyMonitor("redis", metrics.redis_up.set)
    database = DependencyMonitor("database", metrics.database_up.set)
    on_refused = _refusals(metrics, redis, database)
    readers = _readers(settings, overrides, closing)
    signatures = Signatures(
        settings.public_keys,
        functools.partial(_public_keys, readers),
        monotonic,
        read_newest=functools.partial(_public_keys, readers[::-1]),
        on_unverified=metrics.on_unverified,
    )
    stream = _stream(settings, overrides, closing, signatures)
    witness = overrides.database_clock or readers[0].clock
    tracing = overrides.tracing or _tracing(settings, closing, chance, monotonic)

    def seconds(minimum: float, maximum: float) -> Callable[[], float]:
        return lambda: minimum + (maximum - minimum) * chance()

    def between(minimum: float, maximum: float) -> Wait:
        drawn = seconds(minimum, maximum)
        return lambda: sleep(drawn())

    grace = between(settings.watch_lag, settings.watch_lag)
    pause = between(0.5 * settings.retry_pause, 1.5 * settings.retry_pause)
    return Worker(
        clock=clock,
        monotonic=monotonic,
        sleep=sleep,
        new_request_id=overrides.new_request_id or (lambda: uuid.uuid4().hex),
        current=current,
        streams=streams,
        metrics=metrics,
        reader=StreamReader(
            stream,
            current,
            SnapshotSources(
                [Documents(stream), *readers], on_loaded=metrics.on_loaded, on_refused=on_refused
            ),
            redis,
            on_entry=metrics.on_entry,
            pauses=ReaderPauses(pause, spread=between(0, settings.reload_spread)),
            span=lambda name, parent: tracing.span(name, parent=parent),
        ),
        head_monitor=HeadMonitor(
            readers[0],
            current,
            SnapshotSources(readers, on_loaded=metrics.on_loaded, on_refused=on_refused),
            database,
            RestoreCheck(
                _writer(settings, readers),
                stream,
                current,
                grace=grace,
                on_loaded=metrics.on_loaded,
                on_refused=on_refused,
            ),
            clocks=ClockCheck(clock, witness, metrics.on_clock_offset),
            pauses=MonitorPauses(
                seconds(0.5 * settings.watch_interval, settings.watch_interval),
                seconds(0.5 * UNFED_SECONDS, UNFED_SECONDS),
                sleep,
                settings.watch_lag,
            ),
        ),
        evidence=_evidence(settings, overrides, closing),
        signatures=signatures,
        database=database,
        redis=redis,
        link=link,
        reports=overrides.reports or _reports(settings, overrides, metrics, closing),
        tracing=tracing,
        closing=closing,
        freeze_garbage=overrides.freeze_garbage or freeze_garbage,
    )


def _refusals(
    metrics: Metrics, redis: DependencyMonitor, database: DependencyMonitor
) -> Callable[[str, SourceUnavailable], None]:
    """Return what counts a load that a source refused, and whose dependency did not answer.

    Documents that are missing are no outage, nor is a record that is still empty.
    """

    def on_refused(source: str, error: SourceUnavailable) -> None:
        metrics.on_refused(source)
        if isinstance(error, StreamUnavailable):
            redis.failed(error)
        if source == "database" and isinstance(error, FallbackUnavailable):
            database.failed(error)

    return on_refused


def _stream(
    settings: Settings, overrides: Overrides, closing: AsyncExitStack, signatures: Signatures
) -> Stream:
    redis = overrides.redis
    if redis is None:
        redis = open_redis(
            settings.redis_url.reveal(),
            timeout=settings.redis_timeout,
            connect_timeout=settings.redis_answer_timeout,
        )
        closing.push_async_callback(redis.aclose)
    return Stream(
        redis,
        block=settings.stream_block,
        timeout=settings.redis_answer_timeout,
        signatures=signatures,
    )


def _readers(
    settings: Settings, overrides: Overrides, closing: AsyncExitStack
) -> list[DatabaseReader]:
    """Return the reader, then the writer endpoint where there is one (protocol rule 13)."""
    engines = {
        "database": overrides.database or _engine(settings, settings.database_url, closing),
        "database_primary": overrides.database_primary
        or _engine(settings, settings.database_primary_url, closing),
    }
    return [
        DatabaseReader(engine, name=name, timeout=settings.database_timeout)
        for name, engine in engines.items()
        if engine is not None
    ]


async def _public_keys(readers: Sequence[DatabaseReader]) -> tuple[PublicKey, ...]:
    """Return the signing keys of the first endpoint that answers. Raises `SourceUnavailable`."""
    for reader in readers[:-1]:
        try:
            return await reader.public_keys()
        except SourceUnavailable:
            continue  # The last one's cause is told.
    return await readers[-1].public_keys()


def _writer(settings: Settings, readers: list[DatabaseReader]) -> DatabaseReader | None:
    """Return the writer: the primary, or the only database if that is declared to be one."""
    declared = len(readers) > 1 or settings.database_role == "writer"
    return readers[-1] if declared else None


def _evidence(settings: Settings, overrides: Overrides, closing: AsyncExitStack) -> EvidenceReader:
    """Return the reader of evidence, whose connections are its own."""
    engine = overrides.database
    if engine is None:
        url = settings.database_url.reveal()
        engine = open_engine(url, pool_size=CONNECTIONS, timeout=SECONDS)
        closing.push_async_callback(engine.dispose)
    return EvidenceReader(engine)


def _engine(settings: Settings, url: Secret | None, closing: AsyncExitStack) -> AsyncEngine | None:
    if url is None:
        return None
    engine = open_engine(
        url.reveal(), pool_size=settings.database_pool, timeout=settings.database_timeout
    )
    closing.push_async_callback(engine.dispose)
    return engine


def _tracing(
    settings: Settings,
    closing: AsyncExitStack,
    chance: Callable[[], float],
    monotonic: Callable[[], float],
) -> Tracing:
    tracing = open_tracing(
        "rates-api",
        version=__version__,
        sampled=TRACE_SHARE,
        endpoint=settings.otlp_endpoint or None,
        chance=chance,
        monotonic=monotonic,
    )
    closing.push_async_callback(asyncio.to_thread, tracing.close)
    return tracing


def _reports(
    settings: Settings, overrides: Overrides, metrics: Metrics, closing: AsyncExitStack
) -> ReportDirectory:
    """Join the instance's directory; a worker that runs alone makes its own."""
    directory, workers = settings.instance_dir, settings.workers
    if not directory:
        workers = 1
        directory = closing.enter_context(tempfile.TemporaryDirectory(prefix="rates-api-"))
    return ReportDirectory(
        Path(directory),
        overrides.worker_name or worker_name(os.getpid(), uuid.uuid4().hex[:4]),
        metrics.registry,
        workers=workers,
        wall=overrides.wall or time.time,
    )
