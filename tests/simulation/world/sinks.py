"""Where alerts and purges go: SNS and CloudFront, which may refuse."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from rates_sync.notify.alerts import Alert
from simulation.world.clock import VirtualTime
from simulation.world.network import Link, Unreachable

SECONDS = 10.0
"""For a whole call, as the real adapters have it."""


@dataclass(frozen=True)
class SentAlert:
    """An alert that arrived, when by true time, and from whom."""

    at: datetime
    sender: str
    alert: Alert


@dataclass
class Topic:
    """What arrived at the topic and at the edge, in order."""

    time: VirtualTime
    alerts: list[SentAlert] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    """How often each alert, by ID, did not get through as far as its sender knows."""
    purges: list[datetime] = field(default_factory=list)
    on_purge: Callable[[], None] = lambda: None
    on_alert: Callable[[SentAlert], None] = lambda _: None


@asynccontextmanager
async def _translated(failed: type[Exception]) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(SECONDS):
            yield
    except (Unreachable, TimeoutError) as error:
        raise failed(str(error)) from error


class SimulatedAlerts:
    """The alerts of one instance."""

    def __init__(self, topic: Topic, link: Link, failed: type[Exception]) -> None:
        """Send to `topic` over `link`; `failed` is the edition's `NotificationFailed`."""
        self._topic, self._link, self._failed = topic, link, failed

    async def publish(self, alert: Alert) -> None:
        """Send `alert`. Raises `NotificationFailed`, also for one that has arrived."""
        refused = self._topic.refused
        refused[alert.id] = refused.get(alert.id, 0) + 1
        async with _translated(self._failed):
            await self._link.send()
            sender = self._link.machine.name
            sent = SentAlert(self._topic.time.now, sender, alert)
            self._topic.alerts.append(sent)
            self._topic.on_alert(sent)
            await self._link.receive()
            refused[alert.id] -= 1


class SimulatedEdge:
    """The edge as one instance purges it."""

    configured = True

    def __init__(self, topic: Topic, link: Link, failed: type[Exception]) -> None:
        """Purge over `link`; `failed` is the edition's `NotificationFailed`."""
        self._topic, self._link, self._failed = topic, link, failed

    async def purge(self, paths: Sequence[str]) -> None:
        """Purge. Raises `NotificationFailed`, also for one that was done."""
        del paths
        async with _translated(self._failed):
            await self._link.send()
            self._topic.purges.append(self._topic.time.now)
            self._topic.on_purge()
            await self._link.receive()
