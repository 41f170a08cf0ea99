"""Every call of the AWS CLI, in scripts, workflows and pages, is one that the CLI has.

Service, command and options are held against botocore's service models, of which the CLI makes its
own: an operation or a member of its input, in lower case and with hyphens.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import botocore.session
import pytest
from botocore import xform_name

ROOT = Path(__file__).parents[2]

GLOBAL = {"query", "output", "region", "cli-input-json", "profile", "no-cli-pager"}
"""https://docs.aws.amazon.com/cli/latest/reference/ (global options), and cli-input-json."""
OF_THE_CLI = {("ecr", "get-login-password"): set[str]()}
"""Commands that are no operation."""
SHORTHANDS = {("cloudfront", "create-invalidation"): {"paths"}}
"""Options that the CLI has beside the operation's members."""
SERVICES = {"s3api": "s3"}
"""Where the CLI names a service otherwise."""


class Command(NamedTuple):
    """A call of the CLI: where, what, with which options."""

    file: str
    service: str
    name: str
    options: frozenset[str]


def texts() -> Iterator[tuple[str, str]]:
    """Yield the path and the shell of each script, workflow and page."""
    for path in sorted((ROOT / "deploy").rglob("*.sh")):
        if ".venv" not in path.parts:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    for path in sorted((ROOT / ".github").rglob("*.yml")):
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    for path in [*(ROOT / "docs").rglob("*.md"), ROOT / "deploy/terraform/README.md"]:
        code = re.findall(r"```sh\n(.*?)```|`(aws [^`]*)`", path.read_text("utf-8"), re.DOTALL)
        yield str(path.relative_to(ROOT)), "\n".join(block or line for block, line in code)


def commands() -> Iterator[Command]:
    """Yield each call; a continued line is one line, a comment none."""
    for file, text in texts():
        lines = re.sub(r"\\\n\s*", " ", re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE))
        for called in re.findall(r"(?<![\w./-])aws ([a-z0-9-]+) ([a-z0-9-]+)([^\n|]*)", lines):
            options = re.findall(r"(?<=\s)--([a-z0-9-]+)", called[2])
            yield Command(file, called[0], called[1], frozenset(options))


COMMANDS = sorted(set(commands()))
SESSION = botocore.session.get_session()


def admitted(service: str, name: str) -> set[str]:
    """Return the options of a command, those of all commands aside."""
    if (service, name) in OF_THE_CLI:
        return OF_THE_CLI[service, name]
    model = SESSION.get_service_model(SERVICES.get(service, service))
    [operation] = [one for one in model.operation_names if xform_name(one, "-") == name]
    shape = model.operation_model(operation).input_shape
    members = {xform_name(member, "-"): shape.members[member] for member in shape.members}
    switches = {f"no-{member}" for member, of in members.items() if of.type_name == "boolean"}
    return {*members, *switches, *SHORTHANDS.get((service, name), ())}


def waited_for(command: Command, shell: str) -> set[str]:
    """Return the waiters that `aws SERVICE wait WAITER` names."""
    return set(re.findall(rf"aws {command.service} wait ([a-z-]+)", shell))


def test_there_are_commands() -> None:
    """The reading of the files finds them."""
    assert len(COMMANDS) > 30
    assert {command.service for command in COMMANDS} >= {"rds", "ssm", "ecr", "secretsmanager"}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: f"{one.file} {one.name}")
def test_the_cli_has_the_command_and_its_options(command: Command) -> None:
    """A misspelt or retired option is found here, not in an emergency."""
    if command.name == "wait":
        shell = dict(texts())[command.file]
        waiters = SESSION.get_waiter_model(command.service).waiter_names
        known = {xform_name(waiter, "-") for waiter in waiters}
        assert waited_for(command, shell) <= known
    else:
        assert command.options - GLOBAL <= admitted(command.service, command.name)


def test_what_only_serverless_v1_takes_is_not_asked_of_others() -> None:
    """ModifyDBCluster ignores EnableHttpEndpoint but for Serverless v1, by its documentation."""
    for command in COMMANDS:
        if command.name == "modify-db-cluster":
            assert "enable-http-endpoint" not in command.options, command.file


def test_nobody_waits_for_a_name_by_a_waiter_that_fails_without_it() -> None:
    """db-cluster-available gives up at once on a cluster that is not there (yet)."""
    waiter = SESSION.get_waiter_model("rds").get_waiter("DBClusterAvailable")
    assert not [one for one in waiter.acceptors if one.expected == "DBClusterNotFoundFault"]
    assert "wait db-cluster-available" not in "".join(text for _, text in texts())


def test_shell_can_be_split() -> None:
    """Each block of shell in a page has its quotes closed."""
    for path in (ROOT / "docs").rglob("*.md"):
        for block in re.findall(r"```sh\n(.*?)```", path.read_text("utf-8"), re.DOTALL):
            shlex.split(block, comments=True)
