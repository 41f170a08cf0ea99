"""The platform under measurement: that of `rates_dev.platform`, each process on its CPUs.

In a folder and on ports of its own. Scenarios ask it to publish, to lose Redis, and to start
rates-api anew with other workers.
"""

import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from pathlib import Path

from bench.cases import CURRENT
from bench.cpus import Cpus, Layout
from bench.errors import BenchRefused
from bench.http import fetch
from bench.processes import require_alive, server, wait_until
from rates_dev import platform
from rates_dev.platform import COMMANDS
from rates_dev.ports import DEFAULTS, HOST, free_port
from rates_dev.ports import answers as listens
from rates_dev.processes import Child

ELSEWHERE = ("collector", "simulator", "sync")
"""What runs on other machines where it is deployed, and takes nothing from rates-api there."""

ROOT = Path(__file__).parents[1]
FIRST_DAY = "/api/v1/rates/1991-11-12"
START_SECONDS = 60.0
SETTINGS = {
    # Each publication costs a request, and a run makes more of them than a day has.
    "RATES_SYNC_DAILY_QUOTA": "100000",
    "RATES_SYNC_LOG_LEVEL": "warning",
    "RATES_API_LOG_LEVEL": "warning",
}


class Platform:
    """The processes of one platform."""

    def __init__(self, directory: Path, cpus: Layout) -> None:
        """Prepare a platform whose state lies in `directory`."""
        self._directory = directory
        self._cpus = cpus
        self._environ = {**_inherited(), **SETTINGS}
        self._environ |= {name: str(free_port()) for name in DEFAULTS}
        self.plan = platform.read(directory, self._environ)
        self.plan.state.mkdir(parents=True, exist_ok=True)
        self._traces = free_port()
        self._servers = {"collector": self._collector(cpus.rest)}
        names = (name for name in self.plan.processes if name != "api")
        self._servers |= {name: self._server(name, cpus.rest) for name in names}
        self._corrections = count(1)

    @property
    def redis(self) -> Child:
        """Return the process of Redis."""
        return self._servers["redis"]

    @property
    def api(self) -> Child:
        """Return the main process of rates-api."""
        return self._servers["api"]

    def start(self) -> None:
        """Start everything but rates-api, and wait until the whole history is recorded."""
        self._start("collector", partial(listens, self._traces))
        for name in ("redis", "simulator"):
            self._start(name, partial(self.plan.listens, name))
        self._control("PUT", "/limits", {"enforced": False})
        self._start("sync", partial(self.plan.ready, "sync"))

    def start_api(self, workers: int, cpus: Cpus, environ: Mapping[str, str] | None = None) -> None:
        """Start rates-api (again) and wait until every worker serves the whole history."""
        self.prepare_api(workers, cpus, environ)
        self.api.start()
        self.until_warm()

    def prepare_api(
        self, workers: int, cpus: Cpus, environ: Mapping[str, str] | None = None
    ) -> None:
        """End rates-api if it runs, and prepare the next one."""
        self.stop_api()
        settings = {
            "RATES_API_WORKERS": str(workers),
            "RATES_API_OTLP_ENDPOINT": f"http://{HOST}:{self._traces}/v1/traces",
            **(environ or {}),
        }
        self._servers["api"] = self._server("api", cpus, settings)

    def stop_api(self) -> None:
        """End rates-api if it runs."""
        if "api" in self._servers:
            self._servers.pop("api").end()

    def spread(self) -> None:
        """Let what shares no machine with rates-api run on every CPU, where nobody else wants it.

        A lower priority alone would not do: who runs already is let finish its turn of some
        milliseconds. Redis keeps its priority, since all of them wait for its answers.
        """
        for name in ("redis", *ELSEWHERE):
            for pid in family_of(self._servers[name].pid):
                for thread in Path(f"/proc/{pid}/task").iterdir():
                    os.sched_setaffinity(int(thread.name), self._cpus.every)
                    if name in ELSEWHERE:
                        os.sched_setscheduler(int(thread.name), os.SCHED_IDLE, os.sched_param(0))

    def until_warm(self) -> None:
        """Wait until rates-api is ready, healthy and has the first FIX there ever was."""

        def warm() -> bool:
            plan = self.plan
            if not (plan.ready("api") and platform.ok(plan.url("api") + FIRST_DAY)):
                return False
            return bool(fetch(plan.port("api"), "/health").json["level"] == "healthy")

        self._await("api", warm)

    def publish(self) -> str:
        """Have Banxico correct the newest FIX, rates-sync ask for it; return the new value."""
        value = f"17.{next(self._corrections):04d}"
        day = fetch(self.plan.port("api"), CURRENT).json["dates"]["determined"]
        self._control("POST", "/correct", {"date": day, "rate": value})
        token = platform.operator_token_file(self.plan).read_text(encoding="utf-8").strip()
        bearer = {"Authorization": f"Bearer {token}"}
        _must(self.plan.port("sync"), "POST", "/internal/v1/sync", {}, bearer)
        return value

    def workers(self) -> list[int]:
        """Return the processes of rates-api's workers: what its main process has spawned."""
        commands = {pid: Path(f"/proc/{pid}/cmdline") for pid in children_of(self.api.pid)}
        tracker = b"resource_tracker"
        return [pid for pid, command in commands.items() if tracker not in command.read_bytes()]

    def end(self) -> None:
        """End every process; safe to call at any time."""
        for child in reversed(self._servers.values()):
            child.end()

    def _collector(self, cpus: Cpus) -> Child:
        command = [sys.executable, "-m", "bench.collector", str(self._traces)]
        environ = {**_inherited(), "PYTHONPATH": str(ROOT)}
        return server("collector", command, environ, self._directory, cpus)

    def _server(self, name: str, cpus: Cpus, more: Mapping[str, str] | None = None) -> Child:
        environ = platform.environment(name, self.plan, {**self._environ, **(more or {})})
        return server(name, COMMANDS[name], environ, self._directory, cpus)

    def _start(self, name: str, met: Callable[[], bool]) -> None:
        self._servers[name].start()
        self._await(name, met)

    def _await(self, name: str, met: Callable[[], bool]) -> None:
        def alive_and_met() -> bool:
            require_alive(self._servers[name])
            try:
                return met()
            except (OSError, ValueError, KeyError):
                return False

        wait_until(alive_and_met, START_SECONDS, f"{name} is ready; its log: {self._directory}")

    def _control(self, method: str, path: str, body: Mapping[str, object]) -> None:
        _must(self.plan.port("simulator"), method, f"/control{path}", body)


def _must(
    port: int,
    method: str,
    path: str,
    body: Mapping[str, object],
    headers: Mapping[str, str] | None = None,
) -> None:
    """Ask for what has to be done. Raises `BenchRefused` if it is not."""
    asked = fetch(port, path, headers, body=body, method=method)
    if asked.status != 200:
        raise BenchRefused(f"{method} {path}: {asked.status} {asked.body.decode()}")


def _inherited() -> dict[str, str]:
    """Return what every process inherits: nothing of a person's own settings leaks in."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}


def children_of(pid: int) -> list[int]:
    """Return the processes that `pid` has started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def family_of(pid: int) -> list[int]:
    """Return a process and all that it has started, directly or not."""
    return [pid, *(member for child in children_of(pid) for member in family_of(child))]
