"""What becomes of measurements: percentiles, figures, verdicts, tables, the plot."""

import json
import math
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Literal

import pytest

from bench.cli import BY_HAND, kept_of
from bench.cpus import layout
from bench.latency import figure, latency, percentile, spelled
from bench.rates import latency_plot
from bench.report import Section, Table, as_json, as_markdown, as_text
from bench.targets import TARGETS, Target, verdicts

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100)])
def test_a_percentile_is_the_nearest_rank(share: float, value: float) -> None:
    """It is a value that was seen, which that share of all values don't exceed."""
    assert percentile([float(number) for number in range(1, 101)], share) == value


def test_nothing_measured_is_no_latency() -> None:
    """Where no request was answered there is no number, which no target takes for good."""
    nothing = latency([])
    assert math.isnan(nothing.p99)
    target = Target("p99", "p99", 5, "most")
    assert not target.met(figure([nothing.p99], "ms"))


def test_a_figure_shows_its_median_and_spread() -> None:
    """The median is read first, the least and the most say how far to trust it."""
    assert str(figure([0.9, 1.2, 0.95], "ratio")) == "0.95 (0.90-1.20)"


@pytest.mark.parametrize(
    ("value", "text"), [(0.123, "0.12"), (12.34, "12.3"), (45_312.7, "45,313"), (0, "0")]
)
def test_numbers_have_the_digits_that_anybody_reads(value: float, text: str) -> None:
    """Two behind the point below ten, none above a hundred."""
    assert spelled(value) == text


@pytest.mark.parametrize(
    ("sense", "value", "met"),
    [("least", 0.9, "yes"), ("least", 0.89, "no"), ("most", 0.9, "yes"), ("most", 0.91, "no")],
)
def test_a_target_is_met_at_its_bound(
    sense: Literal["least", "most"], value: float, met: str
) -> None:
    """The bound itself is inside."""
    table = verdicts({"a": figure([value], "")}, [Target("it", "a", 0.9, sense)])
    assert table.rows[0][-1] == met


def test_one_error_in_one_run_is_not_none() -> None:
    """Where no request may fail, the median of the runs excuses nothing."""
    target = Target("errors", "errors", 0, "none")
    assert target.met(figure([0.0, 0.0, 0.0], ""))
    assert not target.met(figure([0.0, 0.0, 1.0], ""))


def test_what_was_left_out_is_not_met() -> None:
    """A run of some sections says of the other targets that they were not measured."""
    table = verdicts({})
    assert len(table.rows) == len(TARGETS)
    assert {row[2:] for row in table.rows} == {("not measured", "-")}


TABLE = Table("Title", ("what", "much"), [("one", "1"), ("twelve", "12")], ["A note."])


def test_a_table_is_aligned_for_the_terminal() -> None:
    """Names stand to the left, numbers to the right."""
    lines = as_text(TABLE).splitlines()
    assert lines[4:6] == ["  one        1", "  twelve    12"]


def test_a_table_is_markdown_for_the_page() -> None:
    """The page of results shows the same cells."""
    assert "| what | much |\n| --- | ---: |\n| one | 1 |" in as_markdown(TABLE)


def test_json_holds_every_figure() -> None:
    """Machines read medians and spreads by the same keys as the targets."""
    section = Section([], {"a/b": figure([1.0, 3.0], "ms")}, [{"rate": 1.0}])
    told = json.loads(as_json({"CPU": "one"}, {"rates": section}))
    assert told["about"] == {"CPU": "one"}
    assert told["sections"]["rates"]["figures"]["a/b"]["high"] == 3.0
    assert told["sections"]["rates"]["points"] == [{"rate": 1.0}]


def test_the_plot_draws_a_line_for_each_percentile() -> None:
    """Higher latencies lie higher, on a logarithmic axis; what is no number is left out."""
    points = [
        {"rate": 1000.0, "p50": 1.0, "p95": 10.0, "p99": 100.0},
        {"rate": 2000.0, "p50": 1.0, "p95": 10.0, "p99": math.nan},
    ]
    root = ET.fromstring(latency_plot(points, "a < b"))
    lines = [line.attrib["points"].split() for line in root.iter(f"{SVG}polyline")]
    assert [len(line) for line in lines] == [2, 2, 1]
    first, second, third = (float(line[0].split(",")[1]) for line in lines)
    assert first - second == pytest.approx(second - third)
    assert first > second


def test_a_plot_of_nothing_is_still_a_plot() -> None:
    """A run in which no request was answered does not fail at its end."""
    assert ET.fromstring(latency_plot([], "nothing")).tag == f"{SVG}svg"


@pytest.mark.parametrize(
    ("available", "server", "load", "rest"),
    [([0], {0}, {0}, {0}), ([2, 3], {2}, {3}, {3}), ([0, 1, 2, 3], {0}, {1}, {2, 3})],
)
def test_the_server_under_test_has_a_cpu_to_itself(
    available: list[int], server: set[int], load: set[int], rest: set[int]
) -> None:
    """As far as there are any: load and everything else share what is left."""
    cpus = layout(available)
    assert (set(cpus.server), set(cpus.load), set(cpus.rest)) == (server, load, rest)


def test_what_people_wrote_outlives_the_next_run(tmp_path: Path) -> None:
    """Below the mark a page of results is kept; above it everything is the run's."""
    page = tmp_path / "RESULTS.md"
    assert kept_of(page) == ""
    page.write_text(f"# Results\n\n{BY_HAND}\n\n## Before\n", encoding="utf-8")
    assert kept_of(page) == f"\n{BY_HAND}\n\n## Before\n"
