"""Instances over fakes, two in a process: what is passed to `bootstrap` is used, and not closed."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from datetime import date as Day
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from fakeredis import FakeAsyncRedis, FakeServer
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_contracts.calendar import ONE_DAY
from rates_contracts.environment import Secret
from rates_contracts.events import HistoryReload, ObservationsRecorded, StatusChanged
from rates_contracts.observation import FIX
from rates_contracts.stream import EVENTS, event_of
from rates_sync.bootstrap import Overrides, _abstention, bootstrap
from rates_sync.errors import BadToken, StoreUnavailable
from rates_sync.leader.loops import NIGHTLY_TASKS, NightlyTaskName
from rates_sync.liveness import TICK_SECONDS
from rates_sync.notify.alerts import Alert
from rates_sync.service import Service
from rates_sync.settings import Settings
from rates_sync.store.engine import open_engine, reading
from rates_sync.store.schema import finished_nights
from rates_sync.upstream import Answer, Purpose, Query
from rates_telemetry.tracing import open_tracing

E = TypeVar("E", HistoryReload, ObservationsRecorded, StatusChanged)

THURSDAY = Day(2026, 8, 13)
FIRST_FIX_DAY = Day(2020, 1, 2)
SETTINGS = Settings(
    database_url=Secret("sqlite+aiosqlite:///nowhere.db"),
    redis_url=Secret("redis://127.0.0.1:1"),
    banxico_token=Secret("t" * 64),
    operator_token=Secret("o" * 16),
    banxico_url="http://127.0.0.1:1",
)


@dataclass
class VirtualClock:
    """A wall clock and a monotonic one that move by `advance`; sleepers wake when due.

    `jump` sets the wall clock alone.
    """

    now: datetime
    asleep: asyncio.Event = field(default_factory=asyncio.Event)
    wrong_by: float = 0.0
    _sleepers: list[tuple[float, asyncio.Event]] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.now.timestamp() - self.wrong_by

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        self._sleepers.append((self.monotonic() + seconds, woken))
        self.asleep.set()
        await woken.wait()

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        for due, woken in self._sleepers:
            if due <= self.monotonic():
                woken.set()

    def jump(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.wrong_by += seconds


class FakeAlerts:
    """Alerts that were published; `answers` is not set while none is accepted or refused."""

    def __init__(self) -> None:
        self.published: asyncio.Queue[Alert] = asyncio.Queue()
        self.answers = asyncio.Event()
        self.answers.set()

    async def publish(self, alert: Alert) -> None:
        self.published.put_nowait(alert)
        await self.answers.wait()


class FakeEdge:
    """An edge that notes when it was purged."""

    configured = True

    def __init__(self) -> None:
        self.purged = asyncio.Event()

    async def purge(self, paths: Sequence[str]) -> None:
        self.purged.set()


class NotedRedis(FakeAsyncRedis):
    """A Redis client that notes whether it was closed."""

    closed = False

    async def aclose(self, *args: Any, **options: Any) -> None:
        self.closed = True
        await super().aclose(*args, **options)


class Spans(SpanProcessor):
    """The names of the spans that ended, and whether the tracing was closed."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.closed = False

    def on_end(self, span: ReadableSpan) -> None:
        self.names.add(span.name)

    def shutdown(self) -> None:
        self.closed = True


@dataclass
class World:
    """An instance and all that was passed to it."""

    service: Service
    clock: VirtualClock
    engine: AsyncEngine
    redis: NotedRedis
    banxico: Any
    alerts: FakeAlerts
    edge: FakeEdge
    spans: Spans

    @asynccontextmanager
    async def running(self) -> AsyncIterator["asyncio.Task[None]"]:
        """Run the instance; it is cancelled in the end."""
        task = asyncio.create_task(self.service.run())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait({task})


