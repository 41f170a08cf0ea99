"""The run: which sections there are, which servers each needs, in which order.

The processes of one platform serve all of them; everything started here has ended when `run`
returns or raises.
"""

import contextlib
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import (
    footprint,
    growth,
    lag,
    profiles,
    rates,
    scenarios,
    signing,
    streams,
    throughput,
    work,
    worst,
)
from bench.contenders import Contender, running_contenders
from bench.cpus import Layout
from bench.platform import Platform
from bench.report import Section
from bench.rivals.environment import rivals_python
from bench.wrk import require_wrk

GROWTH, WORK, WORST = "growth", "work", "worst"
STREAMS = 10_000
PUBLISHED_TO_STREAMS = 5
WORKERS = 2
"""Those of rates-api where nothing is compared: its default."""


@dataclass(frozen=True)
class Effort:
    """How much is measured: seconds and repetitions."""

    rounds: int
    wrk_seconds: int
    profile_seconds: int
    rate_seconds: float
    scenario_seconds: float
    publications: int
    renderings: int
    starts: int
    work_rounds: int


FULL = Effort(21, 1, 5, 6, 45, 200, 20, 5, 7)
QUICK = Effort(3, 1, 3, 3, 10, 20, 5, 2, 2)

COMPARED: dict[str, Callable[[Sequence[Contender], Effort, Path, Layout], Section]] = {
    "throughput": lambda contenders, effort, _, cpus: throughput.measure(
        contenders, effort.rounds, effort.wrk_seconds, cpus.load
    ),
    "profile": lambda contenders, effort, directory, cpus: profiles.measure(
        contenders, effort.profile_seconds, directory, cpus.load
    ),
}
ON_THE_PLATFORM: dict[str, Callable[[Platform, Effort, Layout], Section]] = {
    "rates": lambda it, effort, cpus: rates.measure(it, effort.rate_seconds, cpus),
    "publication": lambda it, effort, cpus: scenarios.publication(
        it, effort.scenario_seconds, cpus
    ),
    "redis": lambda it, effort, cpus: scenarios.redis_lost(it, effort.scenario_seconds, cpus),
    "lag": lambda it, effort, _: lag.measure(it, effort.publications),
    "memory": lambda it, _, cpus: footprint.memory(it, cpus),
    "rendering": lambda it, effort, _: footprint.first_rendering(it, effort.renderings),
    "cold": lambda it, effort, cpus: footprint.cold_start(it, effort.starts, cpus),
    "streams": lambda it, effort, cpus: streams.measure(
        it, STREAMS, PUBLISHED_TO_STREAMS, effort.scenario_seconds, cpus
    ),
    "signing": lambda it, *_: signing.measure(it),
    WORST: lambda it, effort, cpus: worst.measure(it, effort.rate_seconds, cpus),
    WORK: lambda it, effort, cpus: work.measure(it, effort.work_rounds, effort.wrk_seconds, cpus),
}
SECTIONS = (*COMPARED, *ON_THE_PLATFORM, GROWTH)


def run(
    wanted: Collection[str], effort: Effort, cpus: Layout, announce: Callable[[str], None]
) -> Iterator[tuple[str, Section]]:
    """Yield each wanted section when it is measured. Raises `BenchRefused`."""
    compared = [name for name in COMPARED if name in wanted]
    if compared or not {WORK, WORST}.isdisjoint(wanted):
        require_wrk()
    if compared:
        rivals_python()
    with contextlib.ExitStack() as stack:
        if set(wanted) - {GROWTH}:
            announce("the platform starts and records the whole history")
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            platform = Platform(directory, cpus)
            stack.callback(platform.end)
            platform.start()
            if compared:
                platform.start_api(1, cpus.server)
                with running_contenders(platform, directory, cpus) as contenders:
                    for name in compared:
                        announce(name)
                        yield name, COMPARED[name](contenders, effort, directory, cpus)
            yield from _on_the_platform(wanted, effort, platform, cpus, announce)
    if GROWTH in wanted:
        announce(GROWTH)
        yield GROWTH, growth.measure(cpus)


def _on_the_platform(
    wanted: Collection[str],
    effort: Effort,
    platform: Platform,
    cpus: Layout,
    announce: Callable[[str], None],
) -> Iterator[tuple[str, Section]]:
    names = [name for name in ON_THE_PLATFORM if name in wanted]
    if names:
        platform.spread()
        platform.start_api(WORKERS, cpus.every)
    for name in names:
        announce(name)
        yield name, ON_THE_PLATFORM[name](platform, effort, cpus)
