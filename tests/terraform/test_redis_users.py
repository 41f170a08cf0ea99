"""Each service's user of Redis may run what the service calls, and nothing else (rule 45).

The commands have one home, compose's start.sh, which Terraform reads and Kubernetes' page names.
What is called is read from the code and from the runbooks. A real Redis of ElastiCache's version,
7.0, takes the users as Terraform hands them over, since ElastiCache refuses what that refuses.
"""

import ast
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.client import Pipeline
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import NoPermissionError, ResponseError

from rates_contracts.stream import EVENTS
from rates_dev.ports import free_port
from support.programs import require
from support.servers import until_it_answers
from terraform.modules import CACHE

ROOT = Path(__file__).parents[2]
START = ROOT / "deploy/compose/redis/start.sh"
Resources = list[dict[str, Any]]

METHODS = {
    "delete": "del",
    "execute": "exec",
    "xinfo_stream": "xinfo|stream",
    **{name: name for name in ("get", "mget", "multi", "pexpire", "ping", "pttl", "set", "type")},
    **{name: name for name in ("watch", "xadd", "xrange", "xread", "xrevrange", "xtrim")},
}
"""The client's methods that the services call, each with its command."""
NO_COMMANDS = {"aclose", "pipeline", "from_url", "close"}
OF_CLIENTS = {"client|setname", "client|setinfo", "select", "ping"}
"""What a client does to connect: its name, its version, the URL's database; a health check."""
OF_PIPELINES = {"unwatch"}
"""How a pipeline that watches ends without EXEC."""
READ_AHEAD = {"get", "xinfo|stream"}
"""Rule 45 grants them to rates-api for what a person asks in its container; they only read."""
WITHHELD = {
    *("bgrewriteaof", "bgsave", "config", "debug", "migrate", "replicaof", "save", "slaveof"),
    *("shutdown", "sync", "acl|setuser", "acl|deluser", "acl|load", "acl|save", "reset"),
}
"""What ElastiCache has for nobody: a user with one of these is refused.

https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ClientConfig.RestrictedCommands.html and
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html
"""
RUNBOOKS = {
    "CLIENT LIST": {"client|list"},
    "ACL LOG": {"acl|log"},
    "INFO memory": {"info"},
    "--scan": {"scan"},
    "XLEN {rates:v1}:events": {"xlen"},
}
"""What the runbooks ask with `redis-cli`, as rates_sync, and the commands that this takes."""


def granted(user: str) -> set[str]:
    """Return the commands of a user in compose: `sync` or `api`, with everybody's."""
    text = START.read_text(encoding="utf-8")
    lists = [
        found
        for name in ("everybody", user)
        for found in re.findall(rf"^{name}='([^']*)'$", text, re.MULTILINE)
    ]
    assert len(lists) == 2
    return {word.removeprefix("+") for words in lists for word in words.split()}


def called(*folders: str) -> set[str]:
    """Return the commands that code under `folders` calls on a client or a pipeline of Redis."""
    found = set[str]()
    for folder in folders:
        path = ROOT / folder
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                found |= set(_methods(node))
    unknown = found - METHODS.keys() - NO_COMMANDS
    assert not unknown, f"which command is it? {unknown}"
    return {METHODS[name] for name in found - NO_COMMANDS}


def _methods(node: ast.AST) -> Iterator[str]:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return
    receiver = ast.unparse(node.func.value).rpartition(".")[2].lstrip("_")
    is_clients = hasattr(AsyncRedis, node.func.attr) or hasattr(Pipeline, node.func.attr)
    if receiver in {"redis", "pipe", "Redis"} and is_clients:
        yield node.func.attr


def asked() -> list[list[str]]:
    """Return what the runbooks ask of Redis: the words after its URL, without what follows."""
    pages = (page.read_text("utf-8") for page in sorted((ROOT / "docs/runbooks").glob("*.md")))
    lines = re.findall(r'^redis-cli -u "\$REDIS" ([^|#\n]+)', "\n".join(pages), re.MULTILINE)
    return [shlex.split(line) for line in lines]


def test_rates_api_may_run_what_a_worker_calls_and_nothing_else() -> None:
    """Read from the code, both ways."""
    calls = called("services/rates-api/src")
    assert calls >= {"xread", "xrevrange", "mget"}
    assert granted("api") == calls | OF_CLIENTS | READ_AHEAD


def test_rates_sync_may_run_what_it_calls_and_what_the_runbooks_ask() -> None:
    """Read from the code, from the automations' script and from the runbooks, both ways."""
    script = "deploy/terraform/modules/runbooks/files/documents.py"
    calls = called("services/rates-sync/src", script)
    assert calls >= {"xadd", "set", "watch", "exec"}
    questions = {command for words in asked() for command in RUNBOOKS[" ".join(words)]}
    assert granted("sync") == calls | questions | OF_CLIENTS | OF_PIPELINES


@pytest.fixture(scope="module")
def users(created: Callable[[str, dict[str, Any]], Resources]) -> dict[str, str]:
    """The access string of each user, as ElastiCache gets it."""
    resources = created("cache", CACHE)
    return {
        one["user_name"]: one["access_string"]
        for one in resources
        if one["type"] == "aws_elasticache_user"
    }


