"""A worker built from parts that are passed in: each is used, none is closed."""

import asyncio
import contextlib
import dataclasses
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_api.bootstrap import Overrides, _public_keys, bootstrap, utc_now
from rates_api.dependencies import InstanceHealth
from rates_api.errors import FallbackUnavailable
from rates_api.fallback.engine import open_engine
from rates_api.instance import WorkerReport, merged
from rates_api.settings import Settings
from rates_api.worker import Worker
from rates_contracts.answers import PublicKey
from rates_contracts.environment import Secret
from rates_contracts.signatures.carrier import Signature
from rates_contracts.signatures.jose import base64url, key_id
from rates_contracts.stream import EVENTS
from rates_telemetry.tracing import Tracing, open_tracing


class Reports:
    """The reports of an instance in memory, as one of its workers sees them."""

    interval = 1.0

    def __init__(self, name: str, by_worker: dict[str, WorkerReport], workers: int) -> None:
        self.name, self.by_worker, self.workers = name, by_worker, workers

    def publish(self, report: WorkerReport | None) -> InstanceHealth | None:
        """Take in the report, return the merged health."""
        if report is not None:
            self.by_worker[self.name] = report
        return merged(list(self.by_worker.values())) if self.by_worker else None

    @property
    def others_warm(self) -> bool:
        """Tell whether all have reported."""
        return len(self.by_worker) == self.workers


@pytest.fixture
def settings() -> Settings:
    """Give settings that lead nowhere."""
    return Settings(
        database_url=Secret("sqlite+aiosqlite:////nowhere/none.db"),
        redis_url=Secret("redis://127.0.0.1:1/0"),
        stream_block=0.01,
    )


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """Give a database that is not there."""
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/none.db", pool_size=1, timeout=1.0)
    yield engine
    await engine.dispose()


@pytest.fixture
def tracing() -> Tracing:
    """Give a tracing that goes nowhere."""
    return open_tracing("rates-api", version="1", sampled=0.1)


def names(directory: Path) -> list[str]:
    """Return what lies in a directory."""
    return sorted(path.name for path in directory.iterdir())


async def until(true: Callable[[], bool]) -> None:
    """Let the workers run until something is so; the limit is for a broken one alone."""
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.001)


async def test_two_workers_in_one_process_follow_one_stream(
    settings: Settings, engine: AsyncEngine, tracing: Tracing, fakes: ModuleType
) -> None:
    """Nothing but what was passed in: the documents, every event, reports by memory."""
    record = fakes.Record()
    record.observe(fakes.observation(date(2024, 1, 2)))
    redis = await fakes.relayed(record)
    reports: dict[str, WorkerReport] = {}
    settled: list[str] = []

    async def sleep(seconds: float) -> None:
        # The next look at the head never comes, all else at once.
        await asyncio.sleep(0.001 if seconds < 5 else 3600)

    def worker(name: str) -> Worker:
        overrides = Overrides(
            redis=redis,
            database=engine,
            reports=Reports(name, reports, workers=2),
            tracing=tracing,
            clock=lambda: fakes.START,
            monotonic=lambda: 1.0,
            sleep=sleep,
            random=lambda: 0.5,
            new_request_id=lambda: name,
            freeze_garbage=lambda: settled.append(name),
        )
        return bootstrap(settings, overrides)

    workers = [worker(name) for name in ("first", "second")]
    running = [asyncio.create_task(each.run()) for each in workers]
    await until(lambda: all(each.ready for each in workers))
    record.observe(fakes.observation(date(2024, 1, 3), "17.0000"))
    await fakes.relayed(record, redis)
    expected = record.snapshot.with_feed("redis")
    await until(lambda: all(each.current.snapshot == expected for each in workers))

    assert sorted(settled) == sorted(reports) == ["first", "second"]
    assert [each.new_request_id() for each in workers] == ["first", "second"]
    assert all(each.clock() == fakes.START for each in workers)
    await until(lambda: all(each.instance_health().redis == "healthy" for each in workers))
    for task in running:
        task.cancel()
    await asyncio.wait(running)
    assert all(task.cancelled() for task in running)
    for each in workers:
        await each.close()
    await redis.aclose()


async def test_what_is_passed_in_is_used_and_not_closed(settings: Settings) -> None:
    """A part belongs to whoever made it; the end of a worker leaves it alone."""
    asked: list[str] = []

    class Part:
        def __init__(self, name: str) -> None:
            self.name = name

        def __getattr__(self, what: str) -> Any:
            asked.append(f"{self.name}.{what}")
            raise AttributeError(what)

    names = ("redis", "database", "database_primary", "tracing", "reports")
    parts: dict[str, Any] = {name: Part(name) for name in names}
    worker: Any = bootstrap(settings, Overrides(**parts))
    assert (worker.tracing, worker.reports) == (parts["tracing"], parts["reports"])
    documents, *databases = worker.reader._sources._sources
    assert documents._stream is worker.reader._stream
    assert documents._stream._redis is parts["redis"]
    assert [each._engine for each in databases] == [parts["database"], parts["database_primary"]]
    assert worker.head_monitor._record is databases[0]

    await worker.close()

    assert asked == []


