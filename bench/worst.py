"""The worst request of each endpoint: what it costs its worker, and what a neighbour feels of it.

Each request is another one, so that no answer is found rendered. The CPU time is that of all
threads of the one worker, garbage collection included. Then one client sends the costliest over
eight connections as fast as they are answered, while another asks for the current rate.
"""

import contextlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection
from itertools import count
from pathlib import Path

from bench.cases import CURRENT, PAGE
from bench.cpus import Layout
from bench.errors import BenchRefused
from bench.latency import Figure, figure
from bench.load import LoadResult, start_load
from bench.platform import Platform
from bench.report import Section, Table
from bench.wrk import NUMBER, wrk
from rates_dev.ports import HOST

HEADERS = {"Accept-Encoding": "gzip"}
REPEATS = 5
WARM = 2
NEIGHBOUR_RATE, CONNECTIONS = 500, 8
ANSWERED = (200, 422)
"""The last case is refused: its cost is to find out why."""


def worst_requests(now: datetime) -> Mapping[str, str]:
    """Return the costliest request of each endpoint; `NUMBER` makes each another one."""
    as_of = f"as_of={now:%Y-%m-%dT%H:%M:%S}.{NUMBER}Z"
    days = ",".join(str(date(2000, 1, 1) + timedelta(days=ahead)) for ahead in range(366))
    whole = f"/api/v1/rates/historical?from=1991-11-12&{as_of}"
    return {
        "historical": whole,
        "historical, settlement": f"{whole}&kind=settlement",
        "historical, CSV": f"{whole}&kind=settlement&format=csv",
        "historical, DOF": f"{whole}&kind=dof",
        "summary": f"/api/v1/rates/summary?from=1991-11-12&kind=settlement&{as_of}",
        "monthly": f"/api/v1/rates/monthly?from=1991-11&kind=dof&{as_of}",
        "batch": f"/api/v1/rates?dates={days}&{as_of}",
        "batch, settlement": f"/api/v1/rates?dates={days}&kind=settlement&{as_of}",
        "batch, DOF": f"/api/v1/rates?dates={days}&kind=dof&{as_of}",
        "gaps": f"/api/v1/rates/gaps?{as_of}",
        "current": f"{CURRENT}?{as_of}",
        "average": f"/api/v1/rates/average/30d?{as_of}",
        "day": f"/api/v1/rates/2000-01-05?kind=settlement&{as_of}",
        "day sheet": f"/api/v1/days/2000-01-05?{as_of}",
        "revisions": f"/api/v1/rates/2000-01-05/revisions?{as_of}",
        "convert": f"/api/v1/convert?from=MXN&to=USD&amount={NUMBER}&date=2000-01-05",
        "changes": f"/api/v1/changes?limit=5000&since=1990-01-01T00:00:00.{NUMBER}Z",
        "page, its forms filled in": f"{PAGE}?date=2000-01-05&purpose=tax&amount=1{NUMBER}",
        "health": "/health",
        "parameters without end": "/api/v1?" + "&".join(f"a{n}{NUMBER}" for n in range(600)),
    }


def measure(platform: Platform, seconds: float, cpus: Layout) -> Section:
    """Ask one worker for each, then have a neighbour ask two workers."""
    platform.start_api(1, cpus.every)
    requests = worst_requests(datetime.now(UTC))
    costs = {name: _cost(platform, path) for name, path in requests.items()}
    worst = max(costs, key=lambda name: costs[name].median)
    platform.start_api(2, cpus.every)
    asked = {worst: requests[worst], "the page, as it is kept": PAGE}
    seen = {name: _neighbour(platform, path, seconds, cpus) for name, path in asked.items()}
    figures = {f"worst/{name}": cost for name, cost in costs.items()}
    figures["worst"] = costs[worst]
    for key, neighbour in zip(("neighbour", "page/neighbour"), seen.values(), strict=True):
        figures[f"worst/{key}/p95"] = figure([neighbour.latency.p95], "ms")
        figures[f"worst/{key}/errors"] = figure([float(neighbour.failed)], "")
    return Section([_table(costs), _neighbours_table(seen)], figures)


def _cost(platform: Platform, path: str) -> Figure:
    (worker,) = platform.workers()
    numbers = count(1)
    with contextlib.closing(HTTPConnection(HOST, platform.plan.port("api"), 10)) as connection:
        spent = [
            _spent(worker, connection, path.replace(NUMBER, f"{next(numbers):06d}"))
            for _ in range(WARM + REPEATS)
        ]
    return figure(spent[WARM:], "ms")


def _spent(worker: int, connection: HTTPConnection, path: str) -> float:
    """Return the milliseconds of CPU that a worker took for one request."""
    before = _cpu_ms(worker)
    connection.request("GET", path, headers=HEADERS)
    answer = connection.getresponse()
    answer.read()
    if answer.status not in ANSWERED:
        raise BenchRefused(f"{path[:80]}: {answer.status}")
    return _cpu_ms(worker) - before


def _cpu_ms(pid: int) -> float:
    """Return the CPU time of all threads of a process so far, as the scheduler counts it."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e6


def _neighbour(platform: Platform, path: str, seconds: float, cpus: Layout) -> LoadResult:
    port = platform.plan.port("api")
    with start_load(port, [CURRENT], NEIGHBOUR_RATE, seconds, cpus.load) as load:
        wrk(port, path, HEADERS, seconds, cpus.load, ever_new=True, connections=CONNECTIONS)
        return load.result()


def _table(costs: Mapping[str, Figure]) -> Table:
    rows = [(name, str(cost)) for name, cost in costs.items()]
    how = (
        f"CPU time of the worker, all threads, garbage collection included: median (least-most) of"
        f" {REPEATS} requests, each another one; the client takes gzip."
    )
    return Table("The worst request of each endpoint", ("asked", "ms of CPU"), rows, [how])


def _neighbours_table(seen: Mapping[str, LoadResult]) -> Table:
    rows = [
        (
            name,
            *(f"{ms:.2f}" for ms in (load.latency.p50, load.latency.p95, load.latency.p99)),
            str(load.failed),
        )
        for name, load in seen.items()
    ]
    how = (
        f"`current` at {NEIGHBOUR_RATE}/s, from each request's due time, while another client sends"
        f" this over {CONNECTIONS} connections as fast as it is answered, the worst request each"
        " time another one; two workers."
    )
    header = ("asked beside it", "p50 ms", "p95 ms", "p99 ms", "errors")
    return Table("What a neighbour feels of it", header, rows, [how])
