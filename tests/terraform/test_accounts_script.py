"""The script that creates the database users, run with a fake AWS CLI."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from rates_contracts import views

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "deploy/terraform/modules/database/files/accounts.sh"

pytestmark = pytest.mark.skipif(shutil.which("jq") is None, reason="needs jq")

AWS = """#!/bin/sh
echo "$*" >>"$FAKES/calls"
case "$*" in
    *describe-db-clusters*) cat "$FAKES/cluster" ;;
    *describe-secret*database/rates_sync*) cat "$FAKES/rates_sync.stages" ;;
    *describe-secret*) echo '{"VersionIdsToStages": {"a": ["AWSPREVIOUS"], "b": ["AWSCURRENT"]}}' ;;
    *get-random-password*) echo '{"RandomPassword": "made-password"}' ;;
    *put-secret-value*database/rates_sync*) tee "$FAKES/rates_sync" >/dev/null ;;
    *put-secret-value*) cat >>"$FAKES/put" ;;
    *get-secret-value*database/rates_sync*) cat "$FAKES/rates_sync" ;;
    *get-secret-value*database/rates_api*) cat "$FAKES/rates_api" ;;
    *execute-statement*) cat >>"$FAKES/said" ;;
esac
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the script where both secrets have a value; return the folder with what it said."""
    home = prepared(tmp_path_factory.mktemp("accounts"))
    run(home)
    return home


def prepared(home: Path) -> Path:
    """Return `home` with the stand-in for AWS and its answers."""
    (home / "aws").write_text(AWS)
    (home / "aws").chmod(0o755)
    answers: dict[str, object] = {
        "cluster": {
            "DBClusterArn": "arn:c",
            "Endpoint": "writer.example",
            "MasterUserSecret": {"SecretArn": "arn:m"},
        },
        "rates_sync.stages": {"VersionIdsToStages": {"a": ["AWSCURRENT"]}},
        "rates_sync": {"username": "rates_sync", "password": "sync-password", "masterarn": "arn:m"},
        "rates_api": {
            "username": "rates_api_clone",
            "password": "api-password",
            "masterarn": "arn:old",
        },
    }
    for name, answer in answers.items():
        (home / name).write_text(json.dumps(answer))
    return home


def run(home: Path) -> None:
    """Run the script for staging."""
    environ = {"PATH": f"{home}:{os.environ['PATH']}", "FAKES": str(home)}
    subprocess.run(["bash", SCRIPT, "staging"], env=environ, check=True, capture_output=True)


@pytest.fixture(scope="module")
def said(home: Path) -> list[str]:
    """Return every statement, in order."""
    documents = (home / "said").read_text().replace("}\n{", "}\x00{").split("\x00")
    read = [json.loads(document) for document in documents]
    assert {(d["resourceArn"], d["secretArn"], d["database"]) for d in read} == {
        ("arn:c", "arn:m", "rates")
    }
    return [document["sql"] for document in read]


def of(said: list[str], account: str) -> list[str]:
    """Return the grants to one account."""
    return [sql for sql in said if sql.startswith("GRANT") and sql.endswith(f" TO {account}@'%'")]


def test_each_user_is_created_with_its_clone(said: list[str]) -> None:
    """The rotation alternates between the two; the password is the secret's."""
    assert [sql for sql in said if sql.startswith("CREATE USER")] == [
        f"CREATE USER IF NOT EXISTS '{user}{clone}'@'%' IDENTIFIED BY '{password}'"
        for user, password in (("rates_sync", "sync-password"), ("rates_api", "api-password"))
        for clone in ("", "_clone")
    ]


@pytest.mark.parametrize("account", ["rates_api", "rates_api_clone"])
def test_rates_api_is_granted_every_view_and_nothing_else(said: list[str], account: str) -> None:
    """Each view of the contract is granted by name, and CREATE is revoked again (ADR 0012)."""
    assert of(said, account) == [
        f"GRANT CREATE, SELECT ON rates.{view} TO {account}@'%'" for view in views.VIEWS
    ]
    for view in views.VIEWS:
        revoked = f"REVOKE CREATE ON rates.{view} FROM {account}@'%'"
        assert said.index(revoked) > said.index(
            f"GRANT CREATE, SELECT ON rates.{view} TO {account}@'%'"
        )


@pytest.mark.parametrize("account", ["rates_sync", "rates_sync_clone"])
def test_rates_sync_owns_the_schema(said: list[str], account: str) -> None:
    """As in compose, there is one grant, on this database."""
    (granted,) = of(said, account)
    assert " ON rates.* TO " in granted
    assert "CREATE VIEW" in granted


def test_accounts_are_created_before_their_grants(said: list[str]) -> None:
    """MySQL rejects a grant to an account that does not exist."""
    for account in ("rates_sync", "rates_sync_clone", "rates_api", "rates_api_clone"):
        made = next(
            n
            for n, sql in enumerate(said)
            if sql.startswith(f"CREATE USER IF NOT EXISTS '{account}'")
        )
        assert made < said.index(of(said, account)[0])


def test_the_current_user_gets_the_password_of_the_secret(said: list[str]) -> None:
    """A restored database has old passwords; the other of the two users is left alone."""
    assert [sql for sql in said if sql.startswith("ALTER USER")] == [
        "ALTER USER 'rates_sync'@'%' IDENTIFIED BY 'sync-password'",
        "ALTER USER 'rates_api_clone'@'%' IDENTIFIED BY 'api-password'",
    ]


def test_no_password_shows_up_in_the_process_list(home: Path) -> None:
    """Secrets are passed on standard input, never as arguments."""
    assert "password" not in (home / "calls").read_text()


def test_a_secret_is_updated_with_the_new_master(home: Path) -> None:
    """After a restore the rotation gets the new master; a correct secret is not changed."""
    assert json.loads((home / "put").read_text()) == {
        "username": "rates_api_clone",
        "password": "api-password",
        "masterarn": "arn:m",
    }


@pytest.mark.parametrize("stages", [{}, {"VersionIdsToStages": {"a": ["AWSPENDING"]}}])
def test_a_secret_without_a_value_gets_one(tmp_path: Path, stages: dict[str, object]) -> None:
    """At the first run, in the shape that the rotation asks for; Terraform sees no password."""
    home = prepared(tmp_path)
    (home / "rates_sync.stages").write_text(json.dumps(stages))
    run(home)
    assert json.loads((home / "rates_sync").read_text()) == {
        "engine": "mysql", "host": "writer.example", "port": 3306, "dbname": "rates",
        "username": "rates_sync", "password": "made-password", "masterarn": "arn:m",
    }  # fmt: skip
    assert "IDENTIFIED BY 'made-password'" in (home / "said").read_text()
    assert "password" not in (home / "calls").read_text().replace(
        "get-random-password", ""
    ).replace("--password-length", "")


def test_a_value_is_made_once(home: Path) -> None:
    """Another would lock out whoever reads the secret before the database learns of it."""
    assert "get-random-password" not in (home / "calls").read_text()
