"""The platform as containers of production's images: MySQL, Redis, two instances behind HAProxy.

One stack serves all platforms of a session, one after the other: a new one finds the record set
back to what rates-sync had filled, an empty Redis and a simulator that knows nothing. An instance
of rates-api has one worker here: the native driver has the workers of an instance, this one the
instances of the platform.
"""

import contextlib
import json
from collections.abc import Iterator

from driver.banxico import Banxico
from driver.clock import SharedClock
from driver.containers import ContainerProcess
from driver.mysql import MySqlDatabase
from driver.plan import THE_MORNING, Plan
from driver.platform import Platform
from driver.processes import Process
from driver.redis import RedisServer
from driver.services import Api, ApiInstance, Connectivity, Sync
from driver.settings import settings_of
from driver.sights import fill
from driver.stack import ROOT, Stack

INSTANCES = 2
PASSWORD = ROOT / "deploy/compose/secrets/mysql_root_password"

_AS_ROOT = "docker compose exec -T mysql sh -c 'MYSQL_PWD=$(cat /run/secrets/mysql_root_password) "
_DUMP = "mysqldump --user=root --set-gtid-purged=OFF --no-data --databases rates"
DUMP_SCHEMA = f"{_AS_ROOT} {_DUMP}' > schema.sql"
LOAD_SCHEMA = f"{_AS_ROOT} mysql --user=root' < schema.sql"


class ComposeDriver:
    """Builds platforms on `stack`, whose MySQL and balancer it starts for all of them."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._clock = SharedClock(stack.directory / "clock")
        self._mysql, self._redis = stack.process("mysql"), stack.process("redis")
        self._edge = stack.process("edge")
        self._ways = {
            (service, server.name): stack.way(service, server)
            for service in ("sync", "api")
            for server in (self._mysql, self._redis)
        }
        record_ways = [way for (_, server), way in self._ways.items() if server == "mysql"]
        password = PASSWORD.read_text(encoding="utf-8").strip()
        self._database = MySqlDatabase(self._mysql, password, record_ways)
        self._current: Platform | None = None
        self._cleared = False
        self._fill()

    def _fill(self) -> None:
        self._mysql.start()
        self._edge.start()
        with self.platform(Plan(at=THE_MORNING, empty=True)) as platform:
            fill(platform)
            self._record = self._database.remember()
            self._stack.shell(DUMP_SCHEMA)
            self._cleared = False

    @contextlib.contextmanager
    def platform(self, plan: Plan) -> Iterator[Platform]:
        """Yield a platform that is not started yet; the one before is over."""
        if self._current is not None:
            self._current.close()
        self._current = platform = self._build(plan)
        try:
            yield platform
        finally:
            platform.close()

    def renew(self, process: Process) -> None:
        """Start a new container in the place of one that has ended, as a deployment does."""
        assert isinstance(process, ContainerProcess)
        self._stack.renew(process)
        process.start()

    def data_networks(self, process: Process) -> Connectivity:
        """Return how one instance of rates-api reaches MySQL and Redis."""
        assert isinstance(process, ContainerProcess)
        return self._stack.data_networks(process, "api")

    def run(self, block: str) -> None:
        """Run a block of a runbook where `docker compose` speaks of our containers."""
        self._stack.shell(block)

    def _build(self, plan: Plan) -> Platform:
        self._clock.set(plan.at)
        self._configure(plan)
        platform = Platform(
            self._clock,
            self._database,
            RedisServer(self._redis, user="e2e"),
            Banxico(self._stack.process("banxico")),
            [self._sync(number) for number in range(plan.syncs)],
            Api(self._edge, [self._api(n) for n in range(INSTANCES)], self._ways["api", "redis"]),
            standing=[self._mysql, self._edge],
            ways=self._ways,
        )
        self._mend(platform)
        self._set_back(empty=plan.empty)
        return platform

    def _set_back(self, *, empty: bool) -> None:
        """Leave no schema at all, or the session's record in a whole one."""
        if empty:
            self._database.clear()
        else:
            if self._cleared:
                self._stack.shell(LOAD_SCHEMA)
            self._database.restore(self._record)
        self._cleared = empty

    def _configure(self, plan: Plan) -> None:
        api = settings_of("API", plan) | {"RATES_API_WORKERS": "1"}
        for name, settings in (("sync", settings_of("SYNC", plan)), ("api", api)):
            file = self._stack.directory / f"{name}.json"
            file.write_text(json.dumps(settings), encoding="utf-8")
        (self._stack.directory / "crash").unlink(missing_ok=True)

    def _mend(self, platform: Platform) -> None:
        """Undo what a scenario left of the parts that outlive it."""
        for way in self._ways.values():
            way.restore()
        for process in (self._mysql, self._edge):
            process.start()
        platform.until(self._database.answers, within=40)

    def _sync(self, number: int) -> Sync:
        crash = self._stack.directory / "crash"
        return Sync(self._service("sync", number), self._ways["sync", "redis"], crash)

    def _api(self, number: int) -> ApiInstance:
        return ApiInstance(self._service("api", number), workers=1)

    def _service(self, service: str, number: int) -> ContainerProcess:
        return self._stack.process(f"rates-{service}", number + 1, f"{service}-{number}")
