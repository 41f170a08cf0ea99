"""The deploy workflows, checked without running them."""

import os
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
    return [step for job in jobs().values() for step in job.get("steps", [])]


def test_actions_are_pinned_by_commit() -> None:
    """An action is our own file, or pinned to a commit."""
    for path in WORKFLOWS.glob("*.yml"):
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
    """Every path of the triggers matches a file; otherwise it would never start a deploy.

    A path behind a `!` is one of which a change starts none.
    """
    for path in workflow(f"deploy-{service}.yml")["on"]["push"]["paths"]:
        assert list(ROOT.glob(path.removeprefix("!").replace("/**", "/*"))), path


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
    assert len(pushing) == 6
    assert {step["if"] for step in pushing} == {
        "github.event_name != 'pull_request'",
        "github.event_name == 'push'",  # signed by what main is
    }
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
    applying = [name for name, job in jobs().items() if "apply.sh" in str(job.get("steps"))]
    assert applying == ["apply"]
    assert jobs()["apply"]["environment"] == (
        "${{ matrix.environment }}${{ inputs.digest != '' && '-rollback' || '' }}"
    )
    assert "plan" in jobs()["apply"]["needs"]
    assert jobs()["apply"]["strategy"]["max-parallel"] == 1


def test_no_aws_key_is_stored() -> None:
    """Roles are assumed through OpenID Connect: there is no secret to leak."""
    for path in WORKFLOWS.glob("deploy-*.yml"):
        assert "secrets." not in path.read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="needs shellcheck")
def test_steps_and_scripts_pass_shellcheck() -> None:
    """shellcheck passes for the steps' commands and for the scripts."""
    for step in [step for _, _, job in every_job() for step in job.get("steps", [])]:
        if "run" in step:
            script = "#!/bin/bash\n" + re.sub(r"\$\{\{.*?\}\}", "filled-in", step["run"])
            subprocess.run(["shellcheck", "-"], input=script, text=True, check=True)
    for path in RELEASE.glob("*.sh"):
        subprocess.run(["shellcheck", path], check=True)


DEPLOYS = ("deploy-service.yml", "deploy-platform.yml")


def every_job() -> list[tuple[str, str, dict[str, Any]]]:
    """Return each job with its workflow and its name."""
    return [
        (path.name, name, job)
        for path in sorted(WORKFLOWS.glob("*.yml"))
        for name, job in workflow(path.name)["jobs"].items()
    ]


def test_a_job_without_an_environment_uses_variables_of_the_repository_alone() -> None:
    """A variable of an environment is empty outside of it: the head of the workflow lists both."""
    head = (WORKFLOWS / "deploy-service.yml").read_text(encoding="utf-8").split("name:")[0]
    [listed] = re.findall(r"Repository variables: ([\w, ]+)\.", head)
    of_repository = set(listed.split(", "))
    [named] = re.findall(r"each with the variables ([\w ]+):", head)
    of_environments = set(named.split(" and "))
    for file, name, job in every_job():
        used = set(re.findall(r"vars\.(\w+)", str(job)))
        known = of_repository | (of_environments if "environment" in job else set())
        assert used <= known, f"{file} {name}"


def test_credentials_last_as_long_as_the_job() -> None:
    """login.sh says for how many seconds; an hour by itself."""
    script = (ROOT / "deploy/release/login.sh").read_text(encoding="utf-8")
    [default] = re.findall(r"seconds=\$\{3:-(\d+)\}", script)
    assert '--duration-seconds "$seconds"' in script
    logins = 0
    for file, name, job in every_job():
        for step in job.get("steps", []):
            if "login.sh" in step.get("run", ""):
                seconds = re.search(r'AWS_REGION \}\}" (\d+)', step["run"])
                lasts = int(seconds[1]) if seconds else int(default)
                assert job["timeout-minutes"] * 60 <= lasts, f"{file} {name}"
                logins += 1
    assert logins == 6


@pytest.mark.parametrize("file", DEPLOYS)
def test_a_pull_request_plans_for_staging_alone(file: str) -> None:
    """What is not reviewed yet gets no role in production."""
    matrix = workflow(file)["jobs"]["plan"]["strategy"]["matrix"]["environment"]
    assert matrix.startswith("${{ fromJSON(github.event_name == 'pull_request' && '[\"staging\"]'")


@pytest.mark.parametrize("file", DEPLOYS)
def test_what_was_approved_is_what_is_applied(file: str) -> None:
    """The plan's fingerprint goes from the job that plans to the one that applies."""
    found = workflow(file)["jobs"]
    environments = {"staging", "production"}
    assert found["plan"]["outputs"] == {
        one: f"${{{{ steps.fingerprint.outputs.{one} }}}}" for one in environments
    }
    assert found["apply"]["env"]["APPROVED"] == "${{ needs.plan.outputs[matrix.environment] }}"
    assert '"$APPROVED"' in found["apply"]["steps"][-1]["run"]


def test_nothing_is_built_before_the_tests_are_green() -> None:
    """Nor planned or applied: each needs the job before."""
    assert jobs()["test"]["uses"] == "./.github/workflows/test.yml"
    assert jobs()["build"]["needs"] == "test"
    assert "build" in jobs()["plan"]["needs"]
    steps = workflow("test.yml")["jobs"]["test"]["steps"]
    assert steps[-1]["run"] == "./dev test"
    assert any("install-terraform.sh" in step.get("run", "") for step in steps)


def test_a_failed_test_or_build_stops_the_plan() -> None:
    """A skipped build (a rollback) does not; a build that is skipped since a test failed does."""
    assert jobs()["plan"]["if"] == (
        "${{ !cancelled() && (needs.build.result == 'success' || inputs.digest != '') }}"
    )


