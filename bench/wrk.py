"""Runs wrk, the closed-loop load: as many requests as 32 connections get answered."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.cpus import Cpus
from bench.errors import BenchRefused
from bench.processes import owned
from rates_dev.ports import HOST

CONNECTIONS = 32
NUMBER = "NUMBER"
"""Stands in a path for a number that makes each request another one."""
EVER_NEW = Path(__file__).with_name("ever_new.lua")
ANSWERS = re.compile(r"(\d+) requests in ")
RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
BAD = re.compile(r"Non-2xx or 3xx responses:\s+(\d+)")
SOCKET = re.compile(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")


@dataclass(frozen=True)
class Closed:
    """What a closed loop reached: answers, answers a second, and how many were none."""

    answers: int
    rate: float
    errors: int


def require_wrk() -> str:
    """Return the program. Raises `BenchRefused` that says how to get it."""
    found = shutil.which("wrk")
    if found is None:
        raise BenchRefused("wrk is not on PATH; Debian and Ubuntu have it: apt-get install wrk")
    return found


def wrk(
    port: int,
    path: str,
    headers: Mapping[str, str],
    seconds: float,
    cpus: Cpus,
    *,
    ever_new: bool = False,
    connections: int = CONNECTIONS,
) -> Closed:
    """Load `path` for whole `seconds` with one thread. Raises `BenchRefused` if wrk fails.

    `ever_new` puts another number in the place of `NUMBER` each time.
    """
    options = ["-t1", f"-c{connections}", f"-d{round(seconds)}s"]
    options += [f"-s{EVER_NEW}"] if ever_new else []
    sent = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    argv = [require_wrk(), *options, *sent, f"http://{HOST}:{port}{path}"]
    done = subprocess.run(
        owned(argv, cpus),
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
    answers, rate = ANSWERS.search(output), RATE.search(output)
    if answers is None or rate is None:
        raise BenchRefused(f"wrk said no rate: {output}")
    errors = [int(number) for pattern in (BAD, SOCKET) for number in _groups(pattern, output)]
    return Closed(int(answers[1]), float(rate[1]), sum(errors))


def _groups(pattern: "re.Pattern[str]", text: str) -> tuple[str, ...]:
    found = pattern.search(text)
    return found.groups() if found else ()
