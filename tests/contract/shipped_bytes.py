"""Which golden files are not as they were shipped.

Shipped is what the main branch has ever held: each service is deployed from it at any time, so no
tag is asked. A golden file must be there, with the bytes of the commit that brought it, for ever;
one that was deleted and made again in two commits is found, too. A branch may still change what
only the branch has.

`origin/main` says what main is, as far as this branch knows it; where there is no such branch, the
whole history of what is checked out counts. A shallow clone can't tell.
"""

import os
import shutil
import subprocess
from pathlib import Path

MAIN = "origin/main"


class CannotCompare(Exception):
    """There is no history to compare with; the message says why."""


def changed(root: Path, folder: str) -> list[str]:
    """Return a line for each file under `folder` that is gone or not as main first had it.

    Raises `CannotCompare`.
    """
    return [
        f"{path}: {fault}, shipped with {commit[:10]}"
        for path, commit in sorted(_shipped(root, folder).items())
        if (fault := _fault(root, path, commit))
    ]


def _fault(root: Path, path: str, commit: str) -> str | None:
    if not (root / path).is_file():
        return "is gone"
    same = (root / path).read_bytes() == _git(root, "cat-file", "blob", f"{commit}:{path}")
    return None if same else "has other bytes"


def _shipped(root: Path, folder: str) -> dict[str, str]:
    """Return for each file that main ever had the commit that brought it first."""
    log = ("log", "--first-parent", "--no-renames", "--diff-filter=A", "--format=commit %H")
    first: dict[str, str] = {}
    commit = ""
    for line in _text(root, *log, "--name-only", _base(root), "--", folder):
        if line.startswith("commit "):
            commit = line.removeprefix("commit ")
        elif line:
            first[line] = commit  # The log goes back in time: the first addition comes last.
    return first


def _base(root: Path) -> str:
    """Return where this branch left main."""
    if not shutil.which("git"):
        raise CannotCompare("there is no git")
    try:
        if _text(root, "rev-parse", "--is-shallow-repository") == ["true"]:
            raise CannotCompare("the clone is shallow: it needs the history (fetch-depth: 0)")
    except subprocess.CalledProcessError as error:
        raise CannotCompare("this is no clone with a history") from error
    try:
        return _text(root, "merge-base", "HEAD", MAIN)[0]
    except subprocess.CalledProcessError:
        return "HEAD"


def _text(root: Path, *arguments: str) -> list[str]:
    return _git(root, *arguments).decode().splitlines()


def _git(root: Path, *arguments: str) -> bytes:
    # The folder may be another user's, as where CI mounts it; and paths are wanted as they are.
    options = ("-c", f"safe.directory={root}", "-c", "core.quotePath=false")
    command = ["git", "-C", str(root), *options, *arguments]
    return subprocess.run(command, capture_output=True, check=True, env=environment()).stdout


def environment() -> dict[str, str]:
    """Return the environment without what a git hook says of its own repository."""
    return {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
