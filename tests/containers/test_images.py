"""What is in an image, and what is not."""

import json
import tomllib
from typing import Any

import pytest

from containers.engine import MEMBERS, REVISION, ROOT, Images, docker

NAMES = sorted(MEMBERS)

OURS = {
    "rates-sync": {"rates_contracts", "rates_telemetry", "rates_sync"},
    "rates-api": {"rates_contracts", "rates_telemetry", "rates_api"},
    "banxico-simulator": {"banxico_simulator"},
}


def configuration(tag: str) -> dict[str, Any]:
    """Return what an image says of how it runs."""
    config: dict[str, Any] = json.loads(
        docker("image", "inspect", "--format", "{{json .Config}}", tag)
    )
    return config


def printed(tag: str, program: str, *options: str) -> str:
    """Return what a Python program prints inside an image."""
    return docker("run", "--rm", "--entrypoint", "python", *options, tag, "-c", program).strip()


@pytest.mark.parametrize("name", NAMES)
def test_labels_tell_version_and_revision(name: str, images: Images) -> None:
    """An image says of which version and which commit it is."""
    project = tomllib.loads((ROOT / MEMBERS[name] / "pyproject.toml").read_text())["project"]
    labels = configuration(images[name])["Labels"]
    assert labels["org.opencontainers.image.title"] == name
    assert labels["org.opencontainers.image.version"] == project["version"]
    assert labels["org.opencontainers.image.revision"] == REVISION


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_as_a_number_without_rights(name: str, images: Images) -> None:
    """The user is a fixed number, which no name has to be looked up for, and owns nothing."""
    assert configuration(images[name])["User"] == "10001:10001"
    program = """
import os
print(os.getuid(), [path for path in ("/opt/ours", "/opt/venv", "/") if os.access(path, os.W_OK)])
"""
    assert printed(images[name], program) == "10001 []"


@pytest.mark.parametrize("name", NAMES)
def test_signals_reach_the_service(name: str, images: Images) -> None:
    """The service itself is process 1: no shell stands between it and SIGTERM."""
    package = name.replace("-", "_")
    assert configuration(images[name])["Entrypoint"] == ["python", "-m", package]


@pytest.mark.parametrize("name", NAMES)
def test_the_health_check_asks_whether_the_service_lives(name: str, images: Images) -> None:
    """The check asks `/livez` and needs no program but Python."""
    check = configuration(images[name])["Healthcheck"]["Test"]
    assert check[:2] == ["CMD", "python"]
    assert "/livez" in check[-1]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_the_build_is_left(name: str, images: Images) -> None:
    """Neither a compiler nor pip nor its cache, no sources, no tests."""
    program = """
import importlib.util, pathlib, shutil
print([tool for tool in ("cc", "gcc", "ld", "make", "pip", "pip3", "git") if shutil.which(tool)])
print([name for name in ("pip", "setuptools") if importlib.util.find_spec(name)])
print([path for path in ("/build", "/root/.cache") if pathlib.Path(path).exists()])
"""
    assert printed(images[name], program, "--user=0").splitlines() == ["[]", "[]", "[]"]


@pytest.mark.parametrize("name", NAMES)
def test_it_holds_its_own_packages_only(name: str, images: Images) -> None:
    """Of ours an image holds the libraries and its own service, not the other."""
    program = """
import pathlib
print(*sorted(path.name for path in pathlib.Path("/opt/ours").iterdir()
              if path.is_dir() and path.name != "bin" and not path.name.endswith(".dist-info")))
"""
    assert set(printed(images[name], program).split()) == OURS[name]


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_compiled(name: str, images: Images) -> None:
    """No start compiles a module: on a read-only file system it would do so each time."""
    program = """
import importlib.util, json, pathlib, sysconfig
roots = ["/opt/venv", "/opt/ours", sysconfig.get_path("stdlib") + "/asyncio"]
sources = [path for root in roots for path in pathlib.Path(root).rglob("*.py")]
print(len(sources) > 1000, [str(path) for path in sources
      if not pathlib.Path(importlib.util.cache_from_source(path)).exists()])
"""
    assert printed(images[name], program) == "True []"
