"""Percentiles and summaries of what was measured; pure."""

import dataclasses
import math
from collections.abc import Iterable, Sequence
from statistics import median


@dataclasses.dataclass(frozen=True)
class Latency:
    """The distribution of latencies, in milliseconds."""

    p50: float
    p95: float
    p99: float
    max: float


def percentile(ascending: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile: the least value that `share` of all don't exceed.

    NaN for no values at all: nothing measured is no latency.
    """
    if not ascending:
        return math.nan
    return ascending[max(0, math.ceil(share * len(ascending)) - 1)]


def latency(seconds: Iterable[float]) -> Latency:
    """Summarise latencies given in seconds."""
    ms = sorted(second * 1000 for second in seconds)
    return Latency(*(percentile(ms, share) for share in (0.50, 0.95, 0.99, 1.0)))


@dataclasses.dataclass(frozen=True)
class Figure:
    """One measured figure: the median of its samples and their spread, in `unit`."""

    median: float
    low: float
    high: float
    unit: str
    samples: int

    def __str__(self) -> str:
        if math.isnan(self.median):
            return "-"
        unit = "" if self.unit in ("", "ratio") else f" {self.unit}"
        middle = f"{spelled(self.median)}{unit}"
        if self.samples == 1:
            return middle
        return f"{middle} ({spelled(self.low)}-{spelled(self.high)})"


def figure(samples: Sequence[float], unit: str) -> Figure:
    """Return the median of `samples` with their spread."""
    return Figure(median(samples), min(samples), max(samples), unit, len(samples))


def spelled(value: float) -> str:
    """Return a number with as many digits as anybody reads."""
    if not math.isfinite(value):
        return "-"
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
