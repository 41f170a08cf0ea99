"""The resources that a module creates: real terraform with made-up answers from AWS."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from support.terraform import CONFIGURATIONS, ROOT, tfcheck

MODULES = ROOT / CONFIGURATIONS / "modules"

Resources = list[dict[str, Any]]
"""The attributes of each resource, with its `type` and the `key` of its for_each."""


@pytest.fixture(scope="session")
def created(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, dict[str, Any]], Resources]:
    """Return a function that applies a module; a plan would not know the alarms' ARNs."""

    def apply(module: str, inputs: dict[str, Any]) -> Resources:
        folder = tmp_path_factory.mktemp(module)
        variables, state = folder / "in.tfvars.json", folder / "state.json"
        variables.write_text(json.dumps(inputs), encoding="utf-8")
        files = (f"-var-file={variables}", f"-state-out={state}")
        tfcheck(MODULES / module, "--", "apply", "-auto-approve", *files)
        return _resources(json.loads(state.read_text(encoding="utf-8")))

    return apply


def _resources(state: dict[str, Any]) -> Resources:
    return [
        {**instance["attributes"], "type": resource["type"], "key": instance.get("index_key")}
        for resource in state["resources"]
        for instance in resource["instances"]
        if resource["mode"] == "managed"
    ]
