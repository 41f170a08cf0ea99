"""The page and its plots are what the committed inputs give."""

import dataclasses
import xml.etree.ElementTree as ET
from pathlib import Path

import msgspec
import pytest

from bench.capacity import findings, page, tables
from bench.capacity.edge import Demand
from bench.capacity.inputs import HERE, load
from bench.capacity.study import Study
from bench.capacity.traffic import NOON, SCENARIOS
from bench.plot import Panel, Series, svg
from bench.tests.capacity import plain


@pytest.fixture(scope="module")
def study() -> Study:
    """Return the study of the committed inputs, simulated once."""
    return Study(plain.INPUTS)


def test_the_page_is_what_the_command_prints(study: Study) -> None:
    """Every generated part of docs/capacity.md follows from the committed inputs."""
    text = page.PAGE.read_text("utf-8")
    assert page.filled(text, page.blocks(study)) == text


def test_the_plots_are_what_the_command_writes(study: Study) -> None:
    """One SVG per scenario, no other, each byte from the committed inputs."""
    folder = page.PAGE.with_suffix("")
    drawn = {file.stem: file.read_text("utf-8") for file in folder.iterdir()}
    assert drawn == page.figures(study)


def test_each_scenario_stands_in_each_table(study: Study) -> None:
    """Both ways of all six scenarios are told."""
    for made in (tables.required, tables.rules, tables.needs, tables.costs):
        rows = made(study).splitlines()[2:]
        assert len(rows) == 2 * len(SCENARIOS)


def study_of(*demands: Demand) -> Study:
    """Return a study in which the scenarios, both ways, fare as these demands do, in turn."""
    made = Study(plain.INPUTS)
    faring = [made._way(demand, demand) for demand in demands]
    names = [(scenario, edge) for edge in (True, False) for scenario in SCENARIOS]
    made.__dict__["ways"] = [
        dataclasses.replace(
            faring[index % len(faring)],
            demand=dataclasses.replace(
                faring[index % len(faring)].demand, scenario=scenario, through_edge=edge
            ),
        )
        for index, (scenario, edge) in enumerate(names)
    ]
    return made


def test_findings_stand_only_while_the_figures_say_so() -> None:
    """What is too eager, late or in contradiction is said where it happens, and nowhere else."""
    words = ("too eager", "The two fight", "is overruled", "comes too late")
    calm = findings.findings(study_of(plain.flat(90)))
    swinging, steady = plain.flat(110), plain.flat(2_000)
    sudden = plain.stepped(500, 10**6, NOON, NOON + 600)
    wild = findings.findings(study_of(swinging, steady, sudden))
    assert [word in calm for word in words] == [False] * 4
    assert [word in wild for word in words] == [True] * 4


def test_a_page_without_a_block_is_refused() -> None:
    """A marker that was lost or doubled is an error, not a table left out in silence."""
    text = "<!-- generated: costs -->\nold\n<!-- end -->\n"
    assert "new" in page.filled(text, {"costs": "new"})
    with pytest.raises(ValueError, match="needs"):
        page.filled(text, {"costs": "new", "needs": "lost"})


def test_writing_again_changes_nothing(tmp_path: Path, study: Study) -> None:
    """The page written over itself is the page."""
    copy = tmp_path / "capacity.md"
    copy.write_text(page.PAGE.read_text("utf-8"), "utf-8")
    page.write(study, copy)
    assert copy.read_text("utf-8") == page.PAGE.read_text("utf-8")
    assert len(list((tmp_path / "capacity").iterdir())) == len(SCENARIOS)


def test_a_plot_is_well_formed_and_names_what_it_shows() -> None:
    """Labels, legend and title are text, escaped; a constant zero can be drawn."""
    lines = [Series("a < b", [(11.0, 0.0), (13.0, 0.0)]), Series("c", [(11.0, 3.0), (13.0, 5.0)])]
    root = ET.fromstring(svg("R&D", [Panel("requests/s", lines, [(12.0, "no<on")])]))
    words = {element.text for element in root.iter() if element.text}
    assert {"R&D", "requests/s", "a < b", "c", "no<on", "8"} <= words


def test_a_misspelt_field_is_refused(tmp_path: Path) -> None:
    """An input that nobody reads would be a figure that nobody used."""
    for file in HERE.glob("*.json"):
        text = file.read_text("utf-8").replace('"client_timeout_seconds": ', '"timeout": ')
        (tmp_path / file.name).write_text(text, "utf-8")
    with pytest.raises(msgspec.ValidationError):
        load(tmp_path)


def test_each_kind_of_request_is_measured_and_shares_add_up() -> None:
    """The mix is of measured kinds and of all requests."""
    measured, kinds = plain.INPUTS.measured, plain.INPUTS.assumed.traffic
    assert measured.requests_per_core_second.keys() == kinds.keys()
    assert measured.bytes_per_answer.keys() == kinds.keys()
    assert sum(kind.share for kind in kinds.values()) == pytest.approx(1)