class Worlds:
    """Builds instances over one database and one Redis, and closes what it passed to them."""

    def __init__(self, folder: Path, banxico: Any) -> None:
        self._url = f"sqlite+aiosqlite:///{folder}/rates.db"
        self._banxico, self._server = banxico, FakeServer()
        self._reader: Any = FakeAsyncRedis(server=self._server)
        self._last_id = b"0-0"
        self.closing = AsyncExitStack()
        self.closing.push_async_callback(self._reader.aclose)

    def build(
        self,
        name: str,
        now: datetime,
        database_ahead: timedelta | None = None,
        settings: Settings = SETTINGS,
    ) -> World:
        """Return an instance with clients of its own; its clock stands at `now`.

        The database's clock is `database_ahead` of it; None for a database without any.
        """
        clock, spans, numbers = VirtualClock(now), Spans(), count(1)
        engine = open_engine(self._url, migrating=True)
        redis, alerts, edge = NotedRedis(server=self._server), FakeAlerts(), FakeEdge()
        self.closing.push_async_callback(engine.dispose)
        self.closing.push_async_callback(redis.aclose)
        banxico = type(self._banxico)(self._banxico.fix, self._banxico.settlement, clock)

        async def database_utc(_connection: object) -> datetime | None:
            return None if database_ahead is None else clock() + database_ahead

        overrides = Overrides(
            clock=clock,
            monotonic=clock.monotonic,
            sleep=clock.sleep,
            random=lambda: 0.5,
            new_event_id=lambda: f"{name}-{next(numbers)}",
            first_fix_day=FIRST_FIX_DAY,
            name=name,
            engine=engine,
            database_utc=database_utc,
            redis=redis,
            banxico=banxico,
            alerts=alerts,
            edge=edge,
            tracing=open_tracing("test", version="0", sampled=1.0, processor=spans),
        )
        service = bootstrap(settings, overrides)
        return World(service, clock, engine, redis, banxico, alerts, edge, spans)

    def lose_redis(self) -> None:
        """Let Redis refuse every connection from now on."""
        self._server.connected = False

    async def relayed(self, kind: type[E]) -> E:
        """Wait for the next event of `kind` in the stream."""
        while True:
            ((_, entries),) = await self._reader.xread({EVENTS: self._last_id}, block=20_000)
            for id_, fields in entries:
                self._last_id = id_
                event = event_of(fields)
                if isinstance(event, kind):
                    return event


@pytest.fixture
async def worlds(tmp_path: Path, banxico: Any) -> AsyncIterator[Worlds]:
    """A database that does not exist yet, and an empty Redis."""
    worlds = Worlds(tmp_path, banxico)
    async with worlds.closing:
        yield worlds


async def test_instances_over_fakes_elect_one_leader_and_relay_the_fix(
    worlds: Worlds, hand_clock: Any
) -> None:
    """The first leads; the second waits, takes over and publishes the day's FIX."""
    first, second = (worlds.build(name, hand_clock.now) for name in ("first", "second"))
    async with first.running() as leading:
        history = await worlds.relayed(HistoryReload)
        assert history.event_id.startswith("first-")
        async with second.running():
            await second.clock.asleep.wait()
            assert (first.service.leader is None, second.service.leader is None) == (False, True)
            assert await second.service.holder() == "first"
            leading.cancel()
            await asyncio.wait({leading})
            second.clock.advance(timedelta(hours=2, minutes=6).total_seconds())
            event = await worlds.relayed(ObservationsRecorded)
            assert second.service.leader is not None
    assert event.event_id.startswith("second-")
    assert {row.date for row in event.observations if row.series == FIX} == {THURSDAY}


async def test_clock_that_the_database_contradicts_is_suspect(
    worlds: Worlds, hand_clock: Any
) -> None:
    """Protocol rule 33: heard with the lease's renewal, told to workers, exported."""
    world = worlds.build("only", hand_clock.now, database_ahead=timedelta(seconds=90))
    async with world.running():
        await worlds.relayed(HistoryReload)
        world.clock.advance(SETTINGS.lease_renewal)
        while not (await worlds.relayed(StatusChanged)).status.clock_suspect:
            world.clock.advance(SETTINGS.lease_renewal)
    registry, labels = world.service.metrics.registry, {"witness": "database"}
    assert registry.get_sample_value("rates_sync_clock_offset_seconds", labels) == -90


async def test_clock_that_the_database_alone_contradicts_dates_nothing(
    worlds: Worlds, hand_clock: Any
) -> None:
    """Protocol rule 33: without Banxico the record goes by the database; the alert is direct."""
    ahead = timedelta(hours=1)
    world = worlds.build("only", hand_clock.now, database_ahead=-ahead)
    world.banxico.script = [BadToken("refused")] * 20
    async with world.running():
        event = await worlds.relayed(StatusChanged)
        world.clock.advance(SETTINGS.lease_renewal)
        while (await world.alerts.published.get()).name != "clock_wrong":
            pass
        while not (await worlds.relayed(StatusChanged)).status.clock_suspect:
            world.clock.advance(SETTINGS.lease_renewal)
    assert event.status.upstream == "bad_token"
    assert abs(event.recorded_at - (hand_clock.now - ahead)) < timedelta(minutes=1)
    assert event.status.transitions[0].at <= event.recorded_at


