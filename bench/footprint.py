"""What a worker costs: memory, the time to its first answer, and the first rendering of a list."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

from bench.cases import CURRENT, PAGE, PATHS, TWO_YEARS
from bench.cpus import Layout
from bench.latency import Figure, figure
from bench.load import under_load
from bench.platform import Platform
from bench.processes import require_alive, wait_until
from bench.report import Section, Table
from rates_dev.ports import HOST

MEMORY_RATE, MEMORY_SECONDS = 500, 4
IMPORTS = "litestar, sqlalchemy.ext.asyncio, opentelemetry.sdk.trace, redis.asyncio, msgspec"
IMPORT_FLOOR = f"import {IMPORTS}, prometheus_client, granian"
COLD_SECONDS = 60.0
LOOK_SECONDS = 0.002
SHOWN_SECONDS = 5.0
KB, MB = 1024, 1e6
TICKS = os.sysconf("SC_CLK_TCK")


def memory(platform: Platform, cpus: Layout) -> Section:
    """Measure each worker with the whole history of both series, after it has answered."""
    under_load(platform.plan.port("api"), (*PATHS, PAGE), MEMORY_RATE, MEMORY_SECONDS, cpus.load)
    shares = [memory_of(pid) for pid in platform.workers()]
    figures = {
        f"memory/{kind}": figure([share[kind] / MB for share in shares], "MB")
        for kind in ("rss", "pss")
    }
    rows = [(kind.upper(), str(figures[f"memory/{kind}"])) for kind in ("rss", "pss")]
    note = (
        f"Per worker of {len(shares)}, of smaps_rollup, after {MEMORY_RATE * MEMORY_SECONDS:,}"
        " requests; the target is held against the RSS, which counts shared pages in full."
    )
    return Section([Table("Memory of a worker", ("kind", "MB"), rows, [note])], figures)


def memory_of(pid: int) -> dict[str, float]:
    """Return RSS and PSS in bytes."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.findall(r"^(Rss|Pss): +(\d+) kB", text, re.MULTILINE)
    return {name.lower(): int(kilobytes) * KB for name, kilobytes in found}


def cold_start(platform: Platform, times: int, cpus: Layout) -> Section:
    """Start an instance of one worker again and again, the whole history in Redis."""
    imports, instances, workers = [], [], []
    for _ in range(times):
        argv = [sys.executable, "-c", IMPORT_FLOOR]
        imports.append(_seconds(partial(subprocess.run, argv, check=True)))
        platform.prepare_api(1, cpus.every)
        instances.append(_seconds(lambda: _first_answer(platform)))
        workers.append(_age(platform.workers()[0]))
        platform.until_warm()
    figures = {
        "cold/worker": figure(workers, "s"),
        "cold/instance": figure(instances, "s"),
        "cold/imports": figure(imports, "s"),
    }
    rows = [
        ("a worker, from its process's start to its first 200", str(figures["cold/worker"])),
        ("an instance, main process first, to its first 200", str(figures["cold/instance"])),
        ("import floor: a Python that only imports", str(figures["cold/imports"])),
    ]
    notes = [
        f"{times} starts; the first 200 is one of `current`. A process's age: the kernel's.",
        f"The floor: `{IMPORT_FLOOR}`.",
    ]
    return Section([Table("Cold start", ("what", "seconds"), rows, notes)], figures)


def _first_answer(platform: Platform) -> None:
    platform.api.start()

    def answering() -> bool:
        require_alive(platform.api)
        return platform.plan.has_rate()

    wait_until(answering, COLD_SECONDS, "rates-api gave a rate", LOOK_SECONDS)


def _age(pid: int) -> float:
    """Return how many seconds ago a process was made."""
    started = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started / TICKS


def first_rendering(platform: Platform, times: int) -> Section:
    """Ask one worker for two years right after each publication, then again."""
    first, again = [], []
    with contextlib.closing(
        HTTPConnection(HOST, platform.plan.port("api"), SHOWN_SECONDS)
    ) as worker:
        for _ in range(times):
            value = platform.publish()
            wait_until(partial(_shows, worker, value), SHOWN_SECONDS, f"{value} shows")
            first.append(_seconds(lambda: _get(worker, TWO_YEARS)) * 1000)
            again.append(_seconds(lambda: _get(worker, TWO_YEARS)) * 1000)
    figures: dict[str, Figure] = {
        "rendering/730": figure(first, "ms"),
        "rendering/730-again": figure(again, "ms"),
    }
    rows = [
        ("first after a publication", str(figures["rendering/730"])),
        ("again, from the table", str(figures["rendering/730-again"])),
    ]
    note = f"{times} publications; on one kept connection, so always the same worker."
    title = "`historical?days=730`: rendering and compressing"
    return Section([Table(title, ("asked", "ms"), rows, [note])], figures)


def _get(worker: HTTPConnection, path: str) -> bytes:
    worker.request("GET", path)
    return worker.getresponse().read()


def _shows(worker: HTTPConnection, value: str) -> bool:
    return bool(json.loads(_get(worker, CURRENT))["rate"] == value)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
