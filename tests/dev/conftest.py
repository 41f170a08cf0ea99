"""A copy of the checkout and a PATH with chosen tools only, to try ./dev as on a bare machine.

The copy's lock holds what ./dev itself needs, with its real hashes: each test installs for real,
quickly.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.fetching import unreachable

ROOT = Path(__file__).parents[2]
NEEDED = ("flit-core", "rust-just")
SHELL_TOOLS = ("sh", "cat", "cmp", "dirname", "mkdir", "mv", "rm", "rmdir", "sleep")
BASE_PYTHON = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
HUNG_SECONDS = 600
"""No installation takes so long, not even beside other work at a low priority."""


@dataclass
class Machine:
    """A checkout in `folder`, and a PATH of `bin` alone."""

    folder: Path
    bin: Path
    started: list["subprocess.Popen[str]"] = field(default_factory=list)

    def script(self, name: str, *lines: str) -> None:
        """Put a program on PATH."""
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
        path.chmod(0o755)

    def python(self, name: str, *, venv: str = "works", pip: str | None = None) -> None:
        """Put a Python on PATH; `venv` works, is without ensurepip, or is absent; `pip` its pip."""
        refuse = {
            "works": "",
            "without ensurepip": "-m\\ venv\\ .venv)",
            "absent": "-m\\ venv\\ *)",
        }
        cases = [f"{refuse[venv]} exit 1 ;;"] if refuse[venv] else []
        cases.append(
            f'-m\\ pip\\ *) shift 2; exec "{pip}" "$@" ;;' if pip else "-m\\ pip\\ *) exit 1 ;;"
        )
        self.script(name, 'case "$*" in', *cases, "esac", f'exec "{BASE_PYTHON}" "$@"')

    def uv(self, *before: str) -> None:
        """Put the lock's uv on PATH; the lines `before` run first."""
        real = Path(sys.executable).with_name("uv")
        self.script("uv", *before, f'exec "{real}" "$@"')

    def dev(self, *words: str, shell: str = "sh") -> "subprocess.CompletedProcess[str]":
        """Run ./dev to its end."""
        return self.end_of(self.start(*words, shell=shell))

    def end_of(self, process: "subprocess.Popen[str]") -> "subprocess.CompletedProcess[str]":
        """Wait for the end of a process; skip the test if it could reach no package index."""
        output, errors = process.communicate(timeout=HUNG_SECONDS)
        if process.returncode and (why := unreachable(errors)):
            pytest.skip(f"the packages that ./dev installs can't be had: {why}")
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def wait_for(self, path: Path) -> None:
        """Wait until something makes `path`."""
        deadline = time.monotonic() + HUNG_SECONDS
        while not path.exists():
            assert time.monotonic() < deadline, f"{path} never came about"
            time.sleep(0.02)

    def start(self, *words: str, shell: str = "sh") -> "subprocess.Popen[str]":
        """Start ./dev in a process group of its own, as a terminal does."""
        kept = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
        process = subprocess.Popen(
            [shutil.which(shell) or shell, str(self.folder / "dev"), *words],
            env=kept | {"PATH": str(self.bin)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    @property
    def venv(self) -> Path:
        return self.folder / ".venv"

    @property
    def made_by(self) -> str:
        """Which route made the environment: uv says so itself, and pip is inside or is not."""
        if "\nuv = " in (self.venv / "pyvenv.cfg").read_text():
            return "uv"
        return "venv" if (self.venv / "bin/pip").exists() else "venv without pip"


def copy_checkout(folder: Path) -> None:
    """Copy what ./dev reads, its lock cut down to NEEDED."""
    for name in ("dev", "justfile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    for project in ROOT.glob("*/*/pyproject.toml"):
        member = folder / project.parent.relative_to(ROOT)
        ignored = shutil.ignore_patterns("tests", "data", "__pycache__")
        shutil.copytree(project.parent, member, ignore=ignored)
    pins = re.split(r"\n(?=\S)", (ROOT / "requirements-dev.lock").read_text())
    kept = [pin for pin in pins if pin.partition("==")[0] in NEEDED]
    (folder / "requirements-dev.lock").write_text("\n".join(kept) + "\n")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine without any Python, pip or uv; its checkout lies in a folder with a blank."""
    made = Machine(tmp_path / "a checkout", tmp_path / "bin")
    made.folder.mkdir()
    made.bin.mkdir()
    copy_checkout(made.folder)
    for tool in SHELL_TOOLS:
        (made.bin / tool).symlink_to(shutil.which(tool) or tool)
    yield made
    for process in made.started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@pytest.fixture(scope="session")
def outer_pip(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The pip of an environment elsewhere, as a system's pip is."""
    folder = tmp_path_factory.mktemp("outer")
    made = subprocess.run(
        [BASE_PYTHON, "-m", "venv", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip(
            "this machine's Python has no ensurepip, so the routes over venv and pip can't run"
        )
    return str(folder / "bin/pip")