@contextmanager
def running(folder: Path) -> Iterator[Redis]:
    """Serve Redis, keeping nothing."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            with Redis(port=port, socket_timeout=5) as client:
                until_it_answers(client.ping, (RedisAway, OSError))
                yield client
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def redis(users: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A Redis with the users, each with its name as its password, and the platform's keys."""
    require("redis-server")
    with running(tmp_path_factory.mktemp("redis")) as client:
        if not str(client.info("server")["redis_version"]).startswith("7.0."):
            pytest.skip("needs Redis 7.0: a later one knows more commands than ElastiCache's")
        for name in ("rates_sync", "rates_api"):
            ask(client, "ACL", "SETUSER", name, f">{name}", *users[name].split())
        client.set("{rates:v1}:current", "{}")
        client.xadd(EVENTS, {"a": "b"}, id="1-1")
        yield client


def ask(client: Redis, *words: str) -> None:
    """Run a command as it stands; raises Redis' error."""
    client.execute_command(*words)  # type: ignore[no-untyped-call]


def as_user(redis: Redis, name: str) -> Redis:
    """Return a client of a service's."""
    port = redis.get_connection_kwargs()["port"]
    return Redis(port=port, username=name, password=name, protocol=2, client_name=name)


READS = [
    ["XREVRANGE", EVENTS, "+", "-", "COUNT", "1"],
    ["XREAD", "COUNT", "1", "STREAMS", EVENTS, "0-0"],
    ["MGET", "{rates:v1}:current", "{rates:v1}:signatures"],
    ["GET", "{rates:v1}:current"],
    ["XINFO", "STREAM", EVENTS],
    ["PING"],
]
WRITES = [
    ["SET", "{rates:v1}:current", "{}"],
    ["XADD", EVENTS, "9-9", "a", "b"],
    ["XTRIM", EVENTS, "MINID", "1-1"],
    ["PEXPIRE", "{rates:v1}:current", "1000", "GT"],
    ["DEL", "{rates:v1}:current"],
]
BEYOND = [
    ["GET", "another"],
    ["FLUSHALL"],
    ["CONFIG", "GET", "*"],
    ["KEYS", "*"],
    ["EVAL", "return 1", "0"],
    ["PUBLISH", "channel", "text"],
    ["CLIENT", "KILL", "ID", "1"],
    ["ACL", "LIST"],
]


def refused(client: Redis, commands: list[list[str]]) -> list[str]:
    """Return the commands that Redis refuses for want of a right."""
    names = []
    for command in commands:
        try:
            ask(client, *command)
        except NoPermissionError:
            names.append(command[0])
    return names


def test_rates_api_only_reads(redis: Redis) -> None:
    """Everything that a worker asks for, and no write, on a Redis as ElastiCache has it."""
    with as_user(redis, "rates_api") as client:
        assert refused(client, READS) == []
        rest = WRITES + BEYOND
        assert refused(client, rest) == [command[0] for command in rest]


def test_rates_sync_writes_its_own_keys(redis: Redis) -> None:
    """The relay's commands, in a transaction; nothing elsewhere, nothing that administers."""
    with as_user(redis, "rates_sync") as client:
        assert refused(client, WRITES) == []
        assert refused(client, BEYOND) == [command[0] for command in BEYOND]
        with client.pipeline(transaction=True) as pipe:
            pipe.watch(EVENTS)
            assert pipe.type(EVENTS) == b"stream"
            pipe.multi()
            pipe.set("{rates:v1}:current", "{}", px=1000)
            assert pipe.execute() == [True]


def test_the_runbooks_questions_are_answered(redis: Redis) -> None:
    """Each is asked as the page has it, as the user of whom the page speaks."""
    require("redis-cli")
    port = redis.get_connection_kwargs()["port"]
    assert asked()
    for words in asked():
        command = ["redis-cli", "-u", f"redis://rates_sync:rates_sync@127.0.0.1:{port}", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "NOPERM" not in done.stdout + done.stderr, words


def test_an_unknown_command_would_be_refused_with_its_user(
    redis: Redis, users: dict[str, str]
) -> None:
    """Why CLIENT SETINFO is left out: ElastiCache's Redis has no such command."""
    with pytest.raises(ResponseError, match="Unknown command"):
        ask(redis, "ACL", "SETUSER", "new", "+client|setinfo")
    assert "setinfo" not in "".join(users.values())


def test_no_user_has_a_command_that_elasticache_withholds(users: dict[str, str]) -> None:
    """It would be an exception at the apply."""
    for access in users.values():
        named = {word.removeprefix("+") for word in access.split() if word.startswith("+")}
        assert not {one for one in named if one in WITHHELD or one.split("|")[0] in WITHHELD}


def test_nobody_gets_in_without_a_name(users: dict[str, str]) -> None:
    """The user that a client without one would be is off, and has no command."""
    assert users["default"].startswith("off ")
    assert users["default"].endswith(" -@all")
