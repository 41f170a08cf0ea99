"""Alerts and purges: they follow the outbox, each with its own cursor, at least once (rule 21).

`leader` runs it. A purge goes out twice, the second 20 s after the event, or a worker that was not
there yet would refill the edge with the old rate. While the database or Redis is away, and for a
move that needs a person's look, an alert goes out directly. Records nothing but its cursors.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

import structlog

from rates_contracts.events import Position, StoredEvent
from rates_sync.errors import NotificationFailed, StoreUnavailable
from rates_sync.notify.alerts import Alert, Alerts
from rates_sync.notify.cdn import EdgeCache
from rates_sync.notify.rules import alerts_of, purges, unknown
from rates_sync.upstream import Rejected

log = structlog.get_logger(__name__)

Notice = Literal["alert", "purge", "second_purge"]
NOTICES: tuple[Notice, ...] = ("alert", "purge", "second_purge")

PURGED = ("/api/v1/*",)
"""Every answer that the edge keeps."""
OUTAGE_AFTER = timedelta(seconds=10)
"""So long may the database or Redis be away without an alert: a failover takes seconds."""


class Cursor(Protocol):
    """A place in the outbox under a name; each method may raise `StoreUnavailable`."""

    async def pending(self, most: int = 100) -> Sequence[StoredEvent]:
        """Return the oldest events after the cursor."""
        ...

    async def passed(self) -> StoredEvent | None:
        """Return the event at the cursor, None before the first."""
        ...

    async def advance(self, to: Position) -> None:
        """Move on. Raises `LeaseLost`."""
        ...


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where notices go, and who counts them: (notice, sent)."""

    alerts: Alerts
    edge: EdgeCache
    observe: Callable[[Notice, bool], None]


class Courier:
    """One leader's courier; `cursor_of` opens the cursor of each notice."""

    def __init__(
        self,
        cursor_of: Callable[[Notice], Cursor],
        outlets: Outlets,
        clock: Callable[[], datetime],
        *,
        interval: float = 1.0,
        second_purge: timedelta = timedelta(seconds=20),
    ) -> None:
        self._cursors: dict[Notice, Cursor] = {notice: cursor_of(notice) for notice in NOTICES}
        self._outlets, self._clock, self._interval = outlets, clock, interval
        self._delay: dict[Notice, timedelta] = {"second_purge": second_purge}
        self._direct: list[Alert] = []
        self._warned: set[str] = set()
        self.database, self.redis = Outage("database"), Outage("redis")

    async def run(self, wake: asyncio.Event) -> None:
        """Send what is due whenever `wake` is set and at least every interval; never ends.

        Raises `LeaseLost`.
        """
        while True:
            wake.clear()
            await self.step()
            # Not `wait_for`: before Python 3.12 it swallows a cancellation that meets the wake,
            # and a lost lease would leave this loop running.
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval):
                    await wake.wait()

    async def step(self) -> None:
        """Send what is due now; what fails stays for the next step. Raises `LeaseLost`."""
        away = False
        for notice in NOTICES:
            try:
                await self._follow(notice)
            except StoreUnavailable as error:
                log.warning("notices_not_read", notice=notice, error=str(error))
                away = True
            except NotificationFailed as error:
                log.warning("notice_not_sent", notice=notice, error=str(error))
                self._outlets.observe(notice, False)
        self._direct += self.database.seen(away, self._clock())
        await self._send_direct()

    def redis_seen(self, *, away: bool) -> None:
        """Hear from the relay whether Redis answered."""
        self._direct += self.redis.seen(away, self._clock())

    def suspicious(self, found: Sequence[Rejected]) -> None:
        """Hear of data that a person has to look at."""
        if found:
            self._direct.append(_suspicion(found, self._clock()))

    async def _follow(self, notice: Notice) -> None:
        """Send for all events that are due, then move the cursor past them."""
        cursor = self._cursors[notice]
        due = self._due(notice, await cursor.pending())
        if not due:
            return
        self._warn_of(unknown(due))
        before = await cursor.passed()
        if notice == "alert":
            for alert in alerts_of(before, due):
                await self._outlets.alerts.publish(alert)
                self._outlets.observe("alert", True)
        elif purges(before, due) and self._outlets.edge.configured:
            await self._outlets.edge.purge(PURGED)
            self._outlets.observe(notice, True)
        await cursor.advance(due[-1].at)

    def _warn_of(self, reasons: set[str]) -> None:
        """Say once for each type that only a later version of this service knows it."""
        for reason in sorted(reasons - self._warned):
            log.warning("event_undecodable", error=reason)
        self._warned |= reasons

    def _due(self, notice: Notice, pending: Sequence[StoredEvent]) -> list[StoredEvent]:
        """Only what has a delay is held against the clock, which may have been set back."""
        delay = self._delay.get(notice)
        if delay is None:
            return list(pending)
        return [one for one in pending if one.envelope.recorded_at + delay <= self._clock()]

    async def _send_direct(self) -> None:
        while self._direct:
            try:
                await self._outlets.alerts.publish(self._direct[0])
            except NotificationFailed as error:
                log.warning("notice_not_sent", notice="alert", error=str(error))
                self._outlets.observe("alert", False)
                return
            self._outlets.observe("alert", True)
            del self._direct[0]


class Outage:
    """Whether something is away for so long that people should know."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._since: datetime | None = None
        self._told = False

    def seen(self, away: bool, now: datetime) -> list[Alert]:
        """Return the alert that this look calls for, if any: once when away, once when back."""
        if not away:
            told, self._since, self._told = self._told, None, False
            return [self._alert("available", now, "answers again")] if told else []
        self._since = self._since or now
        if self._told or now - self._since < OUTAGE_AFTER:
            return []
        self._told = True
        return [self._alert("unavailable", self._since, "does not answer")]

    def _alert(self, state: str, at: datetime, words: str) -> Alert:
        name = f"{self._name}_{state}"
        return Alert(f"{name}-{at.isoformat()}", name, at, f"The {self._name} {words}.")


def _suspicion(found: Sequence[Rejected], now: datetime) -> Alert:
    """One alert for all that an answer held: a wrong level would make one for each day."""
    first = found[0]
    return Alert(
        f"suspicious_move-{first.series}-{first.date}-{first.raw}",
        "suspicious_move",
        now,
        f"{len(found)} values were set aside for review; the first: {first.reason}.",
        {"series": first.series, "date": str(first.date), "value": first.raw},
    )
