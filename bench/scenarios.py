"""The platform in motion under a fixed rate: a publication, and Redis lost and back.

Each request counts from its due time. What happens is made to happen while the load is on; the
load's process and this one read the same monotonic clock.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence

from bench.cases import EVERYDAY
from bench.contenders import everyday_of, running_ceiling
from bench.cpus import Layout
from bench.latency import Figure, Latency, figure, latency, spelled
from bench.load import LoadResult, start_load
from bench.platform import Platform
from bench.report import Section, Table
from bench.stream import StreamWatch

PUBLICATION_RATE = 5_000
AFTER_SECONDS = 0.1
"""What belongs to a publication: requests due until this long after its event."""
BETWEEN_SECONDS = 0.7
REDIS_RATE = 2_000
TAIL_SECONDS = 1.0
WARM_SECONDS = 1.0
TURNS = 3


def publication(platform: Platform, seconds: float, cpus: Layout) -> Section:
    """Publish again and again under load; each event drops every rendered answer.

    In turn with it the same load goes to the ceiling, which has nothing to drop: what both show is
    what the publishing itself costs the machine.
    """
    ours, ceiling = _Publications(platform, cpus), _Publications(platform, cpus)
    with running_ceiling(platform, cpus.every, len(platform.workers())) as bare:
        for _ in range(TURNS):
            ours.take(platform.plan.port("api"), EVERYDAY, seconds / TURNS)
            ceiling.take(bare.port, everyday_of(bare), seconds / TURNS)
    rows = [*ours.rows("rates-api"), *ceiling.rows("the ceiling")]
    figures = {**dict(ours.figures("publication")), **dict(ceiling.figures("publication/ceiling"))}
    note = (
        "`current`, `average/30d`, `historical?days=10` in turn, two workers, in turn with the"
        " ceiling on the same Granian, while rates-sync publishes all the same."
    )
    return _section(
        "A publication under load", rows, [*ours.loads, *ceiling.loads], figures, [note]
    )


class _Publications:
    """Loads on one server while there are publications, and what belongs to their events."""

    def __init__(self, platform: Platform, cpus: Layout) -> None:
        self._platform = platform
        self._cpus = cpus
        self._within: list[float] = []
        self._events = 0
        self.loads: list[LoadResult] = []

    def take(self, port: int, paths: Sequence[str], seconds: float) -> None:
        """Put a load on `port` and publish meanwhile."""
        with (
            StreamWatch(self._platform.plan.port("redis")) as watch,
            start_load(port, paths, PUBLICATION_RATE, seconds, self._cpus.load) as load,
        ):
            until = time.monotonic() + seconds - TAIL_SECONDS
            time.sleep(WARM_SECONDS)
            while time.monotonic() < until:
                self._platform.publish()
                time.sleep(BETWEEN_SECONDS)
            measured = load.result()
        instants = [arrival.at for arrival in watch.arrivals]
        self._events += len(instants)
        self._within += measured.between(instants, AFTER_SECONDS)
        self.loads.append(measured)

    def rows(self, who: str) -> Iterator[tuple[str, ...]]:
        """Yield what the table says of `who`."""
        within = f"within {AFTER_SECONDS * 1000:g} ms of {self._events} events"
        yield _row(f"{who}, {within}", latency(self._within))
        every = (seconds for load in self.loads for seconds in load.seen.latencies)
        yield _row(f"{who}, all at {PUBLICATION_RATE:,}/s", latency(every))

    def figures(self, name: str) -> Iterator[tuple[str, Figure]]:
        """Yield the figures under `name`."""
        return _figures(name, latency(self._within), self.loads)


def redis_lost(platform: Platform, seconds: float, cpus: Layout) -> Section:
    """Kill Redis after a quarter of the time and start it again after half."""
    with start_load(platform.plan.port("api"), EVERYDAY, REDIS_RATE, seconds, cpus.load) as load:
        begun = time.monotonic()
        time.sleep(seconds / 4)
        platform.redis.kill()
        time.sleep(max(0.0, begun + seconds / 2 - time.monotonic()))
        platform.redis.start()
        measured = load.result()
    platform.until_warm()
    rows = [_row(f"all at {REDIS_RATE:,}/s", measured.latency)]
    figures = dict(_figures("redis", measured.latency, [measured]))
    note = (
        f"Redis away for {seconds / 4:g} of {seconds:g} s (SIGKILL), then back with its own file."
    )
    return _section("Redis killed and back under load", rows, [measured], figures, [note])


def _figures(name: str, seen: Latency, loads: Sequence[LoadResult]) -> Iterator[tuple[str, Figure]]:
    for key in ("p50", "p95", "p99", "max"):
        yield f"{name}/{key}", figure([getattr(seen, key)], "ms")
    yield f"{name}/errors", figure([float(load.failed) for load in loads], "")
    yield f"{name}/lag", figure([load.lag_p99 for load in loads], "ms")


def _row(name: str, seen: Latency) -> tuple[str, ...]:
    return (name, *(spelled(ms) for ms in (seen.p50, seen.p95, seen.p99, seen.max)))


def _section(
    title: str,
    rows: Sequence[tuple[str, ...]],
    loads: Sequence[LoadResult],
    figures: dict[str, Figure],
    notes: Sequence[str],
) -> Section:
    kinds = sum((Counter(load.errors) for load in loads), Counter())
    errors = "; ".join(f"{kind}: {count}" for kind, count in kinds.items()) or "none"
    lag, steal = max(load.lag_p99 for load in loads), max(load.steal for load in loads)
    own = f"Errors: {errors}. The generator's own lag: p99 {spelled(lag)} ms. Steal: {steal:.1%}."
    header = ("requests", "p50 ms", "p95 ms", "p99 ms", "max ms")
    return Section([Table(title, header, rows, [*notes, own])], figures)
