"""The resources that a module creates: real terraform with made-up answers from AWS.

`TFCHECK` names the program that runs terraform offline; by default it is expected next to the
repository. Without it or terraform, tests that need it are skipped.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from rates_dev.suite.check_terraform import ALWAYS, OFFLINE

ROOT = Path(__file__).parents[2]
TERRAFORM = ROOT / "deploy" / "terraform"
MODULES = TERRAFORM / "modules"
TFCHECK = Path(os.environ.get("TFCHECK", ROOT.parent / "shared" / "terraform" / "tfcheck"))

Resources = list[dict[str, Any]]
"""The attributes of each resource, with its `type` and the `key` of its for_each."""


@pytest.fixture(scope="session")
def created(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, dict[str, Any]], Resources]:
    """Return a function that applies a module; a plan would not know the alarms' ARNs."""

    def apply(module: str, inputs: dict[str, Any]) -> Resources:
        if shutil.which("terraform") is None or not TFCHECK.exists():
            pytest.skip("needs terraform and TFCHECK, which runs it offline")
        folder = tmp_path_factory.mktemp(module)
        variables, state = folder / "in.tfvars.json", folder / "state.json"
        variables.write_text(json.dumps(inputs), encoding="utf-8")
        root = TERRAFORM / module
        _apply(root if root.is_dir() else MODULES / module, variables, state)
        return _resources(json.loads(state.read_text(encoding="utf-8")))

    return apply


@pytest.fixture(scope="session")
def planned() -> Callable[[str, str], list[dict[str, Any]]]:
    """Return what plans a root for an environment: the changes in an empty account."""

    @cache
    def plan(root: str, environment: str) -> list[dict[str, Any]]:
        file = TERRAFORM / "environments" / environment / f"{root}.tfvars"
        return _planned(TERRAFORM / root, file)

    return plan


@pytest.fixture(scope="session")
def planned_module(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str, dict[str, Any]], list[dict[str, Any]]]:
    """Return what plans a module with its inputs."""

    def plan(module: str, inputs: dict[str, Any]) -> list[dict[str, Any]]:
        variables = tmp_path_factory.mktemp(module) / "in.tfvars.json"
        variables.write_text(json.dumps(inputs), encoding="utf-8")
        return _planned(MODULES / module, variables)

    return plan


def _planned(folder: Path, variables: Path) -> list[dict[str, Any]]:
    if shutil.which("terraform") is None or not TFCHECK.exists():
        pytest.skip("needs terraform and the program that runs it offline (TFCHECK)")
    plan = json.loads(_tfcheck(folder, "json", f"-var-file={variables}"))
    changes: list[dict[str, Any]] = plan["resource_changes"]
    return changes


def _apply(module: Path, variables: Path, state: Path) -> None:
    options = ["-auto-approve", "-no-color", f"-var-file={variables}", f"-state-out={state}"]
    _tfcheck(module, "--", "apply", *options)


def _tfcheck(folder: Path, *command: str) -> str:
    done = subprocess.run(
        [TFCHECK, folder, *command],
        env={**os.environ, **ALWAYS, **OFFLINE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _resources(state: dict[str, Any]) -> Resources:
    return [
        {**instance["attributes"], "type": resource["type"], "key": instance.get("index_key")}
        for resource in state["resources"]
        for instance in resource["instances"]
        if resource["mode"] == "managed"
    ]
