"""A plot per scenario: the size of the group, what its balancer gets and can bear, what fails."""

import math

from bench.capacity.inputs import MINUTE
from bench.capacity.simulate import Minute, Run
from bench.capacity.study import Study, Way
from bench.capacity.traffic import HOUR, NOON
from bench.plot import Panel, Series, svg

BEFORE, AFTER = HOUR, 4 * HOUR


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
    onset = run.demand.scenario.onset or NOON
    return [
        (minute.at / HOUR, _value(minute, field))
        for minute in run.minutes
        if onset - BEFORE <= minute.at <= onset + AFTER
    ]


def _value(minute: Minute, field: str) -> float:
    """Return a field of a minute, counts as per second."""
    value = float(getattr(minute, field))
    return value / MINUTE if field in {"requests", "failed"} else value
