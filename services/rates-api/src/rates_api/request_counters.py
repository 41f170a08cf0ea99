"""Counts of the requests that a worker has answered, since its start and of the last five minutes.

They are plain numbers: prometheus_client locks and looks up labels on each call, which one event
loop does not need. A scrape turns them into Prometheus' metric families. The last five minutes are
for `/health`, which can't query Prometheus.

The event loop alone writes; another thread may read meanwhile, so that readers go over copies: a
dictionary that grows under its iterator raises `RuntimeError`, which would end the worker.
"""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import accumulate
from typing import Literal

import msgspec
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

BUCKET_BOUNDS = (
    0.1,
    0.25,
    0.5,
    1,
    2.5,
    5,
    10,
    25,
    50,
    100,
    150,
    200,
    250,
    300,
    500,
    1000,
    2500,
    5000,
)
"""Upper bounds of the latency buckets in milliseconds; one more bucket holds what is slower. The
objective of 200 ms and the clients' limit of 300 ms are bounds."""

CacheLookup = Literal["hit", "miss"]
"""Whether an answer was found rendered."""

BUCKETS = tuple(edge / 1000 for edge in BUCKET_BOUNDS)
"""Upper bounds of the latency buckets, in seconds."""

SLOT_SECONDS = 10
SLOTS = 30
"""Thirty slots of ten seconds: five minutes."""


ANSWERED = (200, 304)
WITHOUT_THE_RECORD = ("/health", "/problems/{code}")
"""The percentile is of answers from the record. Refusals and preflights cost next to nothing: 6,000
of them halved it, so that a flood of nonsense would hide how slow the answers are."""


class RequestTotals(msgspec.Struct, frozen=True):
    """Answers from the record by latency bucket, and cache look-ups by result."""

    latencies: tuple[int, ...] = (0,) * (len(BUCKET_BOUNDS) + 1)
    hits: int = 0
    misses: int = 0


class RouteCounts:
    """The answers of one route: by status and latency bucket, and their time in seconds."""

    __slots__ = ("by_status", "seconds")

    def __init__(self) -> None:
        """Start without answers."""
        self.by_status: defaultdict[int, list[int]] = defaultdict(_no_latencies)
        self.seconds = 0.0

    def latencies(self, statuses: Collection[int] | None = None) -> tuple[int, ...]:
        """Return the answers by latency bucket, by default all, else those with `statuses`."""
        by_status = self.by_status.copy()
        counts = [
            latencies
            for status, latencies in by_status.items()
            if statuses is None or status in statuses
        ]
        return tuple(map(sum, zip(*counts, strict=True))) or tuple(_no_latencies())


def _no_latencies() -> list[int]:
    return [0] * (len(BUCKETS) + 1)


class RequestCounters(Collector):
    """Every answered request of one worker, by route and status, and each cache look-up."""

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
        counted.by_status[status][bisect_left(BUCKETS, seconds)] += 1
        counted.seconds += seconds
        self._lookups["hit"] += hits

    def record_lookup(self, result: CacheLookup) -> None:
        """Count a look-up of a rendered answer."""
        self._lookups[result] += 1

    def totals(self) -> RequestTotals:
        """Return what was counted since the start: the answers from the record, over all routes."""
        routes = [
            RequestTotals(route.latencies(ANSWERED))
            for name, route in self._routes.copy().items()
            if name not in WITHOUT_THE_RECORD
        ]
        found = RequestTotals(hits=self._lookups["hit"], misses=self._lookups["miss"])
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
        for name, route in self._routes.copy().items():
            for status, latencies in route.by_status.copy().items():
                family.add_metric([name, str(status)], sum(latencies))
        return family

    def _duration_family(self) -> Metric:
        family = HistogramMetricFamily(
            "rates_api_request_duration_seconds",
            "Time from a request's arrival to its last byte handed over, by route template.",
            labels=["route"],
        )
        edges = [*map(str, BUCKETS), "+Inf"]
        for name, route in self._routes.copy().items():
            latencies = route.latencies()
            buckets = list(zip(edges, accumulate(latencies), strict=True))
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

    def __init__(
        self, counted: Callable[[], RequestTotals], monotonic: Callable[[], float]
    ) -> None:
        """Mark what is `counted` since the start, by `monotonic` seconds."""
        self._counted = counted
        self._monotonic = monotonic
        self._marks: deque[tuple[float, RequestTotals]] = deque([(monotonic(), RequestTotals())])

    def totals(self) -> RequestTotals:
        """Return what was counted in the last five minutes, ten seconds more at most."""
        now, counted = self._monotonic(), self._counted()
        if now - self._marks[-1][0] >= SLOT_SECONDS:
            self._marks.append((now, counted))
        while len(self._marks) > 1 and self._marks[1][0] <= now - SLOTS * SLOT_SECONDS:
            self._marks.popleft()
        return _since(self._marks[0][1], counted)


def _since(before: RequestTotals, now: RequestTotals) -> RequestTotals:
    latencies = zip(now.latencies, before.latencies, strict=True)
    return RequestTotals(
        latencies=tuple(after - earlier for after, earlier in latencies),
        hits=now.hits - before.hits,
        misses=now.misses - before.misses,
    )


def summed(totals: Sequence[RequestTotals]) -> RequestTotals:
    """Return the sums over routes, or over workers."""
    if not totals:
        return RequestTotals()
    return RequestTotals(
        latencies=tuple(map(sum, zip(*(each.latencies for each in totals), strict=True))),
        hits=sum(each.hits for each in totals),
        misses=sum(each.misses for each in totals),
    )


def hit_ratio(totals: RequestTotals) -> float | None:
    """Return the share of look-ups that found their answer rendered, None without any."""
    looked_up = totals.hits + totals.misses
    return round(totals.hits / looked_up, 4) if looked_up else None


def p95(totals: RequestTotals) -> float | None:
    """Return the 95th percentile in milliseconds, None without answers.

    It interpolates linearly within a bucket, as Prometheus does; what is slower than the last
    bound counts as the last bound.
    """
    rank = 0.95 * sum(totals.latencies)
    if not rank:
        return None
    below, lower = 0, 0.0
    for upper, count in zip(BUCKET_BOUNDS, totals.latencies, strict=False):
        if below + count >= rank:
            return round(lower + (upper - lower) * (rank - below) / count, 3)
        below, lower = below + count, float(upper)
    return float(BUCKET_BOUNDS[-1])
