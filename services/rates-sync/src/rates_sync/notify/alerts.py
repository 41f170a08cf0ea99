"""Alerts for operators: the port, its adapter that writes to the log, and who sends them again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal, Protocol

import structlog

from rates_sync.clock import Monotonic
from rates_sync.errors import NotificationFailed

log = structlog.get_logger(__name__)

NoticeOutcome = Literal["sent", "failed", "set_aside"]
"""How sending a notice ended; only alerts are ever set aside (protocol rule 44)."""

MAX_REFUSALS: Final = 10
"""An alert that is refused so often is set aside (protocol rule 44)."""
MAX_PAUSE: Final = 60.0
"""The longest pause (s) after a refusal; they begin at 1 s and double: four minutes in all."""
MIN_APART: Final = 3600.0
"""Seconds between two alerts of a kind that what comes from outside can cause without limit."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. `id` stays the same when it is sent again: delivery is at least once.

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

        Raises `NotificationFailed` if that is uncertain; the caller may send it again.
        """
        ...


class LogAlerts:
    """Writes alerts to the log as warnings, if no topic is configured. Never fails."""

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


@dataclass(frozen=True, slots=True)
class _Refusals:
    """How often an alert was refused, and when (monotonic seconds) it may be tried again."""

    count: int
    not_before: float


class AlertSender:
    """Sends each alert until it is accepted, or set aside after `MAX_REFUSALS` refusals.

    One that can't be sent must not keep the others from people (protocol rule 44). `on_outcome` is
    called with how each attempt ended.
    """

    def __init__(
        self, alerts: Alerts, monotonic: Monotonic, on_outcome: Callable[[NoticeOutcome], None]
    ) -> None:
        self._alerts, self._monotonic, self._on_outcome = alerts, monotonic, on_outcome
        self._refused: dict[str, _Refusals] = {}

    async def send(self, alert: Alert) -> bool:
        """Send `alert`, unless it was refused just now; tell whether it is done with.

        If it is not, the caller sends it again later.
        """
        refusals = self._refused.get(alert.id)
        if refusals is not None and self._monotonic() < refusals.not_before:
            return False
        try:
            await self._alerts.publish(alert)
        except NotificationFailed as error:
            return self._refuse(alert, error)
        self._refused.pop(alert.id, None)
        self._on_outcome("sent")
        return True

    def _refuse(self, alert: Alert, error: NotificationFailed) -> bool:
        """Count a refusal; tell whether it was the last."""
        log.warning("notice_not_sent", notice="alert", alert=alert.name, error=str(error))
        self._on_outcome("failed")
        before = self._refused.pop(alert.id, None)
        count = 1 if before is None else before.count + 1
        if count >= MAX_REFUSALS:
            self._set_aside(alert)
            return True
        pause = min(2.0 ** (count - 1), MAX_PAUSE)
        self._refused[alert.id] = _Refusals(count, self._monotonic() + pause)
        return False

    def _set_aside(self, alert: Alert) -> None:
        log.error("alert_set_aside", alert_id=alert.id, alert=alert.name, summary=alert.summary)
        self._on_outcome("set_aside")


class RareAlerts:
    """Lets at most one alert of a kind through in `MIN_APART` seconds (protocol rule 34).

    Of those that come meanwhile the newest waits, and says how many they were.
    """

    def __init__(self, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        self._not_before: dict[str, float] = {}
        self._waiting: dict[str, tuple[Alert, int]] = {}

    def add(self, kind: str, alert: Alert) -> None:
        """Let `alert` go out as soon as its `kind` may."""
        _, before = self._waiting.get(kind, (alert, 0))
        self._waiting[kind] = alert, before + 1

    def due(self) -> list[Alert]:
        """Return what may go out now, each alert once."""
        now = self._monotonic()
        kinds = [kind for kind in self._waiting if now >= self._not_before.get(kind, now)]
        self._not_before |= dict.fromkeys(kinds, now + MIN_APART)
        return [_counted(*self._waiting.pop(kind)) for kind in kinds]


def _counted(alert: Alert, count: int) -> Alert:
    if count == 1:
        return alert
    return replace(alert, summary=f"{alert.summary} The last of {count} since the alert before.")
