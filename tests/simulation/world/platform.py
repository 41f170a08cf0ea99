"""The instances of both services, each on a machine of its own, wired by their own `bootstrap`."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from rates_api.worker import Worker
from rates_contracts.environment import Secret
from rates_sync.service import Service
from simulation.history import LONG_AGO
from simulation.world.banxico import Api, ApiTransport
from simulation.world.clock import InstanceClock, VirtualTime
from simulation.world.database import Database
from simulation.world.editions import Edition, present
from simulation.world.network import Link, Machine, Outages, Part
from simulation.world.sinks import SimulatedAlerts, SimulatedEdge, Topic
from simulation.world.stream import StreamServer

BANXICO = "http://banxico.simulation/service/v1"
TOKEN = Secret("t" * 64)
NOWHERE = Secret("redis://nowhere")
OF_BANXICO = frozenset(
    {"correction", "large_correction", "withdrawal", "range_lost", "history_late"}
)
"""The kinds of faults that are Banxico's alone, beside those named for it."""


class NoReports:
    """A worker that shares its instance with nobody."""

    others_warm = True
    interval = 30.0

    def publish(self, report: Any) -> None:
        """Merge nothing: the worker speaks for itself."""
        del report


@dataclass(frozen=True)
class Said:
    """What a worker answered."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        """Return the decoded JSON."""
        return msgspec.json.decode(self.content)


@dataclass
class SyncInstance:
    """One instance of rates-sync."""

    machine: Machine
    service: Service
    task: "asyncio.Task[None]"
    edition: Edition

    async def health(self) -> Any:
        """Return what it says of itself in `/health`."""
        return await self.edition.health.health_of(self.service)

    @property
    def leads(self) -> bool:
        """Tell whether it believes that it leads."""
        return not self.machine.dead and self.service.leader is not None


@dataclass
class ApiInstance:
    """One worker of rates-api, alone in its instance."""

    machine: Machine
    worker: Worker
    application: Any
    task: "asyncio.Task[None]"
    edition: Edition

    async def get(self, path: str) -> Said:
        """Ask it, as a client does."""
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(b"host", b"api.simulation")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "state": {},
            "extensions": {},
        }
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        await self.application(scope, _nothing_to_receive, send)
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        content = b"".join(message.get("body", b"") for message in sent[1:])
        return Said(sent[0]["status"], headers, content)


async def _nothing_to_receive() -> Any:
    return {"type": "http.request", "body": b"", "more_body": False}


@dataclass
class Platform:
    """All that runs, and what it runs on; `died` has the instances that a bug has ended.

    `lasting` are the kinds of the faults that last, deaths included, `changed_at` is when they last
    changed, `touched` when each kind did, `disturbed_at` when one did that is not Banxico's.
    `faults` is how many there were, `restored` tells whether the record was restored,
    `foreign_at` is when somebody else has last spoilt the stream's end.
    """

    time: VirtualTime
    random: Random
    database: Database
    stream: StreamServer
    api: Api
    topic: Topic
    outages: Outages
    first_fix_day: date
    sync_settings: Mapping[str, Any] = field(default_factory=dict)
    api_settings: Mapping[str, Any] = field(default_factory=dict)
    signing_key: Path | None = None
    sync: list[SyncInstance] = field(default_factory=list)
    workers: list[ApiInstance] = field(default_factory=list)
    died: list[tuple[str, BaseException]] = field(default_factory=list)
    lasting: list[str] = field(default_factory=list)
    changed_at: datetime = LONG_AGO
    touched: dict[str, datetime] = field(default_factory=dict)
    disturbed_at: datetime = LONG_AGO
    faults: int = 0
    restored: bool = False
    foreign_at: datetime = LONG_AGO
    _started: int = 0

    def start_sync(self, edition: Edition | None = None) -> SyncInstance:
        """Start an instance of rates-sync, of the present edition unless told another."""
        edition, machine = edition or present(), self._machine("sync")
        service = edition.sync.bootstrap(
            self._sync_settings(edition), self._sync_overrides(machine, edition)
        )
        task = self._run(machine, service.run())
        instance = SyncInstance(machine, service, task, edition)
        self.sync.append(instance)
        return instance

    def start_worker(self, edition: Edition | None = None) -> ApiInstance:
        """Start a worker of rates-api, of the present edition unless told another."""
        edition, machine = edition or present(), self._machine("api")
        worker = edition.api.bootstrap(
            self._api_settings(edition), self._api_overrides(machine, edition)
        )
        application = edition.response_cache.response_cache_middleware(
            edition.routes.host_middleware(edition.app.create_app(worker, end=_ignore), worker),
            worker.current,
            worker.counters,
            monotonic=worker.monotonic,
            timestamp=lambda: worker.clock().timestamp(),
        )
        instance = ApiInstance(
            machine, worker, application, self._run(machine, worker.run()), edition
        )
        self.workers.append(instance)
        return instance

    def is_calm(self, since: datetime, but: frozenset[str] = frozenset()) -> bool:
        """Tell whether no fault, `but` those of some kinds, has disturbed anything from then on."""
        return self.lasting_since(since, but=but) == set()

    def lasting_since(self, since: datetime, *, but: Collection[str]) -> set[str] | None:
        """Return the kinds of the faults that last, but for those of `but`.

        None where any of them has begun or ended after `since`.
        """
        changed = (at for kind, at in self.touched.items() if kind not in but)
        if max(changed, default=LONG_AGO) > since:
            return None
        return set(self.lasting).difference(but)

    def begin(self, fault: str) -> None:
        """Note that a fault of this kind begins."""
        self.lasting.append(fault)
        self.faults += 1
        self._note_change(fault)

    def end(self, fault: str) -> None:
        """Note that it ends."""
        self.lasting.remove(fault)
        self._note_change(fault)

    def is_banxico_alone(self, since: datetime) -> bool:
        """Tell whether from `since` on nothing but Banxico has disturbed anybody."""
        return all(map(_is_of_banxico, self.lasting)) and self.disturbed_at <= since

    def _note_change(self, fault: str) -> None:
        self.changed_at = self.touched[fault] = self.time.now
        if not _is_of_banxico(fault):
            self.disturbed_at = self.time.now

    async def kill(self, instance: SyncInstance | ApiInstance) -> None:
        """End an instance as kill -9 does: what it had begun has no end of its own."""
        machine = instance.machine
        machine.dead = True
        machine.resume()
        self.database.end_sessions(machine)
        self._remove(instance)
        instance.task.cancel()
        await asyncio.wait({instance.task}, timeout=60)

    async def stop(self, instance: SyncInstance | ApiInstance) -> None:
        """End an instance as a deployment does."""
        self._remove(instance)
        instance.task.cancel()
        await asyncio.wait({instance.task}, timeout=60)
        instance.machine.dead = True

    def _remove(self, instance: SyncInstance | ApiInstance) -> None:
        if isinstance(instance, SyncInstance):
            self.sync.remove(instance)
        else:
            self.workers.remove(instance)

    @property
    def instances(self) -> "list[SyncInstance | ApiInstance]":
        """Return all instances of both services."""
        return [*self.sync, *self.workers]

    @property
    def machines(self) -> list[Machine]:
        """Return the machines of all instances."""
        return [instance.machine for instance in self.instances]

    @property
    def leaders(self) -> list[SyncInstance]:
        """Return who believes to lead."""
        return [instance for instance in self.sync if instance.leads]

    def _machine(self, service: str) -> Machine:
        self._started += 1
        name = f"{service}-{self._started}"
        seed = self.random.getrandbits(64)
        return Machine(name, InstanceClock(self.time), self.time, Random(seed))

    def _run(self, machine: Machine, work: "Coroutine[Any, Any, None]") -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work, name=machine.name)

        def ended(task: "asyncio.Task[None]") -> None:
            if not machine.dead and not task.cancelled() and (error := task.exception()):
                self.died.append((machine.name, error))

        task.add_done_callback(ended)
        return task

    def _link(self, machine: Machine, part: Part) -> Link:
        return Link(machine, part, self.outages)

    def _sync_settings(self, edition: Edition) -> Any:
        return edition.sync_settings(
            database_url=NOWHERE,
            redis_url=NOWHERE,
            banxico_token=TOKEN,
            operator_token=TOKEN,
            banxico_url=BANXICO,
            **({"signing_key_file": str(self.signing_key)} if self.signing_key else {}),
            **self.sync_settings,
        )

    def _sync_overrides(self, machine: Machine, edition: Edition) -> Any:
        clock = machine.clock
        transport = ApiTransport(self.api, self._link(machine, "banxico"))
        http = edition.banxico.open_client(BANXICO, read_timeout=20.0, transport=transport)
        failed = edition.errors.NotificationFailed
        return edition.sync.Overrides(
            clock=clock.now,
            monotonic=clock.monotonic,
            sleep=machine.sleep,
            random=machine.random.random,
            new_event_id=_ids(machine.random),
            first_fix_day=self.first_fix_day,
            name=f"{machine.name}/{machine.random.getrandbits(32):08x}",
            engine=self.database.writer(self._link(machine, "database")),
            database_utc=self.database.utc,
            redis=self.stream.client(self._link(machine, "redis"), timeout=2.0),
            banxico=edition.banxico.BanxicoClient(http, TOKEN, clock.now),
            alerts=SimulatedAlerts(self.topic, self._link(machine, "alerts"), failed),
            edge=SimulatedEdge(self.topic, self._link(machine, "edge"), failed),
        )

    def _api_settings(self, edition: Edition) -> Any:
        return edition.api_settings(
            database_url=Secret("sqlite+aiosqlite:///nowhere"),
            redis_url=NOWHERE,
            database_role="writer",
            **self.api_settings,
        )

    def _api_overrides(self, machine: Machine, edition: Edition) -> Any:
        clock = machine.clock

        async def database_clock() -> Any:
            return self.time.now

        return edition.api.Overrides(
            redis=self.stream.client(self._link(machine, "redis"), timeout=5.0),
            database=self.database.reader(self._link(machine, "database")),
            reports=NoReports(),
            clock=clock.now,
            database_clock=database_clock,
            wall=lambda: clock.now().timestamp(),
            monotonic=clock.monotonic,
            sleep=machine.sleep,
            random=machine.random.random,
            new_request_id=_ids(machine.random),
            worker_name=machine.name,
            freeze_garbage=lambda: None,
        )


def _ignore() -> None:
    pass


def _is_of_banxico(fault: str) -> bool:
    return fault.startswith("banxico") or fault in OF_BANXICO


def _ids(random: Random) -> Callable[[], str]:
    return lambda: f"{random.getrandbits(128):032x}"
