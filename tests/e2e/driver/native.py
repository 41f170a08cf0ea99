"""The platform as processes of this machine: free ports, one directory, SQLite, an own Redis.

`RATES_TEST_REDIS` picks the Redis: `server` is a `redis-server` or `valkey-server` that keeps its
data over a kill, `embedded` is fakeredis' TCP server, which comes back empty. Both are lives that
a real Redis leads. One instance of rates-api has two workers here, and no balancer before it.
"""

import contextlib
import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from driver.banxico import Banxico
from driver.clock import SharedClock
from driver.links import Link, Links
from driver.plan import THE_MORNING, Plan
from driver.platform import Platform
from driver.processes import OwnedProcess
from driver.redis import RedisServer
from driver.services import OPERATOR_TOKEN, Api, ApiInstance, Sync
from driver.settings import FAST
from driver.sights import fill
from driver.sqlite import SqliteDatabase
from rates_dev import platform
from rates_dev.platform import Plan as LocalPlan
from rates_dev.ports import DEFAULTS, HOST, free_port
from rates_dev.redis import server_command, server_program

PACKAGES = Path(__file__).parents[1]
WORKERS = 2


class NativeDriver:
    """Builds platforms from the record that the parallel workers of a run share in `root`."""

    def __init__(self, root: Path, directory: Callable[[], Path]) -> None:
        self._directory = directory
        self._record = root / "record.db"
        with (root / "record.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self._record.exists():
                self._fill()

    def _fill(self) -> None:
        with self.platform(Plan(at=THE_MORNING, empty=True)) as platform:
            fill(platform)
            part = self._record.with_suffix(".part")
            assert isinstance(platform.database, SqliteDatabase)
            platform.database.copy_to(part)
        part.rename(self._record)

    @contextlib.contextmanager
    def platform(self, plan: Plan) -> Iterator[Platform]:
        """Yield a platform that is not started yet; end all of it afterwards."""
        directory = self._directory()
        if not plan.empty:
            shutil.copy(self._record, directory / "rates.db")
        with Links() as links:
            platform = _Workshop(directory, links, plan).platform()
            try:
                yield platform
            finally:
                platform.close()


class _Workshop:
    """Where the processes of one platform are made."""

    def __init__(self, directory: Path, links: Links, plan: Plan) -> None:
        self._directory, self._links, self._plan = directory, links, plan
        redis = {"RATES_REDIS": os.environ.get("RATES_TEST_REDIS", "embedded")}
        ports = {name: str(free_port()) for name in DEFAULTS}
        self._local = replace(platform.read(directory, redis | ports), state=directory)

    def platform(self) -> Platform:
        clock = SharedClock(self._directory / "clock")
        clock.set(self._plan.at)
        redis, banxico = self._redis(), self._simulator()
        syncs = [self._sync(number) for number in range(self._plan.syncs)]
        database = SqliteDatabase(self._local.database)
        return Platform(clock, database, RedisServer(redis), Banxico(banxico), syncs, self._api())

    def _redis(self) -> OwnedProcess:
        if self._local.redis == "embedded":
            return self._process("redis")
        program = server_program()
        assert program is not None
        command = server_command(program, self._local.port("redis"), self._directory)
        return self._process("redis", role=["command", *command, "--appendonly", "yes"])

    def _simulator(self) -> OwnedProcess:
        role = ["simulator", str(self._local.port("simulator"))]
        return self._process("simulator", name="banxico", role=role)

    def _sync(self, number: int) -> Sync:
        crash = self._directory / f"sync-{number}.crash"
        link = self._link()
        own = {
            "RATES_SYNC_REDIS_URL": f"redis://{HOST}:{link.port}/0",
            "RATES_SYNC_OPERATOR_TOKEN": OPERATOR_TOKEN,
            "E2E_CRASH": str(crash),
        }
        ports = {**self._local.ports, "RATES_SYNC_PORT": free_port()}
        local = replace(self._local, ports=ports)
        return Sync(self._process("sync", own, local, name=f"sync-{number}"), link, crash)

    def _api(self) -> Api:
        link = self._link()
        own = {
            "RATES_API_REDIS_URL": f"redis://{HOST}:{link.port}/0",
            "RATES_API_WORKERS": str(WORKERS),
        }
        process = self._process("api", own)
        return Api(process, [ApiInstance(process, WORKERS)], link)

    def _link(self) -> Link:
        return self._links.add(free_port(), self._local.port("redis"))

    def _process(
        self,
        process: str,
        own: Mapping[str, str] | None = None,
        local: LocalPlan | None = None,
        *,
        name: str | None = None,
        role: list[str] | None = None,
    ) -> OwnedProcess:
        local, name = local or self._local, name or process
        waits = FAST if self._plan.fast else {}
        environ = {**_inherited(), **waits, **self._plan.settings, **(own or {})}
        environ["E2E_CLOCK"] = str(self._directory / "clock")
        ports = {"public": local.port(process)}
        if process == "api":
            ports["admin"] = local.ports["RATES_API_ADMIN_PORT"]
        return OwnedProcess(
            name,
            role or [process],
            platform.environment(process, local, environ),
            self._directory / f"{name}.log",
            ports,
        )


def _inherited() -> dict[str, str]:
    """Return what every process inherits: nothing of ours leaks in from outside."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
    return kept | {"PYTHONPATH": str(PACKAGES), "VIRTUAL_ENV": sys.prefix}
