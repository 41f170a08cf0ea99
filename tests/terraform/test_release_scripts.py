"""The release scripts, run without AWS: deploying an image, and rolling back a bad one."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DIGEST = "sha256:" + "1" * 64

AWS = """#!/bin/sh
echo "$*" >>"$FAKES/aws.calls"
case "$*" in
    *--query\\ InstanceRefreshes*)
        head -n 1 "$FAKES/statuses"
        sed -i 1d "$FAKES/statuses" ;;
    *describe-repositories*) echo registry.example/rates-staging/rates-api ;;
    *get-parameter*) cat "$FAKES/before" ;;
    *describe-images*) [ ! -e "$FAKES/no-image" ] ;;
esac
"""
DOCKER = """#!/bin/sh
echo "$*" >>"$FAKES/docker.calls"
[ ! -e "$FAKES/no-apply" ]
"""
NOTHING = "#!/bin/sh\n"


class Runner:
    """A workflow's machine with fakes of AWS, Docker and time."""

    def __init__(self, home: Path) -> None:
        self.home = home
        for name, text in (("aws", AWS), ("docker", DOCKER), ("sleep", NOTHING)):
            (home / name).write_text(text)
            (home / name).chmod(0o755)
        (home / "before").write_text("registry.example/rates-staging/rates-api@sha256:old\n")
        self.refresh("Successful")

    def refresh(self, *statuses: str) -> None:
        """Let the group's refresh go through these states, one per check."""
        (self.home / "statuses").write_text("".join(f"{status}\n" for status in statuses))

    def run(self, script: str, *arguments: str) -> int:
        """Run a script of deploy/release and return its exit status."""
        environ = {
            "PATH": f"{self.home}:{os.environ['PATH']}",
            "FAKES": str(self.home),
            "STATE_BUCKET": "states",
            "AWS_REGION": "us-east-1",
            "TERRAFORM_IMAGE": "terraform",
        }
        command = [str(ROOT / "deploy/release" / script), *arguments]
        return subprocess.run(command, env=environ, capture_output=True, check=False).returncode

    def calls(self, program: str, about: str) -> list[str]:
        """Return the calls of `program` that contain `about`."""
        path = self.home / f"{program}.calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line for line in lines if about in line]

    def written_down(self) -> list[str]:
        """Return the images that the parameter was set to, in order."""
        return [line.split("--value ")[1] for line in self.calls("aws", "put-parameter")]


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """Return a machine on which everything succeeds."""
    return Runner(tmp_path)


def test_an_image_is_recorded_by_its_digest_and_applied(runner: Runner) -> None:
    """Terraform runs in the service's root with the environment's variables."""
    assert runner.run("apply.sh", "rates-api", "staging", DIGEST) == 0
    assert runner.written_down() == [f"registry.example/rates-staging/rates-api@{DIGEST}"]
    (applied,) = runner.calls("docker", " apply ")
    assert "-var-file=../environments/staging/rates-api.tfvars" in applied
    assert "deploy/terraform/rates-api" in applied


@pytest.mark.parametrize("ended", ["Failed", "Cancelled", "RollbackSuccessful", "RollbackFailed"])
def test_a_failed_refresh_resets_the_parameter(runner: Runner, ended: str) -> None:
    """The group has rolled back; the parameter is reset to the old image, and the run fails."""
    runner.refresh("Pending", "InProgress", ended)
    assert runner.run("apply.sh", "rates-api", "staging", DIGEST) == 1
    assert runner.written_down()[-1] == "registry.example/rates-staging/rates-api@sha256:old"


def test_a_failed_apply_resets_the_parameter(runner: Runner) -> None:
    """Nothing was replaced, so the parameter is reset: the next plan must not deploy it."""
    (runner.home / "no-apply").touch()
    assert runner.run("apply.sh", "rates-api", "staging", DIGEST) == 1
    assert runner.written_down()[-1] == "registry.example/rates-staging/rates-api@sha256:old"


def test_a_missing_image_changes_nothing(runner: Runner) -> None:
    """A rollback to a digest that the registry no longer has fails first of all."""
    (runner.home / "no-image").touch()
    assert runner.run("apply.sh", "rates-api", "staging", DIGEST) != 0
    assert runner.written_down() == []


@pytest.mark.parametrize("named", ["latest", "sha256:12", f"rates-api@{DIGEST}"])
def test_only_a_digest_is_deployed(runner: Runner, named: str) -> None:
    """A tag is rejected, because it can move to another image."""
    assert runner.run("apply.sh", "rates-api", "staging", named) == 2
    assert runner.written_down() == []


def test_the_script_waits_for_a_refresh(runner: Runner) -> None:
    """It waits as long as the refresh is in progress."""
    runner.refresh("Pending", "InProgress", "Baking", "Successful")
    assert runner.run("refreshed.sh", "rates-api", "staging") == 0
    assert len(runner.calls("aws", "describe-instance-refreshes")) == 4


def test_waiting_for_a_refresh_times_out(runner: Runner) -> None:
    """A refresh that never ends fails the run."""
    runner.refresh(*["InProgress"] * 200)
    assert runner.run("refreshed.sh", "rates-api", "staging") == 1


def test_an_apply_without_a_refresh_succeeds_at_once(runner: Runner) -> None:
    """At the first apply, without any refresh, there is nothing to wait for."""
    runner.refresh("None")
    assert runner.run("refreshed.sh", "rates-api", "staging") == 0
