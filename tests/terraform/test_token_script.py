"""The script that makes and replaces Redis' AUTH token, with stand-ins for AWS that keep state.

The stand-in holds versions and labels as Secrets Manager does (PutSecretValue and
UpdateSecretVersionStage in botocore's service model) and the tokens that Redis takes as ElastiCache
does (https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html).
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy/terraform/modules/cache/files/token.sh"

pytestmark = pytest.mark.skipif(shutil.which("jq") is None, reason="needs jq")

AWS = f"""#!{sys.executable} -IS
import json, os, sys
from pathlib import Path

home = Path(os.environ["FAKES"])
given = sys.stdin.read() if "file:///dev/stdin" in sys.argv else ""  # what stands before in a pipe
state = json.loads((home / "state").read_text())
state["calls"].append(sys.argv[1:])
(home / "state").write_text(json.dumps(state))
call = sys.argv[2]
if call == state["fails"]:
    sys.exit(1)


def label(stage, version):
    if stage == "AWSCURRENT" and stage in state["labels"]:
        state["labels"]["AWSPREVIOUS"] = state["labels"][stage]
    state["labels"][stage] = version


def answer(value):
    print(json.dumps(value))


if call == "describe-secret":
    stages = {{}}
    for stage, version in state["labels"].items():
        stages.setdefault(version, []).append(stage)
    answer({{"VersionIdsToStages": stages}} if stages else {{}})
elif call == "get-random-password":
    answer({{"RandomPassword": f"token-{{len(state['versions']) + 1}}"}})
elif call == "put-secret-value":
    version = f"v{{len(state['versions']) + 1}}"
    state["versions"][version] = given
    for stage in sys.argv[sys.argv.index("--version-stages") + 1].split(","):
        label(stage, version)
    if len(state["versions"]) == 1:
        label("AWSCURRENT", version)
elif call == "get-secret-value":
    answer({{"SecretString": state["versions"][sys.argv[sys.argv.index("--version-id") + 1]]}})
elif call == "update-secret-version-stage":
    stage = sys.argv[sys.argv.index("--version-stage") + 1]
    assert state["labels"][stage] == sys.argv[sys.argv.index("--remove-from-version-id") + 1]
    if "--move-to-version-id" in sys.argv:
        label(stage, sys.argv[sys.argv.index("--move-to-version-id") + 1])
    else:
        del state["labels"][stage]
elif call == "modify-replication-group":
    asked = json.loads(given)
    assert asked["ApplyImmediately"] is True and asked["ReplicationGroupId"] == "rates-staging"
    token = asked["AuthToken"]
    if asked["AuthTokenUpdateStrategy"] == "SET":
        assert token in state["taken"], "SET is allowed only after ROTATE"
        state["taken"] = [token]
    elif token not in state["taken"]:
        state["taken"] = [*state["taken"], token][-2:]
    state["looks"] = 0
elif call == "describe-replication-groups":
    state["looks"] += 1
    busy = state["looks"] < 2
    pending = {{"AuthTokenStatus": "ROTATING"}} if busy else {{}}
    answer({{"ReplicationGroups": [{{"Status": "available", "PendingModifiedValues": pending}}]}})
(home / "state").write_text(json.dumps(state))
"""


class Runner:
    """An account with one secret without a value, and Redis that takes clients without a token."""

    def __init__(self, home: Path) -> None:
        self.home = home
        for name, text in (("aws", AWS), ("sleep", "#!/bin/sh\n")):
            (home / name).write_text(text)
            (home / name).chmod(0o755)
        self._write(
            {"versions": {}, "labels": {}, "taken": [""], "calls": [], "fails": "", "looks": 0}
        )

    def run(self, *arguments: str, fails: str = "") -> int:
        """Run the script; the call `fails` does."""
        self._write(self.state | {"calls": [], "fails": fails})
        environ = {"PATH": f"{self.home}:{os.environ['PATH']}", "FAKES": str(self.home)}
        command = ["bash", str(SCRIPT), "staging", *arguments]
        return subprocess.run(command, env=environ, capture_output=True, check=False).returncode

    @property
    def state(self) -> dict[str, Any]:
        """What AWS holds."""
        read: dict[str, Any] = json.loads((self.home / "state").read_text())
        return read

    @property
    def current(self) -> str | None:
        """The token that instances read."""
        version = self.state["labels"].get("AWSCURRENT")
        return json.loads(self.state["versions"][version])["token"] if version else None

    def _write(self, state: dict[str, Any]) -> None:
        (self.home / "state").write_text(json.dumps(state))


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """Return an account before the first run."""
    return Runner(tmp_path)


def test_the_first_token_is_the_only_way_in(runner: Runner) -> None:
    """Redis no longer takes clients without one; a second run changes nothing."""
    assert runner.run() == 0
    assert runner.state["taken"] == [runner.current] == ["token-1"]
    assert runner.run() == 0
    assert not [call for call in runner.state["calls"] if call[1].startswith(("put", "modify"))]


def test_a_new_token_stands_beside_the_old_until_it_is_ended(runner: Runner) -> None:
    """Instances that have not looked yet are not locked out."""
    runner.run()
    assert runner.run("replace") == 0
    assert (runner.current, runner.state["taken"]) == ("token-2", ["token-1", "token-2"])
    assert runner.run("end") == 0
    assert runner.state["taken"] == ["token-2"]


@pytest.mark.parametrize(
    "fails",
    [
        "describe-secret",
        "get-random-password",
        "put-secret-value",
        "get-secret-value",
        "modify-replication-group",
        "describe-replication-groups",
        "update-secret-version-stage",
    ],
)
@pytest.mark.parametrize("replaces", [False, True])
def test_wherever_it_breaks_off_the_next_run_finishes(
    runner: Runner, fails: str, replaces: bool
) -> None:
    """At no time is the current version a token that Redis refuses once services run."""
    arguments = ("replace",) if replaces else ()
    if replaces:
        runner.run()
    assert runner.run(*arguments, fails=fails) != 0
    if replaces:
        assert runner.current in runner.state["taken"]
        assert "token-1" in runner.state["taken"]
    if replaces and "AWSPENDING" not in runner.state["labels"]:
        return  # nothing was begun
    assert runner.run() == 0
    assert runner.current in runner.state["taken"]
    assert "AWSPENDING" not in runner.state["labels"]
    assert ("token-1" if replaces else runner.current) in runner.state["taken"]
    assert "" not in runner.state["taken"]


def test_nothing_ends_while_a_replacement_is_unfinished(runner: Runner) -> None:
    """`end` would leave the token out that is on its way."""
    runner.run()
    runner.run("replace", fails="modify-replication-group")
    assert "AWSPENDING" in runner.state["labels"]
    assert runner.run("end") == 1


def test_no_token_shows_among_the_processes(runner: Runner) -> None:
    """It goes by standard input, never as an argument."""
    runner.run()
    assert "token-1" not in json.dumps(runner.state["calls"])
