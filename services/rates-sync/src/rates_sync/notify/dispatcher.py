"""Alerts and purges: they follow the outbox, each with its own cursor, at least once (rule 21).

A purge is sent twice, the second 20 s after the event, or a worker that had not seen it yet would
refill the edge with the old rate. While the database or Redis is away, and for a move that needs
review, an alert is sent directly. Records nothing but its cursors.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

import structlog

from rates_contracts.events import Position, StoredEvent
from rates_sync.clock import Clock
from rates_sync.errors import NotificationFailed, StoreUnavailable
from rates_sync.liveness import wait_for_wake
from rates_sync.notify.alerts import Alert, Alerts
from rates_sync.notify.cdn import EdgeCache
from rates_sync.notify.rules import alerts_of, must_purge, undecodable
from rates_sync.upstream import Rejected

log = structlog.get_logger(__name__)

Notice = Literal["alert", "purge", "second_purge"]
NOTICES: tuple[Notice, ...] = ("alert", "purge", "second_purge")

PURGED = ("/api/v1/*",)
"""Every answer that the edge keeps."""
OUTAGE_AFTER = timedelta(seconds=10)
"""The database or Redis may be away for so long without an alert: a failover takes seconds."""


class Cursor(Protocol):
    """A named place in the outbox; each method may raise `StoreUnavailable`."""

    async def pending(self) -> Sequence[StoredEvent]:
        """Return the oldest events after the cursor, ascending."""
        ...

    async def passed(self) -> StoredEvent | None:
        """Return the event at the cursor, None before the first."""
        ...

    async def advance(self, to: Position) -> None:
        """Move on to `to`. Raises `LeaseLost`."""
        ...


@dataclass(frozen=True, slots=True)
class Sinks:
    """Where notices go; `on_notice` is called with each, and whether it was sent."""

    alerts: Alerts
    edge: EdgeCache
    on_notice: Callable[[Notice, bool], None]


class NotificationDispatcher:
    """One leader's dispatcher; `cursor_of` opens the cursor of each notice, `interval` in s."""

    def __init__(
        self,
        cursor_of: Callable[[Notice], Cursor],
        sinks: Sinks,
        clock: Clock,
        *,
        interval: float,
        second_purge: timedelta,
    ) -> None:
        self._cursors: dict[Notice, Cursor] = {notice: cursor_of(notice) for notice in NOTICES}
        self._sinks, self._clock, self._interval = sinks, clock, interval
        self._delay: dict[Notice, timedelta] = {"second_purge": second_purge}
        self._direct: list[Alert] = []
        self._warned: set[str] = set()
        self.database, self.redis = Outage("database"), Outage("redis")

    async def run(self, wake: asyncio.Event) -> None:
        """Send what is due whenever `wake` is set and at least every interval.

        Raises `LeaseLost`.
        """
        while True:
            wake.clear()
            await self.step()
            await wait_for_wake(wake, self._interval)

    async def step(self) -> None:
        """Send what is due now; what fails stays for the next step. Raises `LeaseLost`."""
        away = False
        for notice in NOTICES:
            try:
                await self._send_due(notice)
            except StoreUnavailable as error:
                log.warning("notices_not_read", notice=notice, error=str(error))
                away = True
            except NotificationFailed as error:
                self._fail(notice, error)
        self._direct += self.database.alerts(away, self._clock())
        await self._send_direct()

    def on_redis_step(self, *, away: bool) -> None:
        """Take note of whether Redis answered the relay."""
        self._direct += self.redis.alerts(away, self._clock())

    def on_suspicious(self, found: Sequence[Rejected]) -> None:
        """Alert of data that a person has to review."""
        if found:
            self._direct.append(_suspicion(found, self._clock()))

    async def _send_due(self, notice: Notice) -> None:
        """Send for all events that are due, then move the cursor past them."""
        cursor = self._cursors[notice]
        due = self._due(notice, await cursor.pending())
        if not due:
            return
        self._warn_of(undecodable(due))
        before = await cursor.passed()
        if notice == "alert":
            for alert in alerts_of(before, due):
                await self._publish(alert)
        elif self._sinks.edge.configured and must_purge(before, due):
            await self._sinks.edge.purge(PURGED)
            self._sinks.on_notice(notice, True)
        await cursor.advance(due[-1].at)

    async def _publish(self, alert: Alert) -> None:
        await self._sinks.alerts.publish(alert)
        self._sinks.on_notice("alert", True)

    def _fail(self, notice: Notice, error: NotificationFailed) -> None:
        log.warning("notice_not_sent", notice=notice, error=str(error))
        self._sinks.on_notice(notice, False)

    def _warn_of(self, reasons: set[str]) -> None:
        """Warn once of each type that only a later version of this service knows."""
        for reason in sorted(reasons - self._warned):
            log.warning("event_undecodable", error=reason)
        self._warned |= reasons

    def _due(self, notice: Notice, pending: Sequence[StoredEvent]) -> list[StoredEvent]:
        """Only a notice with a delay is compared with the clock, which may have been set back."""
        delay = self._delay.get(notice)
        if delay is None:
            return list(pending)
        now = self._clock()
        return [event for event in pending if event.envelope.recorded_at + delay <= now]

    async def _send_direct(self) -> None:
        while self._direct:
            try:
                await self._publish(self._direct[0])
            except NotificationFailed as error:
                self._fail("alert", error)
                return
            del self._direct[0]


class Outage:
    """Whether the server called `name` has been away for so long that people should know."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._since: datetime | None = None
        self._alerted = False

    def alerts(self, away: bool, now: datetime) -> list[Alert]:
        """Return the alert that is due now, if any: once when away, once when back."""
        if not away:
            alerted, self._since, self._alerted = self._alerted, None, False
            return [self._alert("available", now, "answers again")] if alerted else []
        self._since = self._since or now
        if self._alerted or now - self._since < OUTAGE_AFTER:
            return []
        self._alerted = True
        return [self._alert("unavailable", self._since, "does not answer")]

    def _alert(self, state: str, at: datetime, words: str) -> Alert:
        name = f"{self._name}_{state}"
        return Alert(f"{name}-{at.isoformat()}", name, at, f"The {self._name} {words}.")


def _suspicion(found: Sequence[Rejected], now: datetime) -> Alert:
    """Return one alert for all that an answer held: a wrong level would make one for each day."""
    first = found[0]
    return Alert(
        f"suspicious_move-{first.series}-{first.date}-{first.raw}",
        "suspicious_move",
        now,
        f"{len(found)} values were set aside for review; the first: {first.reason}.",
        {"series": first.series, "date": str(first.date), "value": first.raw},
    )
