"""Whether a dependency answered when it was last asked, for people and metrics, never for requests.

The background loops tell it; `/health` and the metrics show it. One warning at each change of
state, so that a long outage is two lines in the log and not one a second.
"""

from collections.abc import Callable
from typing import Literal

import structlog

log = structlog.get_logger(__name__)

DependencyState = Literal["healthy", "degraded", "unhealthy"]


class Dependency:
    """One dependency's last answer; `degraded` until it was asked for the first time."""

    def __init__(self, name: str, up: Callable[[float], None]) -> None:
        """Report as `name`; `up` sets the gauge, 1 or 0."""
        self._name = name
        self._up = up
        self.state: DependencyState = "degraded"
        up(0)

    def answered(self) -> None:
        """Note that it answered."""
        if self.state != "healthy":
            log.info("dependency_answers", dependency=self._name)
        self.state = "healthy"
        self._up(1)

    def failed(self, cause: Exception) -> None:
        """Note that it did not answer, and why."""
        if self.state != "unhealthy":
            log.warning("dependency_lost", dependency=self._name, cause=str(cause))
        self.state = "unhealthy"
        self._up(0)
