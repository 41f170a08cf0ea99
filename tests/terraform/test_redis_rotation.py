"""The function that rotates a password of Redis, with stand-ins for AWS that keep state.

The steps are called as Secrets Manager calls them, and repeated as it repeats them:
https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
"""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest

FILE = Path(__file__).parents[2] / "deploy/terraform/modules/cache/files/rotate.py"
ARN = "arn:aws:elasticache:us-east-1:123456789012:user:rates-staging-rates-api"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rates-staging/redis/rates_api-AbCdEf"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


class Missing(Exception):
    """ResourceNotFoundException."""


class SecretsManager:
    """One secret whose current version is `v1`; a rotation has begun with `v2`."""

    class exceptions:  # noqa: N801 -- boto3's name
        """The errors of the client."""

        ResourceNotFoundException = Missing

    def __init__(self) -> None:
        first = {"username": "rates_api", "password": "first", "user_arn": ARN}
        self.values = {"v1": json.dumps(first)}
        self.labels = {"AWSCURRENT": "v1", "AWSPENDING": "v2"}
        self.made = 0

    def describe_secret(self, **asked: str) -> dict[str, Any]:
        assert asked == {"SecretId": SECRET}
        stages: dict[str, list[str]] = {}
        for label, version in self.labels.items():
            stages.setdefault(version, []).append(label)
        return {"VersionIdsToStages": stages}

    def get_secret_value(self, **asked: str) -> dict[str, str]:
        version = self.labels[asked["VersionStage"]]
        assert asked.get("VersionId", version) == version
        if version not in self.values:
            raise Missing
        return {"SecretString": self.values[version]}

    def get_random_password(self, **asked: object) -> dict[str, str]:
        assert asked == {"PasswordLength": 64, "ExcludePunctuation": True}
        self.made += 1
        return {"RandomPassword": f"made-{self.made}"}

    def put_secret_value(self, **asked: Any) -> None:
        assert asked["VersionStages"] == ["AWSPENDING"]
        self.values[asked["ClientRequestToken"]] = asked["SecretString"]

    def update_secret_version_stage(self, **asked: str) -> None:
        assert asked["VersionStage"] == "AWSCURRENT"
        assert asked["RemoveFromVersionId"] == self.labels["AWSCURRENT"]
        self.labels["AWSPREVIOUS"] = self.labels["AWSCURRENT"]
        self.labels["AWSCURRENT"] = asked["MoveToVersionId"]

    @property
    def current(self) -> str:
        """The password that services read."""
        password: str = json.loads(self.values[self.labels["AWSCURRENT"]])["password"]
        return password


class ElastiCache:
    """One user, who is being changed for a look after each change."""

    def __init__(self) -> None:
        self.passwords, self.busy, self.stuck = ["first"], 0, False

    def describe_users(self, **asked: str) -> dict[str, Any]:
        assert asked == {"UserId": ARN.rpartition(":")[2]}
        status = "modifying" if self.busy or self.stuck else "active"
        self.busy = max(0, self.busy - 1)
        password = {"Type": "password", "PasswordCount": len(self.passwords)}
        user = {"UserId": asked["UserId"], "Status": status, "Authentication": password}
        return {"Users": [user]}

    def modify_user(self, **asked: Any) -> None:
        assert self.busy == 0, "InvalidUserState"
        assert asked["UserId"] == ARN.rpartition(":")[2]
        assert len(asked["Passwords"]) <= 2
        self.passwords, self.busy = asked["Passwords"], 1


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The function, with its two services."""
    services = {"secretsmanager": SecretsManager(), "elasticache": ElastiCache()}
    monkeypatch.setattr(boto3, "client", services.__getitem__)
    spec = importlib.util.spec_from_file_location("rotate", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module.time, "sleep", lambda _seconds: None)
    return module


def run(function: ModuleType, *steps: str, version: str = "v2") -> Iterator[str]:
    """Do the steps, yielding each after it was done."""
    for step in steps:
        event = {"SecretId": SECRET, "ClientRequestToken": version, "Step": step}
        function.rotate(event, None)
        yield step


def test_what_services_read_is_taken_after_each_step(function: ModuleType) -> None:
    """The new password is the current one only after Redis has it; the old one stays beside it."""
    for _ in run(function, *STEPS):
        assert function.secrets.current in function.elasticache.passwords
        assert "first" in function.elasticache.passwords
    assert function.secrets.current == "made-1"
    assert function.elasticache.passwords == ["first", "made-1"]


def test_the_next_rotation_ends_the_oldest_password(function: ModuleType) -> None:
    """ElastiCache takes two a user."""
    list(run(function, *STEPS))
    function.secrets.labels["AWSPENDING"] = "v3"
    list(run(function, *STEPS, version="v3"))
    assert function.elasticache.passwords == ["made-1", "made-2"]


def test_a_new_secret_keeps_what_binds_it_to_its_user(function: ModuleType) -> None:
    """Name and ARN are of the current one."""
    list(run(function, *STEPS))
    made = json.loads(function.secrets.values["v2"])
    assert (made["username"], made["user_arn"]) == ("rates_api", ARN)


@pytest.mark.parametrize("step", STEPS)
def test_each_step_can_be_repeated(function: ModuleType, step: str) -> None:
    """Secrets Manager repeats one that fails: no second password is made, nothing is undone."""
    for done in run(function, *STEPS):
        if done == step:
            list(run(function, step))
    assert function.secrets.made == 1
    assert function.secrets.current == "made-1"


def test_a_user_that_lacks_the_new_password_stops_the_rotation(function: ModuleType) -> None:
    """Services go on with the current one."""
    list(run(function, "createSecret"))
    with pytest.raises(function.RotationRefused, match="with 1 passwords"):
        list(run(function, "testSecret"))
    assert function.secrets.current == "first"


def test_a_user_that_keeps_changing_stops_the_rotation(function: ModuleType) -> None:
    """Before Lambda's 15 minutes end, so that the reason is said."""
    list(run(function, "createSecret"))
    function.elasticache.stuck = True
    with pytest.raises(function.RotationRefused, match="still changing"):
        list(run(function, "setSecret"))
    assert 2 * function.LOOKS * function.PAUSE < 900


def test_the_test_before_the_first_rotation_passes(function: ModuleType) -> None:
    """Where rotation is only switched on, Secrets Manager asks for testSecret alone."""
    list(run(function, "testSecret"))
    function.secrets.values["v2"] = function.secrets.values["v1"]
    list(run(function, "testSecret"))


def test_a_version_that_is_not_pending_is_refused(function: ModuleType) -> None:
    """Whoever calls the function with another version changes nothing."""
    with pytest.raises(function.RotationRefused, match="no pending version"):
        list(run(function, "createSecret", version="v9"))
    list(run(function, "createSecret", version="v1"))
    assert function.secrets.made == 0
