"""Counts of the requests that a worker has answered: plain numbers, counted at each of them.

A scrape makes Prometheus' families of them. A counter of prometheus_client locks and looks its
labels up at each answer; one event loop needs neither.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from rates_api.traffic import EDGES, CacheLookup, Figures, summed

BUCKETS = tuple(edge / 1000 for edge in EDGES)
"""Upper edges of the latency buckets, in seconds."""


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
