"""The script that gives Redis' users the passwords of their secrets, with a fake AWS CLI."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy/terraform/modules/cache/files/users.sh"

pytestmark = pytest.mark.skipif(shutil.which("jq") is None, reason="needs jq")

AWS = f"""#!{sys.executable} -IS
import json, os, sys
from pathlib import Path

file = Path(os.environ["FAKES"]) / "state"
given = sys.stdin.read() if "file:///dev/stdin" in sys.argv else ""  # what stands before in a pipe
state = json.loads(file.read_text())
state["calls"].append(sys.argv[1:])
file.write_text(json.dumps(state))
call = sys.argv[2]
if call == state["fails"]:
    sys.exit(1)


def option(name):
    return sys.argv[sys.argv.index("--" + name) + 1]


def answer(value):
    print(json.dumps(value))


if call == "describe-secret":
    stages = {{}}
    for label, version in state["secrets"][option("secret-id")]["labels"].items():
        stages.setdefault(version, []).append(label)
    answer({{"VersionIdsToStages": stages}} if stages else {{}})
elif call == "get-random-password":
    state["made"] += 1
    answer({{"RandomPassword": f"made-{{state['made']}}"}})
elif call == "put-secret-value":
    secret = state["secrets"][option("secret-id")]
    secret["versions"]["v1"] = given
    secret["labels"]["AWSCURRENT"] = "v1"
elif call == "get-secret-value":
    versions = state["secrets"][option("secret-id")]["versions"]
    answer({{"SecretString": versions[option("version-id")]}})
elif call == "describe-users":
    user = option("user-id")
    busy = state["users"][user]["busy"]
    state["users"][user]["busy"] = max(0, busy - 1)
    name = user.removeprefix("rates-staging-").replace("-", "_")
    status = "modifying" if busy else "active"
    answer({{"Users": [{{"UserName": name, "ARN": f"arn:user:{{user}}", "Status": status}}]}})
elif call == "modify-user":
    asked = json.loads(given)
    assert asked.keys() == {{"UserId", "Passwords"}} and 1 <= len(asked["Passwords"]) <= 2
    state["users"][asked["UserId"]] = {{"passwords": asked["Passwords"], "busy": 1}}
file.write_text(json.dumps(state))
"""
SYNC, API = "rates-staging-rates-sync", "rates-staging-rates-api"
SECRETS = {SYNC: "rates-staging/redis/rates_sync", API: "rates-staging/redis/rates_api"}


class Account:
    """An account after its first apply: closed users, secrets without a value."""

    def __init__(self, home: Path) -> None:
        self.home = home
        for name, text in (("aws", AWS), ("sleep", "#!/bin/sh\n")):
            (home / name).write_text(text)
            (home / name).chmod(0o755)
        users = {user: {"passwords": ["unknown"], "busy": 0} for user in SECRETS}
        empty: dict[str, dict[str, str]] = {"versions": {}, "labels": {}}
        secrets = dict.fromkeys(SECRETS.values(), empty)
        self.write({"users": users, "secrets": secrets, "made": 0, "calls": [], "fails": ""})

    def run(self, fails: str = "") -> int:
        """Run the script; the call `fails` does."""
        self.write(self.state | {"calls": [], "fails": fails})
        environ = {"PATH": f"{self.home}:{os.environ['PATH']}", "FAKES": str(self.home)}
        command = ["bash", str(SCRIPT), "staging"]
        return subprocess.run(command, env=environ, capture_output=True, check=False).returncode

    @property
    def state(self) -> dict[str, Any]:
        """What AWS holds."""
        read: dict[str, Any] = json.loads((self.home / "state").read_text())
        return read

    def write(self, state: dict[str, Any]) -> None:
        """Put what AWS holds."""
        (self.home / "state").write_text(json.dumps(state))

    def add(self, user: str, label: str, password: str) -> None:
        """Give the secret of a user another version."""
        state = self.state
        secret = state["secrets"][SECRETS[user]]
        secret["versions"][label] = json.dumps({"password": password})
        secret["labels"][label] = label
        self.write(state)

    def value(self, user: str) -> dict[str, str]:
        """Return what services read."""
        secret = self.state["secrets"][SECRETS[user]]
        read: dict[str, str] = json.loads(secret["versions"][secret["labels"]["AWSCURRENT"]])
        return read

    def taken(self, user: str) -> list[str]:
        """Return the passwords that Redis takes of a user."""
        passwords: list[str] = self.state["users"][user]["passwords"]
        return sorted(passwords)


@pytest.fixture
def account(tmp_path: Path) -> Account:
    """Return an account before the first run."""
    return Account(tmp_path)


def test_each_user_gets_a_password_of_its_own(account: Account) -> None:
    """In the shape that the rotation asks for and the services' addresses are made of."""
    assert account.run() == 0
    assert account.taken(SYNC) == ["made-1"]
    assert account.taken(API) == ["made-2"]
    assert account.value(API) == {
        "username": "rates_api",
        "password": "made-2",
        "user_arn": f"arn:user:{API}",
    }


