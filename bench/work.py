"""What a request costs rates-api: how many a second of CPU time answers, and how large each is.

One worker with the first CPU to itself answers kind after kind, round after round. The CPU time is
that of all processes of rates-api, so that whatever runs beside requests is part of their price.
The capacity study counts with these figures; its kinds of request are the ones named here.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from bench.cases import AVERAGE, CURRENT, TEN_DAYS, TWO_YEARS
from bench.cpus import Layout
from bench.errors import BenchRefused
from bench.http import Answer, fetch
from bench.latency import Figure, figure
from bench.platform import Platform, family_of
from bench.report import Section, Table
from bench.wrk import NUMBER, wrk

KINDS: Mapping[str, str] = {
    "current": CURRENT,
    "average": AVERAGE,
    "historical_short": TEN_DAYS,
    "historical_long": TWO_YEARS,
    "day": "/api/v1/rates/2024-01-02",
    "convert": f"/api/v1/convert?from=USD&to=MXN&amount=1{NUMBER}",
}
EVER_NEW = frozenset({"convert"})
"""Hardly an amount is asked twice."""
GZIP = {"Accept-Encoding": "gzip"}
TICKS = os.sysconf("SC_CLK_TCK")


def measure(platform: Platform, rounds: int, seconds: float, cpus: Layout) -> Section:
    """Ask each kind `seconds` long in each of `rounds`, of one worker that is started anew."""
    platform.start_api(1, cpus.server)
    seen = [
        {kind: _per_core_second(platform, kind, seconds, cpus) for kind in KINDS}
        for _ in range(rounds)
    ]
    rates = {kind: figure([results[kind] for results in seen], "/s") for kind in KINDS}
    sizes = {
        kind: figure([_bytes_of(_answer(platform, path))], "B") for kind, path in KINDS.items()
    }
    figures = {f"work/{kind}": rate for kind, rate in rates.items()}
    figures |= {f"bytes/{kind}": size for kind, size in sizes.items()}
    return Section([_table(rates, sizes, rounds, seconds)], figures)


def _per_core_second(platform: Platform, kind: str, seconds: float, cpus: Layout) -> float:
    path, ever_new = KINDS[kind], kind in EVER_NEW
    _answer(platform, path)
    before = _cpu_seconds(platform)
    reached = wrk(platform.plan.port("api"), path, GZIP, seconds, cpus.load, ever_new=ever_new)
    _answer(platform, path)  # What wrk left behind is done then.
    spent = _cpu_seconds(platform) - before
    if reached.errors:
        raise BenchRefused(f"{path}: {reached.errors} errors")
    return reached.answers / spent


def _cpu_seconds(platform: Platform) -> float:
    """Return the CPU time, user and system, of all processes of rates-api so far."""
    return sum(map(_ticks_of, family_of(platform.api.pid))) / TICKS


def _ticks_of(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _answer(platform: Platform, path: str) -> Answer:
    answer = fetch(platform.plan.port("api"), path.replace(NUMBER, ""), GZIP)
    if answer.status != 200:
        raise BenchRefused(f"{path}: {answer.status}")
    return answer


def _bytes_of(answer: Answer) -> int:
    """Return how long an answer is on the wire, its status line and headers included."""
    lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in answer.headers), ""]
    return sum(len(line) + len("\r\n") for line in lines) + len(answer.body)


def _table(
    rates: Mapping[str, Figure], sizes: Mapping[str, Figure], rounds: int, seconds: float
) -> Table:
    rows = [(f"`{path}`", str(rates[kind]), str(sizes[kind])) for kind, path in KINDS.items()]
    how = (
        f"Medians (least-most) of {rounds} rounds of {seconds:g} s; requests by the CPU time of all"
        " processes of rates-api, one worker; whole answers to a client that takes gzip; `convert`"
        " with an amount of its own each time."
    )
    header = ("asked", "answers per second of CPU", "bytes")
    return Table("What a request costs", header, rows, [how])
