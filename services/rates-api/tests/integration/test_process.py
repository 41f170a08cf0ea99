"""An instance as it is started: `python -m rates_api`, its workers, its end."""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from rates_dev.ports import free_port
from support.servers.certificates import make_certificates

pytestmark = [pytest.mark.integration, pytest.mark.process]

MODULE = [sys.executable, "-m", "rates_api"]
SIZES = (30_000, 200_000)


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

    def metric(self, sample: str) -> float | None:
        """Return the value of a sample, written as in the text; null where there is none."""
        lines = [line.rpartition(" ") for line in self.metrics().splitlines()]
        return next((float(value) for name, _, value in lines if name == sample), None)

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


def until(true: Callable[[], bool], seconds: float = 90) -> None:
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
        # Long enough to be seen on a busy machine.
        "RATES_API_DRAIN": "5",
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
def warm(relay: Any, fakes: ModuleType) -> None:
    """Have documents in Redis from which a worker warms up."""
    record = fakes.Record()
    record.observe(fakes.observation(date(2024, 1, 2)))
    relay.relay(record)


@pytest.fixture
def instance(start: Callable[..., Run], environ: dict[str, str], warm: None) -> Run:
    """Give an instance that is ready, with two workers that have reported."""
    return ready(start(environ))


def ready(run: Run) -> Run:
    """Return `run` once it is ready, both workers with a report."""
    until(lambda: run.status("/readyz") == 200 and len(run.workers()) == 2)
    return run


def url(run: Run) -> str:
    """Return the public address of an instance."""
    return f"http://127.0.0.1:{run.environ['RATES_API_PORT']}"


def test_with_a_certificate_the_public_port_speaks_tls_alone(
    start: Callable[..., Run], environ: dict[str, str], warm: None, tmp_path: Path
) -> None:
    """The internal port, which no balancer reaches, stays as it is."""
    made = make_certificates(tmp_path)
    file = tmp_path / "certificate.pem"
    file.write_bytes(
        (tmp_path / "server.pem").read_bytes() + (tmp_path / "server.key").read_bytes()
    )
    run = start(environ | {"RATES_API_TLS_CERTIFICATE": str(file)})
    until(lambda: len(run.workers()) == 2)
    context = ssl.create_default_context(cafile=made.authority)
    with httpx.Client(verify=context, timeout=5) as client:
        answer = client.get(
            f"https://127.0.0.1:{environ['RATES_API_PORT']}/api/v1/rates/2024-01-02"
        )
    assert (answer.status_code, answer.http_version) == (200, "HTTP/1.1")
    assert run.status("/livez") is None
    assert "rates_api_snapshot_position" in run.metrics()


def children(pid: int) -> set[int]:
    """Return the workers that a main process has at this moment."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(child) for child in listed if b"spawn_main" in command(child)}


def command(pid: str) -> bytes:
    """Return the command line of a process, nothing once it has ended."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


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
    assert instance.process.wait(30) == 0
    assert instance.get("/livez") is None


ENDS = """
import atexit, sys
import rates_api.__main__ as process
process.load, process.serve_forever = dict, lambda _: {serving}
atexit.register(print, "finalized")
process.main()
"""


@pytest.mark.parametrize(("serving", "status"), [("print('served')", 0), ("sys.exit(1)", 1)])
def test_an_ended_instance_is_not_finalized(serving: str, status: int) -> None:
    """A thread of the server's that asks for Python then would abort the process."""
    program = ENDS.format(serving=serving)
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (ended.returncode, b"finalized" in ended.stdout) == (status, False)


def test_a_signal_to_the_whole_group_drains_it_too(instance: Run) -> None:
    """A shell's or a runtime's signal to every process skips no drain: workers obey the main one.

    Protocol rule 22: it is not ready first; every answer then closes its connection.
    """
    with httpx.Client(base_url=url(instance)) as kept:
        assert "Connection" not in kept.get("/api/v1/rates/2024-01-02").headers
        os.killpg(instance.process.pid, signal.SIGTERM)
        until(lambda: instance.status("/readyz") == 503)
        answers = [kept.get(path) for path in ("/api/v1/rates/2024-01-02", "/livez", "/none")]

    assert [answer.status_code for answer in answers] == [200, 200, 404]
    assert {answer.headers["Connection"] for answer in answers} == {"close"}
    assert instance.process.wait(30) == 0
    assert "worker_lost" not in instance.log.read_text()


