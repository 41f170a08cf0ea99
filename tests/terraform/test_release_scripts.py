"""How an image comes into an environment and what happens if it does not live, without AWS."""

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
    """A workflow's machine with stand-ins for AWS, Docker and time."""

    def __init__(self, home: Path) -> None:
        self.home = home
        for name, text in (("aws", AWS), ("docker", DOCKER), ("sleep", NOTHING)):
            (home / name).write_text(text)
            (home / name).chmod(0o755)
        (home / "before").write_text("registry.example/rates-staging/rates-api@sha256:old\n")
        self.refresh("Successful")

    def refresh(self, *statuses: str) -> None:
        """The group's refresh is seen in these states, one a look."""
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
        """Return what `program` was asked, of calls that hold `about`."""
        path = self.home / f"{program}.calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line for line in lines if about in line]

    def written_down(self) -> list[str]:
        """Return the images that the parameter was set to, in order."""
        return [line.split("--value ")[1] for line in self.calls("aws", "put-parameter")]


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """Return a machine on which everything goes well."""
    return Runner(tmp_path)


def test_an_image_is_written_down_by_its_digest_and_applied(runner: Runner) -> None:
    """With the variables of the environment, in the service's root."""
    assert runner.run("apply.sh", "rates-api", "staging", DIGEST) == 0
    assert runner.written_down() == [f"registry.example/rates-staging/rates-api@{DIGEST}"]
    (applied,) = runner.calls("docker", " apply ")
    assert "-var-file=../environments/staging/rates-api.tfvars" in applied
    assert "deploy/terraform/rates-api" in applied


@pytest.mark.parametrize("ended", ["Failed", "Cancelled", "RollbackSuccessful", "RollbackFailed"])
def test_a_version_that_does_not_come_up_is_not_left_written_down(
    runner: Runner, ended: str
) -> None:
    """The group has gone back to the image before; so does the parameter, and the run fails."""
    runner.refresh("Pending", "InProgress", ended)
    assert runner.run("apply.sh", "rates-api", "staging", DIGEST) == 1
    assert runner.written_down()[-1] == "registry.example/rates-staging/rates-api@sha256:old"


def test_an_apply_that_fails_is_not_left_written_down(runner: Runner) -> None:
    """Nothing was replaced, and the next plan must not do it by the way."""
    (runner.home / "no-apply").touch()
    assert runner.run("apply.sh", "rates-api", "staging", DIGEST) == 1
    assert runner.written_down()[-1] == "registry.example/rates-staging/rates-api@sha256:old"


def test_an_image_that_is_not_there_changes_nothing(runner: Runner) -> None:
    """A rollback to a digest that the registry no longer has is refused before anything else."""
    (runner.home / "no-image").touch()
    assert runner.run("apply.sh", "rates-api", "staging", DIGEST) != 0
    assert runner.written_down() == []


@pytest.mark.parametrize("named", ["latest", "sha256:12", f"rates-api@{DIGEST}"])
def test_only_a_digest_is_deployed(runner: Runner, named: str) -> None:
    """A tag could mean another image tomorrow."""
    assert runner.run("apply.sh", "rates-api", "staging", named) == 2
    assert runner.written_down() == []


def test_a_refresh_is_waited_for(runner: Runner) -> None:
    """As long as it is under way."""
    runner.refresh("Pending", "InProgress", "Baking", "Successful")
    assert runner.run("refreshed.sh", "rates-api", "staging") == 0
    assert len(runner.calls("aws", "describe-instance-refreshes")) == 4


def test_a_refresh_is_not_waited_for_for_ever(runner: Runner) -> None:
    """One that never ends fails the run."""
    runner.refresh(*["InProgress"] * 200)
    assert runner.run("refreshed.sh", "rates-api", "staging") == 1


def test_an_apply_without_a_refresh_is_done(runner: Runner) -> None:
    """A group that was never refreshed, at the first apply, has nothing to wait for."""
    runner.refresh("None")
    assert runner.run("refreshed.sh", "rates-api", "staging") == 0
