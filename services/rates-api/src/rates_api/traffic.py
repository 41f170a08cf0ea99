"""The last five minutes of one worker's answers: how fast, and how many were found rendered.

The counters only ever rise; here are marks of them, ten seconds apart, and what has come since.
Prometheus keeps the long run; this is for `/health`, which has no Prometheus to ask.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

EDGES = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 150, 200, 250, 300, 500, 1000, 2500, 5000)
"""Upper edges of the latency buckets in milliseconds; one more bucket holds what is slower. The
objective of 200 ms and the clients' limit of 300 ms are edges."""

CacheLookup = Literal["hit", "miss"]
"""Whether an answer was found rendered."""

SLOT_SECONDS = 10
SLOTS = 30
"""Thirty slots of ten seconds: five minutes."""


class Figures(msgspec.Struct, frozen=True):
    """Answers counted by latency bucket, look-ups among the rendered by result."""

    latencies: tuple[int, ...] = (0,) * (len(EDGES) + 1)
    hits: int = 0
    misses: int = 0


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