def test_a_stopped_worker_is_replaced(instance: Run) -> None:
    """Protocol rule 39: nothing ends it, so it is seen by its beats; the others serve meanwhile."""
    assert instance.metric("rates_api_workers_wanted") == 2
    until(lambda: instance.metric("rates_api_workers_beating") == 2)
    victim = min(before := instance.workers())

    os.kill(victim, signal.SIGSTOP)

    until(lambda: instance.metric("rates_api_workers_beating") == 1)
    until(lambda: instance.metric('rates_api_worker_deaths_total{death="stopped"}') == 1)
    assert not Path(f"/proc/{victim}").exists()
    until(lambda: instance.metric("rates_api_workers_beating") == 2)
    until(lambda: len(instance.workers() - before) == 1)
    assert instance.process.poll() is None


def test_no_worker_outlives_its_main_process(instance: Run) -> None:
    """Protocol rule 39: killed, it can tell nobody; the end of the pipe does."""
    workers = instance.workers()

    instance.process.kill()

    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))
    assert instance.get("/livez") is None


@pytest.fixture
def hanging(start: Callable[..., Run], environ: dict[str, str], warm: None, tmp_path: Path) -> Run:
    """Give an instance of which one worker's event loop hangs, forever, but for its other threads.

    Nothing of the product hangs so; its application is wrapped in one that does when it is asked.
    """
    (tmp_path / "hanging.py").write_text(HANGING)
    serve = (
        "from rates_api.__main__ import *; gc.enable(); multiprocessing.set_start_method('spawn'); "
    )
    serve += "serve_forever(load(), target='hanging:create')"
    run = ready(start(environ | {"PYTHONPATH": str(tmp_path)}, [sys.executable, "-c", serve]))
    until(lambda: run.metric("rates_api_workers_beating") == 2)
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{url(run)}/hang", timeout=1)
    return run


SERVE_HANGING = """
from rates_api.__main__ import *
multiprocessing.set_start_method("spawn")
serve_forever(load(), target="hanging:create")
"""
HANGING = """
import time
from rates_api import app

def create(link):
    created = app.create(link=link)
    answer = created.__rsgi__

    async def hanging(scope, protocol):
        if scope.path == "/hang":
            time.sleep(1000)
        await answer(scope, protocol)

    created.__rsgi__ = hanging
    return created
"""


def test_a_hung_worker_is_replaced(hanging: Run) -> None:
    """Protocol rule 39: later than a stopped one, since it might only be busy."""
    until(lambda: hanging.metric('rates_api_worker_deaths_total{death="hung"}') == 1)
    until(lambda: hanging.metric("rates_api_workers_beating") == 2)
    assert hanging.process.poll() is None


def test_not_even_a_hung_worker_outlives_its_main_process(hanging: Run) -> None:
    """Protocol rule 39: what can't finish within 10 s is killed, though nobody is left to do it."""
    workers = children(hanging.process.pid)
    assert len(workers) == 2

    hanging.process.kill()

    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def test_a_place_whose_workers_die_again_does_not_end_the_instance(instance: Run) -> None:
    """Protocol rule 39: it is filled again, after a pause, while the other worker serves."""
    (survivor,) = instance.workers() - {min(instance.workers())}
    died = 'rates_api_worker_deaths_total{death="died"}'
    for deaths in (1, 2, 3, 4):
        (victim,) = children(instance.process.pid) - {survivor}
        os.kill(victim, signal.SIGKILL)
        until(lambda deaths=deaths: instance.metric(died) == deaths)  # type: ignore[misc]
        until(lambda: len(children(instance.process.pid)) == 2)
        assert instance.status("/livez") == 200

    until(lambda: instance.metric("rates_api_workers_beating") == 2)
    assert instance.process.poll() is None


