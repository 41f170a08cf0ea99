"""Golden files stay as they were shipped: what decoded once decodes for ever."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from support.modules import load_module
from support.programs import require

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[2]
GOLDEN = "libs/contracts/tests/golden"


@pytest.fixture(scope="module")
def shipped_bytes() -> ModuleType:
    """Give what compares them; by path, since test folders are no packages."""
    return load_module(Path(__file__).parent / "shipped_bytes.py")


def test_every_golden_file_is_as_it_was_shipped(shipped_bytes: ModuleType) -> None:
    """Whoever changes or removes golden bytes that main has is told to ship a new edition."""
    try:
        changed = shipped_bytes.changed(ROOT, GOLDEN)
    except shipped_bytes.CannotCompare as error:
        pytest.skip(str(error))
    assert changed == [], "ship a new edition beside it (docs/adr/0011)"


class Clone:
    """A repository of its own with golden files."""

    def __init__(self, root: Path, environ: dict[str, str]) -> None:
        require("git")
        self.root = root
        self.environ = {**environ, "GIT_CONFIG_GLOBAL": os.devnull}
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> None:
        """Run git as somebody."""
        somebody = ("-c", "user.name=A", "-c", "user.email=a@example.org")
        command = ["git", *somebody, *arguments]
        subprocess.run(command, cwd=self.root, env=self.environ, check=True, capture_output=True)

    def write(self, name: str, text: str) -> None:
        """Write a golden file."""
        path = self.root / "golden" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def remove(self, name: str) -> None:
        """Remove a golden file."""
        (self.root / "golden" / name).unlink()

    def commit(self) -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=Change")


@pytest.fixture
def clone(shipped_bytes: ModuleType, tmp_path: Path) -> Clone:
    """Give a repository whose main branch has shipped one golden file."""
    clone = Clone(tmp_path, shipped_bytes.environment())
    clone.write("v1/event.json", "{}")
    clone.commit()
    return clone


@pytest.fixture
def changed(shipped_bytes: ModuleType, clone: Clone) -> Callable[[], Any]:
    """Give the paths that are not as shipped."""
    return lambda: [line.partition(":")[0] for line in shipped_bytes.changed(clone.root, "golden")]


def test_an_edition_beside_the_shipped_one_is_allowed(
    clone: Clone, changed: Callable[[], Any]
) -> None:
    """New files are additions, committed or not."""
    clone.write("v1/view.json", "{}")
    clone.write("v2/event.json", "{}")
    assert changed() == []
    clone.commit()
    assert changed() == []


@pytest.mark.parametrize("committed", [False, True])
def test_changed_bytes_are_found(clone: Clone, changed: Callable[[], Any], committed: bool) -> None:
    """Other bytes under a shipped name fail before and after they are committed."""
    clone.write("v1/event.json", '{"more":1}')
    if committed:
        clone.commit()
    assert changed() == ["golden/v1/event.json"]


def test_a_moved_file_is_found(clone: Clone, changed: Callable[[], Any]) -> None:
    """What was shipped stays where it was; what it became is held like any other file."""
    clone.write("v2/event.json", "{}")
    clone.remove("v1/event.json")
    clone.commit()
    assert changed() == ["golden/v1/event.json"]
    clone.write("v2/event.json", '{"more":1}')
    assert changed() == ["golden/v1/event.json", "golden/v2/event.json"]


def test_a_file_that_was_deleted_and_made_again_is_found(
    clone: Clone, changed: Callable[[], Any]
) -> None:
    """Two commits, each innocent for itself, do not change what was shipped."""
    clone.remove("v1/event.json")
    clone.commit()
    clone.write("v1/event.json", '{"more":1}')
    clone.commit()
    assert changed() == ["golden/v1/event.json"]


def test_a_branch_may_change_what_main_does_not_have(
    clone: Clone, changed: Callable[[], Any]
) -> None:
    """Before a golden file is merged nobody has seen it; what main has is held on branches, too."""
    clone.git("update-ref", "refs/remotes/origin/main", "HEAD")
    clone.git("switch", "--quiet", "--create=work")
    clone.write("v2/event.json", "{}")
    clone.commit()
    clone.write("v2/event.json", '{"fixed":1}')
    clone.commit()
    assert changed() == []
    clone.write("v1/event.json", '{"more":1}')
    clone.commit()
    assert changed() == ["golden/v1/event.json"]


def test_what_a_merge_brought_is_held(clone: Clone, changed: Callable[[], Any]) -> None:
    """A file counts as shipped from its merge on, with the bytes that it had then."""
    clone.git("switch", "--quiet", "--create=work")
    clone.write("v2/event.json", "{}")
    clone.commit()
    clone.write("v2/event.json", '{"fixed":1}')
    clone.commit()
    clone.git("switch", "--quiet", "main")
    clone.git("merge", "--quiet", "--no-ff", "--message=Merge", "work")
    assert changed() == []
    clone.write("v2/event.json", "{}")
    assert changed() == ["golden/v2/event.json"]


def test_a_shallow_clone_says_that_it_cannot_compare(
    shipped_bytes: ModuleType, clone: Clone, tmp_path: Path
) -> None:
    """Without the history nothing is passed for compared."""
    clone.commit()
    clone.git("clone", "--quiet", "--depth=1", f"file://{clone.root}", str(tmp_path / "shallow"))
    with pytest.raises(shipped_bytes.CannotCompare, match="shallow"):
        shipped_bytes.changed(tmp_path / "shallow", "golden")


def test_an_unpacked_archive_says_that_it_cannot_compare(
    shipped_bytes: ModuleType, tmp_path: Path
) -> None:
    """A source tree without git is no reason to fail, nor one to pass."""
    require("git")
    with pytest.raises(shipped_bytes.CannotCompare, match="history"):
        shipped_bytes.changed(tmp_path, "golden")
