"""Files of images and containers that repeat what the code says; no engine is needed to compare."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from rates_api.http.problems import PROBLEMS
from rates_api.http.response import COMMON_HEADERS, PROBLEM_JSON
from rates_contracts import views

ROOT = Path(__file__).parents[2]
EDGE_PROBLEMS = sorted((ROOT / "deploy" / "compose" / "problems").iterdir())
DOCKERFILES = sorted(ROOT.glob("*/*/Dockerfile"))

pytestmark = pytest.mark.contract


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.parent.name)
def test_an_image_is_labelled_with_the_version_of_its_package(dockerfile: Path) -> None:
    """A release raises the version in both files."""
    project = tomllib.loads((dockerfile.parent / "pyproject.toml").read_text())["project"]
    [version] = re.findall(r"^ARG VERSION=(.+)$", dockerfile.read_text(), re.MULTILINE)
    assert version == project["version"]


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.parent.name)
def test_an_image_is_built_of_its_own_folder_and_the_libraries(dockerfile: Path) -> None:
    """What else it copied would rebuild it with every change there."""
    own = str(dockerfile.parent.relative_to(ROOT))
    copied = re.findall(r"^COPY (?!--)(\S+)", dockerfile.read_text(), re.MULTILINE)
    assert set(copied) - {"libs"} == {own, f"{own}/requirements.lock"}


def test_rates_api_is_granted_every_view_of_the_contract() -> None:
    """The start-up SQL grants each view by name, and takes back what only helped to."""
    sql = (ROOT / "deploy/compose/mysql/20-grants.sql").read_text()
    granted = re.findall(r"^GRANT CREATE, SELECT ON rates\.(\w+) TO rates_api", sql, re.MULTILINE)
    revoked = re.findall(r"^REVOKE CREATE ON rates\.(\w+) FROM rates_api", sql, re.MULTILINE)
    assert sorted(granted) == sorted(revoked) == sorted(views.VIEWS)


@pytest.mark.parametrize("file", EDGE_PROBLEMS, ids=lambda path: path.stem)
def test_a_problem_of_the_edge_is_one_that_the_service_explains(file: Path) -> None:
    """Status, code and title are the table's; headers are those of every answer, and the wait."""
    head, _, body = file.read_text().partition("\n\n")
    status_line, *lines = head.splitlines()
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    problem = json.loads(body)
    known = PROBLEMS[problem["code"]]
    assert status_line.split()[1] == file.stem == str(problem["status"]) == str(known.status)
    assert (problem["title"], problem["type"]) == (known.title, f"/problems/{problem['code']}")
    assert headers["content-type"] == PROBLEM_JSON
    assert int(headers["retry-after"]) > 0
    assert dict(COMMON_HEADERS).items() <= headers.items()
