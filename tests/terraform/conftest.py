"""The resources that a module creates: real terraform with made-up answers from AWS."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from support.terraform import CONFIGURATIONS, ROOT, tfcheck

TERRAFORM = ROOT / CONFIGURATIONS
MODULES = TERRAFORM / "modules"

Resources = list[dict[str, Any]]
"""The attributes of each resource, with its `type` and the `key` of its for_each."""


@pytest.fixture(scope="session")
def created(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, dict[str, Any]], Resources]:
    """Return a function that applies a module, once; a plan would not know the alarms' ARNs."""

    known: dict[str, Resources] = {}

    def apply_once(module: str, inputs: dict[str, Any]) -> Resources:
        key = json.dumps([module, inputs], sort_keys=True)
        if key not in known:
            known[key] = apply(module, inputs)
        return known[key]

    def apply(module: str, inputs: dict[str, Any]) -> Resources:
        home = tmp_path_factory.mktemp(module)
        variables, state = home / "in.tfvars.json", home / "state.json"
        variables.write_text(json.dumps(inputs), encoding="utf-8")
        root = TERRAFORM / module
        files = (f"-var-file={variables}", f"-state-out={state}")
        folder = root if root.is_dir() else MODULES / module
        tfcheck(folder, "--", "apply", "-auto-approve", *files)
        return _resources(json.loads(state.read_text(encoding="utf-8")))

    return apply_once


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
    plan = json.loads(tfcheck(folder, "json", f"-var-file={variables}"))
    changes: list[dict[str, Any]] = plan["resource_changes"]
    return changes


def _resources(state: dict[str, Any]) -> Resources:
    return [
        {**instance["attributes"], "type": resource["type"], "key": instance.get("index_key")}
        for resource in state["resources"]
        for instance in resource["instances"]
        if resource["mode"] == "managed"
    ]
