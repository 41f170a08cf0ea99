"""Sends alerts and purges for the outbox's events, at least once, each by a cursor (rule 21).

A purge is sent twice, the second a while after the event: a worker that had not yet applied the
event could have refilled the edge with the old rate. Outages and suspicious values have no event;
their alerts bypass the outbox. Records only its cursors.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

import structlog

from rates_contracts.events import Position, StoredEvent
from rates_sync.clock import Clock, Monotonic
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
"""The answers below `/api/v1/`."""
OUTAGE_AFTER = 10.0
"""Seconds of an outage of database or Redis without an alert: a failover takes some."""


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
    """One leader's dispatcher; `cursor_of` opens the cursor of each notice.

    `interval` and `second_purge` are seconds, measured by the monotonic clock (protocol rule 32).
    """

    def __init__(
        self,
        cursor_of: Callable[[Notice], Cursor],
        sinks: Sinks,
        clock: Clock,
        monotonic: Monotonic,
        *,
        interval: float,
        second_purge: float,
    ) -> None:
        self._cursors: dict[Notice, Cursor] = {notice: cursor_of(notice) for notice in NOTICES}
        self._sinks, self._clock, self._interval = sinks, clock, interval
        self._monotonic = monotonic
        self._delay: dict[Notice, float] = {"second_purge": second_purge}
        self._first_seen: dict[str, float] = {}
        self._direct: list[Alert] = []
        self._warned: set[str] = set()
        self.database, self.redis = OutageDetector("database"), OutageDetector("redis")

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
        unavailable = False
        for notice in NOTICES:
            try:
                await self._send_due(notice)
            except StoreUnavailable as error:
                log.warning("notices_not_read", notice=notice, error=str(error))
                unavailable = True
            except NotificationFailed as error:
                self._fail(notice, error)
        self._direct += self.database.alerts(unavailable, self._clock(), self._monotonic())
        await self._send_direct()

    def on_redis_step(self, *, unavailable: bool) -> None:
        """Note whether Redis answered the relay."""
        self._direct += self.redis.alerts(unavailable, self._clock(), self._monotonic())

    def on_suspicious(self, found: Sequence[Rejected]) -> None:
        """Send an alert for data that an operator must review."""
        if found:
            self._direct.append(_suspicion(found, self._clock()))

    def on_clock_jump(self, jump: timedelta) -> None:
        """Send an alert: the wall clock was set, or the machine slept (protocol rule 32)."""
        now, seconds = self._clock(), round(jump.total_seconds(), 3)
        summary = f"The clock of this instance moved by {seconds} s: everything is planned again."
        self._direct.append(Alert(f"clock_jumped-{now.isoformat()}", "clock_jumped", now, summary))

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
        """Warn once about each event type that only a later version of rates-sync knows."""
        for reason in sorted(reasons - self._warned):
            log.warning("event_undecodable", error=reason)
        self._warned |= reasons

    def _due(self, notice: Notice, pending: Sequence[StoredEvent]) -> list[StoredEvent]:
        """Hold back delayed notices, by the time since this leader first saw their events."""
        delay = self._delay.get(notice)
        if delay is None:
            return list(pending)
        now, before = self._monotonic(), self._first_seen
        ids = [event.envelope.event_id for event in pending]
        self._first_seen = {event_id: before.get(event_id, now) for event_id in ids}
        return [
            event
            for event, event_id in zip(pending, ids, strict=True)
            if now - self._first_seen[event_id] >= delay
        ]

    async def _send_direct(self) -> None:
        while self._direct:
            try:
                await self._publish(self._direct[0])
            except NotificationFailed as error:
                self._fail("alert", error)
                return
            del self._direct[0]


class OutageDetector:
    """Detects that the server `name` has been unavailable long enough for an alert."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._since: tuple[datetime, float] | None = None
        self._alerted = False

    def alerts(self, unavailable: bool, now: datetime, monotonic: float) -> list[Alert]:
        """Return the alert that is due now, if any: one per outage, and one when it is over."""
        if not unavailable:
            alerted, self._since, self._alerted = self._alerted, None, False
            return [self._alert("available", now, "answers again")] if alerted else []
        since, began = self._since = self._since or (now, monotonic)
        if self._alerted or monotonic - began < OUTAGE_AFTER:
            return []
        self._alerted = True
        return [self._alert("unavailable", since, "does not answer")]

    def _alert(self, state: str, at: datetime, predicate: str) -> Alert:
        name = f"{self._name}_{state}"
        return Alert(f"{name}-{at.isoformat()}", name, at, f"The {self._name} {predicate}.")


def _suspicion(found: Sequence[Rejected], now: datetime) -> Alert:
    """Return one alert per answer: a wrong level would otherwise send one for each day."""
    first = found[0]
    return Alert(
        f"suspicious_move-{first.series}-{first.date}-{first.raw}",
        "suspicious_move",
        now,
        f"{len(found)} values were set aside for review; the first: {first.reason}.",
        {"series": first.series, "date": str(first.date), "value": first.raw},
    )
