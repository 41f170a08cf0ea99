"""Rotates the password of one of Redis' users: a rotation function of Secrets Manager's.

Secrets Manager calls it step by step, and repeats a step that fails. The new password waits under
AWSPENDING until ElastiCache takes it beside the current one; only then services read it. The one
before the current ends with that, a month old.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
"""

import json
import time
from typing import Any

import boto3

LOOKS, PAUSE = 40, 10.0
"""How often a wait looks at the user, and the seconds between: two waits take 800 s of 900."""

secrets: Any = boto3.client("secretsmanager")
elasticache: Any = boto3.client("elasticache")


class RotationRefused(Exception):
    """The rotation can't go on; Secrets Manager tells of it, and what was good before still is."""


def rotate(event: dict[str, Any], _context: object) -> None:
    """Do one step for one version of a secret; one that is the current one already is done."""
    secret, version = event["SecretId"], event["ClientRequestToken"]
    stages = secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]
    if "AWSCURRENT" in stages.get(version, []):
        return
    if "AWSPENDING" not in stages.get(version, []):
        raise RotationRefused(f"{version} is no pending version of {secret}")
    STEPS[event["Step"]](secret, version)


def create(secret: str, version: str) -> None:
    """Make up the new password, once."""
    if _pending(secret, version) is None:
        made = secrets.get_random_password(PasswordLength=64, ExcludePunctuation=True)
        value = _current(secret) | {"password": made["RandomPassword"]}
        secrets.put_secret_value(
            SecretId=secret,
            ClientRequestToken=version,
            SecretString=json.dumps(value),
            VersionStages=["AWSPENDING"],
        )


def tell(secret: str, version: str) -> None:
    """Let the user have the current and the new password, and wait until it has."""
    current, passwords = _current(secret), _passwords(secret, version)
    user = current["user_arn"].rpartition(":")[2]
    _until_active(user)
    elasticache.modify_user(UserId=user, Passwords=passwords)
    time.sleep(PAUSE)  # a change is seen a moment after it was asked for
    _until_active(user)


def test(secret: str, version: str) -> None:
    """Refuse a user that lacks one: services must not be given what Redis does not take."""
    user = _look(_current(secret)["user_arn"].rpartition(":")[2])
    has, wanted = user["Authentication"].get("PasswordCount", 0), _passwords(secret, version)
    if user["Status"] != "active" or has < len(wanted):
        raise RotationRefused(f"{user['UserId']} is {user['Status']}, with {has} passwords")


def finish(secret: str, version: str) -> None:
    """Make the new password the current one, which services read."""
    stages = secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]
    [before] = [one for one, labels in stages.items() if "AWSCURRENT" in labels]
    secrets.update_secret_version_stage(
        SecretId=secret,
        VersionStage="AWSCURRENT",
        MoveToVersionId=version,
        RemoveFromVersionId=before,
    )


STEPS = {"createSecret": create, "setSecret": tell, "testSecret": test, "finishSecret": finish}


def _current(secret: str) -> dict[str, str]:
    value: dict[str, str] = json.loads(
        secrets.get_secret_value(SecretId=secret, VersionStage="AWSCURRENT")["SecretString"]
    )
    return value


def _pending(secret: str, version: str) -> dict[str, str] | None:
    """Return the new value; None before it was made."""
    try:
        found = secrets.get_secret_value(
            SecretId=secret, VersionId=version, VersionStage="AWSPENDING"
        )
    except secrets.exceptions.ResourceNotFoundException:
        return None
    value: dict[str, str] = json.loads(found["SecretString"])
    return value


def _passwords(secret: str, version: str) -> list[str]:
    """Return the current password and the new one; they are one where only a test was asked."""
    values = (_current(secret), _pending(secret, version))
    return list(dict.fromkeys(value["password"] for value in values if value))


def _look(user: str) -> dict[str, Any]:
    found: dict[str, Any] = elasticache.describe_users(UserId=user)["Users"][0]
    return found


def _until_active(user: str) -> None:
    for _ in range(LOOKS):
        if _look(user)["Status"] == "active":
            return
        time.sleep(PAUSE)
    raise RotationRefused(f"{user} is still changing")
