"""The targets, and whether a run met them; pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from bench.latency import Figure
from bench.report import Table


@dataclass(frozen=True)
class Target:
    """One promise: the median of figure `key` is at least or at most `bound`, or none ever was."""

    what: str
    key: str
    bound: float
    sense: Literal["least", "most", "none"]
    unit: str = ""

    def met(self, measured: Figure) -> bool:
        """Tell whether the figure keeps the promise; one that is not a number never does."""
        if self.sense == "none":
            return measured.high == 0
        if self.sense == "least":
            return measured.median >= self.bound
        return measured.median <= self.bound

    @property
    def spelled(self) -> str:
        """Return the bound as a reader writes it."""
        if self.sense == "none":
            return "0"
        sign = "≥" if self.sense == "least" else "≤"
        return f"{sign} {self.bound:g}{self.unit}"


def _ratios(below: str, words: str, bound: float) -> Iterator[Target]:
    for key, asked in (
        ("current", "current"),
        ("average", "average/30d"),
        ("historical-10", "historical?days=10"),
    ):
        yield Target(f"`{asked}` against {words}", f"ratio/{below}/{key}", bound, "least")


TARGETS: tuple[Target, ...] = (
    *_ratios("ceiling", "the ceiling", 1.10),
    *_ratios("rsgi ceiling", "the RSGI ceiling", 0.82),
    *_ratios("fastapi+redis", "FastAPI + Redis", 12),
    Target("`/health` against the ceiling", "ratio/ceiling/health", 0.6, "least"),
    Target("`convert`, answers per second of CPU", "work/convert", 12_000, "least", "/s"),
    Target("304 against the plain answer", "ratio/plain/304", 0.95, "least"),
    Target("gzip against the plain answer", "ratio/plain/gzip", 0.95, "least"),
    Target(
        "p99 at 5,000/s, CPUs shared with the generator, least steal",
        "rates/5000/p99",
        5,
        "most",
        " ms",
    ),
    Target("errors at 5,000/s", "rates/5000/errors", 0, "none"),
    Target("p99 during a publication at 5,000/s", "publication/p99", 20, "most", " ms"),
    Target("errors during publications", "publication/errors", 0, "none"),
    Target("p95 while Redis is killed and back, 2,000/s", "redis/p95", 10, "most", " ms"),
    Target("errors while Redis is killed and back", "redis/errors", 0, "none"),
    Target("from the stream to an answer, p99", "lag/p99", 20, "most", " ms"),
    Target("the worst request of any endpoint, CPU time", "worst", 20, "most", " ms"),
    Target("`historical`, 35 years, CPU time", "worst/historical, settlement", 15, "most", " ms"),
    Target("a batch with `as_of`, CPU time", "worst/batch, settlement", 10, "most", " ms"),
    Target("p95 beside the worst request", "worst/neighbour/p95", 10, "most", " ms"),
    Target("errors beside the worst request", "worst/neighbour/errors", 0, "none"),
    Target("p95 beside the page", "worst/page/neighbour/p95", 10, "most", " ms"),
    Target("errors beside the page", "worst/page/neighbour/errors", 0, "none"),
    Target("10,000 streams on one worker, memory (RSS)", "streams/rss", 520, "most", " MB"),
    Target("until all of them have a change", "streams/served", 3, "most", " s"),
    Target("p95 of answers meanwhile", "streams/p95", 50, "most", " ms"),
    Target("errors beside the streams", "streams/errors", 0, "none"),
    Target("cold start of a worker to its first 200", "cold/worker", 1.5, "most", " s"),
    Target("memory of a worker (RSS)", "memory/rss", 110, "most", " MB"),
    Target("`historical?days=730`, first rendering", "rendering/730", 10, "most", " ms"),
)


def verdicts(figures: Mapping[str, Figure], targets: Iterable[Target] = TARGETS) -> Table:
    """Return the table of all targets; what the run left out says so."""
    rows = []
    for target in targets:
        found, met = "not measured", "-"
        if measured := figures.get(target.key):
            found, met = str(measured), "yes" if target.met(measured) else "no"
        rows.append((target.what, target.spelled, found, met))
    return Table("Targets", ("what", "target", "measured", "met"), rows)
