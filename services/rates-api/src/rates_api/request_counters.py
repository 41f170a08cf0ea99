"""Counts of the requests that a worker has answered, since its start and of the last five minutes.

Plain numbers, counted at each request: a counter of prometheus_client locks and looks its labels up
at each answer; one event loop needs neither. A scrape makes Prometheus' families of them. The last
five minutes are for `/health`, which has no Prometheus to ask.
"""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Literal

import msgspec
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

EDGES = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 150, 200, 250, 300, 500, 1000, 2500, 5000)
"""Upper edges of the latency buckets in milliseconds; one more bucket holds what is slower. The
objective of 200 ms and the clients' limit of 300 ms are edges."""

CacheLookup = Literal["hit", "miss"]
"""Whether an answer was found rendered."""

BUCKETS = tuple(edge / 1000 for edge in EDGES)
"""Upper edges of the latency buckets, in seconds."""

SLOT_SECONDS = 10
SLOTS = 30
"""Thirty slots of ten seconds: five minutes."""


class Figures(msgspec.Struct, frozen=True):
    """Answers counted by latency bucket, look-ups among the rendered by result."""

    latencies: tuple[int, ...] = (0,) * (len(EDGES) + 1)
    hits: int = 0
    misses: int = 0


class RouteCounts:
    """The answers of one route: by status, by latency bucket, and their time in seconds."""

    __slots__ = ("latencies", "seconds", "statuses")

    def __init__(self) -> None:
        """Start without answers."""
        self.statuses: defaultdict[int, int] = defaultdict(int)
        self.latencies = [0] * (len(BUCKETS) + 1)
        self.seconds = 0.0


class RequestCounters(Collector):
    """Every answered request of one worker, by route and status, and each look into the cache."""

    def __init__(self) -> None:
        """Start without answers."""
        self._routes: dict[str, RouteCounts] = {}
        self._lookups: dict[CacheLookup, int] = {"hit": 0, "miss": 0}

    def record(self, route: str, status: int, seconds: float, hits: int = 0) -> None:
        """Count an answer to a path template, or to `unknown`, that took `seconds`.

        `hits` is 1 for a cached response, of which no other look-up is recorded.
        """
        counted = self._routes.get(route)
        if counted is None:
            counted = self._routes[route] = RouteCounts()
        counted.statuses[status] += 1
        counted.latencies[bisect_left(BUCKETS, seconds)] += 1
        counted.seconds += seconds
        self._lookups["hit"] += hits

    def record_lookup(self, result: CacheLookup) -> None:
        """Count a look-up of a rendered answer."""
        self._lookups[result] += 1

    def figures(self) -> Figures:
        """Return what was counted since the start, over all routes."""
        routes = [Figures(tuple(each.latencies)) for each in self._routes.values()]
        found = Figures(hits=self._lookups["hit"], misses=self._lookups["miss"])
        return summed([*routes, found])

    def collect(self) -> Iterator[Metric]:
        """Yield the three families that Prometheus sees."""
        yield self._requests_family()
        yield self._duration_family()
        yield self._rendered_family()

    def _requests_family(self) -> Metric:
        family = CounterMetricFamily(
            "rates_api_requests",
            "Requests answered, by route template and status.",
            labels=["route", "status"],
        )
        for name, route in self._routes.items():
            for status, count in route.statuses.items():
                family.add_metric([name, str(status)], count)
        return family

    def _duration_family(self) -> Metric:
        family = HistogramMetricFamily(
            "rates_api_request_duration_seconds",
            "Time from a request's arrival to its last byte handed over, by route template.",
            labels=["route"],
        )
        edges = [*map(str, BUCKETS), "+Inf"]
        for name, route in self._routes.items():
            buckets = list(zip(edges, accumulate(route.latencies), strict=True))
            family.add_metric([name], buckets, route.seconds)
        return family

    def _rendered_family(self) -> Metric:
        family = CounterMetricFamily(
            "rates_api_rendered",
            "Answers that were found rendered (hit) or had to be rendered (miss).",
            labels=["result"],
        )
        for result, count in self._lookups.items():
            family.add_metric([result], count)
        return family


class Traffic:
    """Marks a worker's counts and forgets what is older than five minutes."""

    def __init__(self, counted: Callable[[], Figures], monotonic: Callable[[], float]) -> None:
        """Mark what is `counted` since the start, by `monotonic` seconds."""
        self._counted = counted
        self._monotonic = monotonic
        self._marks: deque[tuple[float, Figures]] = deque([(monotonic(), Figures())])

    def figures(self) -> Figures:
        """Return what was counted in the last five minutes, ten seconds more at most."""
        now, counted = self._monotonic(), self._counted()
        if now - self._marks[-1][0] >= SLOT_SECONDS:
            self._marks.append((now, counted))
        while len(self._marks) > 1 and self._marks[1][0] <= now - SLOTS * SLOT_SECONDS:
            self._marks.popleft()
        return _since(self._marks[0][1], counted)


def _since(before: Figures, now: Figures) -> Figures:
    latencies = zip(now.latencies, before.latencies, strict=True)
    return Figures(
        latencies=tuple(after - earlier for after, earlier in latencies),
        hits=now.hits - before.hits,
        misses=now.misses - before.misses,
    )


def summed(figures: Sequence[Figures]) -> Figures:
    """Return the sums over routes, or over workers."""
    if not figures:
        return Figures()
    return Figures(
        latencies=tuple(map(sum, zip(*(each.latencies for each in figures), strict=True))),
        hits=sum(each.hits for each in figures),
        misses=sum(each.misses for each in figures),
    )


def hit_ratio(figures: Figures) -> float | None:
    """Return the share of look-ups that found their answer rendered, null without any."""
    looked_up = figures.hits + figures.misses
    return round(figures.hits / looked_up, 4) if looked_up else None


def p95(figures: Figures) -> float | None:
    """Return the 95th percentile in milliseconds, null without answers.

    Within a bucket answers are taken as spread evenly, as Prometheus does; what is slower than
    the last edge counts as the last edge.
    """
    rank = 0.95 * sum(figures.latencies)
    if not rank:
        return None
    below, lower = 0, 0.0
    for upper, count in zip(EDGES, figures.latencies, strict=False):
        if below + count >= rank:
            return round(lower + (upper - lower) * (rank - below) / count, 3)
        below, lower = below + count, float(upper)
    return float(EDGES[-1])