async def test_banxico_heard_after_a_jump_is_believed(worlds: Worlds, hand_clock: Any) -> None:
    """Protocol rule 33: also when the poller notices only then that the clock was set."""
    world = worlds.build("only", hand_clock.now)
    ask = world.banxico.ask

    async def ask_while_the_poller_wakes(query: Query) -> Answer:
        answer: Answer = await ask(query)
        world.clock.advance(TICK_SECONDS)
        return answer

    async with world.running():
        await worlds.relayed(HistoryReload)
        leader = world.service.leader
        assert leader is not None
        world.clock.jump(3_600)
        jumped = world.clock()
        world.banxico.ask = ask_while_the_poller_wakes
        result = await leader.poller.poll(Purpose.MANUAL)
    assert (result.outcome, leader.recorder.health.verified_at) == ("success", jumped)


async def test_a_missing_signing_key_is_alerted_and_stops_no_recording(
    worlds: Worlds, hand_clock: Any, tmp_path: Path
) -> None:
    """The history is recorded and relayed, unsigned; an alert says why."""
    settings = replace(SETTINGS, signing_key_file=str(tmp_path / "missing"))
    world = worlds.build("only", hand_clock.now, settings=settings)
    async with world.running(), asyncio.timeout(60):
        await worlds.relayed(HistoryReload)
        alert = await world.alerts.published.get()
        assert alert.name == "signing_key_unusable"
        assert "No such file" in alert.summary
    registry = world.service.metrics.registry
    unsigned = {"outcome": "unsigned"}
    assert registry.get_sample_value("rates_sync_receipts_total", unsigned) not in (None, 0.0)


async def test_purge_does_not_wait_for_alerts_that_a_black_hole_holds(
    worlds: Worlds, hand_clock: Any
) -> None:
    """Protocol rule 21: or the edge would keep the old rate while SNS does not answer."""
    world = worlds.build("only", hand_clock.now)
    world.alerts.answers.clear()
    world.banxico.script = [BadToken("refused")]
    async with world.running(), asyncio.timeout(60):
        await world.alerts.published.get()
        world.edge.purged.clear()
        world.clock.advance(timedelta(hours=2, minutes=6).total_seconds())
        await worlds.relayed(ObservationsRecorded)
        await world.edge.purged.wait()
    assert world.alerts.published.empty()


async def test_what_is_passed_is_used_and_stays_open(worlds: Worlds, hand_clock: Any) -> None:
    """Whoever passed a client closes it; the instance has opened none of its own."""
    world = worlds.build("only", hand_clock.now)
    pool = world.engine.pool
    async with world.running():
        await worlds.relayed(HistoryReload)
        await world.edge.purged.wait()
    assert world.banxico.asked[-1].first == FIRST_FIX_DAY
    assert world.spans.names >= {"cycle", "ask"}
    assert (world.redis.closed, world.spans.closed) == (False, False)
    assert world.engine.pool is pool


async def test_what_is_not_passed_is_opened_and_closed(tmp_path: Path) -> None:
    """Only a clock is passed: the instance leads under its own name and leaves nothing open."""
    url = Secret(f"sqlite+aiosqlite:///{tmp_path}/rates.db")
    clock = VirtualClock(datetime(2026, 8, 13, 16, tzinfo=UTC))
    service = bootstrap(
        replace(SETTINGS, database_url=url), Overrides(clock=clock, sleep=clock.sleep)
    )
    closed: list[str] = []
    closing: Any = service.closing
    closing.callback(lambda: closed.append("first, while all else is still open"))
    opened = len(closing._exit_callbacks)
    running = asyncio.create_task(service.run())
    await clock.asleep.wait()
    assert f"/{os.getpid()}/" in await service.holder()
    assert not closed
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()
    assert opened == len(("tracing", "engine", "redis", "http", "ours"))
    assert (len(closed), len(closing._exit_callbacks)) == (1, 0)


