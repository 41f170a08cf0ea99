"""Sends alerts and purges for the outbox's events, at least once, each by a cursor (rule 21).

Each kind has a dispatcher and a task of its own: alerts that nobody accepts hold up no purge. The
alerts' cursor moves after each event that calls for one (rule 44). A purge is sent twice, the
second a while after the event: a worker that had not yet applied the event could have refilled the
edge with the old rate. Outages, a series that stays unconfirmed, a wrong clock, data that put no
day under review and holes have no event; their alerts bypass the outbox. Recorded are only the
cursors and which alerts are open.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal, Protocol, get_args

import structlog

from rates_contracts.events import Position, StoredEvent, status_in
from rates_contracts.status import SyncStatus
from rates_sync.clock import Clock, Monotonic
from rates_sync.errors import HoleCause, NotificationFailed, StoreUnavailable
from rates_sync.liveness import wait_for_wake
from rates_sync.notify.alerts import Alert, AlertSender, NoticeOutcome, RareAlerts
from rates_sync.notify.cdn import EdgeCache
from rates_sync.notify.pairs import (
    CLOCK,
    REDIS,
    SIGNING_KEY,
    Finding,
    OpenAlerts,
    OutageDetector,
    Pair,
    PairedAlerts,
    UnconfirmedDetector,
    breaker_finding,
)
from rates_sync.notify.rules import alerts_of, must_purge, undecodable
from rates_sync.upstream import MAX_PAUSE, Rejected, RejectedKind

log = structlog.get_logger(__name__)

Purge = Literal["purge", "second_purge"]
PURGES: tuple[Purge, ...] = get_args(Purge)
Notice = Literal["alert", Purge]
NOTICES: tuple[Notice, ...] = get_args(Notice)

IDLE_INTERVALS = 10
"""Between two looks while nothing is pending: the relay wakes the dispatchers when it finds an
event, what has none may wait so long."""

PURGED = ("/api/v1/*", "/", "/?*", "/en", "/en?*", "/charts/*")
"""The answers below `/api/v1/`, the page in both languages with any question, and the charts."""
QUARANTINE_ALERTS: Mapping[RejectedKind, str] = MappingProxyType(
    {
        "closed_weekday": "calendar_wrong",
        "undated": "quarantined",
        "unasked": "quarantined",
        "answer": "quarantined",
    }
)
"""The alert of each kind of rejected data that the status does not show."""


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
class Edge:
    """The edge as one leader purges it.

    `on_purge` is called with how each attempt to purge the edge ended. `may_purge` tells whether
    that can be recorded: `on_accepted` is called with whether the edge accepts purges, and may
    raise `LeaseLost` and `StoreUnavailable`.
    """

    cache: EdgeCache
    on_purge: Callable[[Purge, NoticeOutcome], None]
    may_purge: Callable[[], bool]
    on_accepted: Callable[[bool], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """What the record keeps of alerts, for one leader: their cursor, and which are open."""

    cursor: Cursor
    open_alerts: OpenAlerts


class PurgeDispatcher:
    """One leader's purges, the first and the second of each change by a cursor of its own.

    `interval` and `second_purge` are seconds, measured by the monotonic clock (protocol rule 32).
    """

    def __init__(
        self,
        cursors: Mapping[Purge, Cursor],
        edge: Edge,
        monotonic: Monotonic,
        *,
        interval: float,
        second_purge: float,
    ) -> None:
        self._cursors, self._edge, self._monotonic = cursors, edge, monotonic
        self._interval = interval
        self._delay: dict[Purge, float] = {"purge": 0.0, "second_purge": second_purge}
        self._first_seen: dict[str, float] = {}

    async def run(self, wake: asyncio.Event) -> None:
        """Purge what is due whenever `wake` is set or a second purge is due. Raises `LeaseLost`."""
        while True:
            wake.clear()
            await wait_for_wake(wake, await self.step())

    async def step(self) -> float:
        """Purge what is due now; return the seconds until there may be more to do.

        Raises `LeaseLost`.
        """
        return min([await self._try(notice) for notice in PURGES])

    async def _try(self, notice: Purge) -> float:
        if not self._edge.may_purge():
            return self._interval
        try:
            return await self._send(notice)
        except StoreUnavailable as error:
            log.warning("notices_not_read", notice=notice, error=str(error))
            return self._interval

    async def _send(self, notice: Purge) -> float:
        """Purge once for all events that are due, then move the cursor past them.

        Return the seconds until more may be due.
        """
        cursor = self._cursors[notice]
        pending = await cursor.pending()
        due = self._due(notice, pending)
        if due:
            needed = self._edge.cache.configured and must_purge(await cursor.passed(), due)
            if not needed or await self._purge(notice):
                await cursor.advance(due[-1].at)
            return self._interval
        return self._until_due(notice, pending)

    async def _purge(self, notice: Purge) -> bool:
        """Purge the edge, and say whether it takes purges; tell whether it accepted this one."""
        accepted = True
        try:
            await self._edge.cache.purge(PURGED)
        except NotificationFailed as error:
            log.warning("notice_not_sent", notice=notice, error=str(error))
            accepted = False
        self._edge.on_purge(notice, "sent" if accepted else "failed")
        await self._edge.on_accepted(accepted)
        return accepted

    def _due(self, notice: Purge, pending: Sequence[StoredEvent]) -> list[StoredEvent]:
        """Hold back second purges, by the time since this leader first saw their events."""
        delay = self._delay[notice]
        if not delay:
            return list(pending)
        now, before = self._monotonic(), self._first_seen
        ids = [event.envelope.event_id for event in pending]
        self._first_seen = {event_id: before.get(event_id, now) for event_id in ids}
        return [
            event
            for event, event_id in zip(pending, ids, strict=True)
            if now - self._first_seen[event_id] >= delay
        ]

    def _until_due(self, notice: Purge, pending: Sequence[StoredEvent]) -> float:
        """Return the seconds until the oldest event that is held back is due."""
        if not pending:
            return self._interval * IDLE_INTERVALS
        first_seen = self._first_seen[pending[0].envelope.event_id]
        return max(0.0, first_seen + self._delay[notice] - self._monotonic())


class AlertDispatcher:
    """One leader's alerts; `interval` is in seconds."""

    def __init__(
        self,
        record: AlertRecord,
        sender: AlertSender,
        clock: Clock,
        monotonic: Monotonic,
        *,
        interval: float,
    ) -> None:
        self._cursor, self._sender = record.cursor, sender
        self._clock, self._monotonic, self._interval = clock, monotonic, interval
        self._direct: list[Alert] = []
        self._rejected = RareAlerts(monotonic)
        self._warned: set[str] = set()
        self._done: set[str] = set()
        self._status: SyncStatus | None = None
        self._pause_is_long = False
        self._pairs = PairedAlerts(sender, record.open_alerts)
        self._findings: dict[Pair, Finding] = {}
        self._redis, self._unconfirmed = OutageDetector(REDIS), UnconfirmedDetector()

    async def run(self, wake: asyncio.Event) -> None:
        """Send what is due whenever `wake` is set, and when `step` says. Raises `LeaseLost`."""
        while True:
            wake.clear()
            await wait_for_wake(wake, await self.step())

    async def step(self) -> float:
        """Send what is due now; return the seconds until there may be more to do.

        Raises `LeaseLost`.
        """
        more = await self._follow_outbox()
        await self._settle_findings()
        await self._send_direct()
        return self._interval * (1 if more or self._direct else IDLE_INTERVALS)

    def on_redis_step(self, *, unavailable: bool) -> None:
        """Note whether Redis answered the relay."""
        finding = self._redis.look(self._clock(), self._monotonic(), unavailable=unavailable)
        self._findings.pop(REDIS, None)
        if finding is not None:
            self._findings[REDIS] = finding

    def on_clock_wrong(self, alert: Alert) -> None:
        """Send `alert` unless this is told already: the leader's clock is wrong (rule 33)."""
        self._findings[CLOCK] = Finding(CLOCK, alert.at, alert.summary)

    def on_clock_right(self) -> None:
        """Note that a witness was heard, and that none contradicts the leader's clock."""
        self._findings[CLOCK] = Finding(CLOCK, None)

    def on_signing_key(self, reason: str | None) -> None:
        """Send an alert if there is no key to sign with, for which `reason`, and its end."""
        since = None if reason is None else self._clock()
        summary = f"{SIGNING_KEY.begins} The signing key can't be used: {reason}."
        self._findings[SIGNING_KEY] = Finding(SIGNING_KEY, since, summary)

    def on_quarantined(self, found: Sequence[Rejected]) -> None:
        """Send an alert for what the status doesn't show: a wrong calendar, unreadable data.

        At most one an hour for each kind of data, however they differ (protocol rule 34).
        """
        for kind, alert in quarantine_alerts(found, self._clock()):
            self._rejected.add(kind, alert)

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

    async def _follow_outbox(self) -> bool:
        """Send the alerts that events call for; tell whether more events may be pending."""
        try:
            return await self._send_alerts()
        except StoreUnavailable as error:
            log.warning("notices_not_read", notice="alert", error=str(error))
            return True

    async def _send_alerts(self) -> bool:
        """Send the alerts of each event in order; the cursor moves after those of one (rule 44).

        Tell whether any event was pending.
        """
        await self._pairs.load()
        cursor = self._cursor
        pending = await cursor.pending()
        before = await cursor.passed() if pending or self._status is None else None
        if before is not None:
            self._status = status_in(before) or self._status
        self._warn_of(undecodable(pending))
        quiet: Position | None = None
        for event in pending:
            if not await self._send_alerts_of(before, event):
                break
            if (status := status_in(event)) is not None:
                self._status, before = status, event
            quiet = event.at
            if self._done:
                await cursor.advance(event.at)
                self._done.clear()
                quiet = None
        if quiet is not None:
            await cursor.advance(quiet)
        return bool(pending)

    async def _send_alerts_of(self, before: StoredEvent | None, event: StoredEvent) -> bool:
        """Send the alerts that `event` calls for and that are not done with; tell whether all are.

        The breaker's are a pair; which of them was sent is in the record.
        """
        status, at = status_in(event), event.envelope.recorded_at
        finding = None if status is None else breaker_finding(status, at)
        if finding is not None and not await self._pairs.settle(finding, at):
            return False
        for alert in alerts_of(before, event):
            if alert.id not in self._done and not await self._sender.send(alert):
                return False
            self._done.add(alert.id)
        return True

    async def _settle_findings(self) -> None:
        """Send the paired alerts that have no event."""
        unconfirmed = self._unconfirmed.look(self._status, self._pairs.opened_at, self._monotonic())
        try:
            for finding in (*self._findings.values(), *unconfirmed):
                await self._pairs.settle(finding, self._clock())
            await self._pairs.save()
        except StoreUnavailable as error:
            log.warning("open_alerts_not_recorded", error=str(error))

    def _warn_of(self, reasons: set[str]) -> None:
        """Warn once about each event type that only a later version of rates-sync knows."""
        for reason in sorted(reasons - self._warned):
            log.warning("event_undecodable", error=reason)
        self._warned |= reasons

    async def _send_direct(self) -> None:
        """Send what has no event; one that waits after a refusal keeps nobody waiting."""
        self._direct += self._rejected.due()
        for alert in tuple(self._direct):
            if await self._sender.send(alert):
                self._direct.remove(alert)


def quarantine_alerts(
    found: Sequence[Rejected], now: datetime
) -> Iterator[tuple[RejectedKind, Alert]]:
    """Yield the alerts for data newly quarantined, one for each kind, with that kind.

    Values that put their day under review are told by the status, through the outbox.
    """
    for kind, name in QUARANTINE_ALERTS.items():
        data = [datum for datum in found if datum.kind == kind]
        if data:
            yield kind, _quarantine_alert(name, data, now)


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
        case "contradictory":
            return (
                f"Banxico's answers for the days {days} lack more than two FIX that it published"
                " before: nothing else in them is believed, recorded values stay. If Banxico says"
                f" that the other days have none: rates-sync history accept {first} {last}"
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
