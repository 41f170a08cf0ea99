"""Alerts for the people who operate the platform: the port, and the log as its plainest adapter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

import structlog

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. `id` is the same when it is sent again: delivery is at least once.

    `name` is ASCII snake_case (`breaker_opened`), `at` aware UTC, `summary` a sentence; `details`
    hold no secrets.
    """

    id: str
    name: str
    at: datetime
    summary: str
    details: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class Alerts(Protocol):
    """Where alerts go."""

    async def publish(self, alert: Alert) -> None:
        """Send `alert`; returns once it is accepted.

        Raises `NotificationFailed` when that is not certain: then it may be sent again.
        """
        ...


class LogAlerts:
    """Alerts as warnings in the log, where no topic is configured. Never fails."""

    async def publish(self, alert: Alert) -> None:
        """Write the warning `alert`."""
        log.warning(
            "alert",
            alert_id=alert.id,
            alert=alert.name,
            at=alert.at.isoformat(),
            summary=alert.summary,
            **{f"detail_{name}": value for name, value in alert.details.items()},
        )
