"""What `serve` needs of the worker, as a port: the worker implements it, tests fake it.

Nothing here is awaited: a request waits for nothing (rule R6).
"""

import dataclasses
from datetime import datetime
from typing import Literal, Protocol

from rates_api.snapshot.current import CurrentSnapshot
from rates_api.snapshot.level import Level
from rates_contracts.answers import Dependency


@dataclasses.dataclass(frozen=True)
class InstanceHealth:
    """What the background knows of the whole instance (protocol rule 24).

    `level` is the worst of its workers, `response_time_p95` (milliseconds) and `cache_hit_ratio`
    (0 to 1) cover the last 5 minutes and all workers, null without traffic.
    """

    level: Level
    database: Dependency
    redis: Dependency
    response_time_p95: float | None = None
    cache_hit_ratio: float | None = None


class AnswerMetrics(Protocol):
    """Where `serve` reports what it did."""

    def answered(self, route: str, status: int, seconds: float, hits: int = 0) -> None:
        """Count an answer; `route` is a path template, or `unknown`.

        `hits` is 1 for one that was found finished, which `rendered` is not told.
        """

    def rendered(self, result: Literal["hit", "miss"]) -> None:
        """Count an answer that was found rendered, or had to be."""


class WorkerPort(Protocol):
    """The worker as an answer sees it."""

    @property
    def current(self) -> CurrentSnapshot:
        """Return the one reference to the snapshot that answers."""

    @property
    def metrics(self) -> AnswerMetrics:
        """Return where to report."""

    def clock(self) -> datetime:
        """Return now, aware, in UTC."""

    def timestamp(self) -> float:
        """Return now by the same clock, in POSIX seconds, at a fifth of the cost."""

    def monotonic(self) -> float:
        """Return seconds of a clock that never steps."""

    def new_request_id(self) -> str:
        """Return a fresh `X-Request-Id`."""

    def instance_health(self) -> InstanceHealth:
        """Return the last known figures of the instance, without asking anything."""
