"""One seed, from its plan to its verdict."""

import asyncio
import gc
import logging
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from contract.sweeping import published
from simulation.faults import Background, Plan
from simulation.history import History
from simulation.injector import Injector
from simulation.judging.alerting import AlertingJudge
from simulation.judging.answers import AnswerJudge
from simulation.judging.breaker import BreakerJudge
from simulation.judging.data_status import DataStatusJudge
from simulation.judging.documents import DocumentJudge
from simulation.judging.ending import EndJudge
from simulation.judging.lease import LeaseJudge
from simulation.judging.record import RecordReader
from simulation.judging.recording import RecordJudge
from simulation.judging.restoring import RestoreJudge
from simulation.judging.sync_health import SyncHealthJudge
from simulation.judging.told import ToldJudge
from simulation.judging.watch import WatchJudge
from simulation.world.banxico import Api, Truth
from simulation.world.clock import VirtualLoop, VirtualTime
from simulation.world.database import Database
from simulation.world.edge import Edge, EdgeJudge
from simulation.world.network import Machine, Outages
from simulation.world.platform import ApiInstance, Platform, Said
from simulation.world.sinks import Topic
from simulation.world.stream import StreamServer

SYNC_INSTANCES, WORKERS = 2, 3
ASK_SECONDS = 20.0
GLANCE_SECONDS = 2.0
PROBE_SECONDS = 50.0
CHUNK = timedelta(days=30)
"""A run's history is short: it comes in as many pieces as the real one, of four years each."""
MEMORY = Path("/dev/shm")
"""SQLite syncs its files often."""


@dataclass(frozen=True)
class Verdict:
    """How a seed ended."""

    plan: Plan
    history: History
    cpu_seconds: float

    @property
    def digest(self) -> str:
        """Return the digest over record, stream and answers."""
        return self.history.hexdigest

    @property
    def holds(self) -> bool:
        """Tell whether no invariant broke."""
        return not self.history.violations


def run(plan: Plan, history: History | None = None) -> Verdict:
    """Run what is planned in virtual time; `history` takes down what happens."""
    began = time.process_time()
    clock = VirtualTime(plan.background.begins)
    history = history or History()
    loop = VirtualLoop(clock)
    # Trace IDs are drawn from here, by a library.
    random.seed(plan.seed)
    # Redis' expiry and the age of pooled connections go by `time.time`.
    patched = patch("time.time", lambda: clock.unix)
    chunked = patch("rates_sync.cycle.backfill.CHUNK", CHUNK)
    with (
        _quiet(),
        _uncollected(),
        _zone(plan.background.zone),
        _directory() as directory,
        patched,
        chunked,
    ):
        try:
            loop.run_until_complete(Simulation(plan, clock, history, directory).run())
        finally:
            _close(loop)
    return Verdict(plan, history, time.process_time() - began)


