"""What the two services may do in MySQL and in Redis (rule R2, protocol rule 45)."""

import json

import pytest

from containers.engine import Stack
from rates_contracts import views

# Runs in a container of rates-api, with its driver and account: each statement's error, or null.
ATTEMPTS = """
import asyncio, json, os, sys
from pathlib import Path
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

async def main():
    url = Path(os.environ["RATES_API_DATABASE_URL_FILE"]).read_text().strip()
    engine, errors = create_async_engine(url), {}
    for statement in json.load(sys.stdin):
        try:
            async with engine.begin() as connection:
                await connection.execute(sa.text(statement))
            errors[statement] = None
        except sa.exc.DBAPIError as error:
            errors[statement] = error.orig.args[0]
    await engine.dispose()
    print(json.dumps(errors))

asyncio.run(main())
"""

DENIED = {1044, 1142, 1143, 1227, 1370}
"""MySQL's codes for a right that the account lacks."""


def errors(stack: Stack, *statements: str) -> dict[str, int | None]:
    """Return MySQL's error code for each statement as rates_api, null where it was let do."""
    said = stack.run_inside("rates-api", "python", "-c", ATTEMPTS, stdin=json.dumps(statements))
    codes: dict[str, int | None] = json.loads(said)
    return codes


@pytest.fixture(scope="session")
def grants(stack: Stack) -> dict[str, list[str]]:
    """Return the grants of each account, as MySQL states them."""
    asked = "MYSQL_PWD=$(cat /run/secrets/mysql_root_password) mysql -uroot -Ne"
    return {
        user: stack.run_inside(
            "mysql", "sh", "-c", f"{asked} 'SHOW GRANTS FOR {user}'"
        ).splitlines()
        for user in ("rates_sync", "rates_api")
    }


def test_rates_api_reads_every_view(stack: Stack) -> None:
    """The grants came before the views, and hold for them."""
    asked = [f"SELECT * FROM {view} LIMIT 1" for view in views.VIEWS]
    assert set(errors(stack, *asked).values()) == {None}


def test_rates_api_reads_no_table(stack: Stack) -> None:
    """What lies behind the views may change: nobody depends on it."""
    tables = [
        "observations",
        "payloads",
        "outbox",
        "head",
        "lease",
        "quota",
        "audit",
        "sync_status",
    ]
    asked = [f"SELECT * FROM {table} LIMIT 1" for table in tables]
    refused = errors(stack, *asked, "SELECT * FROM mysql.user", "SHOW CREATE VIEW head_v1")
    assert set(refused.values()) <= DENIED


def test_rates_api_writes_nothing(stack: Stack) -> None:
    """Neither rows nor schema, through views or past them, nor more rights for itself."""
    refused = errors(
        stack,
        "INSERT INTO head_v1 (timeline, position, event_id, recorded_at) VALUES (9, 9, '', now())",
        "UPDATE head_v1 SET position = position + 1",
        "DELETE FROM rate_history_v1",
        "UPDATE lease SET holder = 'me'",
        "DELETE FROM outbox",
        "CREATE TABLE mine (id INT)",
        "CREATE TEMPORARY TABLE mine (id INT)",
        "CREATE OR REPLACE VIEW head_v1 AS SELECT 1",
        "DROP VIEW head_v1",
        "DROP DATABASE rates",
        "TRUNCATE TABLE observations",
        "GRANT SELECT ON rates.* TO rates_api",
        "SET GLOBAL time_zone = '+01:00'",
    )
    assert {statement for statement, code in refused.items() if code not in DENIED} == set()


def test_rates_api_is_granted_nothing_but_to_read_the_views(grants: dict[str, list[str]]) -> None:
    """The account's rights, all of them: one SELECT for each view of the contract."""
    assert set(grants["rates_api"]) == {
        "GRANT USAGE ON *.* TO `rates_api`@`%`",
        *(f"GRANT SELECT ON `rates`.`{view}` TO `rates_api`@`%`" for view in views.VIEWS),
    }


def test_rates_sync_has_rights_in_its_schema_alone(grants: dict[str, list[str]]) -> None:
    """It owns tables and views, and can pass no right on."""
    everywhere, own = grants["rates_sync"]
    assert everywhere == "GRANT USAGE ON *.* TO `rates_sync`@`%`"
    assert own.endswith("ON `rates`.* TO `rates_sync`@`%`")
    assert "GRANT OPTION" not in own
    assert "ALL PRIVILEGES" not in own


# Runs in a container of a service, with its user: each command's error, or null.
COMMANDS = """
import json, os, sys
from pathlib import Path
import redis

(variable,) = [name for name in os.environ if name.endswith("_REDIS_URL_FILE")]
client = redis.Redis.from_url(Path(os.environ[variable]).read_text().strip(), protocol=2)
errors = {}
for command in json.load(sys.stdin):
    try:
        client.execute_command(*command)
        errors[" ".join(command)] = None
    except redis.RedisError as error:
        errors[" ".join(command)] = type(error).__name__
print(json.dumps(errors))
"""
REFUSED = "NoPermissionError"
STREAM, DOCUMENT = "{rates:v1}:events", "{rates:v1}:current"
WRITES = [
    ["XADD", STREAM, "9-9", "a", "b"],
    ["SET", DOCUMENT, "mine"],
    ["DEL", STREAM],
    ["PEXPIRE", DOCUMENT, "1"],
    ["XTRIM", STREAM, "MAXLEN", "0"],
]
BEYOND = [
    ["GET", "another"],
    ["FLUSHALL"],
    ["CONFIG", "GET", "*"],
    ["ACL", "LIST"],
    ["KEYS", "*"],
    ["SCRIPT", "FLUSH"],
    ["EVAL", "return 1", "0"],
    ["CLIENT", "KILL", "ID", "1"],
    ["SHUTDOWN"],
    ["PUBLISH", "channel", "text"],
]


def redis_errors(stack: Stack, service: str, commands: list[list[str]]) -> dict[str, str | None]:
    """Return the error of each command as the user of a service, null where it was let do."""
    said = stack.run_inside(service, "python", "-c", COMMANDS, stdin=json.dumps(commands))
    found: dict[str, str | None] = json.loads(said)
    return found


def test_rates_api_writes_nothing_to_redis(stack: Stack) -> None:
    """Whoever takes over a worker can't set a rate by way of the stream or a document."""
    assert set(redis_errors(stack, "rates-api", [*WRITES, *BEYOND]).values()) == {REFUSED}


def test_rates_api_reads_the_stream_and_the_documents(stack: Stack) -> None:
    """What a worker asks for is let through."""
    reads = [
        ["XREVRANGE", STREAM, "+", "-", "COUNT", "1"],
        ["XREAD", "COUNT", "1", "STREAMS", STREAM, "0-0"],
        ["MGET", DOCUMENT],
        ["GET", DOCUMENT],
    ]
    assert set(redis_errors(stack, "rates-api", reads).values()) == {None}


def test_rates_sync_has_rights_on_its_own_keys_alone(stack: Stack) -> None:
    """It may do what the relay does, and administers nothing."""
    elsewhere = [["SET", "another", "x"], ["XADD", "another", "*", "a", "b"]]
    assert set(redis_errors(stack, "rates-sync", [*BEYOND, *elsewhere]).values()) == {REFUSED}


def test_nobody_else_gets_into_redis(stack: Stack) -> None:
    """Without a user there is a ping, for the health check."""
    said = stack.run_inside("redis", "redis-cli", "GET", DOCUMENT)
    assert said.startswith("NOPERM")
    assert stack.run_inside("redis", "redis-cli", "PING").strip() == "PONG"
