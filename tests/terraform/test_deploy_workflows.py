"""The deploy workflows, checked without running them."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / ".github/workflows"
SERVICES = ("rates-api", "rates-sync")


def workflow(name: str) -> dict[str, Any]:
    """Return a workflow; its triggers are under "on", which YAML reads as True."""
    read: dict[Any, Any] = yaml.safe_load((WORKFLOWS / name).read_text(encoding="utf-8"))
    read["on"] = read.pop(True)
    return read


def jobs() -> dict[str, Any]:
    """Return the jobs of the services' shared workflow."""
    found: dict[str, Any] = workflow("deploy-service.yml")["jobs"]
    return found


def steps() -> list[dict[str, Any]]:
    """Return every step of the services' shared workflow."""
    return [step for job in jobs().values() for step in job["steps"]]


def test_actions_are_pinned_by_commit() -> None:
    """An action is our own file, or pinned to a commit."""
    for path in WORKFLOWS.glob("deploy-*.yml"):
        for used in re.findall(r"uses: (\S+)", path.read_text(encoding="utf-8")):
            assert used.startswith("./") or re.search(r"@[0-9a-f]{40}$", used), f"{path}: {used}"


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_is_deployed_independently(service: str) -> None:
    """No path of one names the other; push and pull request have the same paths."""
    (other,) = set(SERVICES) - {service}
    read = workflow(f"deploy-{service}.yml")
    paths = read["on"]["push"]["paths"]
    assert paths == read["on"]["pull_request"]["paths"]
    assert not [path for path in paths if other in path]
    assert read["jobs"]["deploy"]["with"]["service"] == service


@pytest.mark.parametrize("service", SERVICES)
def test_trigger_paths_exist(service: str) -> None:
    """Every path of the triggers matches a file; otherwise it would never start a deploy."""
    for path in workflow(f"deploy-{service}.yml")["on"]["push"]["paths"]:
        assert list(ROOT.glob(path.replace("/**", "/*"))), path


@pytest.mark.parametrize("service", SERVICES)
def test_an_earlier_digest_can_be_deployed_again(service: str) -> None:
    """A rollback is started by hand with environment and digest, and builds nothing."""
    inputs = workflow(f"deploy-{service}.yml")["on"]["workflow_dispatch"]["inputs"]
    assert {name for name, given in inputs.items() if given["required"]} == {
        "environment",
        "digest",
    }
    assert jobs()["build"]["if"] == "inputs.digest == ''"


def test_a_pull_request_pushes_and_applies_nothing() -> None:
    """A pull request builds, scans and plans."""
    pushing = [step for step in steps() if "push" in step.get("name", "")]
    assert len(pushing) == 4
    assert {step["if"] for step in pushing} == {"github.event_name != 'pull_request'"}
    assert "github.event_name != 'pull_request'" in jobs()["apply"]["if"]


def test_nothing_is_pushed_unscanned() -> None:
    """The scan runs before any role is assumed, and can fail the job."""
    names = [step.get("name") for step in jobs()["build"]["steps"]]
    assert names.index("scan") < min(n for n, name in enumerate(names) if name and "push" in name)
    (scan,) = [step for step in steps() if step.get("name") == "scan"]
    assert "--fail-on high" in scan["run"]
    assert "continue-on-error" not in scan


def test_nothing_is_applied_unapproved() -> None:
    """The job that applies runs in the environment, so it waits for its reviewers."""
    applying = [name for name, job in jobs().items() if "apply.sh" in str(job["steps"])]
    assert applying == ["apply"]
    assert jobs()["apply"]["environment"] == "${{ matrix.environment }}"
    assert "plan" in jobs()["apply"]["needs"]
    assert jobs()["apply"]["strategy"]["max-parallel"] == 1


def test_no_aws_key_is_stored() -> None:
    """Roles are assumed through OpenID Connect: there is no secret to leak."""
    for path in WORKFLOWS.glob("deploy-*.yml"):
        assert "secrets." not in path.read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="needs shellcheck")
def test_steps_and_scripts_pass_shellcheck() -> None:
    """shellcheck passes for the steps' commands and for the scripts."""
    for step in steps():
        if "run" in step:
            script = "#!/bin/bash\n" + re.sub(r"\$\{\{.*?\}\}", "filled-in", step["run"])
            subprocess.run(["shellcheck", "-"], input=script, text=True, check=True)
    for path in (ROOT / "deploy/release").glob("*.sh"):
        subprocess.run(["shellcheck", path], check=True)