class Simulation:
    """The world of a plan."""

    def __init__(self, plan: Plan, clock: VirtualTime, history: History, directory: Path) -> None:
        """Build it; nothing runs yet."""
        self._plan, self._clock, self._history = plan, clock, history
        self._random = random.Random(plan.seed ^ 0x5EED)
        self._platform = _platform(plan, clock, directory, self._random)
        self._reader = RecordReader(self._platform.database)
        self._breaker = BreakerJudge(self._platform, history, self._reader)
        self._record = RecordJudge(self._platform, history, self._reader, self._breaker.on_event)
        self._answers = AnswerJudge(self._platform, history, self._reader)
        self._edge, self._kept = Edge(clock), EdgeJudge(self._platform, history, self._reader)
        self._watch = WatchJudge(self._platform, history, self._reader)
        self._health = SyncHealthJudge(self._platform, history, self._reader)
        self._alerting = AlertingJudge(self._platform, history, self._reader)
        self._platform.topic.on_purge = self._edge.purge
        self._platform.topic.on_alert = self._alerting.on_alert
        self._platform.api.on_request = self._record.on_request
        self._lease = LeaseJudge(self._platform, history, self._reader)
        self._restores = RestoreJudge(self._platform, history, self._reader)
        self._told = ToldJudge(self._platform, history, self._reader)
        self._data_status = DataStatusJudge(self._platform, history, self._reader)
        self._platform.database.on_commit = self._on_commit
        self._platform.database.on_lease = self._lease.on_commit
        self._platform.database.on_answered = self._restores.on_answered
        self._documents = DocumentJudge(self._platform, history, self._reader)
        self._platform.stream.on_change = self._on_stream

    async def run(self) -> None:
        """Run the background with its faults, heal everything, and judge the end."""
        for _ in range(SYNC_INSTANCES):
            self._platform.start_sync()
        for _ in range(WORKERS):
            self._platform.start_worker()
        self._platform.changed_at = self._platform.touched["start"] = self._clock.now
        injector = Injector(self._platform, self._history, self._on_restore)
        async with asyncio.TaskGroup() as tasks:
            asking = tasks.create_task(self._ask_forever())
            probing = tasks.create_task(self._probe_forever())
            keeping = tasks.create_task(injector.keep_house())
            glancing = tasks.create_task(self._glance_forever())
            for fault in self._plan.faults:
                tasks.create_task(injector.inject(fault))
            await asyncio.sleep(self._plan.background.seconds)
            await EndJudge(self._platform, self._history, self._reader, self._restores).judge()
            for task in (asking, probing, glancing, keeping):
                task.cancel()
        self._digest_the_end()
        for instance in self._platform.instances:
            await self._platform.kill(instance)
        self._reader.close()
        self._platform.database.close()

    async def _ask_forever(self) -> None:
        while True:
            await asyncio.sleep(ASK_SECONDS * (0.5 + self._random.random()))
            paths = _paths(self._plan.background, self._clock.now)
            self._watch.look()
            self._restores.look()
            self._breaker.look()
            self._told.look()
            self._data_status.look()
            self._alerting.look()
            await self._ask("/api/v1/rates/current")
            await self._ask(self._random.choice(paths))

    async def _probe_forever(self) -> None:
        while True:
            await asyncio.sleep(PROBE_SECONDS)
            await self._health.ask()

    async def _glance_forever(self) -> None:
        while True:
            await asyncio.sleep(GLANCE_SECONDS)
            self._watch.glance()

    async def _ask(self, path: str) -> None:
        """Ask all workers at the same moment."""
        answers: list[tuple[ApiInstance, Said]] = []
        for instance in list(self._platform.workers):
            if not (instance.machine.paused or instance.machine.dead):
                said = await instance.get(path)
                self._answers.judge(instance, path, said)
                answers.append((instance, said))
        if path != "/health":  # It has figures of its own instance.
            self._answers.compare(answers, path)
            self._ask_the_edge(path, answers)

    def _ask_the_edge(self, path: str, answers: list[tuple[ApiInstance, Said]]) -> None:
        """Judge what the edge has; where it has nothing, it asks one of the workers."""
        if kept := self._edge.find(path):
            self._kept.judge(path, kept)
        elif answers:
            instance, said = self._random.choice(answers)
            self._edge.keep(path, said, trusted=self._answers.trusts(instance.machine))

    def _on_commit(self, machine: Machine) -> None:
        self._record.on_commit(machine)
        self._restores.on_commit(machine)
        self._data_status.on_commit()
        self._told.look()

    def _on_stream(self, writer: str) -> None:
        self._record.on_stream(writer)
        self._restores.on_stream(writer)
        self._documents.on_stream(writer)

    def _on_restore(self) -> None:
        self._record.on_restore()
        self._lease.on_restore()
        self._restores.on_restore()
        self._data_status.on_restore()
        self._answers.on_restore()

    def _digest_the_end(self) -> None:
        for table in ("observations", "outbox", "head"):
            rows = self._reader.rows(f"SELECT * FROM {table} ORDER BY 1, 2, 3")
            self._history.digest(repr(rows).encode())
        self._history.digest(repr(self._platform.stream.entries()).encode())


def _platform(plan: Plan, clock: VirtualTime, directory: Path, chance: random.Random) -> Platform:
    background = plan.background
    file = directory / "record.db"
    sqlite3.connect(file).close()
    truth = Truth(background.first_fix_day, background.shown)
    return Platform(
        time=clock,
        random=chance,
        database=Database(file, clock, background.mysql),
        stream=StreamServer(),
        api=Api(truth, clock, random.Random(chance.getrandbits(64))),
        topic=Topic(clock),
        outages=Outages(),
        first_fix_day=background.first_fix_day,
        sync_settings=background.sync_settings,
        api_settings=background.api_settings,
        signing_key=_signing_key(plan, directory),
    )


def _signing_key(plan: Plan, directory: Path) -> Path | None:
    """Return the file of rates-sync's key; none where an older edition takes part.

    That one signs nothing, and workers that know a key would follow the record beside it.
    """
    if any(fault.kind == "deployment" and fault.number % 2 for fault in plan.faults):
        return None
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    file = directory / "signing-key.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file


def _paths(background: Background, now: datetime) -> list[str]:
    day = background.day
    days = [day, *(day.fromordinal(day.toordinal() - ago) for ago in (1, 3, 12))]
    rates = [f"/api/v1/rates/{each}" for each in days]
    past = background.begins + timedelta(minutes=8)
    as_of = f"?as_of={past:%Y-%m-%dT%H:%M:%SZ}" if now > past else ""
    old = published.open_day_after(background.first_fix_day)
    return [
        *rates,
        *(f"{rate}?kind=settlement" for rate in rates),
        "/api/v1/rates/current?kind=settlement",
        f"/api/v1/rates/historical?from={days[3]}&to={day}",
        *(f"{rate}{as_of}" for rate in rates),
        f"/api/v1/rates/{old}",
        "/health",
    ]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Collect no garbage meanwhile: when it is collected differs, and takes a fifth of the time."""
    gc.collect()
    gc.freeze()  # What is left lives on, modules above all: the next time it need not be looked at.
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def _quiet() -> Iterator[None]:
    """Only bugs are logged."""
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        structlog.reset_defaults()


@contextmanager
def _zone(zone: str) -> Iterator[None]:
    """Let the host have another time zone: nothing may depend on it."""
    with patch.dict(os.environ, {"TZ": zone}):
        time.tzset()
        try:
            yield
        finally:
            os.environ.pop("TZ", None)
    time.tzset()


@contextmanager
def _directory() -> Iterator[Path]:
    parent = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=parent, prefix="simulation-") as directory:
        yield Path(directory)


def _close(loop: VirtualLoop) -> None:
    """End what is left: half-done work of instances that have died."""
    tasks: set[asyncio.Task[Any]] = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks))
    loop.close()
