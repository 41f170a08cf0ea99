"""The servers that are compared, all on the server's CPU with one worker, and how each is asked.

`running_contenders` starts the ceilings and the rivals beside a platform that runs already. Idle
ones take no time from the one that is asked.
"""

import contextlib
import json
import sys
import tempfile
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import redis

from bench.cases import CASES, EVERYDAY, PATHS, Case
from bench.cpus import Cpus, Layout
from bench.errors import BenchRefused
from bench.http import Answer, fetch
from bench.platform import Platform
from bench.processes import require_alive, server, wait_until
from bench.rivals.environment import rivals_python
from rates_dev.platform import ok
from rates_dev.ports import HOST, free_port
from rates_dev.processes import Child

START_SECONDS = 30.0
PREFIX = "bench:answer:"
"""Of the keys in Redis that belong to the rival."""
ALIKE = 1.03
"""How much larger the largest body may be; a time stamp or a percentile has more digits or less."""
ROOT = Path(__file__).parents[1]
GUNICORN = (
    "-m gunicorn --bind {bind} --workers 1 --worker-class uvicorn.workers.UvicornWorker"
    " --log-level warning --no-control-socket"
)


@dataclass(frozen=True)
class Contender:
    """One server; `leader` is the process whose children do the work."""

    name: str
    port: int
    leader: int
    by_case: bool = False
    """It tells cases apart by path alone, each at `/<key>`."""

    def path(self, case: Case) -> str:
        """Return where it has the answer of `case`."""
        return f"/{case.key}" if self.by_case else case.path

    def headers(self, case: Case) -> dict[str, str]:
        """Return the request's headers; the entity tag is the one of this moment."""
        headers = {"Accept-Encoding": "gzip"} if case.gzip else {}
        if case.conditional:
            plain = fetch(self.port, self.path(case), headers)
            headers["If-None-Match"] = plain.header("etag") or ""
        return headers

    def answer(self, case: Case, headers: Mapping[str, str]) -> Answer:
        """Return one answer. Raises `BenchRefused` where it is not what the case is about."""
        seen = fetch(self.port, self.path(case), headers)
        zipped = seen.header("content-encoding") == "gzip"
        if seen.status != case.status or zipped != case.gzip:
            raise BenchRefused(f"{self.name}, {case.label}: {seen.status}, gzip {zipped}")
        return seen


@contextlib.contextmanager
def running_contenders(
    platform: Platform, directory: Path, cpus: Layout
) -> Iterator[list[Contender]]:
    """Yield rates-api, the ceilings and the rivals, all ready and with the same answers."""
    api = Contender("rates-api", platform.plan.port("api"), platform.api.pid)
    with contextlib.ExitStack() as stack:
        started = [api]
        for interface in ("asgi", "rsgi"):
            ceiling = _ceiling(api, directory, cpus.server, interface=interface)
            started.append(_start(stack, *ceiling, by_case=True))
        fill_redis(platform)
        for child, port in _rivals(platform, directory, cpus):
            started.append(_start(stack, child, port))
        _require_alike(started)
        yield started


@contextlib.contextmanager
def running_ceiling(platform: Platform, cpus: Cpus, workers: int) -> Iterator[Contender]:
    """Yield the ceiling alone, with `workers`, beside a platform that runs already."""
    api = Contender("rates-api", platform.plan.port("api"), platform.api.pid)
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        yield _start(stack, *_ceiling(api, directory, cpus, workers), by_case=True)


def everyday_of(contender: Contender) -> list[str]:
    """Return where `contender` has the answers that clients mostly ask for."""
    # The first case of a path is the plain one: those after it compress, or send a condition.
    cases = {case.path: case for case in reversed(CASES)}
    return [contender.path(cases[path]) for path in EVERYDAY]


def fill_redis(platform: Platform) -> None:
    """Put the cached responses of rates-api where the rival on Redis finds them."""
    with redis.Redis(port=platform.plan.port("redis"), protocol=2) as client:
        for path in PATHS:
            client.set(PREFIX + path, fetch(platform.plan.port("api"), path).body)


def _require_alike(contenders: Sequence[Contender]) -> None:
    """Raise `BenchRefused` where a body has another size, beyond what a poll changes in it."""
    for case in (case for case in CASES if not case.conditional):
        sizes = [
            len(contender.answer(case, contender.headers(case)).body) for contender in contenders
        ]
        if max(sizes) > ALIKE * min(sizes):
            raise BenchRefused(f"{case.label}: the contenders answer {sizes} bytes")


def _start(
    stack: contextlib.ExitStack, child: Child, port: int, *, by_case: bool = False
) -> Contender:
    stack.callback(child.end)
    child.start()
    ready = f"http://{HOST}:{port}{'/current' if by_case else CASES[0].path}"

    def answering() -> bool:
        require_alive(child)
        return ok(ready)

    wait_until(answering, START_SECONDS, f"{child.name} answers; its log: {child.log}")
    return Contender(child.name, port, child.pid, by_case)


def _ceiling(
    api: Contender, directory: Path, cpus: Cpus, workers: int = 1, interface: str = "asgi"
) -> tuple[Child, int]:
    recorded = {}
    for case in CASES:
        seen = api.answer(case, api.headers(case))
        body = b64encode(seen.body).decode()
        recorded[f"/{case.key}"] = {"status": seen.status, "headers": seen.headers, "body": body}
    name = "ceiling" if interface == "asgi" else f"{interface} ceiling"
    file, port = directory / f"{name}.json", free_port()
    file.write_text(json.dumps(recorded), encoding="utf-8")
    argv = [sys.executable, "-m", "bench.ceiling", str(port), str(file), str(workers), interface]
    return _child(name, argv, {}, directory, cpus), port


def _rivals(platform: Platform, directory: Path, cpus: Layout) -> Iterator[tuple[Child, int]]:
    templates = {path: fetch(platform.plan.port("api"), path).json for path in PATHS}
    (directory / "templates.json").write_text(json.dumps(templates), encoding="utf-8")
    environ = {
        "BENCH_REDIS_URL": f"redis://{HOST}:{platform.plan.port('redis')}/0",
        "BENCH_REDIS_PREFIX": PREFIX,
        "BENCH_DATABASE_URL": f"sqlite+aiosqlite:///file:{platform.plan.database}?mode=ro&uri=true",
        "BENCH_TEMPLATES": str(directory / "templates.json"),
    }
    for name, module in (("fastapi+redis", "redis_app"), ("fastapi+sql", "sql_app")):
        port = free_port()
        options = GUNICORN.format(bind=f"{HOST}:{port}").split()
        argv = [str(rivals_python()), *options, f"bench.rivals.{module}:app"]
        yield _child(name, argv, environ, directory, cpus.server), port


def _child(
    name: str, argv: list[str], environ: Mapping[str, str], directory: Path, cpus: Cpus
) -> Child:
    settings = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "HOME": str(directory), **environ}
    return server(name, argv, settings, directory, cpus)
