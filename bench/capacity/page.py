"""Puts a study into `docs/capacity.md`, between its markers, and the plots beside it.

A plot per scenario: the size of the group, what its balancer gets and can bear, what fails.
"""

import math
import re
from collections.abc import Callable
from pathlib import Path

from bench.capacity import tables
from bench.capacity.findings import findings
from bench.capacity.inputs import MINUTE
from bench.capacity.simulate import Run
from bench.capacity.study import Study, Way
from bench.capacity.traffic import HOUR, NOON
from bench.plot import Panel, Series, svg

BEFORE, AFTER = HOUR, 4 * HOUR
DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "capacity.md"
BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(\n<!-- end -->)", re.DOTALL)
BLOCKS: dict[str, Callable[[Study], str]] = {
    "inputs": tables.inputs,
    "required": tables.required,
    "rules": tables.rules,
    "better": tables.better,
    "needs": tables.needs,
    "costs": tables.costs,
    "findings": findings,
    "plots": tables.plots,
}


def blocks(study: Study) -> dict[str, str]:
    """Return the generated parts by name, in the order in which the command prints them."""
    return {name: make(study) for name, make in BLOCKS.items()}


def filled(text: str, made: dict[str, str]) -> str:
    """Return the page with each marked part replaced.

    :raises ValueError: the page and the parts don't name the same blocks, once each.
    """
    marked = [name for _, name, _ in BLOCK.findall(text)]
    if sorted(marked) != sorted(made):
        raise ValueError(f"marked {sorted(marked)}, made {sorted(made)}")
    return BLOCK.sub(lambda found: f"{found[1]}\n{made[found[2]]}\n{found[3]}", text)


def write(study: Study, page: Path = PAGE) -> None:
    """Write the page's parts and, in a folder of its name, the plots."""
    page.write_text(filled(page.read_text("utf-8"), blocks(study)), "utf-8")
    folder = page.with_suffix("")
    folder.mkdir(exist_ok=True)
    for name, document in figures(study).items():
        (folder / f"{name}.svg").write_text(document, "utf-8")


def figures(study: Study) -> dict[str, str]:
    """Return the SVG documents by their scenarios' names."""
    pairs = zip(study.through_edge, study.direct, strict=True)
    return {edge.demand.scenario.name: _figure(edge, direct) for edge, direct in pairs}


def _figure(edge: Way, direct: Way) -> str:
    least = direct.floor.run.policy.smallest
    required, tracking, floor = direct.required.run, direct.tracking.run, direct.floor.run
    runs = (
        ("required, CloudFront", edge.required.run),
        ("required, direct", required),
        ("tracking, direct", tracking),
        (f"tracking from {least}, direct", floor),
    )
    sizes = [Series(name, _points(run, "size")) for name, run in runs]
    loads = [
        Series("arriving, CloudFront", _points(edge.required.run, "requests")),
        Series("arriving, direct", _points(required, "requests")),
        Series("capacity, tracking", _points(tracking, "capacity"), dashed=True),
        Series("capacity, required", _points(required, "capacity"), dashed=True),
    ]
    failed = [Series(name, _points(run, "failed")) for name, run in runs]
    shown = (("instances", sizes), ("requests/s", loads), ("failed/s", failed))
    panels = [Panel(label, series, _hours(series)) for label, series in shown]
    return svg(f"{direct.demand.scenario.words} (Mexico City time)", panels)


def _hours(series: list[Series]) -> list[tuple[float, str]]:
    """Return the full hours of the day that lie in the points' time."""
    at = [hour for line in series for hour, _ in line.points]
    hours = range(math.ceil(min(at)), math.floor(max(at)) + 1)
    return [(hour, f"{hour % 24:02d}:00") for hour in hours]


def _points(run: Run, field: str) -> list[tuple[float, float]]:
    """Return a field of the minutes around the onset, counts as per second."""
    onset = run.demand.scenario.onset or NOON
    per = MINUTE if field in {"requests", "failed"} else 1
    return [
        (minute.at / HOUR, getattr(minute, field) / per)
        for minute in run.minutes
        if onset - BEFORE <= minute.at <= onset + AFTER
    ]
