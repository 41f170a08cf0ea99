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
from dataclasses import dataclass
from pathlib import Path

from banxico_simulator.settings import DEVELOPMENT_TOKEN
from driver.banxico import Banxico
from driver.clock import SharedClock
from driver.links import Links
from driver.plan import THE_MORNING, Plan
from driver.platform import Platform
from driver.processes import OwnedProcess
from driver.redis import RedisServer
from driver.services import OPERATOR_TOKEN, Api, ApiInstance, Sync
from driver.settings import settings_of
from driver.sights import fill
from driver.sqlite import SqliteDatabase
from rates_dev.ports import free_port

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


@dataclass(frozen=True)
class _Workshop:
    """Where the processes of one platform are made."""

    directory: Path
    links: Links
    plan: Plan

    def platform(self) -> Platform:
        clock = SharedClock(self.directory / "clock")
        clock.set(self.plan.at)
        database = SqliteDatabase(self.directory / "rates.db")
        redis, banxico = self._redis(), self._simulator()
        syncs = [self._sync(number, database, redis, banxico) for number in range(self.plan.syncs)]
        api = self._api(database, redis)
        return Platform(clock, database, RedisServer(redis), Banxico(banxico), syncs, api)

    def _redis(self) -> OwnedProcess:
        port = free_port()
        return self._process("redis", _redis_command(port, self.directory), {"public": port})

    def _simulator(self) -> OwnedProcess:
        port = free_port()
        return self._process("banxico", ["simulator", str(port)], {"public": port})

    def _sync(
        self, number: int, database: SqliteDatabase, redis: OwnedProcess, banxico: OwnedProcess
    ) -> Sync:
        link = self.links.add(free_port(), redis.port("public"))
        crash, port = self.directory / f"sync-{number}.crash", free_port()
        banxico_url = f"http://127.0.0.1:{banxico.port('public')}/SieAPIRest/service/v1"
        environ = settings_of("SYNC", self.plan) | {
            "RATES_SYNC_DATABASE_URL": database.url,
            "RATES_SYNC_REDIS_URL": f"redis://127.0.0.1:{link.port}/0",
            "RATES_SYNC_BANXICO_URL": banxico_url,
            "RATES_SYNC_BANXICO_TOKEN": DEVELOPMENT_TOKEN,
            "RATES_SYNC_OPERATOR_TOKEN": OPERATOR_TOKEN,
            "RATES_SYNC_PORT": str(port),
            "E2E_CRASH": str(crash),
        }
        process = self._process(f"sync-{number}", ["sync"], {"public": port}, environ)
        return Sync(process, link, crash)

    def _api(self, database: SqliteDatabase, redis: OwnedProcess) -> Api:
        link = self.links.add(free_port(), redis.port("public"))
        ports = {"public": free_port(), "admin": free_port()}
        environ = settings_of("API", self.plan) | {
            "RATES_API_DATABASE_URL": database.url,
            "RATES_API_REDIS_URL": f"redis://127.0.0.1:{link.port}/0",
            "RATES_API_PORT": str(ports["public"]),
            "RATES_API_ADMIN_PORT": str(ports["admin"]),
            "RATES_API_WORKERS": str(WORKERS),
        }
        process = self._process("api", ["api"], ports, environ)
        return Api(process, [ApiInstance(process, WORKERS)], link)

    def _process(
        self,
        name: str,
        role: list[str],
        ports: Mapping[str, int],
        environ: Mapping[str, str] | None = None,
    ) -> OwnedProcess:
        environ = {**_environ(self.directory), **(environ or {})}
        return OwnedProcess(name, role, environ, self.directory / f"{name}.log", ports)


def _environ(directory: Path) -> dict[str, str]:
    """Return the environment of every process: nothing of ours leaks in from outside."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
    return kept | {
        "PYTHONPATH": str(PACKAGES),
        "PYTHONUNBUFFERED": "1",
        "VIRTUAL_ENV": sys.prefix,
        "E2E_CLOCK": str(directory / "clock"),
    }


def _redis_command(port: int, directory: Path) -> list[str]:
    named = os.environ.get("RATES_TEST_REDIS", "embedded")
    assert named in ("embedded", "server"), f"RATES_TEST_REDIS={named}: embedded or server"
    if named == "embedded":
        return ["redis", str(port)]
    binary = shutil.which("redis-server") or shutil.which("valkey-server")
    assert binary is not None, "RATES_TEST_REDIS=server needs redis-server or valkey-server on PATH"
    arguments = f"--bind 127.0.0.1 --port {port} --dir {directory} --save --appendonly yes"
    return ["command", binary, *arguments.split()]