@pytest.mark.parametrize(
    ("role", "primary", "expected"),
    [("replica", None, None), ("writer", None, "database"), ("replica", "x", "database_primary")],
    ids=["replica alone", "declared to be the writer", "with a writer endpoint"],
)
async def test_only_a_declared_writer_tells_of_a_restore(
    settings: Settings, engine: AsyncEngine, role: str, primary: str | None, expected: str | None
) -> None:
    """Protocol rule 42: a database that may be a replica makes no worker go back."""
    overrides = Overrides(database=engine, database_primary=engine if primary else None)
    worker = bootstrap(dataclasses.replace(settings, database_role=role), overrides)
    writer: Any = worker.head_monitor._restores._writer
    assert (None if writer is None else writer.name) == expected
    await worker.close()


async def test_the_database_is_the_clocks_witness_unless_another_is_passed_in(
    settings: Settings,
) -> None:
    """Protocol rule 33: the witness is a seam, as the clock is."""

    async def witness() -> None:
        return None

    own: Any = bootstrap(settings)
    assert own.head_monitor._clocks.witness == own.head_monitor._record.clock
    other: Any = bootstrap(settings, Overrides(database_clock=witness))
    assert other.head_monitor._clocks.witness is witness
    for worker in (own, other):
        await worker.close()


async def test_a_record_ahead_of_the_clock_shows_in_the_metrics(
    settings: Settings, fakes: ModuleType
) -> None:
    """Protocol rule 33: how far the newest event lies ahead, 0 once the clock is past it."""
    record = fakes.Record()
    record.observe(fakes.observation(date(2024, 1, 2)))
    behind = timedelta(seconds=90)
    times = iter([fakes.START - behind, fakes.START + behind])
    worker = bootstrap(settings, Overrides(clock=lambda: next(times)))
    worker.current.replace(record.snapshot)

    shown = []
    for _ in range(2):
        await worker.publish()
        shown.append(
            worker.metrics.registry.get_sample_value(
                "rates_api_clock_offset_seconds", {"witness": "record"}
            )
        )

    assert shown == [91, 0]
    await worker.close()


async def test_a_worker_writes_under_the_name_it_is_given(
    settings: Settings, tmp_path: Path, fakes: ModuleType
) -> None:
    """Its metrics lie under the name, and what the directory's clock calls old is not heard."""
    shared = Settings(
        database_url=settings.database_url,
        redis_url=settings.redis_url,
        instance_dir=str(tmp_path),
    )
    overrides = Overrides(worker_name="mine", wall=lambda: 9e9)
    worker = bootstrap(shared, overrides)
    record = fakes.Record()
    worker.current.replace(record.snapshot)

    await worker.publish()

    assert names(tmp_path) == ["mine.json", "mine.prom"]
    assert not worker.ready
    await worker.close()


async def test_a_worker_that_is_not_told_asks_for_the_real_things(settings: Settings) -> None:
    """By default time runs, and no two requests or workers share a name."""
    first, second = bootstrap(settings), bootstrap(settings)
    assert first.new_request_id() != second.new_request_id()
    assert first.clock is second.clock is utc_now
    await first.close()
    await second.close()


async def test_the_signing_keys_are_asked_of_the_writer_too() -> None:
    """Where the reader endpoint is away the record still tells which keys there are."""
    key = PublicKey(kid="k", x="x", created_at=datetime(2026, 8, 13, tzinfo=UTC))

    class Endpoint:
        def __init__(self, *keys: PublicKey) -> None:
            self._keys = keys

        async def public_keys(self) -> tuple[PublicKey, ...]:
            if not self._keys:
                raise FallbackUnavailable("away")
            return self._keys

    away: Any = Endpoint()
    writer: Any = Endpoint(key)
    assert await _public_keys([away, writer]) == (key,)
    with pytest.raises(FallbackUnavailable):
        await _public_keys([away, away])


async def test_an_unknown_key_is_asked_of_the_writer_first(
    settings: Settings, tmp_path: Path
) -> None:
    """It was recorded there before anything was signed with it; a reader may lag behind."""
    old, new = base64url(b"1" * 32), base64url(b"2" * 32)
    reader, writer = keys_of(tmp_path / "reader", old), keys_of(tmp_path / "writer", old, new)
    worker = bootstrap(settings, Overrides(database=reader, database_primary=writer))
    await worker.signatures.learn()
    assert worker.signatures.trusted == {key_id(old)}

    signature = Signature(key_id(new), bytes(64)).text
    await worker.signatures.verify("event", EVENTS, b"{}", signature)

    assert worker.signatures.trusted == {key_id(old), key_id(new)}
    await worker.close()


def keys_of(path: Path, *keys: str) -> AsyncEngine:
    """Return a database whose view of signing keys has these."""
    rows = [(key_id(x), x, "2026-08-13 18:00:00.000000", None) for x in keys]
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE signing_keys_v1 (kid, x, created_at, revoked_at)")
        connection.executemany("INSERT INTO signing_keys_v1 VALUES (?, ?, ?, ?)", rows)
    return open_engine(f"sqlite+aiosqlite:///{path}", pool_size=1, timeout=1.0)