def test_it_waits_until_each_user_has_changed(account: Account) -> None:
    """A user is being changed at the first look: another one follows, before the next user."""
    account.run()
    names = [call[1] for call in account.state["calls"]]
    ends = [place for place, name in enumerate(names) if name == "modify-user"]
    assert len(ends) == 2
    for place in ends:
        assert names[place + 1 : place + 3] == ["describe-users", "describe-users"]


def test_a_secret_with_a_value_keeps_it(account: Account) -> None:
    """A second run makes up nothing."""
    account.run()
    assert account.run() == 0
    assert [account.value(user)["password"] for user in SECRETS] == ["made-1", "made-2"]
    assert "put-secret-value" not in {call[1] for call in account.state["calls"]}


@pytest.mark.parametrize(
    "fails",
    [
        *("describe-secret", "get-random-password", "put-secret-value", "get-secret-value"),
        *("describe-users", "modify-user"),
    ],
)
def test_wherever_it_breaks_off_the_next_run_finishes(account: Account, fails: str) -> None:
    """What services read is what Redis takes."""
    assert account.run(fails) != 0
    assert account.run() == 0
    for user in SECRETS:
        assert account.taken(user) == [account.value(user)["password"]]


@pytest.mark.parametrize("label", ["AWSPENDING", "AWSPREVIOUS"])
def test_nobody_is_locked_out_by_a_run_around_a_rotation(account: Account, label: str) -> None:
    """The password on its way is taken, or the one that instances may have still."""
    account.run()
    account.add(SYNC, label, "another")
    assert account.run() == 0
    assert account.taken(SYNC) == ["another", "made-1"]


def test_during_a_rotation_the_one_before_gives_way(account: Account) -> None:
    """ElastiCache takes two: those of the current and of the pending version."""
    account.run()
    account.add(API, "AWSPREVIOUS", "older")
    account.add(API, "AWSPENDING", "newer")
    assert account.run() == 0
    assert account.taken(API) == ["made-2", "newer"]


def test_a_label_that_a_rotation_left_behind_hides_nothing(account: Account) -> None:
    """AWSPENDING may stay at the current version; instances may still have the one before.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
    """
    account.run()
    account.add(SYNC, "AWSPREVIOUS", "older")
    state = account.state
    labels = state["secrets"][SECRETS[SYNC]]["labels"]
    labels["AWSPENDING"] = labels["AWSCURRENT"]
    account.write(state)
    assert account.run() == 0
    assert account.taken(SYNC) == ["made-1", "older"]


def test_no_password_shows_among_the_processes(account: Account) -> None:
    """It goes by standard input, never as an argument."""
    account.run()
    assert "made-1" not in json.dumps(account.state["calls"])
