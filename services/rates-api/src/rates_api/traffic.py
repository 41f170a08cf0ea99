"""The last five minutes of one worker's answers: how fast, and how many were found rendered.

Filled by `metrics` for every answer, read once a second by `instance`. Prometheus keeps the long
run; this is for `/health`, which has no Prometheus to ask.
"""

import dataclasses
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

EDGES = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 150, 200, 250, 300, 500, 1000, 2500, 5000)
"""Upper edges of the latency buckets in milliseconds; one more bucket holds what is slower."""

Rendered = Literal["hit", "miss"]

SLOT_SECONDS = 10
SLOTS = 30
"""Thirty slots of ten seconds: five minutes."""


class Figures(msgspec.Struct, frozen=True):
    """Answers counted by latency bucket, look-ups among the rendered by result."""

    latencies: tuple[int, ...] = (0,) * (len(EDGES) + 1)
    hits: int = 0
    misses: int = 0


@dataclasses.dataclass
class Slot:
    """The answers of ten seconds."""

    number: int
    latencies: list[int] = dataclasses.field(default_factory=lambda: [0] * (len(EDGES) + 1))
    hits: int = 0
    misses: int = 0


class Traffic:
    """Counts a worker's answers in slots and forgets those older than five minutes."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Number the slots by `monotonic` seconds."""
        self._monotonic = monotonic
        self._slots: deque[Slot] = deque(maxlen=SLOTS)

    def answered(self, seconds: float) -> None:
        """Count an answer that took `seconds`."""
        self._slot().latencies[bisect_left(EDGES, seconds * 1000)] += 1

    def rendered(self, result: Rendered) -> None:
        """Count an answer found rendered, or rendered anew."""
        slot = self._slot()
        if result == "hit":
            slot.hits += 1
        else:
            slot.misses += 1

    def figures(self) -> Figures:
        """Return the sums of the last five minutes."""
        oldest = self._number() - SLOTS
        slots = [slot for slot in self._slots if slot.number > oldest]
        return summed([Figures(tuple(slot.latencies), slot.hits, slot.misses) for slot in slots])

    def _slot(self) -> Slot:
        number = self._number()
        if not self._slots or self._slots[-1].number != number:
            self._slots.append(Slot(number))
        return self._slots[-1]

    def _number(self) -> int:
        return int(self._monotonic() // SLOT_SECONDS)


def summed(figures: Sequence[Figures]) -> Figures:
    """Return the sums over slots, or over workers."""
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
