"""A plot per scenario: the size of the group, what its balancer gets and can bear, what fails."""

from bench.capacity.inputs import MINUTE
from bench.capacity.plot import Panel, Series, svg
from bench.capacity.simulate import Minute, Run
from bench.capacity.study import Study, Way
from bench.capacity.traffic import HOUR, NOON

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
    panels = [Panel("instances", sizes), Panel("requests/s", loads), Panel("failed/s", failed)]
    return svg(f"{direct.demand.scenario.words} (Mexico City time)", panels)


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
