"""The checks of the locks, over a small workspace."""

from pathlib import Path

import pytest

from rates_dev import locks

HASH = "    --hash=sha256:" + "a" * 64


def pin(name: str, version: str = "1.0") -> str:
    return f"{name}=={version} \\\n{HASH}\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """One library and one service that needs it and `httpx`; the locks are right."""
    for folder, name, needs in (
        ("libs/contracts", "rates-contracts", '"msgspec>=1"'),
        ("services/rates-sync", "rates-sync", '"httpx>=1", "rates-contracts"'),
    ):
        (tmp_path / folder).mkdir(parents=True)
        text = f'[project]\nname = "{name}"\ndependencies = [{needs}]\n'
        (tmp_path / folder / "pyproject.toml").write_text(text)
    (tmp_path / "services/rates-sync/Dockerfile").touch()
    (tmp_path / locks.DEV_LOCK).write_text(pin("httpx") + pin("msgspec") + pin("pytest"))
    service_lock(tmp_path).write_text(pin("httpx") + pin("msgspec"))
    return tmp_path


def service_lock(workspace: Path) -> Path:
    return workspace / "services/rates-sync" / locks.IMAGE_LOCK


def test_right_locks_have_no_problems(workspace: Path) -> None:
    """A workspace as `./dev lock` leaves it passes."""
    assert locks.problems(workspace) == []


def test_a_version_beside_the_development_lock_is_told(workspace: Path) -> None:
    """An image must hold the versions that were tested."""
    service_lock(workspace).write_text(pin("httpx", "1.1") + pin("msgspec"))
    assert locks.problems(workspace) == [
        "rates-sync/requirements.lock: httpx 1.1 is not the development lock's"
    ]


@pytest.mark.parametrize(
    "line",
    ["--index-url https://example.org/simple", "-e file:///home/somebody/libs", "attrs==1.0"],
)
def test_addresses_paths_and_missing_hashes_are_told(workspace: Path, line: str) -> None:
    """A lock holds pins with hashes, nothing of the machine it was made on."""
    with service_lock(workspace).open("a") as lock:
        lock.write(line + "\n")
    [problem] = locks.problems(workspace)
    assert line in problem


def test_a_dependency_without_a_pin_is_told(workspace: Path) -> None:
    """A dependency that was declared without compiling the locks again is named."""
    project = workspace / "libs/contracts/pyproject.toml"
    project.write_text(project.read_text().replace("msgspec>=1", "msgspec>=2"))
    [problem] = locks.problems(workspace)
    assert "nothing for contracts's msgspec>=2" in problem


def test_the_lock_of_a_tool_is_held_to_the_same_form(workspace: Path) -> None:
    """What has an environment of its own is pinned with hashes, too, and completely."""
    folder = workspace / locks.TOOLS[0]
    folder.mkdir(parents=True)
    (folder / "requirements.in").write_text("# Rivals.\nfastapi\nuvicorn\n")
    (folder / locks.IMAGE_LOCK).write_text(pin("fastapi") + "orjson==1.0\n")
    assert locks.problems(workspace) == [
        "rivals/requirements.lock:3: neither a pin nor a hash: orjson==1.0",
        "rivals/requirements.lock: nothing for rivals's uvicorn",
    ]


def test_a_missing_lock_is_told(workspace: Path) -> None:
    """Whatever has a Dockerfile has a lock of its own."""
    service_lock(workspace).unlink()
    assert locks.problems(workspace) == ["requirements.lock of rates-sync is missing"]
