"""The whole process, `python -m rates_sync`, against an embedded Redis and a small Banxico."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from rates_contracts.calendar import mexico_day
from rates_dev.ports import free_port
from rates_sync.migrations import migrate
from rates_sync.store.engine import open_engine
from rates_sync.store.origin import claim

pytestmark = [pytest.mark.integration, pytest.mark.process]

TOKEN = "t" * 64
DEADLINE = 20.0


@pytest.fixture
def banxico() -> Iterator[str]:
    """A Banxico with the same rate on each weekday of the last weeks; yields its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            rows = [{"fecha": f"{day:%d/%m/%Y}", "dato": "17.0000"} for day in _weekdays(self.path)]
            series = [
                {"idSerie": name, "titulo": name} | ({"datos": rows} if rows else {})
                for name in ("SF43718", "SF60653")
            ]
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"bmx": {"series": series}}).encode())

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/SieAPIRest/service/v1"
    server.shutdown()
    thread.join()
    server.server_close()


def _weekdays(path: str) -> list[date]:
    """Return the weekdays of a range up to today; none of one that ended before."""
    first, last = map(date.fromisoformat, path.split("/")[-2:])
    today = mexico_day(datetime.now(UTC))
    days = (first + timedelta(days=n) for n in range((today - first).days + 1))
    return [day for day in days if day.weekday() < 5] if last >= today else []


@pytest.fixture
def environ(database: Any, banxico: str) -> dict[str, str]:
    """The environment of an instance; nobody listens where its Redis should be."""
    return {
        "PATH": os.environ["PATH"],
        "RATES_SYNC_DATABASE_URL": database.url,
        "RATES_SYNC_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        "RATES_SYNC_BANXICO_URL": banxico,
        "RATES_SYNC_BANXICO_TOKEN": TOKEN,
        "RATES_SYNC_OPERATOR_TOKEN": "operator-of-the-tests",
        "RATES_SYNC_PORT": str(free_port()),
    }


Start = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def start(environ: dict[str, str]) -> Iterator[Start]:
    """Return a function that starts an instance; it is ended after the test."""
    started: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "rates_sync"]
        process = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _health(environ: dict[str, str]) -> dict[str, Any]:
    url = f"http://127.0.0.1:{environ['RATES_SYNC_PORT']}/health"
    with urllib.request.urlopen(url, timeout=5) as answer:
        health: dict[str, Any] = json.load(answer)
        return health


def _until(met: Callable[[dict[str, Any]], bool], environ: dict[str, str]) -> dict[str, Any]:
    """Ask for the health until it is as wanted."""
    deadline = time.monotonic() + DEADLINE
    health: dict[str, Any] = {}
    while time.monotonic() < deadline:
        try:
            health = _health(environ)
        except urllib.error.URLError:
            continue
        if met(health):
            return health
    raise AssertionError(f"not within {DEADLINE} s; last seen: {health}")


ENDS = """
import atexit
import rates_sync.__main__ as process
process.load, process.serve_forever = dict, lambda _: print("served")
atexit.register(print, "finalized")
process.main()
"""


def test_an_ended_instance_is_not_finalized() -> None:
    """A thread of the server's that asks for Python then would abort the process."""
    ended = subprocess.run([sys.executable, "-c", ENDS], capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, b"served\n")


def test_starts_records_and_ends_in_good_order(environ: dict[str, str], start: Start) -> None:
    """It leads and verifies without Redis; SIGTERM ends it with status 0 and frees the lease."""
    process = start()
    health = _until(lambda seen: seen["last_outcome"] == "success", environ)
    assert (health["role"], health["source"]) == ("leader", "simulator")
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0
    assert '"event": "ended"' in log
    assert TOKEN not in log
    start()
    _until(lambda seen: seen["role"] == "leader", environ)


def test_silent_connections_do_not_stop_the_internal_port(
    environ: dict[str, str], start: Start
) -> None:
    """Protocol rule 40: 128 of them, and a probe is still answered."""
    start()
    _until(bool, environ)
    address = ("127.0.0.1", int(environ["RATES_SYNC_PORT"]))

    with ExitStack() as silent:
        for _ in range(128):
            silent.enter_context(socket.create_connection(address, timeout=5))
        with urllib.request.urlopen(f"http://{address[0]}:{address[1]}/livez", timeout=5) as answer:
            assert answer.status == 200


def test_second_instance_is_a_standby(environ: dict[str, str], start: Start) -> None:
    """While the first renews its lease, the second is ready but does not lead."""
    start()
    first = _until(lambda seen: seen["role"] == "leader" and seen["leader"], environ)
    environ["RATES_SYNC_PORT"] = str(free_port())
    start()
    second = _until(lambda seen: seen["role"] == "standby", environ)
    assert second["leader"] == first["leader"]


def test_database_of_another_upstream_is_refused(environ: dict[str, str], start: Start) -> None:
    """Simulated values can't get into Banco de México's record: one line, status 2."""
    url = environ["RATES_SYNC_DATABASE_URL"]

    async def feed() -> None:
        await migrate(url)
        engine = open_engine(url)
        await claim(engine, "Banco de México")
        await engine.dispose()

    asyncio.run(feed())
    process = start()
    _, log = process.communicate(timeout=DEADLINE)
    assert process.returncode == 2
    assert log.splitlines()[-1].startswith("rates-sync: this database was fed by Banco de México")
    assert "Traceback" not in log


def test_taken_port_is_refused(environ: dict[str, str], start: Start) -> None:
    """A port that somebody else listens on is one line and status 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environ["RATES_SYNC_PORT"] = str(taken.getsockname()[1])
        _, log = start().communicate(timeout=DEADLINE)
    assert "Address already in use" in log
    assert "Traceback" not in log


def test_wrong_environment_names_every_variable(environ: dict[str, str], start: Start) -> None:
    """All that is wrong in one message, status 2, no traceback."""
    del environ["RATES_SYNC_REDIS_URL"]
    environ["RATES_SYNC_DAILY_QUOTA"] = "many"
    process = start()
    _, log = process.communicate(timeout=DEADLINE)
    assert process.returncode == 2
    assert "RATES_SYNC_REDIS_URL" in log
    assert "RATES_SYNC_DAILY_QUOTA" in log
    assert "Traceback" not in log


def test_bug_ends_the_process_with_its_traceback(environ: dict[str, str], start: Start) -> None:
    """What no code expects ends the process, non-zero: whoever started it decides."""
    process = start()
    _until(lambda seen: seen["last_outcome"] == "success", environ)

    async def break_the_record() -> None:
        engine = open_engine(environ["RATES_SYNC_DATABASE_URL"])
        async with engine.begin() as connection:
            await connection.exec_driver_sql("INSERT INTO lease VALUES (2, '', 0, 0)")
        await engine.dispose()

    asyncio.run(break_the_record())
    _, log = process.communicate(timeout=DEADLINE)
    assert process.returncode not in (0, 2)
    assert "MultipleResultsFound" in log