def test_the_directory_that_workers_share_may_be_lost(instance: Run) -> None:
    """Protocol rule 38: it is made again; nothing ends, no worker stops being ready."""
    directory = Path(instance.environ["RATES_API_INSTANCE_DIR"])
    # So many connections reach either worker; the second is ready up to a second after the first.
    until(lambda: all(instance.status("/readyz") == 200 for _ in range(20)))
    workers = instance.workers()

    shutil.rmtree(directory)

    until(lambda: instance.workers() == workers)
    assert (instance.status("/readyz"), instance.status("/api/v1/rates/2024-01-02")) == (200, 200)
    assert instance.metric('rates_api_worker_deaths_total{death="died"}') == 0


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only root may mount a small file system"
)
def test_the_directory_that_workers_share_may_be_full(
    start: Callable[..., Run], environ: dict[str, str], warm: None
) -> None:
    """Protocol rule 38: counted and served on; once there is room again, all is as before."""
    directory = environ["RATES_API_INSTANCE_DIR"]
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", directory], check=True)
    try:
        run = ready(start(environ))
        filler = Path(directory, "filler")
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass

        until(lambda: run.metric("rates_api_workers_reporting") == 0)
        assert (run.status("/readyz"), run.status("/api/v1/rates/2024-01-02")) == (200, 200)
        assert (run.metric("rates_api_workers_beating"), run.status("/livez")) == (2, 200)

        filler.unlink()
        until(lambda: run.metric("rates_api_workers_reporting") == 2)
        assert (run.metric("rates_api_report_failures_total") or 0) > 0
        assert run.log.read_text().count("reports_not_exchanged") == 2
        run.end()
    finally:
        subprocess.run(["umount", "-l", directory], check=True)


def test_silent_connections_keep_nobody_out(instance: Run) -> None:
    """Protocol rule 40: 1,100 of them on the public port, 128 on the internal one."""
    ports = [("RATES_API_PORT", 1100), ("RATES_API_ADMIN_PORT", 128)]
    with ExitStack() as silent:
        for port, count in ports:
            address = ("127.0.0.1", int(instance.environ[port]))
            for _ in range(count):
                silent.enter_context(socket.create_connection(address, timeout=5))

        # A connection goes to one of the workers by chance: both have to answer.
        assert {instance.status("/livez") for _ in range(8)} == {200}
        assert {instance.status("/api/v1/rates/2024-01-02") for _ in range(8)} == {200}
        assert instance.metric("rates_api_workers_wanted") == 2


def test_a_stream_ends_with_its_client_and_within_a_second_of_sigterm(instance: Run) -> None:
    """A client that leaves is noticed though nothing is sent; the drain waits for no stream."""
    with _stream(instance):
        until(lambda: instance.metric("rates_api_streams") == 1)
    until(lambda: instance.metric("rates_api_streams") == 0)
    with _stream(instance) as staying:
        instance.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        while not staying.recv(65_536).endswith(b"0\r\n\r\n"):
            pass
        assert time.monotonic() - began < 1
        assert instance.status("/api/v1/rates/2024-01-02") == 200
    assert instance.process.wait(30) == 0


def _stream(instance: Run) -> socket.socket:
    """Open a stream and read what it begins with."""
    client = socket.create_connection(("127.0.0.1", int(instance.environ["RATES_API_PORT"])), 10)
    client.sendall(b"GET /api/v1/stream HTTP/1.1\r\nHost: api.test\r\n\r\n")
    text = b""
    while b"event: state" not in text:
        text += client.recv(65_536)
    assert text.startswith(b"HTTP/1.1 200 OK\r\n")
    return client


def test_the_head_of_a_request_is_bounded(instance: Run) -> None:
    """Protocol rule 40: more than a balancer would pass on is refused, not kept."""
    livez = f"{url(instance)}/livez"

    sizes = {size: httpx.get(livez, headers={"x": "x" * size}).status_code for size in SIZES}

    assert sizes == {30_000: 200, 200_000: 431}


def test_a_wrong_environment_is_one_message(
    start: Callable[..., Run], environ: dict[str, str]
) -> None:
    """Every bad variable is named before anything starts, with exit status 2."""
    malformed = {"RATES_API_DATABASE_PRIMARY_URL": "mysql+asyncmy://api:hunter2@db:port/rates"}
    run = start(environ | malformed | {"RATES_API_WORKERS": "none", "RATES_API_REDIS_URL": ""})

    assert run.process.wait(30) == 2
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

        assert run.process.wait(30) == 2
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

    assert run.process.wait(120) == 1
    assert "no_worker_can_live" in run.log.read_text()
