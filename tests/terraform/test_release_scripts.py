"""The release scripts, run without AWS: deploying an image, and rolling back a bad one."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DIGEST = "sha256:" + "1" * 64

AWS = """#!/bin/sh
echo "$*" >>"$FAKES/aws.calls"
case "$*" in
    *--query\\ InstanceRefreshes*)
        head -n 1 "$FAKES/statuses"
        sed -i 1d "$FAKES/statuses" ;;
    *describe-alarms*) cat "$FAKES/alarm" ;;
    *describe-repositories*) echo registry.example/rates-staging/rates-api ;;
    *put-parameter*) all=$*; printf '%s\\n' "${all##*--value }" >"$FAKES/before" ;;
    *get-parameter*) cat "$FAKES/before" ;;
    *describe-images*) [ ! -e "$FAKES/no-image" ] ;;
esac
"""
DOCKER = """#!/bin/sh
echo "$*" >>"$FAKES/docker.calls"
case "$*" in
    *" show "*) cat "$FAKES/plan" ;;
    *" apply "*)
        if [ -e "$FAKES/meanwhile" ]; then cp "$FAKES/meanwhile" "$FAKES/before"; fi
        [ ! -e "$FAKES/no-apply" ] ;;
    *" verify "*) [ ! -e "$FAKES/no-signature" ] ;;
    *" verify-attestation "*) [ ! -e "$FAKES/no-attestation" ] ;;
esac
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
        (home / "alarm").write_text("OK\n")
        self.plan({"address": "a", "mode": "managed", "change": {"actions": ["create"]}})

    def refresh(self, *statuses: str) -> None:
        """Let the group's refresh go through these states, one per check."""
        (self.home / "statuses").write_text("".join(f"{status}\n" for status in statuses))

    def plan(self, *changes: dict[str, Any]) -> None:
        """Terraform would make these changes."""
        (self.home / "plan").write_text(json.dumps({"resource_changes": changes}))

    def fingerprint(self) -> str:
        """Return the fingerprint of what terraform would change."""
        file = self.home / "fingerprint"
        assert self.run("plan.sh", "rates-api", "staging", str(file), "-lock=false") == 0
        return file.read_text().strip()

    def run(self, script: str, *arguments: str) -> int:
        """Run a script of deploy/release and return its exit status."""
        environ = {
            "PATH": f"{self.home}:{os.environ['PATH']}",
            "FAKES": str(self.home),
            "STATE_BUCKET": "states",
            "AWS_REGION": "us-east-1",
            "TERRAFORM_IMAGE": "terraform",
            "COSIGN_IMAGE": "cosign",
            "GITHUB_REPOSITORY": "example/rates",
            "HOME": str(self.home),
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
    assert runner.run("apply.sh", "rates-api", "staging", DIGEST, "unapproved") == 0
    assert runner.written_down() == [f"registry.example/rates-staging/rates-api@{DIGEST}"]
    (applied,) = runner.calls("docker", " apply ")
    assert applied.endswith(" apply -no-color -input=false -lock-timeout=20m plan.bin")
    assert "deploy/terraform/rates-api" in applied
    (planned,) = runner.calls("docker", " plan ")
    assert "-var-file=../environments/staging/rates-api.tfvars" in planned
    assert "-out=plan.bin" in planned
    assert "-lock-timeout=20m" in planned


@pytest.mark.parametrize("ended", ["Failed", "Cancelled", "RollbackSuccessful", "RollbackFailed"])
def test_a_failed_refresh_resets_the_parameter(runner: Runner, ended: str) -> None:
    """The group has rolled back; the parameter is reset to the old image, and the run fails."""
    runner.refresh("Pending", "InProgress", ended)
    assert runner.run("apply.sh", "rates-api", "staging", DIGEST, "unapproved") == 1
    assert runner.written_down()[-1] == "registry.example/rates-staging/rates-api@sha256:old"


def test_a_failed_apply_resets_the_parameter(runner: Runner) -> None:
    """Nothing was replaced, so the parameter is reset: the next plan must not deploy it."""
    (runner.home / "no-apply").touch()
    assert runner.run("apply.sh", "rates-api", "staging", DIGEST, "unapproved") == 1
    assert runner.written_down()[-1] == "registry.example/rates-staging/rates-api@sha256:old"


def test_a_failed_apply_leaves_what_another_run_has_recorded(runner: Runner) -> None:
    """A rollback of it, say, which need not go back to the image before."""
    (runner.home / "no-apply").touch()
    (runner.home / "meanwhile").write_text("registry.example/rates-staging/rates-api@sha256:good\n")
    assert runner.run("apply.sh", "rates-api", "staging", DIGEST, "unapproved") == 1
    assert runner.written_down() == [f"registry.example/rates-staging/rates-api@{DIGEST}"]


def test_a_missing_image_changes_nothing(runner: Runner) -> None:
    """A rollback to a digest that the registry no longer has fails first of all."""
    (runner.home / "no-image").touch()
    assert runner.run("apply.sh", "rates-api", "staging", DIGEST, "unapproved") != 0
    assert runner.written_down() == []


@pytest.mark.parametrize("named", ["latest", "sha256:12", f"rates-api@{DIGEST}"])
def test_only_a_digest_is_deployed(runner: Runner, named: str) -> None:
    """A tag is rejected, because it can move to another image."""
    assert runner.run("apply.sh", "rates-api", "staging", named, "unapproved") == 2
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


CREATED = {"address": "a", "mode": "managed", "change": {"actions": ["create"], "after": {"x": 1}}}


def test_the_plan_that_was_approved_is_applied(runner: Runner) -> None:
    """Its fingerprint does not depend on the order, on data or on what stays as it is."""
    approved = runner.fingerprint()
    same = {"address": "b", "mode": "managed", "change": {"actions": ["no-op"]}}
    read = {"address": "c", "mode": "data", "change": {"actions": ["read"]}}
    runner.plan(same, read, {"address": "a", "mode": "managed", "change": {"actions": ["create"]}})
    assert runner.run("apply-plan.sh", "platform", "staging", approved) == 0
    assert len(runner.calls("docker", " apply ")) == 1


@pytest.mark.parametrize(
    "change",
    [
        CREATED,
        {**CREATED, "address": "b"},
        {**CREATED, "change": {"actions": ["delete"], "before": {"x": 1}}},
        {**CREATED, "change": {"actions": ["create"], "after": {"x": 2}}},
    ],
)
def test_another_plan_than_the_approved_is_not_applied(
    runner: Runner, change: dict[str, Any]
) -> None:
    """Not another resource, action or value; nor anything where no fingerprint came through."""
    approved = runner.fingerprint()
    runner.plan(change)
    assert runner.run("apply-plan.sh", "platform", "staging", approved) == 3
    assert runner.run("apply-plan.sh", "platform", "staging", "") != 0
    assert runner.calls("docker", " apply ") == []


def test_an_approved_image_is_not_left_written_down_if_the_plan_is_another(runner: Runner) -> None:
    """The parameter is reset, as after every apply that fails."""
    assert runner.run("apply.sh", "rates-api", "staging", DIGEST, "0" * 64) == 1
    assert runner.written_down()[-1] == "registry.example/rates-staging/rates-api@sha256:old"


def test_an_image_is_signed_once(runner: Runner) -> None:
    """Tags are immutable: where the signature verifies none is made."""
    arguments = ("sign.sh", "rates-api", "staging", DIGEST, "sbom.json")
    assert runner.run(*arguments) == 0
    assert runner.calls("docker", " sign ") == []
    assert runner.calls("docker", " attest ") == []
    verified = runner.calls("docker", " verify ")
    assert "deploy-service.yml@refs/heads/main" in verified[0]


@pytest.mark.parametrize(
    ("missing", "made"),
    [
        ({"no-signature", "no-attestation"}, {" sign ", " attest "}),
        ({"no-attestation"}, {" attest "}),
    ],
)
def test_what_is_missing_of_a_signature_is_made(
    runner: Runner, missing: set[str], made: set[str]
) -> None:
    """Also in the second run of one that ended between the two: the tag of the first is there."""
    for name in missing:
        (runner.home / name).touch()
    assert runner.run("sign.sh", "rates-api", "staging", DIGEST, "sbom.json") == 0
    assert {one for one in (" sign ", " attest ") if runner.calls("docker", one)} == made


@pytest.mark.parametrize("missing", ["no-signature", "no-attestation"])
def test_an_image_verifies_with_both_alone(runner: Runner, missing: str) -> None:
    """Signed, and described."""
    assert runner.run("verify.sh", "rates-api", "staging", DIGEST) == 0
    (runner.home / missing).touch()
    assert runner.run("verify.sh", "rates-api", "staging", DIGEST) != 0


@pytest.mark.parametrize(("state", "watched"), [("OK", True), ("None", True), ("ALARM", False)])
def test_a_fix_is_not_rolled_back_by_an_alarm_that_fires_already(
    runner: Runner, state: str, watched: bool
) -> None:
    """The refresh alarm ends refreshes again as soon as it is quiet before one."""
    (runner.home / "alarm").write_text(f"{state}\n")
    assert runner.run("apply.sh", "rates-api", "staging", DIGEST, "unapproved") == 0
    (planned,) = runner.calls("docker", " plan ")
    assert ("-var=refresh_watches_alarm=false" not in planned) is watched
