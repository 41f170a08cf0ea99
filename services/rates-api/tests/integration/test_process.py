"""An instance as it is started: `python -m rates_api`, its workers, its end."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from rates_dev.ports import free_port

pytestmark = pytest.mark.integration

MODULE = [sys.executable, "-m", "rates_api"]


class Run:
    """One run of the process, in a process group of its own."""

    def __init__(self, command: list[str], environ: dict[str, str], log: Path) -> None:
        self.environ = environ
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                env=environ,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def get(self, path: str, port: str = "RATES_API_PORT") -> httpx.Response | None:
        """Ask for a path; null where nobody listens."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.environ[port]}{path}", timeout=5)
        except httpx.TransportError:
            return None

    def status(self, path: str) -> int | None:
        """Return the status of a path."""
        answer = self.get(path)
        return answer.status_code if answer else None

    def metrics(self) -> str:
        """Return the instance's metrics."""
        answer = self.get("/metrics", "RATES_API_ADMIN_PORT")
        return answer.text if answer else ""

    def workers(self) -> set[int]:
        """Return the processes of the running workers, by what they have reported."""
        directory = Path(self.environ["RATES_API_INSTANCE_DIR"])
        now = time.time()
        return {
            int(path.name.split("-")[1])
            for path in directory.glob("worker-*.json")
            if now - path.stat().st_mtime < 3
        }

    def end(self) -> None:
        """End whatever is left of it."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


def until(true: Callable[[], bool], seconds: float = 25) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def environ(relay: Any, database: Any, tmp_path: Path) -> dict[str, str]:
    """Give an environment for an instance of two workers."""
    directory = tmp_path / "instance"
    directory.mkdir()
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("RATES_")},
        "RATES_API_DATABASE_URL": database.url,
        "RATES_API_REDIS_URL": relay.url,
        "RATES_API_PORT": str(free_port()),
        "RATES_API_ADMIN_PORT": str(free_port()),
        "RATES_API_INSTANCE_DIR": str(directory),
    }


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Give a function that runs a command; all runs end with the test."""
    runs: list[Run] = []

    def start(environ: dict[str, str], command: list[str] = MODULE) -> Run:
        runs.append(Run(command, environ, tmp_path / f"log-{len(runs)}"))
        return runs[-1]

    yield start
    for run in runs:
        run.end()


@pytest.fixture
def instance(
    start: Callable[..., Run], environ: dict[str, str], relay: Any, fakes: ModuleType
) -> Run:
    """Give an instance that is ready, with two workers that have reported."""
    record = fakes.Record()
    record.observe(fakes.observation(date(2024, 1, 2)))
    relay.relay(record)
    run = start(environ)
    until(lambda: run.status("/readyz") == 200 and len(run.workers()) == 2)
    return run


def test_an_instance_lives_and_ends_in_order(instance: Run) -> None:
    """It serves, shows one set of metrics, replaces a dead worker, drains and ends with 0.

    Protocol rules 22 and 24: readiness goes before the port, metrics are the instance's.
    """
    assert instance.status("/api/v1/rates/2024-01-02") == 200
    until(lambda: 'rates_api_requests_total{route="/api/v1/rates/{date}"' in instance.metrics())
    assert "rates_api_snapshot_position 1.0" in instance.metrics()

    victim = min(before := instance.workers())
    os.kill(victim, signal.SIGKILL)
    until(lambda: len(instance.workers() - before) == 1)
    assert instance.process.poll() is None

    instance.process.send_signal(signal.SIGTERM)
    until(lambda: instance.status("/readyz") == 503)
    assert instance.process.wait(15) == 0
    assert instance.get("/livez") is None


def test_a_signal_to_the_whole_group_ends_it_too(instance: Run) -> None:
    """A supervisor that signals every process of the group gets an end, not replacements."""
    os.killpg(instance.process.pid, signal.SIGTERM)

    assert instance.process.wait(15) == 0
    assert instance.log.read_text().count("Spawning worker") == 2


def test_a_wrong_environment_is_one_message(
    start: Callable[..., Run], environ: dict[str, str]
) -> None:
    """Every bad variable is named before anything starts, with exit status 2."""
    malformed = {"RATES_API_DATABASE_PRIMARY_URL": "mysql+asyncmy://api:hunter2@db:port/rates"}
    run = start(environ | malformed | {"RATES_API_WORKERS": "none", "RATES_API_REDIS_URL": ""})

    assert run.process.wait(15) == 2
    told = run.log.read_text()
    assert "RATES_API_WORKERS" in told
    assert "RATES_API_REDIS_URL" in told
    assert "RATES_API_DATABASE_PRIMARY_URL" in told
    assert "Traceback" not in told
    assert "hunter2" not in told


@pytest.mark.parametrize("port", ["RATES_API_PORT", "RATES_API_ADMIN_PORT"])
def test_a_taken_port_is_a_clear_error(
    start: Callable[..., Run], environ: dict[str, str], port: str
) -> None:
    """An instance does not share its ports with a stranger."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(environ[port])))
        taken.listen()
        run = start(environ)

        assert run.process.wait(15) == 2
    told = run.log.read_text()
    assert environ[port] in told
    assert "Traceback" not in told


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Python copies no process anyway")
def test_workers_are_no_copies_of_the_main_process(instance: Run) -> None:
    """It has threads; a copy would hold their locks in whatever state they are."""
    commands = [Path(f"/proc/{pid}/cmdline").read_text() for pid in instance.workers()]
    assert len(commands) == 2
    assert all("multiprocessing.spawn" in command for command in commands)


def test_workers_that_die_at_once_end_the_instance(
    start: Callable[..., Run], environ: dict[str, str]
) -> None:
    """A fault that a restart can't mend ends the instance with a status that says so."""
    serve = "from rates_api.__main__ import *; serve_forever(load(), target='rates_api.app:none')"

    run = start(environ, [sys.executable, "-c", serve])

    assert run.process.wait(30) == 1
