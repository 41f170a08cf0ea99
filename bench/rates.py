"""Open loop: latency at fixed rates, up to where the server or the generator gives way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, astuple
from math import inf
from statistics import geometric_mean

from bench.cases import EVERYDAY
from bench.contenders import everyday_of, running_ceiling
from bench.cpus import Layout
from bench.latency import Figure, figure, spelled
from bench.load import BEHIND_MS, LoadResult, under_load
from bench.platform import Platform
from bench.plot import Panel, Series, svg
from bench.report import Section, Table

ALWAYS = (2_000, 5_000)
FURTHER = (7_500, 10_000, 15_000, 20_000, 30_000)
SLOW_MS = 50.0
"""A p99 above this ends the climb: the queue only grows from here."""
COUNTING = 3
"""Runs that count, of each rate that is always asked; of the others one is made."""
MAX_TURNS, TURN_SECONDS = 30, 3
CALM = 0.01
"""Turns are added until as many runs as count had no larger share of the CPUs stolen."""


def measure(platform: Platform, seconds: float, cpus: Layout) -> Section:
    """Climb the rates, the everyday requests in turn, two workers on every CPU."""
    ours, ceiling = _always(platform, cpus)
    ours += _climb(platform, seconds, cpus)
    figures = {**dict(_figures("rates", ours)), **dict(_figures("rates/ceiling", ceiling))}
    tables = [
        _table("Open loop: latency at fixed rates", ours),
        _table("Open loop: the ceiling at the same rates, in turn with rates-api", ceiling),
    ]
    points = [_point(run) for runs in _by_rate(ours).values() for run in counting(runs)]
    return Section(tables, figures, points)


def _always(platform: Platform, cpus: Layout) -> tuple[list[LoadResult], list[LoadResult]]:
    """Ask rates-api and the ceiling in turn: what both show is the machine's.

    What the hypervisor takes away is, too: there are more turns until enough runs had their CPUs.
    """
    ours: list[LoadResult] = []
    ceiling: list[LoadResult] = []
    with running_ceiling(platform, cpus.every, len(platform.workers())) as bare:
        paths = everyday_of(bare)
        for _ in range(MAX_TURNS):
            for rate in ALWAYS:
                ours.append(
                    under_load(platform.plan.port("api"), EVERYDAY, rate, TURN_SECONDS, cpus.load)
                )
                ceiling.append(under_load(bare.port, paths, rate, TURN_SECONDS, cpus.load))
            if _calm(ours) and _calm(ceiling):
                break
    return ours, ceiling


def _calm(seen: list[LoadResult]) -> bool:
    """Tell whether as many runs as count, at each rate, had their CPUs."""
    calm = [[run for run in runs if run.steal <= CALM] for runs in _by_rate(seen).values()]
    return all(len(runs) >= COUNTING for runs in calm)


def counting(runs: list[LoadResult]) -> list[LoadResult]:
    """Return the runs of one rate that count: those from which the hypervisor took least."""
    return sorted(runs, key=lambda run: run.steal)[:COUNTING]


def _by_rate(seen: list[LoadResult]) -> dict[float, list[LoadResult]]:
    """Return the runs of each rate, the lowest first."""
    rates = sorted({run.rate for run in seen})
    return {rate: [run for run in seen if run.rate == rate] for rate in rates}


def _climb(platform: Platform, seconds: float, cpus: Layout) -> Iterator[LoadResult]:
    for rate in FURTHER:
        measured = under_load(platform.plan.port("api"), EVERYDAY, rate, seconds, cpus.load)
        yield measured
        if measured.latency.p99 > SLOW_MS or measured.failed or measured.behind:
            return


def _figures(prefix: str, seen: list[LoadResult]) -> Iterator[tuple[str, Figure]]:
    for rate, made in _by_rate(seen).items():
        runs = counting(made)
        for name in ("p50", "p95", "p99", "max"):
            samples = [getattr(run.latency, name) for run in runs]
            yield f"{prefix}/{rate:g}/{name}", figure(samples, "ms")
        yield f"{prefix}/{rate:g}/p99/all", figure([run.latency.p99 for run in made], "ms")
        yield f"{prefix}/{rate:g}/errors", figure([float(run.failed) for run in made], "")
        yield f"{prefix}/{rate:g}/lag", figure([run.lag_p99 for run in runs], "ms")
        yield f"{prefix}/{rate:g}/steal", figure([100 * run.steal for run in runs], "%")


def _point(run: LoadResult) -> dict[str, float]:
    others = {name: float(getattr(run, name)) for name in ("lag_p99", "cpu", "steal")}
    first = {"rate": run.rate, "achieved": run.achieved}
    return {**first, **asdict(run.latency), "errors": float(run.failed), **others}


def latency_plot(points: Sequence[Mapping[str, float]], title: str) -> str:
    """Plot `p50`, `p95` and `p99` (milliseconds) over `rate`, one point per measured rate.

    Points of one rate are averaged geometrically; what is no number has no place in it.
    """
    rates = sorted({point["rate"] for point in points})
    series = [Series(name, _averages(points, rates, name)) for name in ("p50", "p95", "p99")]
    ticks = [(0.0, "0"), *((rate, f"{rate:,.0f}") for rate in rates)]
    label = "ms from the due time (logarithmic)"
    return svg(title, [Panel(label, series, ticks, logarithmic=True, height=320)])


def _averages(
    points: Sequence[Mapping[str, float]], rates: Sequence[float], name: str
) -> list[tuple[float, float]]:
    by_rate = {
        rate: [point[name] for point in points if point["rate"] == rate and 0 < point[name] < inf]
        for rate in rates
    }
    return [(rate, geometric_mean(values)) for rate, values in by_rate.items() if values]


def _table(title: str, seen: list[LoadResult]) -> Table:
    header = ("rate", "answered/s", "p50", "p95", "p99", "max", "errors", "own lag p99", "own CPU")
    rows, all_of = [], []
    for rate, made in _by_rate(seen).items():
        rows += [_row(run) for run in counting(made)]
        if len(made) > COUNTING:
            p99 = figure([run.latency.p99 for run in made], "")
            steal = figure([100 * run.steal for run in made], "")
            all_of.append(f"All {len(made)} at {rate:,.0f}/s: p99 {p99} ms, steal {steal} %.")
    what = (
        "Milliseconds from each request's due time; `current`, `average/30d`, `historical?days=10`"
        " in turn; two workers, sharing the CPUs with the generator and the rest of the platform."
    )
    behind = (
        f"`behind`: the generator's own timer was late (p99 above {BEHIND_MS:g} ms), so that the"
        " row says more of the machine than of the server."
    )
    always = " and ".join(f"{rate:,}/s" for rate in ALWAYS)
    stolen = (
        f"`steal`: CPU time that the hypervisor gave to others. Of {always} the {COUNTING}"
        f" runs with the least count, of up to {MAX_TURNS}: until those have {CALM:.0%} or less."
    )
    return Table(title, (*header, "steal"), rows, [what, behind, " ".join([stolen, *all_of])])


def _row(run: LoadResult) -> tuple[str, ...]:
    kinds = "; ".join(f"{kind}: {count}" for kind, count in sorted(run.errors.items()))
    return (
        f"{run.rate:,.0f}/s{' (behind)' if run.behind else ''}",
        spelled(run.achieved),
        *map(spelled, astuple(run.latency)),
        kinds or "0",
        spelled(run.lag_p99),
        f"{run.cpu:.0%}",
        f"{run.steal:.1%}",
    )
