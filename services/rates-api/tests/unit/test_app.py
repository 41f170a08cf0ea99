"""The probes and the life of a worker: ready, alive, and what its death does."""

import asyncio
import dataclasses
import errno
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import httpx
import pytest

from rates_api.app import create, create_app
from rates_api.bootstrap import Overrides, bootstrap, timestamp_of, utc_now
from rates_api.settings import Settings
from rates_api.supervisor_link import SupervisorLink
from rates_api.worker import LoopLiveness, Worker
from rates_contracts.environment import Secret


class Time:
    """A clock that is set; its sleeps never end by themselves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Sleep until cancelled."""
        await asyncio.Event().wait()


@pytest.fixture
def time() -> Time:
    """Give a clock to set."""
    return Time()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give settings under which neither Redis nor the database is there."""
    return Settings(
        database_url=Secret("mysql+asyncmy://nobody@127.0.0.1:1/none"),
        redis_url=Secret("redis://127.0.0.1:1/0"),
        instance_dir=str(tmp_path),
        workers=1,
    )


@pytest.fixture
def worker(settings: Settings, time: Time, fakes: ModuleType) -> Worker:
    """Give a worker that has not started."""
    overrides = Overrides(clock=lambda: fakes.START, monotonic=time, sleep=time.sleep)
    return bootstrap(settings, overrides)


@pytest.fixture
def get(worker: Worker) -> Callable[[str], Any]:
    """Give a function that asks the worker's application for a path."""
    transport = httpx.ASGITransport(create_app(worker))  # type: ignore[arg-type]

    async def get(path: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://worker") as client:
            return await client.get(path)

    return get


async def test_a_cold_worker_is_never_ready(get: Callable[[str], Any], time: Time) -> None:
    """Protocol rule 22: beside a warm one it would answer half of all requests with problems.

    A worker that was restarted without Redis and database was ready after 10 s.
    """
    time.now = 3600.0

    assert (await get("/readyz")).status_code == 503
    assert (await get("/readyz/fed")).status_code == 503
    assert (await get("/readyz")).headers["Retry-After"] == "5"
    current = await get("/api/v1/rates/current")
    assert current.status_code == 503
    assert current.headers["Retry-After"]
    assert current.headers["Content-Type"] == "application/problem+json"


async def test_a_warm_worker_is_ready(
    get: Callable[[str], Any], worker: Worker, fakes: ModuleType
) -> None:
    """Protocol rule 22: past its first warm-up a worker is ready, whatever its level."""
    record = fakes.Record()
    record.observe(fakes.observation(date(2024, 1, 2)))
    worker.current.replace(record.snapshot)
    await worker.publish()

    assert (await get("/readyz")).status_code == 200
    assert (await get("/readyz/fed")).status_code == 200
    assert (await get("/readyz")).headers["x-content-type-options"] == "nosniff"
    assert "Retry-After" not in (await get("/readyz")).headers


async def test_a_worker_without_a_source_is_ready_but_not_fed(
    get: Callable[[str], Any], worker: Worker, fakes: ModuleType
) -> None:
    """Protocol rule 41: it answers from memory where nobody knows more, and says so.

    One instance cut off from both sources alternated its old rate with the neighbour's new one.
    """
    record = fakes.Record()
    record.observe(fakes.observation(date(2024, 1, 2)))
    worker.current.replace(record.snapshot.with_feed("redis"))
    await worker.publish()
    worker.database.failed(OSError())
    with_the_stream = await get("/readyz/fed")
    worker.current.set_feed("database")
    without = await get("/readyz/fed")
    worker.database.answered()

    assert with_the_stream.status_code == 200
    assert (without.status_code, without.json()) == (503, {"ready": True, "fed": False})
    assert (await get("/readyz")).status_code == 200
    assert (await get("/readyz/fed")).status_code == 200


async def test_a_draining_worker_is_not_ready_and_serves(
    get: Callable[[str], Any], worker: Worker, fakes: ModuleType
) -> None:
    """Protocol rule 22: readiness goes first, what still comes is answered."""
    record = fakes.Record()
    record.observe(fakes.observation(date(2024, 1, 2)))
    worker.current.replace(record.snapshot)
    worker.link.draining = True

    assert (await get("/readyz")).status_code == 503
    assert (await get("/readyz/fed")).status_code == 503
    assert (await get("/livez")).status_code == 200
    assert (await get("/api/v1")).status_code == 200


async def test_while_draining_every_answer_closes_its_connection(
    settings: Settings, time: Time
) -> None:
    """Protocol rule 22: a client that kept its connection would lose its next request."""
    link = SupervisorLink()
    app: Any = create(settings, Overrides(monotonic=time, sleep=time.sleep), link=link).asgi
    transport = httpx.ASGITransport(app)

    async with httpx.AsyncClient(transport=transport, base_url="http://worker") as client:
        before = (await client.get("/api/v1")).headers
        link.draining = True
        paths = ("/api/v1", "/api/v1", "/livez", "/readyz", "/health", "/nowhere")
        answers = [await client.get(path) for path in paths]

    assert "Connection" not in before
    assert {answer.headers["Connection"] for answer in answers} == {"close"}


async def test_a_worker_speaks_for_itself_where_reports_are_not_exchanged(
    get: Callable[[str], Any], worker: Worker, fakes: ModuleType
) -> None:
    """Protocol rule 38: a full disk is counted and told, and neither ends nor freezes anything."""
    record = fakes.Record()
    record.observe(fakes.observation(date(2024, 1, 2)))
    worker.current.replace(record.snapshot)
    await worker.publish()
    worker.database.answered()

    def full(_report: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    worker.reports = SimpleNamespace(publish=full, others_warm=True, interval=1.0)
    await worker.publish()

    assert worker.instance_health().database == "healthy"
    assert worker.metrics.registry.get_sample_value("rates_api_report_failures_total") == 1
    assert (await get("/readyz")).status_code == 200


async def test_a_worker_beats_from_its_event_loop(settings: Settings, time: Time) -> None:
    """Protocol rule 39: a loop that hangs beats no more."""
    beaten = asyncio.Event()

    class Link(SupervisorLink):
        def beat(self) -> None:
            beaten.set()

    worker = bootstrap(settings, Overrides(monotonic=time, sleep=time.sleep), Link())
    async with create_app(worker, end=lambda: None).lifespan():
        await asyncio.wait_for(beaten.wait(), 2)


async def test_a_worker_is_alive_while_its_loops_get_round(
    get: Callable[[str], Any], worker: Worker, time: Time
) -> None:
    """Liveness is loop progress: a loop that is stuck is named."""
    on_round = worker.liveness.track("reader")
    time.now = 59.0
    on_round()
    time.now = 110.0
    assert (await get("/livez")).status_code == 200

    time.now = 120.0
    stuck = await get("/livez")

    assert stuck.status_code == 503
    assert stuck.json()["stuck"] == ["reader"]


def test_every_loop_counts_from_its_start(time: Time) -> None:
    """A loop that has begun and never got round is stuck after the same time."""
    liveness = LoopLiveness(time)
    liveness.track("watch")

    time.now = 61.0

    assert liveness.stuck == ("watch",)


async def test_a_dead_background_ends_the_worker(worker: Worker) -> None:
    """A bug in the background does not leave a worker serving from a snapshot nobody feeds."""
    ended = asyncio.Event()

    async def die() -> None:
        raise RuntimeError("a bug")

    worker.run = die  # type: ignore[method-assign]
    app = create_app(worker, end=ended.set)

    async with app.lifespan():
        await asyncio.wait_for(ended.wait(), 2)


async def test_the_background_ends_with_the_application(worker: Worker) -> None:
    """At shutdown the loops are cancelled, which is no death."""
    ended = asyncio.Event()
    started = asyncio.Event()
    run = worker.run

    async def told() -> None:
        started.set()
        await run()

    worker.run = told  # type: ignore[method-assign]
    async with create_app(worker, end=ended.set).lifespan():
        await asyncio.wait_for(started.wait(), 2)

    assert not ended.is_set()


async def test_the_health_speaks_before_the_first_merge(
    get: Callable[[str], Any], worker: Worker
) -> None:
    """Protocol rule 24: until the workers have told each other, a worker tells its own."""
    health = await get("/health")

    assert health.status_code == 503
    assert health.json()["status"] == "unhealthy"

    await worker.publish()
    assert worker.instance_health().level == "critical"


async def test_the_first_worker_that_is_warm_speaks_for_itself(
    get: Callable[[str], Any], worker: Worker, fakes: ModuleType
) -> None:
    """It has merged while nobody had a say: that is no reason to call a warm worker critical."""
    await worker.publish()
    record = fakes.Record()
    record.observe(fakes.observation(date(2024, 1, 2)))
    worker.current.replace(record.snapshot)
    worker.database.answered()

    health = (await get("/health")).json()

    assert health["level"] != "critical"
    assert health["dependencies"]["database"] == "healthy"


async def test_an_application_is_created_from_settings_alone(
    settings: Settings, time: Time
) -> None:
    """The factory of the worker processes takes a clock for those who bring their own."""
    instants = SimpleNamespace(asked=0)

    def clock() -> datetime:
        instants.asked += 1
        return datetime(2026, 8, 14, 16, tzinfo=UTC)

    app: Any = create(settings, Overrides(clock=clock, monotonic=time, sleep=time.sleep)).asgi
    assert instants.asked == 0

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://worker") as client:
        for path in ("/livez", "/readyz", "/health", "/api/v1/rates/current"):
            assert (await client.get(path)).status_code in (200, 503)
    assert instants.asked > 0


@pytest.mark.parametrize(
    ("limit", "policy"), [(0, None), (60_000, '"edge";q=60000;w=60')], ids=["no edge", "an edge"]
)
async def test_answers_name_the_limit_of_an_edge_where_one_is_configured(
    settings: Settings, time: Time, limit: int, policy: str | None
) -> None:
    """Also those from the cache; what a client has left of it is said by the edge's 429 alone."""
    limited = dataclasses.replace(settings, edge_limit=limit)
    overrides = Overrides(monotonic=time, sleep=time.sleep)
    app: Any = create(limited, overrides).asgi
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://worker") as client:
        for path in ("/robots.txt", "/robots.txt", "/health"):
            answer = await client.get(path)
            assert answer.headers.get("ratelimit-policy") == policy
            assert "ratelimit" not in answer.headers


def test_one_clock_is_read_in_both_ways(fakes: ModuleType) -> None:
    """The seconds are those of the instants: of a clock that is passed in, and of the real one."""
    assert timestamp_of(lambda: fakes.START)() == fakes.START.timestamp()
    assert timestamp_of(utc_now)() == pytest.approx(utc_now().timestamp(), abs=1)


async def test_what_takes_long_is_done_one_after_another_beside_the_loop(worker: Worker) -> None:
    """Whoever asks for much waits for others who do; the loop goes on."""
    begun: list[str] = []
    has_begun, may_end = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def first() -> bool:
        begun.append("first")
        loop.call_soon_threadsafe(has_begun.set)
        return may_end.wait(10)

    def second() -> bool:
        begun.append("second")
        return True

    doing = [asyncio.ensure_future(worker.run_in_thread(work)) for work in (first, second)]
    await has_begun.wait()
    assert begun == ["first"]
    may_end.set()
    assert await asyncio.gather(*doing) == [True, True]
    assert begun == ["first", "second"]


async def test_a_worker_settles_once_it_is_warm(
    settings: Settings, time: Time, fakes: ModuleType
) -> None:
    """What is held permanently is kept from the garbage collector, after the load and only then."""
    settled = asyncio.Event()
    record = fakes.Record()
    record.observe(fakes.observation(date(2024, 1, 2)))
    redis = await fakes.relayed(record)
    overrides = Overrides(redis=redis, monotonic=time, sleep=time.sleep, freeze_garbage=settled.set)
    worker = bootstrap(settings, overrides)

    async with create_app(worker, end=lambda: None).lifespan():
        assert not settled.is_set()
        await asyncio.wait_for(settled.wait(), 2)

    assert worker.current.snapshot is not None
    await redis.aclose()
