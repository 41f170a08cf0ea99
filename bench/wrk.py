"""Runs wrk, the closed-loop load: as many requests as 32 connections get answered."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from bench.cpus import Cpus, pinned
from bench.errors import BenchRefused
from bench.processes import HOST, WITH_US

CONNECTIONS = 32
RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
BAD = re.compile(r"Non-2xx or 3xx responses:\s+(\d+)")
SOCKET = re.compile(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")


@dataclass(frozen=True)
class Closed:
    """What a closed loop reached: answers a second, and how many were none."""

    rate: float
    errors: int


def require_wrk() -> str:
    """Return the program. Raises `BenchRefused` that says how to get it."""
    found = shutil.which("wrk")
    if found is None:
        raise BenchRefused("wrk is not on PATH; Debian and Ubuntu have it: apt-get install wrk")
    return found


def wrk(port: int, path: str, headers: Mapping[str, str], seconds: float, cpus: Cpus) -> Closed:
    """Load `path` for whole `seconds` with one thread. Raises `BenchRefused` if wrk fails."""
    options = [f"-t1 -c{CONNECTIONS}", f"-d{round(seconds)}s"]
    told = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    argv = [require_wrk(), *" ".join(options).split(), *told, f"http://{HOST}:{port}{path}"]
    done = subprocess.run(
        pinned([*WITH_US, *argv], cpus),
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds + 30,
    )
    if done.returncode:
        raise BenchRefused(f"wrk failed: {done.stdout}{done.stderr}")
    return parsed(done.stdout)


def parsed(output: str) -> Closed:
    """Read what wrk prints. Raises `BenchRefused` where it names no rate."""
    rate = RATE.search(output)
    if rate is None:
        raise BenchRefused(f"wrk said no rate: {output}")
    errors = [int(number) for pattern in (BAD, SOCKET) for number in _groups(pattern, output)]
    return Closed(float(rate[1]), sum(errors))


def _groups(pattern: "re.Pattern[str]", text: str) -> tuple[str, ...]:
    found = pattern.search(text)
    return found.groups() if found else ()
