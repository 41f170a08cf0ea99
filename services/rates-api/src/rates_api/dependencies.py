"""The health of a worker's dependencies and of its instance, for `/health` and metrics."""

import dataclasses
from collections.abc import Callable

import structlog

from rates_contracts.answers import Dependency, Level

log = structlog.get_logger(__name__)


@dataclasses.dataclass(frozen=True)
class InstanceHealth:
    """The health of the whole instance (protocol rule 24).

    `level` is the worst of its workers, `warnings` are those of any of them, so that they name each
    cause of it. `response_time_p95` (milliseconds) and `cache_hit_ratio` (0 to 1) cover the last 5
    minutes and all workers, None without traffic.
    """

    level: Level
    database: Dependency
    redis: Dependency
    response_time_p95: float | None = None
    cache_hit_ratio: float | None = None
    warnings: tuple[str, ...] = ()


class DependencyMonitor:
    """Whether a dependency answered when last asked; `degraded` until first asked.

    One log line at each change of state, so that a long outage is two lines and not one per second.
    """

    def __init__(self, name: str, on_change: Callable[[float], None]) -> None:
        """Log as `name`; `on_change` gets 1 after an answer, else 0."""
        self._name = name
        self._on_change = on_change
        self.state: Dependency = "degraded"
        on_change(0)

    def answered(self) -> None:
        """Note that it answered."""
        if self.state != "healthy":
            log.info("dependency_answers", dependency=self._name)
        self.state = "healthy"
        self._on_change(1)

    def failed(self, cause: Exception) -> None:
        """Note that it did not answer, and why."""
        if self.state != "unhealthy":
            log.warning("dependency_lost", dependency=self._name, cause=str(cause))
        self.state = "unhealthy"
        self._on_change(0)