def test_the_platform_is_planned_only_when_terraform_test_is_green() -> None:
    """With terraform on PATH: without, its tests would be skipped."""
    check = workflow("deploy-platform.yml")["jobs"]["check"]
    runs = [step["run"] for step in check["steps"] if "run" in step]
    assert "install-terraform.sh" in runs[1]
    assert "--only terraform --only infrastructure" in runs[2]
    assert workflow("deploy-platform.yml")["jobs"]["plan"]["needs"] == "check"


@pytest.mark.parametrize("service", SERVICES)
def test_changes_of_the_infrastructure_are_tested(service: str) -> None:
    """By the workflows that run everything."""
    paths = workflow(f"{service}.yml")["on"]["push"]["paths"]
    assert {"deploy/terraform/**", "deploy/release/**", "deploy/kubernetes/**"} <= set(paths)


def test_going_back_waits_for_nobody() -> None:
    """A rollback applies in an environment without reviewers; what it brings must be signed."""
    apply = jobs()["apply"]
    runs = [step.get("run", "") for step in apply["steps"]]
    verified = next(n for n, run in enumerate(runs) if "verify.sh" in run)
    applied = next(n for n, run in enumerate(runs) if "apply.sh" in run)
    assert verified < applied
    assert "-rollback" in apply["environment"]


@pytest.mark.parametrize("service", SERVICES)
def test_going_back_does_not_queue_behind_a_deploy(service: str) -> None:
    """A deploy that waits for its approval is in progress: another of its group would wait, too."""
    group = workflow(f"deploy-{service}.yml")["concurrency"]["group"]
    assert group == (
        f"deploy-{service}-${{{{ github.event_name == 'pull_request' && github.ref"
        " || github.event_name == 'workflow_dispatch' && format('rollback-{0}', inputs.environment)"
        " || 'main' }}"
    )


RELEASE = ROOT / "deploy/release"
IMAGES = RELEASE / "images/Dockerfile"
LINE = re.compile(r"FROM (?P<image>[^ @]+)(@sha256:[0-9a-f]{64})? AS (?P<name>[a-z]+)")


def images() -> dict[str, str]:
    """Return the images of others by name, without their digests."""
    lines = IMAGES.read_text(encoding="utf-8").splitlines()
    found = [LINE.fullmatch(line) for line in lines if not line.startswith("#")]
    return {line["name"]: line["image"] for line in found if line}


def test_programs_of_others_have_exact_versions() -> None:
    """One file names them all, and no tag of a program moves; the base image's is a series'."""
    text = IMAGES.read_text(encoding="utf-8")
    assert len(images()) == text.count("\nFROM ")
    programs = {name: image for name, image in images().items() if name != "python"}
    assert all(re.search(r":v?\d+\.\d+\.\d+$", image) for image in programs.values())


def test_every_image_that_a_job_runs_is_named_first() -> None:
    """By the step that reads the file; no workflow and no script names an image itself."""
    for file, name, job in every_job():
        runs = [step.get("run", "") for step in job.get("steps", [])]
        used = set(re.findall(r"\$\{?(\w+)_IMAGE", "".join(runs)))
        assert used <= {known.upper() for known in images()}, f"{file} {name}"
        needs = [n for n, run in enumerate(runs) if "_IMAGE" in run or "deploy/release/" in run]
        if needs:
            assert "images.sh" in runs[needs[0]], f"{file} {name}"
    others = [*WORKFLOWS.glob("*.yml"), *RELEASE.glob("*.sh")]
    for path in others:
        text = path.read_text(encoding="utf-8")
        assert not [one for one in images().values() if f" {one}" in text], path.name


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_is_built_on_the_base_of_the_file(service: str) -> None:
    """What is deployed, by its digest; what is built by hand, by the same tag."""
    [build] = [step for step in jobs()["build"]["steps"] if step.get("name") == "build"]
    assert '--build-arg "PYTHON_IMAGE=$PYTHON_IMAGE"' in build["run"]
    dockerfile = (ROOT / "services" / service / "Dockerfile").read_text(encoding="utf-8")
    assert f"ARG PYTHON_IMAGE={images()['python']}\n" in dockerfile


def test_digests_are_written_behind_the_tags(tmp_path: Path) -> None:
    """And changed by a second run, not added; images.sh hands them on."""
    release = tmp_path / "release"
    shutil.copytree(RELEASE, release)
    docker = tmp_path / "docker"
    for digit in "12":
        docker.write_text(f"#!/bin/sh\necho sha256:{digit * 64}\n", encoding="utf-8")
        docker.chmod(0o755)
        environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
        subprocess.run([release / "pin-images.sh"], env=environ, check=True)
    said = subprocess.run([release / "images.sh"], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines() == [
        f"{name.upper()}_IMAGE={image}@sha256:{'2' * 64}" for name, image in images().items()
    ]


def test_newer_versions_are_proposed() -> None:
    """The update bot knows every folder with something pinned."""
    text = (ROOT / ".github/dependabot.yml").read_text(encoding="utf-8")
    updates = yaml.safe_load(text)["updates"]
    folders = {
        update["package-ecosystem"]: set(update.get("directories", [update.get("directory")]))
        for update in updates
    }
    # Not the services' own: the bot understands no variable behind FROM.
    # https://github.com/dependabot/dependabot-core/issues/2057
    assert folders["docker"] == {f"/{IMAGES.parent.relative_to(ROOT)}"}
    roots = {
        f"/{path.parent.relative_to(ROOT)}" for path in ROOT.glob("deploy/terraform/*/versions.tf")
    }
    assert folders["terraform"] == roots
    assert {"github-actions", "pip", "docker-compose"} <= folders.keys()