async def test_night_without_redis_leaves_only_the_outbox_undone(
    worlds: Worlds, hand_clock: Any
) -> None:
    """Protocol rule 46: and only once a witness of the time was heard, here Banxico."""
    world = worlds.build("only", hand_clock.now)
    async with world.running():
        await worlds.relayed(HistoryReload)
        await _until_finished(world, dict.fromkeys(NIGHTLY_TASKS, THURSDAY))
        worlds.lose_redis()
        world.clock.advance(timedelta(hours=18).total_seconds())
        friday = dict.fromkeys(NIGHTLY_TASKS, THURSDAY + ONE_DAY)
        friday["outbox"] = THURSDAY
        await _until_finished(world, friday)


async def _until_finished(world: World, nights: Mapping[NightlyTaskName, Day]) -> None:
    """Let seconds pass until the record says so."""
    finished: dict[str, Day] = {}
    async with asyncio.timeout(60):
        while finished != nights:
            world.clock.advance(1)
            async with reading(world.engine) as connection:
                rows = await connection.execute(select(finished_nights))
                finished = {row.task: row.night for row in rows}


async def test_database_away_at_the_start_is_alerted(
    worlds: Worlds, hand_clock: Any, tmp_path: Path
) -> None:
    """Protocol rule 44: nobody leads, or could; the end is told once the lease is taken."""
    world = worlds.build("only", hand_clock.now)
    in_its_place = tmp_path / "rates.db"
    in_its_place.mkdir()
    async with world.running():
        await _until_alerted(world, "database_unavailable")
        assert not world.service.ready
        in_its_place.rmdir()
        await _until_alerted(world, "database_available")
    assert world.alerts.published.empty()


async def test_standby_alerts_a_server_that_takes_no_writes(
    worlds: Worlds, hand_clock: Any
) -> None:
    """Protocol rule 36: the leader has died, and reads say nothing of it."""
    leader, standby = (worlds.build(name, hand_clock.now) for name in ("first", "second"))
    async with leader.running() as leading:
        await worlds.relayed(HistoryReload)
        async with standby.running():
            await standby.clock.asleep.wait()
            _make_read_only(leader.engine)
            lift = _make_read_only(standby.engine)
            leading.cancel()
            await asyncio.wait({leading})
            await _until_alerted(standby, "database_unavailable")
            assert await standby.service.holder() == "first"
            lift()
            await _until_alerted(standby, "database_available")
            assert await standby.service.holder() == "second"


async def test_outage_is_told_by_who_does_not_contend(hand_clock: Any) -> None:
    """Protocol rule 33: an instance whose clock is wrong goes by what it reads."""
    outcomes: list[StoreUnavailable | None] = []
    away = StoreUnavailable("away")
    lease = SimpleNamespace(utc=Answers(away, None), on_outcome=outcomes.append)
    instance: Any = SimpleNamespace(
        lease=lease,
        clock=hand_clock,
        lease_sleep=hand_clock.sleep,
        alerts=FakeAlerts(),
        settings=SETTINGS,
        witnesses=SimpleNamespace(now=hand_clock),
    )
    await _abstention(instance).wait()
    assert outcomes == [away, None]


class Answers:
    """What each call brings, in order."""

    def __init__(self, *answers: Exception | None) -> None:
        self._answers = list(answers)

    async def __call__(self) -> None:
        """Return, or fail."""
        answer = self._answers.pop(0)
        if answer is not None:
            raise answer


def _make_read_only(engine: AsyncEngine) -> Callable[[], None]:
    """Refuse all writes through `engine` until the returned function is called."""

    def refuse_writes(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("SELECT", "BEGIN")):
            raise OperationalError(statement, None, Exception("the server is read-only"))

    event.listen(engine.sync_engine, "before_cursor_execute", refuse_writes)
    return lambda: event.remove(engine.sync_engine, "before_cursor_execute", refuse_writes)


async def _until_alerted(world: World, name: str) -> None:
    """Let time pass whenever a loop of the instance sleeps, until this alert is published."""
    async with asyncio.timeout(60):
        while world.alerts.published.empty() or world.alerts.published.get_nowait().name != name:
            await world.clock.asleep.wait()
            world.clock.asleep.clear()
            world.clock.advance(SETTINGS.lease_poll)
