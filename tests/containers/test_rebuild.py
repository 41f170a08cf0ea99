"""What a change makes anew: services are built, and so deployed, independently."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from containers.engine import MEMBERS, ROOT, Images, build, docker

SERVICES = ("rates-sync", "rates-api")


@pytest.fixture
def tree(tmp_path: Path, images: Images) -> Iterator[Path]:
    """Return a copy of what builds may see, to be changed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    seen = [".dockerignore", "libs", *MEMBERS.values()]
    listed = subprocess.run([*command, *seen], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name)
    yield tmp_path
    docker("image", "rm", *(f"{name}:rebuilt" for name in SERVICES))


def built(tree: Path) -> dict[str, str]:
    """Build both services and return the ids of the images."""
    return {name: build(tree, MEMBERS[name], f"{name}:rebuilt") for name in SERVICES}


def change(path: Path) -> None:
    """Make a source file another one."""
    path.write_text(path.read_text() + "\n# changed\n")


def test_a_service_is_built_anew_by_its_own_changes_and_the_libraries(tree: Path) -> None:
    """A change in one service leaves the other's image as it was; one in libs/ changes both."""
    first = built(tree)
    change(tree / "services/rates-sync/src/rates_sync/errors.py")
    second = built(tree)
    change(tree / "libs/contracts/src/rates_contracts/events.py")
    third = built(tree)

    assert second["rates-api"] == first["rates-api"]
    assert second["rates-sync"] != first["rates-sync"]
    assert third["rates-api"] != second["rates-api"]
    assert third["rates-sync"] != second["rates-sync"]


def test_tests_and_pages_are_no_part_of_an_image(tree: Path) -> None:
    """A changed test or changelog builds nothing anew."""
    first = built(tree)
    change(tree / "services/rates-api/CHANGELOG.md")
    change(next((tree / "services/rates-api/tests").rglob("test_*.py")))
    assert built(tree) == first
