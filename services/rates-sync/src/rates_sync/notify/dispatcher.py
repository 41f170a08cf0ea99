"""Sends alerts and purges for the outbox's events, at least once, each by a cursor (rule 21).

A purge is sent twice, the second a while after the event: a worker that had not yet applied the
event could have refilled the edge with the old rate. Outages, a series that stays unconfirmed,
data that put no day under review and holes have no event; their alerts bypass the outbox. Records
only its cursors.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime, timedelta
from typing import Literal, Protocol

import structlog

from rates_contracts.events import Position, StoredEvent, status_in
from rates_contracts.observation import FIX
from rates_contracts.status import SyncStatus
from rates_sync.clock import Clock, Monotonic
from rates_sync.errors import HoleCause, NotificationFailed, StoreUnavailable
from rates_sync.liveness import wait_for_wake
from rates_sync.notify.alerts import Alert, Alerts
from rates_sync.notify.cdn import EdgeCache
from rates_sync.notify.rules import alerts_of, must_purge, undecodable
from rates_sync.upstream import MAX_PAUSE, Rejected

log = structlog.get_logger(__name__)

Notice = Literal["alert", "purge", "second_purge"]
NOTICES: tuple[Notice, ...] = ("alert", "purge", "second_purge")

PURGED = ("/api/v1/*",)
"""The answers below `/api/v1/`."""
OUTAGE_AFTER = 10.0
"""Seconds of an outage of database or Redis without an alert: a failover takes some."""
UNCONFIRMED_AFTER = 300.0
"""Seconds that answers may leave a series unconfirmed without an alert (protocol rule 27)."""


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
        self._status: SyncStatus | None = None
        self._pause_is_long = False
        self._unconfirmed = UnconfirmedDetector()
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
        self._direct += self._unconfirmed.alerts(self._status, self._clock(), self._monotonic())
        await self._send_direct()

    def on_redis_step(self, *, unavailable: bool) -> None:
        """Note whether Redis answered the relay."""
        self._direct += self.redis.alerts(unavailable, self._clock(), self._monotonic())

    def on_quarantined(self, found: Sequence[Rejected]) -> None:
        """Send an alert for what the status doesn't show: a wrong calendar, unreadable data."""
        self._direct += quarantine_alerts(found, self._clock())

    def alert(self, alert: Alert) -> None:
        """Send `alert` with the next step, whatever the record says."""
        self._direct.append(alert)

    def on_clock_jump(self, jump: timedelta) -> None:
        """Send an alert: the wall clock was set, or the machine slept (protocol rule 32)."""
        now, seconds = self._clock(), round(jump.total_seconds(), 3)
        summary = f"The clock of this instance moved by {seconds} s: everything is planned again."
        self._direct.append(Alert(f"clock_jumped-{now.isoformat()}", "clock_jumped", now, summary))

    def on_foreign_stream(self, reason: str) -> None:
        """Send an alert: somebody else has written to Redis (protocol rule 38)."""
        now, name = self._clock(), "foreign_stream"
        summary = f"The stream in Redis was not ours; it is deleted and refilled: {reason}."
        self._direct.append(Alert(f"{name}-{now.isoformat()}", name, now, summary))

    def on_pause(self, asked: timedelta | None) -> None:
        """Send an alert when Banxico asks for a pause longer than it gets (protocol rule 35).

        `asked` is what the last poll's answer asked for; one alert until a poll is asked for less.
        """
        is_long = asked is not None and asked > MAX_PAUSE
        if asked is not None and is_long and not self._pause_is_long:
            self._direct.append(_long_pause(asked, self._clock()))
        self._pause_is_long = is_long

    def on_history_hole(self, first: Day, last: Day, cause: HoleCause) -> None:
        """Send an alert for days that Banxico was asked for in vain (protocol rule 25)."""
        self._direct.append(hole_alert(first, last, cause, self._clock()))

    async def _send_due(self, notice: Notice) -> None:
        """Send for all events that are due, then move the cursor past them."""
        cursor = self._cursors[notice]
        due = self._due(notice, await cursor.pending())
        if not due:
            await self._learn_status(cursor)
            return
        self._warn_of(undecodable(due))
        before = await cursor.passed()
        if notice == "alert":
            self._status = status_in(due[-1]) or self._status
            for alert in alerts_of(before, due):
                await self._publish(alert)
        elif self._sinks.edge.configured and must_purge(before, due):
            await self._sinks.edge.purge(PURGED)
            self._sinks.on_notice(notice, True)
        await cursor.advance(due[-1].at)

    async def _learn_status(self, cursor: Cursor) -> None:
        """A new leader's dispatcher begins with the status that the last one has passed."""
        if self._status is None and (passed := await cursor.passed()) is not None:
            self._status = status_in(passed)

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


