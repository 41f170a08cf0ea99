"""Pages that must not fall behind the code."""

import re
from pathlib import Path
from types import ModuleType

import pytest

from rates_contracts.warnings import WARNINGS
from support.modules import load_module

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

pytestmark = pytest.mark.contract


def load(name: str) -> ModuleType:
    """Import a script of this folder by its path."""
    return load_module(HERE / f"{name}.py")


def test_the_architecture_page_shows_every_module_on_the_disk() -> None:
    """The tree of ARCHITECTURE.md is what its script would write now."""
    architecture = load("architecture")
    text = architecture.PAGE.read_text(encoding="utf-8")
    assert text == architecture.expected(text)


def test_every_module_that_the_architecture_page_names_is_there() -> None:
    """The steps and the questions of ARCHITECTURE.md lead to modules or packages on the disk."""
    page = load("architecture").PAGE.read_text(encoding="utf-8").partition("<!-- tree")[0]
    named = {*re.findall(r"`(rates_\w+/[\w/]+)`", page)}
    homes = [ROOT / package / "src" for package in load("architecture").PACKAGES]
    missing = {
        name
        for name in named
        if not any((home / f"{name}.py").is_file() or (home / name).is_dir() for home in homes)
    }
    assert named
    assert not missing


def test_the_api_page_lists_every_warning() -> None:
    """The table of warnings in docs/api is the list of the contracts, in its order."""
    page = (ROOT / "docs/api/README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.+) \|$", page, re.MULTILINE)
    assert [(code, text) for code, _, text in rows] == [
        (code, warning.explanation) for code, warning in WARNINGS.items()
    ]
    degrading = {code for code, warning in WARNINGS.items() if warning.degrades}
    assert {code for code, level, _ in rows if level == "degraded"} == degrading


def test_the_example_environment_lists_every_variable() -> None:
    """The services' part of .env.example is what their settings say now."""
    example = load("environment_example")
    text = example.EXAMPLE.read_text(encoding="utf-8")
    assert text == example.expected(text)


@pytest.mark.parametrize(
    "page",
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("t*/**/README.md"),
        *ROOT.glob("bench/*.md"),
        *ROOT.glob("examples/*/README.md"),
    ],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    """A relative link names a file of the repository."""
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing
