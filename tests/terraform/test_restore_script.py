"""The script that restores the record on AWS, with a stand-in whose changes take a while."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rates_contracts import views

SCRIPT = Path(__file__).parents[2] / "deploy/terraform/modules/database/files/restore.sh"

pytestmark = pytest.mark.skipif(shutil.which("jq") is None, reason="needs jq")

AWS = f"""#!{sys.executable} -IS
import json, os, sys

path = os.environ["FAKES"] + "/state"
given = sys.stdin.read() if "file:///dev/stdin" in sys.argv else ""
state = json.load(open(path))
call, options = sys.argv[2], sys.argv[3:]
state["calls"].append([call, *options, given])


def option(name):
    return options[options.index(name) + 1]


def cluster(name, **more):
    return {{"DBClusterArn": "arn:" + name, "Status": "available", "DBSubnetGroup": "subnets",
            "VpcSecurityGroups": [{{"VpcSecurityGroupId": "sg-1"}}], "KmsKeyId": "arn:key",
            "DBClusterParameterGroup": "parameters", **more}}


# What was asked for is seen two calls later.
for change in state["coming"]:
    change[0] -= 1
    if change[0] == 0:
        name, new = change[1], change[2]
        state["clusters"][new] = state["clusters"].pop(name)
state["coming"] = [change for change in state["coming"] if change[0] > 0]

if call == "describe-db-clusters":
    name = option("--db-cluster-identifier")
    if name not in state["clusters"]:
        json.dump(state, open(path, "w"))
        sys.exit(254)
    print(json.dumps(state["clusters"][name]))
elif call == "restore-db-cluster-to-point-in-time":
    state["clusters"][option("--db-cluster-identifier")] = cluster("restored")
elif call == "enable-http-endpoint":
    assert option("--resource-arn") == "arn:restored"
    state["clusters"]["rates-staging-restored"]["HttpEndpointEnabled"] = True
elif call == "modify-db-cluster" and "--new-db-cluster-identifier" in options:
    old, new = option("--db-cluster-identifier"), option("--new-db-cluster-identifier")
    assert new not in state["clusters"], "DBClusterAlreadyExistsFault"
    state["coming"].append([3, old, new])
elif call == "modify-db-cluster" and "--manage-master-user-password" in options:
    state["clusters"]["rates-staging-restored"]["MasterUserSecret"] = {{
        "SecretArn": "arn:secret", "SecretStatus": "active"}}
elif call == "execute-statement":
    print(json.dumps({{"records": [[{{"longValue": 1}}, {{"longValue": 42}}]]}}))
json.dump(state, open(path, "w"))
"""
OLD = {
    "DBClusterArn": "arn:old",
    "Status": "available",
    "DBSubnetGroup": "subnets",
    "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}],
    "KmsKeyId": "arn:key",
    "DBClusterParameterGroup": "parameters",
    "MasterUserSecret": {"KmsKeyId": "arn:secrets-key"},
}


class Runner:
    """An account with the cluster rates-staging."""

    def __init__(self, home: Path) -> None:
        self.home = home
        for name, text in (("aws", AWS), ("sleep", "#!/bin/sh\n")):
            (home / name).write_text(text)
            (home / name).chmod(0o755)
        state = {"clusters": {"rates-staging": OLD}, "coming": [], "calls": []}
        (home / "state").write_text(json.dumps(state))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the script for staging."""
        environ = {"PATH": f"{self.home}:{os.environ['PATH']}", "FAKES": str(self.home)}
        command = ["bash", str(SCRIPT), "staging", *arguments]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    @property
    def state(self) -> dict[str, Any]:
        """What AWS holds."""
        read: dict[str, Any] = json.loads((self.home / "state").read_text())
        return read

    def calls(self, name: str) -> list[list[str]]:
        """Return the options of each call of `name`."""
        return [call[1:] for call in self.state["calls"] if call[0] == name]


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """Return an account before anything is restored."""
    return Runner(tmp_path)


def test_a_drill_restores_beside_says_where_the_record_ends_and_how_long_it_took(
    runner: Runner,
) -> None:
    """The old cluster is not touched; the new one has its network, key and parameters."""
    done = runner.run("beside", "2026-11-28T12:00:00Z")
    assert done.returncode == 0, done.stderr
    assert "timeline, position: 1, 42" in done.stdout
    assert "beside took" in done.stdout
    [restored] = runner.calls("restore-db-cluster-to-point-in-time")
    for option, value in {
        "--source-db-cluster-identifier": "rates-staging",
        "--db-cluster-identifier": "rates-staging-restored",
        "--restore-to-time": "2026-11-28T12:00:00Z",
        "--db-subnet-group-name": "subnets",
        "--vpc-security-group-ids": "sg-1",
        "--kms-key-id": "arn:key",
        "--db-cluster-parameter-group-name": "parameters",
    }.items():
        assert restored[restored.index(option) + 1] == value
    [asked] = runner.calls("execute-statement")
    assert views.HEAD in asked[-1]
    assert runner.state["clusters"]["rates-staging"] == OLD


def test_without_a_moment_it_is_the_latest(runner: Runner) -> None:
    """What can be restored at all."""
    runner.run("beside")
    [restored] = runner.calls("restore-db-cluster-to-point-in-time")
    assert "--use-latest-restorable-time" in restored


def test_a_swap_waits_for_names_that_are_not_there_yet(runner: Runner) -> None:
    """The second rename begins when the first has happened: else its name would be taken.

    Protocol rule 42: before, the restored record's timeline is raised.
    """
    runner.run("beside")
    done = runner.run("swap")
    assert done.returncode == 0, done.stderr
    clusters = runner.state["clusters"]
    calls = [call for call in runner.state["calls"] if call[0] != "describe-db-clusters"]
    raised = next(n for n, call in enumerate(calls) if "UPDATE head SET timeline" in call[-1])
    renamed = next(n for n, call in enumerate(calls) if "--new-db-cluster-identifier" in call)
    assert raised < renamed
    assert clusters["rates-staging"]["DBClusterArn"] == "arn:restored"
    assert clusters["rates-staging-before"] == OLD


def test_nothing_is_swapped_without_a_restored_cluster(runner: Runner) -> None:
    """The old name must not go while there is nothing to take it."""
    assert runner.run("swap").returncode != 0
    assert runner.calls("modify-db-cluster") == []


def test_a_drill_drops_the_restored_cluster_and_no_other(runner: Runner) -> None:
    """Each deletion names it."""
    runner.run("beside")
    assert runner.run("drop").returncode == 0
    deleted = [*runner.calls("delete-db-instance"), *runner.calls("delete-db-cluster")]
    assert [call[1] for call in deleted] == ["rates-staging-restored-1", "rates-staging-restored"]