class UnconfirmedDetector:
    """Detects a series that answers have not confirmed for long enough for an alert."""

    def __init__(self) -> None:
        self._alerted: dict[str, datetime] = {}
        self._seen: dict[tuple[str, datetime], float] = {}

    def alerts(self, status: SyncStatus | None, now: datetime, monotonic: float) -> list[Alert]:
        """Return the alerts that are due now: one per series and time, and one when it is over."""
        series = {} if status is None else status.series
        found = []
        for name, known in series.items():
            since, alerted = known.unconfirmed_since, self._alerted.get(name)
            if alerted is not None and alerted != since:
                del self._alerted[name]
                found.append(_unconfirmed(name, alerted, now, over=True))
            elif alerted is None and since is not None and self._lasts(name, since, monotonic):
                self._alerted[name] = since
                found.append(_unconfirmed(name, since, now, over=False))
        return found

    def _lasts(self, name: str, since: datetime, monotonic: float) -> bool:
        """Tell whether that was seen long enough ago, whoever set the wall clock meanwhile."""
        return monotonic - self._seen.setdefault((name, since), monotonic) >= UNCONFIRMED_AFTER


def _unconfirmed(series: str, since: datetime, now: datetime, *, over: bool) -> Alert:
    subject = "fix" if series == FIX else "settlement"
    name = f"{subject}_confirmed" if over else f"{subject}_unconfirmed"
    predicate = "is confirmed again" if over else "is not confirmed by Banxico's answers"
    summary = f"{series} {predicate}, after {since.isoformat()}."
    return Alert(f"{name}-{since.isoformat()}", name, now, summary)


def quarantine_alerts(found: Sequence[Rejected], now: datetime) -> list[Alert]:
    """Return the alerts for data newly quarantined, one of each name per answer.

    Values that put their day under review are told by the status, through the outbox.
    """
    wrong = [datum for datum in found if datum.kind == "closed_weekday"]
    unread = [datum for datum in found if datum.kind in ("undated", "unasked", "answer")]
    named = (("calendar_wrong", wrong), ("quarantined", unread))
    return [_quarantine_alert(name, data, now) for name, data in named if data]


def _quarantine_alert(name: str, data: Sequence[Rejected], now: datetime) -> Alert:
    first = data[0]
    return Alert(
        f"{name}-{first.series}-{first.date}-{first.raw}",
        name,
        now,
        f"{len(data)} data were set aside; the first: {first.reason}.",
        {"series": first.series, "date": str(first.date), "value": first.raw},
    )


def _long_pause(asked: timedelta, now: datetime) -> Alert:
    minutes = round(MAX_PAUSE.total_seconds() / 60)
    return Alert(
        f"long_pause-{now.isoformat()}",
        "long_pause",
        now,
        f"Banxico's rate limit asks for {round(asked.total_seconds())} s without a request:"
        f" it is asked again every {minutes} min.",
    )


def hole_alert(first: Day, last: Day, cause: HoleCause, now: datetime) -> Alert:
    """Return the alert for days that stay unknown: why, and what to do."""
    return Alert(
        f"history_hole-{first}-{last}-{cause}",
        "history_hole",
        now,
        _why(cause, first, last),
        {"from": str(first), "to": str(last), "cause": cause},
    )


def _why(cause: HoleCause, first: Day, last: Day) -> str:
    days = f"from {first} to {last}"
    match cause:
        case "implausible":
            return (
                f"Banxico has no plausible values {days}. If that is right:"
                f" rates-sync history accept {first} {last}"
            )
        case "store_refused":
            return (
                f"The database does not take the values {days}. The log says which and why:"
                " backfill_interrupted"
            )
        case "timeout":
            return (
                f"Banxico does not answer in time for the days {days}. Ask for fewer at a time:"
                f" rates-sync backfill --from {first} --to {last}, in parts"
            )
        case "refused" | "bad_token" | "rate_limited":
            return (
                f"Banxico refuses the days {days} ({cause}). Check the token and who else uses it;"
                " the log has Banxico's words: banxico_attempt_failed"
            )
        case _:
            return (
                f"Banxico fails for the days {days} ({cause}). They are asked for again at least"
                " every hour: wait, or ask Banxico if that lasts"
            )
