"""When ./dev makes its environment again, and that nothing half-made is ever taken for it."""

import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def with_uv(machine: Any) -> Any:
    """A machine with uv, the quickest route."""
    machine.uv()
    machine.python("python3", venv="absent")
    return machine


def test_without_a_recipe_it_lists_them(with_uv: Any) -> None:
    """`./dev` alone says what there is to do."""
    done = with_uv.dev()
    assert done.returncode == 0
    for recipe in ("up", "status", "down", "test", "fmt", "lint", "types", "lock", "clean"):
        assert re.search(rf"^ +{recipe}\b", done.stdout, re.MULTILINE)


def test_an_environment_that_is_there_is_left_alone(with_uv: Any) -> None:
    """The second run says nothing of its own and asks neither uv nor an interpreter on PATH."""
    with_uv.dev()
    for name in ("uv", "python3"):
        with_uv.script(name, f'echo asked >"{with_uv.folder}/asked"')
    done = with_uv.dev("--version")
    assert done.stderr == ""
    assert not (with_uv.folder / "asked").exists()


@pytest.mark.parametrize("name", ["requirements-dev.lock", "libs/contracts/pyproject.toml"])
def test_a_changed_lock_or_package_makes_it_anew(with_uv: Any, name: str) -> None:
    """What the environment was made from has changed, so it is made again from nothing."""
    with_uv.dev()
    (with_uv.venv / "left-over").touch()
    with (with_uv.folder / name).open("a") as file:
        file.write("# changed\n")
    assert "installing" in with_uv.dev("--version").stderr
    assert not (with_uv.venv / "left-over").exists()


def test_a_moved_checkout_makes_it_anew(with_uv: Any) -> None:
    """An environment holds paths: after a move it would run the code of the old place."""
    with_uv.dev()
    with_uv.folder = with_uv.folder.rename(with_uv.folder.with_name("moved"))
    assert "installing" in with_uv.dev("--version").stderr


def test_a_vanished_interpreter_makes_it_anew(with_uv: Any) -> None:
    """An upgrade of the system's Python can take away what the environment points to."""
    with_uv.dev()
    (with_uv.venv / "bin/python").unlink()
    assert "installing" in with_uv.dev("--version").stderr


def test_a_hash_that_does_not_match_installs_nothing(with_uv: Any) -> None:
    """A package other than the locked one fails the command; the next run starts over."""
    lock = with_uv.folder / "requirements-dev.lock"
    right = lock.read_text()
    lock.write_text(re.sub(r"sha256:[0-9a-f]{8}", "sha256:00000000", right))
    done = with_uv.dev("--version")
    assert done.returncode == 1
    assert not (with_uv.venv / "installed").exists()
    lock.write_text(right)
    assert with_uv.dev("--version").returncode == 0


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_installation_is_begun_again(with_uv: Any, ending: signal.Signals) -> None:
    """However an installation is broken off, the next run does not take it for done."""
    begun = with_uv.folder / "begun"
    with_uv.uv(f'[ "$1" != pip ] || {{ : >"{begun}"; sleep 60; }}')
    process = with_uv.start("--version")
    with_uv.wait_for(begun)
    os.killpg(process.pid, ending)
    assert with_uv.end_of(process).returncode != 0
    with_uv.uv()
    done = with_uv.dev("--version")
    assert done.returncode == 0, done.stderr
    assert "installing" in done.stderr
    assert not (with_uv.folder / ".venv.lock").exists()


def test_two_at_once_install_once(with_uv: Any) -> None:
    """The second waits for the first and finds the environment made."""
    with_uv.uv('[ "$1" != pip ] || sleep 1')
    both = [with_uv.end_of(process) for process in [with_uv.start("--version") for _ in range(2)]]
    assert [done.returncode for done in both] == [0, 0]
    assert sum("installing the locked" in done.stderr for done in both) == 1
    assert sum("waiting for" in done.stderr for done in both) == 1


def test_no_address_of_an_index_is_written_anywhere() -> None:
    """Where packages come from is the machine's business."""
    names = ("dev", "justfile", "requirements-dev.in", "requirements-dev.lock", "pyproject.toml")
    locks = [*ROOT.glob("services/*/requirements.lock"), *(ROOT / name for name in names)]
    for path in locks:
        assert not re.search(r"https?://|index-url|find-links", path.read_text()), path
