"""Each way in which ./dev makes its environment, with the others hidden."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SHELLS = [shell for shell in ("sh", "dash", "bash", "zsh", "busybox") if shutil.which(shell)]


def assert_handed_over(done: "subprocess.CompletedProcess[str]") -> None:
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("just ")


def assert_ours_are_installed(machine: Any) -> None:
    python = machine.venv / "bin/python"
    probe = "import rates_contracts, banxico_simulator.errors; print(rates_contracts.__file__)"
    found = subprocess.run([python, "-c", probe], capture_output=True, text=True, check=True)
    assert found.stdout.startswith(str(machine.folder.resolve()))


def test_uv_is_enough(machine: Any) -> None:
    """With uv and a Python that has neither venv nor pip, uv makes it."""
    machine.uv()
    machine.python("python3", venv="absent")
    assert_handed_over(machine.dev("--version"))
    assert machine.made_by == "uv"
    assert_ours_are_installed(machine)


def test_venv_is_enough(machine: Any, outer_pip: str) -> None:
    """Without uv and without any pip outside, Python's venv makes it."""
    machine.python("python3.11")
    assert_handed_over(machine.dev("--version"))
    assert machine.made_by == "venv"
    assert_ours_are_installed(machine)


def test_pip_is_enough(machine: Any, outer_pip: str) -> None:
    """A Python without ensurepip but with pip (Debian without python3-venv) makes it."""
    machine.python("python3", venv="without ensurepip", pip=outer_pip)
    assert_handed_over(machine.dev("--version"))
    assert machine.made_by == "venv without pip"
    assert_ours_are_installed(machine)


def test_a_pip_beside_python_is_enough(machine: Any, outer_pip: str) -> None:
    """The pip may also be a program of its own on PATH."""
    machine.python("python", venv="without ensurepip")
    machine.script("pip3", f'exec "{outer_pip}" "$@"')
    assert_handed_over(machine.dev("--version"))
    assert machine.made_by == "venv without pip"


def test_a_uv_that_fails_gives_way(machine: Any, outer_pip: str) -> None:
    """When uv can't do it, the next route does."""
    machine.script("uv", '[ "$1" != venv ]')
    machine.python("python3")
    assert_handed_over(machine.dev("--version"))
    assert machine.made_by == "venv"


def test_shims_that_lie_are_passed_over(machine: Any, outer_pip: str) -> None:
    """A name on PATH that runs nothing, does nothing or is too old is not taken for a Python."""
    machine.script("uv", "exit 127")
    machine.script("python3.14", "echo 'pyenv: python3.14: command not found' >&2", "exit 127")
    machine.script("python3.13", "exit 0")
    machine.script("python3.12", "exit 1")
    machine.python("python3.11")
    assert_handed_over(machine.dev("--version"))
    assert machine.made_by == "venv"


def test_nothing_to_make_it_with_is_one_line(machine: Any) -> None:
    """Without any route one line says what to install, and nothing half-made stays."""
    done = machine.dev()
    assert done.returncode == 1
    [told] = done.stderr.splitlines()[1:]
    assert told.startswith("dev: install uv, or Python 3.11-3.14 with venv or pip (Debian")
    assert not machine.venv.exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_any_posix_shell_will_do(machine: Any, shell: str) -> None:
    """Every shell of this machine makes the environment, and finds it made."""
    machine.uv()
    machine.python("python3", venv="absent")
    for _ in range(2):
        done = machine.dev("--version", shell=shell)
        assert_handed_over(done)
    assert done.stderr == ""
