"""Tools with packages of their own, each in a folder under `.tools`, made from its lock.

A tool's folder has a `requirements.lock`, a `package-lock.json` or both. Whoever comes first after
a change makes its packages, the others wait. A test is skipped where nobody can be
reached for them.
"""

import fcntl
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from support.fetching import run_or_skip

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".tools"
BIN = Path(sys.executable).parent
NODE = BIN / "node"
NPM_FILES = ("package.json", "package-lock.json", ".npmrc")


def python_environment(tool: Path) -> Path:
    """Return the folder of the programs that a tool's `requirements.lock` brings."""
    lock = tool / "requirements.lock"
    home = HOME / tool.name / "python"
    uv, python = str(BIN / "uv"), str(home / "bin" / "python")

    def make() -> None:
        venv = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)]
        install = [uv, "pip", "install", "--quiet", "--python", python, "--require-hashes"]
        for command in (venv, [*install, "-r", str(lock)]):
            run_or_skip(command, f"{tool.name}'s packages", ROOT)

    _made_from(lock, home, make)
    return home / "bin"


def node_modules(tool: Path) -> Path:
    """Return the folder of what a tool's `package-lock.json` brings; `NODE` runs it."""
    home = HOME / tool.name / "node"

    def make() -> None:
        home.mkdir(parents=True, exist_ok=True)
        for name in NPM_FILES:
            shutil.copy(tool / name, home)
        install = [str(BIN / "npm"), "ci", "--no-progress"]
        run_or_skip(install, f"{tool.name}'s packages", home)

    _made_from(tool / "package-lock.json", home, make)
    return home / "node_modules"


def _made_from(lock: Path, home: Path, make: Callable[[], None]) -> None:
    """Call `make` unless it has made `home` from this very lock, for this interpreter."""
    marker, wanted = home / "installed", f"{sys.version}\n{lock.read_text(encoding='utf-8')}"
    with _alone(home):
        if not (marker.is_file() and marker.read_text(encoding="utf-8") == wanted):
            marker.unlink(missing_ok=True)
            make()
            # Written last, so that an installation that broke off never looks done.
            marker.write_text(wanted, encoding="utf-8")


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    home.parent.mkdir(parents=True, exist_ok=True)
    with home.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
