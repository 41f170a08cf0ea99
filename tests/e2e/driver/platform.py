"""The platform as scenarios drive it: what can be done to it, and asked of it.

`native` builds it of processes of this machine, `compose` of containers: the same parts over other
processes. Nothing here names a process, a port or a path. Every wait is `until`: it looks at an
answer, a metric or the record, and never sleeps for a fixed time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from driver.answers import Unreachable
from driver.banxico import Banxico
from driver.clock import SharedClock
from driver.database import Database
from driver.plan import Plan
from driver.processes import Process
from driver.redis import RedisServer
from driver.services import Api, Connectivity, Sync
from rates_dev.processes import wait_for

T = TypeVar("T")

EVERY = 0.03
"""Seconds between two looks at what a wait waits for."""


@dataclass
class Platform:
    """All parts, built but not started."""

    clock: SharedClock
    database: Database
    redis: RedisServer
    banxico: Banxico
    sync: Sequence[Sync]
    api: Api
    standing: Sequence[Process] = ()
    """What of it lives on when it ends."""
    ways: Mapping[tuple[str, str], Connectivity] = field(default_factory=dict)
    """How a service (`sync`, `api`) reaches a server (`mysql`, `redis`), where a driver knows."""
    over: bool = False

    def start(self) -> None:
        """Start everything and wait until the platform is healthy."""
        self.launch()
        self.until_healthy()

    def launch(self) -> None:
        """Start everything, without waiting for answers."""
        _at_once([self.redis.start, self.banxico.start])
        self.until(lambda: self.redis.answers() and self.banxico.answers(), within=15)
        _at_once([instance.start for instance in (*self.sync, *self.api.instances)])

    def until_healthy(self, within: float = 30) -> None:
        """Wait until every instance and worker is ready, and the front says that all is well."""

        def healthy() -> bool:
            # A standby prepares the database after the leader: the front is well before that.
            if not all(instance.ready() for instance in self.sync if instance.alive):
                return False
            levels = {answer["level"] for answer in self.api.every_instance("/health")}
            says_healthy = levels == {self.api.get("/health")["level"]} == {"healthy"}
            return says_healthy and self.api.every_worker_ready()

        self.until(healthy, within=within, what="healthy")

    def until(self, met: Callable[[], T | None], *, within: float = 10, what: str = "") -> T:
        """Return what `met` returns once it is true; fail when that takes longer than `within` s.

        A part that can't be reached meanwhile has not met it yet.
        """
        seen: object = None

        def look() -> T | None:
            nonlocal seen
            try:
                seen = found = met()
            except Unreachable as error:
                seen = error
                return None
            return found

        if found := wait_for(look, within, EVERY):
            return found
        raise AssertionError(
            f"not within {within} s: {what or getattr(met, '__code__', met)}; saw {seen!r};"
            f" rates-api last said {self.api.said}"
        )

    def close(self) -> None:
        """End every process."""
        self.over = True
        self.redis.close()
        _at_once([process.end for process in self.processes()])

    def report(self) -> str:
        """Return the end of every process's log, for a scenario that failed."""
        lines: list[str] = []
        for process in (*self.processes(), *self.standing):
            lines += [f"--- {process.name} (exit code {process.exit_code}) ---"]
            lines += process.last_lines()
        return "\n".join(lines)

    def part(self, name: str) -> Process:
        """Return the process that reports call `name`."""
        every = (*self.processes(), *self.standing)
        return next(process for process in every if process.name == name)

    def processes(self) -> Iterator[Process]:
        """Yield every process of ours, in the order of their start."""
        yield self.redis.process
        yield self.banxico.process
        yield from (sync.process for sync in self.sync)
        yield from (instance.process for instance in self.api.instances)


def _at_once(works: Sequence[Callable[[], None]]) -> None:
    """Do all of them side by side: an engine takes its time for each container."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda work: work(), works))


class Build(Protocol):
    """What gives a scenario the platform of its plan."""

    def __call__(self, plan: Plan | None = None) -> Platform: ...


class Driver(Protocol):
    """What builds platforms, all from the record of one session."""

    def platform(self, plan: Plan) -> AbstractContextManager[Platform]:
        """Give a platform that is not started yet; all of it ends with the block."""
        ...
