"""Takes what the study counts with out of a run of the benchmark: `measured.json`."""

from collections.abc import Mapping

from bench.capacity.inputs import Measurements
from bench.latency import Figure
from bench.work import KINDS

SECTIONS = frozenset({"work", "cold", "memory"})
"""Of the benchmark; a run that left one out can't be taken over."""


def measured(about: Mapping[str, str], figures: Mapping[str, Figure]) -> Measurements:
    """Return the medians of a run that has all `SECTIONS`.

    :raises KeyError: a figure is missing.
    """
    return Measurements(
        measured=about["date"],
        commit=about["commit"],
        machine=f"{about['CPU']}, Python {about['Python']}",
        requests_per_core_second={kind: _whole(figures[f"work/{kind}"]) for kind in KINDS},
        bytes_per_answer={kind: _whole(figures[f"bytes/{kind}"]) for kind in KINDS},
        cold_start_seconds=round(figures["cold/worker"].median, 1),
        memory_mb_per_worker=_whole(figures["memory/rss"]),
    )


def _whole(figure: Figure) -> int:
    return round(figure.median)
