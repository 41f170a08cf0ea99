"""Alerts that have an end: each beginning and each end is told once, whoever leads (rule 44).

Detectors turn what they are shown into findings: something holds since an instant, or it is over.
`PairedAlerts` compares them with the alerts that the record holds as open. Outages of the database
are the exception, since the record can't be written then: `DatabaseOutage`.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rates_contracts.observation import FIX, SETTLEMENT
from rates_contracts.status import SyncStatus
from rates_sync.clock import Clock, Monotonic
from rates_sync.errors import StoreUnavailable
from rates_sync.notify.alerts import Alert, AlertSender

OUTAGE_AFTER = 10.0
"""Seconds of an outage of database or Redis without an alert: a failover takes some."""
ACCEPTED = ":accepted"
"""Marks the record's row of a beginning that was accepted, beside the one of the open alert."""
UNCONFIRMED_AFTER = 300.0
"""Seconds that answers may leave a series unconfirmed without an alert (protocol rule 27)."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The names of an alert and of the one that ends it, with a summary of each."""

    opened: str
    ended: str
    begins: str
    ends: str


DATABASE = Pair(
    "database_unavailable",
    "database_available",
    "The database does not answer, or takes no writes.",
    "The database takes writes again.",
)
REDIS = Pair(
    "redis_unavailable", "redis_available", "Redis does not answer.", "Redis answers again."
)
BREAKER = Pair(
    "breaker_opened",
    "breaker_closed",
    "Banxico fails: the breaker has opened, data ages.",
    "Banxico answers again: the breaker has closed.",
)
CLOCK = Pair(
    "clock_wrong",
    "clock_right",
    "The clock of the leading instance is wrong.",
    "The clock of the leading instance agrees with its witnesses again.",
)
SIGNING_KEY = Pair(
    "signing_key_unusable",
    "signing_key_usable",
    "Receipts are not signed.",
    "Receipts are signed again.",
)
UNCONFIRMED = {
    FIX: Pair(
        "fix_unconfirmed",
        "fix_confirmed",
        f"{FIX} is not confirmed by Banxico's answers.",
        f"{FIX} is confirmed again.",
    ),
    SETTLEMENT: Pair(
        "settlement_unconfirmed",
        "settlement_confirmed",
        f"{SETTLEMENT} is not confirmed by Banxico's answers.",
        f"{SETTLEMENT} is confirmed again.",
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a pair is about holds since an instant (aware UTC), or is over: None.

    `summary` replaces the beginning's summary.
    """

    pair: Pair
    since: datetime | None
    summary: str = ""


class OpenAlerts(Protocol):
    """The alerts whose end was not sent yet, in the record, by name with their beginning."""

    async def read(self) -> Mapping[str, datetime]:
        """Return them. Raises `StoreUnavailable`."""
        ...

    async def replace(self, opened: Mapping[str, datetime]) -> None:
        """Record them, and no others. Raises `LeaseLost`, `StoreUnavailable`."""
        ...


class PairedAlerts:
    """One leader's alerts that have an end; begins with what the leader before it left open.

    A beginning is recorded before it is sent, so that whoever leads later owes its end, and once
    more when it was accepted: a leader that ends in between leaves it to the next one.
    """

    def __init__(self, sender: AlertSender, record: OpenAlerts) -> None:
        self._sender, self._record = sender, record
        self._recorded: dict[str, datetime] | None = None
        self._open: dict[str, datetime] = {}
        self._accepted: dict[str, datetime] = {}

    async def load(self) -> None:
        """Read the record, once; before that nothing is sent. Raises `StoreUnavailable`."""
        if self._recorded is None:
            self._recorded = dict(await self._record.read())
            for name, at in self._recorded.items():
                known = self._accepted if name.endswith(ACCEPTED) else self._open
                known[name.removesuffix(ACCEPTED)] = at

    def opened_at(self, pair: Pair) -> datetime | None:
        """Return when what `pair` is about began, None if its alert is not open."""
        return self._open.get(pair.opened)

    async def settle(self, finding: Finding, now: datetime) -> bool:
        """Send the alert that `finding` calls for, if any; tell whether none is left to send.

        Raises `LeaseLost` and `StoreUnavailable`: a beginning that can't be recorded is not sent.
        """
        if self._recorded is None:
            return False
        if finding.since is None:
            return await self._end(finding, now)
        return await self._begin(finding, finding.since)

    async def save(self) -> None:
        """Record what has changed. Raises `LeaseLost`, `StoreUnavailable`."""
        accepted = {f"{name}{ACCEPTED}": at for name, at in self._accepted.items()}
        known = self._open | accepted
        if self._recorded is not None and self._recorded != known:
            await self._record.replace(known)
            self._recorded = known

    async def _begin(self, finding: Finding, since: datetime) -> bool:
        name = finding.pair.opened
        if name not in self._open:
            await self._record_open(name, since)
        opened_at = self._open[name]
        if self._accepted.get(name) == opened_at:
            return True
        if not await self._sender.send(_beginning(finding, opened_at)):
            return False
        self._accepted[name] = opened_at
        await self.save()
        return True

    async def _record_open(self, name: str, since: datetime) -> None:
        self._open[name] = since
        try:
            await self.save()
        except StoreUnavailable:
            del self._open[name]
            raise

    async def _end(self, finding: Finding, now: datetime) -> bool:
        opened_at = self.opened_at(finding.pair)
        if opened_at is None:
            return True
        if not await self._sender.send(_ending(finding.pair, opened_at, now)):
            return False
        del self._open[finding.pair.opened]
        self._accepted.pop(finding.pair.opened, None)
        await self.save()
        return True


def _due_alert(finding: Finding, opened_at: datetime | None, now: datetime) -> Alert | None:
    """Return the alert that is missing: the beginning of what holds, the end of what is over."""
    if finding.since is not None and opened_at is None:
        return _beginning(finding, finding.since)
    if finding.since is None and opened_at is not None:
        return _ending(finding.pair, opened_at, now)
    return None


def _beginning(finding: Finding, since: datetime) -> Alert:
    name = finding.pair.opened
    return Alert(f"{name}-{since.isoformat()}", name, since, finding.summary or finding.pair.begins)


def _ending(pair: Pair, opened_at: datetime, now: datetime) -> Alert:
    since = opened_at.isoformat()
    return Alert(f"{pair.ended}-{since}", pair.ended, now, f"{pair.ends} It began at {since}.")


class OutageDetector:
    """Detects that the server of a pair has been unavailable long enough for an alert."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._since: tuple[datetime, float] | None = None

    def look(self, now: datetime, monotonic: float, *, unavailable: bool) -> Finding | None:
        """Return what that says; None while an outage is too short to tell."""
        if not unavailable:
            self._since = None
            return Finding(self._pair, None)
        since, began = self._since = self._since or (now, monotonic)
        return Finding(self._pair, since) if monotonic - began >= OUTAGE_AFTER else None


class UnconfirmedDetector:
    """Detects a series that answers have not confirmed for long enough for an alert."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, datetime], float] = {}

    def look(
        self,
        status: SyncStatus | None,
        opened_at: Callable[[Pair], datetime | None],
        monotonic: float,
    ) -> Iterator[Finding]:
        """Yield what `status` says of each series, given what is alerted already."""
        for name, pair in UNCONFIRMED.items():
            known = None if status is None else status.series.get(name)
            if known is None:
                continue
            since, opened = known.unconfirmed_since, opened_at(pair)
            if since is None or (opened is not None and since > opened):
                yield Finding(pair, None)
            elif self._lasts(name, since, monotonic):
                summary = f"{pair.begins} It began at {since.isoformat()}."
                yield Finding(pair, since, summary)

    def _lasts(self, name: str, since: datetime, monotonic: float) -> bool:
        """Tell whether that was seen long enough ago, whoever set the wall clock meanwhile."""
        return monotonic - self._seen.setdefault((name, since), monotonic) >= UNCONFIRMED_AFTER


def breaker_finding(status: SyncStatus, at: datetime) -> Finding | None:
    """Return what a status of `at` says of the breaker.

    None for a closed one before Banxico has answered: a new leader's breaker begins closed.
    """
    if status.breaker != "closed":
        return Finding(BREAKER, status.breaker_since or at)
    return Finding(BREAKER, None) if status.upstream == "ok" else None


class DatabaseOutage:
    """One instance's alerts that the database is unavailable, and that it is available again.

    The record can't hold them, so that the instance that sent the first sends the second, whether
    it leads or not. What takes no writes is unavailable: nothing can be recorded.
    """

    def __init__(self, sender: AlertSender, clock: Clock, monotonic: Monotonic) -> None:
        self._sender, self._clock, self._monotonic = sender, clock, monotonic
        self._detector = OutageDetector(DATABASE)
        self._opened_at: datetime | None = None
        self._unavailable = False
        self._noted = asyncio.Event()

    def on_outcome(self, error: StoreUnavailable | None) -> None:
        """Note that the database refused this instance; None if it takes writes."""
        self._unavailable = error is not None
        self._noted.set()

    async def run(self) -> None:
        """Send what is due after each outcome, until cancelled."""
        while True:
            await self._noted.wait()
            self._noted.clear()
            await self.step()

    async def step(self) -> None:
        """Send the alert that is due, if any."""
        now = self._clock()
        finding = self._detector.look(now, self._monotonic(), unavailable=self._unavailable)
        alert = None if finding is None else _due_alert(finding, self._opened_at, now)
        if finding is not None and alert is not None and await self._sender.send(alert):
            self._opened_at = finding.since
