"""The back ends of the integration and end-to-end tests, and which of them this machine has.

`stages` multiplies the tests by them. A test reads what it gets from RATES_TEST_DATABASE and
RATES_TEST_REDIS.
"""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from rates_dev.redis import PROGRAMS, server_program

ENGINE = ("docker", "version", "--format", "{{.Server.Version}}")
ENGINE_SECONDS = 20.0


@dataclass(frozen=True)
class BackEnd:
    """One combination of stores; `missing` says why this machine lacks it, if it does.

    `contained` if its stores, and end to end the services too, run in containers.
    """

    name: str
    label: str
    database: str
    redis: str
    contained: bool = False
    missing: str | None = None

    @property
    def environ(self) -> dict[str, str]:
        """What tells a test."""
        return {"RATES_TEST_DATABASE": self.database, "RATES_TEST_REDIS": self.redis}


BACK_ENDS = {
    one.name: one
    for one in (
        BackEnd("embedded", "SQLite + embedded Redis", "sqlite", "embedded"),
        BackEnd("server", "SQLite + redis-server", "sqlite", "server"),
        BackEnd("containers", "MySQL + Redis in containers", "mysql", "container", contained=True),
    )
}
Lack = Callable[[], str | None]


def no_server() -> str | None:
    """Say why no redis-server can be run."""
    return None if server_program() else f"no {' or '.join(PROGRAMS)} on PATH"


def no_engine(command: Sequence[str] = ENGINE) -> str | None:
    """Say why no container can be run."""
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, timeout=ENGINE_SECONDS, check=False
        )
    except FileNotFoundError:
        return f"no {command[0]} on PATH"
    except subprocess.TimeoutExpired:
        return "the container engine does not answer"
    if asked.returncode:
        return f"no container engine answers: {' '.join(asked.stderr.split())}"
    return None


LACKS: Mapping[str, Lack] = {"server": no_server, "containers": no_engine}


def back_ends(asked: Sequence[str] | None, lacks: Mapping[str, Lack] = LACKS) -> list[BackEnd]:
    """Return the back ends that were asked for (none: all there are), each with what it lacks."""
    names = asked or list(BACK_ENDS)
    missing = {name: lacks[name]() for name in names if name in lacks}
    return [replace(BACK_ENDS[name], missing=missing.get(name)) for name in names]
