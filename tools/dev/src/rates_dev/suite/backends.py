"""The back ends of the integration and end-to-end tests, and which of them this machine has.

`stages` multiplies the tests by them. A test reads which Redis it gets from RATES_TEST_REDIS.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rates_dev.redis import PROGRAMS, server_program

REDIS_VARIABLE = "RATES_TEST_REDIS"
REDIS_BACK_ENDS = ("embedded", "server")


@dataclass(frozen=True)
class BackEnd:
    """One combination of stores; `missing` says why this machine lacks it, if it does."""

    redis: str
    missing: str | None = None

    @property
    def label(self) -> str:
        """Its name in the table."""
        return "SQLite + " + ("embedded Redis" if self.redis == "embedded" else "redis-server")


def back_ends(
    asked: Sequence[str] | None, program: Callable[[], str | None] = server_program
) -> list[BackEnd]:
    """Return the back ends that were asked for (none: all there are), each with what it lacks."""
    lacking = {} if program() else {"server": f"no {' or '.join(PROGRAMS)} on PATH"}
    return [BackEnd(name, lacking.get(name)) for name in asked or REDIS_BACK_ENDS]
