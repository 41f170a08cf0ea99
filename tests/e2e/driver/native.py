"""The platform as processes of this machine: free ports, one directory, SQLite, an own Redis.

`platform` is the interface that it implements. Start order on the page is stop order reversed.
"""

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from driver.answers import Unreachable
from driver.banxico import TOKEN, NativeBanxico
from driver.clock import SharedClock
from driver.database import NativeDatabase
from driver.links import Links
from driver.platform import Plan
from driver.processes import OwnedProcess, free_port
from driver.redis import NativeRedis
from driver.services import OPERATOR_TOKEN, NativeApi, NativeSync

T = TypeVar("T")

PACKAGES = Path(__file__).parents[1]
EVERY = 0.03
"""Seconds between two looks at what a wait waits for."""

FAST = {
    "RATES_SYNC_BREAKER_RESET": "1",
    "RATES_SYNC_REQUEST_TIMEOUT": "1.5",
    "RATES_SYNC_RETRY_PAUSE": "0.05",
    "RATES_SYNC_POLL_NOON": "1",
    "RATES_SYNC_STORE_RETRY": "0.5",
    "RATES_SYNC_LEASE_POLL": "0.2",
    "RATES_SYNC_LEASE_PATIENCE": "2",
    "RATES_SYNC_LEASE_RENEWAL": "0.4",
    "RATES_SYNC_RELAY_INTERVAL": "0.3",
    "RATES_SYNC_REDIS_TIMEOUT": "0.5",
    "RATES_SYNC_NOTICE_INTERVAL": "0.2",
    "RATES_API_WATCH_INTERVAL": "0.5",
    "RATES_API_WATCH_LAG": "0.5",
    "RATES_API_STREAM_BLOCK": "0.5",
    "RATES_API_REDIS_TIMEOUT": "1.5",
    "RATES_API_REDIS_ANSWER_TIMEOUT": "0.5",
    "RATES_API_DATABASE_TIMEOUT": "2",
    "RATES_API_RETRY_PAUSE": "0.1",
    "RATES_API_RELOAD_SPREAD": "0.1",
}
"""Production's intervals, shortened where a scenario would have to wait for them."""


class NativePlatform:
    """All parts, built but not started; `close` ends whatever runs."""

    def __init__(self, directory: Path, links: Links, plan: Plan, record: Path | None) -> None:
        self.directory = directory
        self.clock = SharedClock(directory / "clock")
        self.clock.set(plan.at)
        self.database = NativeDatabase(directory / "rates.db")
        if record is not None:
            shutil.copy(record, directory / "rates.db")
        environ = _environ(directory)
        self.redis = NativeRedis(directory, environ)
        self.banxico = NativeBanxico(directory, environ)
        self.sync = [self._build_sync(n, links, environ, plan) for n in range(plan.syncs)]
        self.api = self._build_api(links, environ, plan)

    def _build_sync(
        self, number: int, links: Links, environ: dict[str, str], plan: Plan
    ) -> NativeSync:
        redis = links.add(free_port(), self.redis.port)
        banxico = links.add(free_port(), self.banxico.port)
        port = free_port()
        settings = {
            "RATES_SYNC_DATABASE_URL": self.database.url,
            "RATES_SYNC_REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
            "RATES_SYNC_BANXICO_URL": f"http://127.0.0.1:{banxico.port}/SieAPIRest/service/v1",
            "RATES_SYNC_BANXICO_TOKEN": TOKEN,
            "RATES_SYNC_OPERATOR_TOKEN": OPERATOR_TOKEN,
            "RATES_SYNC_PORT": str(port),
        }
        settings = environ | FAST | settings | dict(plan.settings)
        return NativeSync(
            f"sync-{number}", self.directory, _only(settings, "SYNC"), (redis, banxico), port
        )

    def _build_api(self, links: Links, environ: dict[str, str], plan: Plan) -> NativeApi:
        redis = links.add(free_port(), self.redis.port)
        port, admin = free_port(), free_port()
        settings = {
            "RATES_API_DATABASE_URL": self.database.url,
            "RATES_API_REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
            "RATES_API_PORT": str(port),
            "RATES_API_ADMIN_PORT": str(admin),
            "RATES_API_WORKERS": str(plan.workers),
        }
        settings = environ | FAST | settings | dict(plan.settings)
        return NativeApi(self.directory, _only(settings, "API"), redis, port, admin)

    def start(self) -> None:
        """Start everything and wait until the platform is healthy."""
        self.launch()
        self.until_healthy()

    def launch(self) -> None:
        """Start everything, without waiting for answers."""
        self.redis.start()
        self.banxico.start()
        self.until(lambda: self.redis.answers() and self.banxico.answers(), within=15)
        for sync in self.sync:
            sync.start()
        self.api.start()

    def until_healthy(self, within: float = 30) -> None:
        """Wait until every worker of rates-api is ready, and says that all is well."""

        def healthy() -> bool:
            warm = all(answer.status == 200 for answer in self.api.every_worker("/readyz"))
            return warm and self.api.health()["level"] == "healthy"

        self.until(healthy, within=within, what="healthy")

    def until(self, met: Callable[[], T | None], *, within: float = 10, what: str = "") -> T:
        """Return what `met` returns once it is true; fail when that takes longer than `within` s.

        A service that can't be reached meanwhile has not met it yet.
        """
        deadline = time.monotonic() + within
        while True:
            seen: object
            try:
                seen = found = met()
                if found:
                    return found
            except Unreachable as error:
                seen = error
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"not within {within} s: {what or met.__code__}; saw {seen!r};"
                    f" rates-api last said {self.api.said}"
                )
            time.sleep(EVERY)

    def close(self) -> None:
        """End every process."""
        self.api.close()
        for sync in self.sync:
            sync.close()
        self.banxico.close()
        self.redis.close()

    def report(self) -> str:
        """Return the end of every process's log, for a scenario that failed."""
        lines: list[str] = []
        for process in self._processes():
            lines += [f"--- {process.name} (exit code {process.exit_code}) ---"]
            lines += process.last_lines()
        return "\n".join(lines)

    def _processes(self) -> Iterator[OwnedProcess]:
        yield self.redis.process
        yield self.banxico.process
        yield from (sync.process for sync in self.sync)
        yield self.api.process


@contextlib.contextmanager
def native(directory: Path, plan: Plan, record: Path | None) -> Iterator[NativePlatform]:
    """Yield a platform that is not started yet; end all of it afterwards."""
    with Links() as links:
        platform = NativePlatform(directory, links, plan, record)
        try:
            yield platform
        finally:
            platform.close()


def _environ(directory: Path) -> dict[str, str]:
    """Return the environment of every process: nothing of ours leaks in from outside."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
    return kept | {
        "PYTHONPATH": str(PACKAGES),
        "PYTHONUNBUFFERED": "1",
        "VIRTUAL_ENV": sys.prefix,
        "E2E_CLOCK": str(directory / "clock"),
        "E2E_BANXICO_TOKEN": TOKEN,
    }


def _only(settings: dict[str, str], service: str) -> dict[str, str]:
    """Leave the other service's variables out."""
    return {
        name: value
        for name, value in settings.items()
        if not name.startswith("RATES_") or name.startswith(f"RATES_{service}_")
    }
