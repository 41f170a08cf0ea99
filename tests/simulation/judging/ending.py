"""What has to be true once all faults have ended: all is well again, told, and of its size."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from rates_contracts.observation import FIX, SETTLEMENT
from rates_contracts.signatures.carrier import SIGNATURES
from rates_contracts.stream import EVENTS
from simulation.history import History
from simulation.judging.answers import SERIES, wrong_warnings
from simulation.judging.record import RecordReader
from simulation.judging.restoring import RestoreJudge
from simulation.judging.validity import CLOCK_SECONDS, VERIFIED_SECONDS, open_seconds
from simulation.world.platform import ApiInstance, Platform
from simulation.world.sinks import SentAlert
from simulation.world.stream import DOCUMENTS

PAIRS = {
    "breaker_opened": "breaker_closed",
    "database_unavailable": "database_available",
    "redis_unavailable": "redis_available",
    "fix_unconfirmed": "fix_confirmed",
    "settlement_unconfirmed": "settlement_confirmed",
    "clock_wrong": "clock_right",
}
RECORDED_PAIRS = ("breaker_opened", "fix_unconfirmed", "settlement_unconfirmed")
"""Those that begin at an instant of the record's, so that each has one ID whoever leads."""
CONFIRMED_BY = {
    "breaker_opened": FIX,
    "fix_unconfirmed": FIX,
    "settlement_unconfirmed": SETTLEMENT,
}
"""The series that must be confirmed for an alert to end; on closed days nobody may ask for it."""
UNRECORDED_PAIRS = ("database_unavailable", "clock_wrong")
"""What an instance tells of itself: it alone knows that it has."""
RECORDED_ENDS = (*RECORDED_PAIRS, "redis_unavailable")
"""Those that the record holds while they are open: whoever leads ends each."""
MAX_REFUSALS = 10
"""An alert that is refused so often is set aside (protocol rule 44)."""
MAX_TTL_SECONDS = 6 * 3600.0
MAX_EVENTS_PER_MINUTE, MAX_EVENTS_PER_FAULT, EVENTS_AT_FIRST = 1.5, 8, 20
MAX_TASKS, MAX_SESSIONS = 40, 25
LONG_AFTER = datetime(2100, 1, 1, tzinfo=UTC)
"""Where nobody could tell the time, a record may end after the run."""
SEEN_SECONDS = 700.0
"""A change at Banxico is seen by a poll within 4 min, a day that it lacks by two of them."""
RECENT = timedelta(days=9)
"""A poll asks from ten days before the newest known day."""
LAST_OBSERVATIONS = """
SELECT event_id FROM outbox WHERE recorded_at >= (SELECT max(recorded_at) FROM observations)
 ORDER BY timeline, position LIMIT 1
"""
LISTS = {
    "value_under_review": "under_review",
    "withdrawn_at_source": "withdrawn",
}
"""The alerts that say that a day was added to a list of the status."""


@dataclass
class EndJudge:
    """Invariants once all faults have ended: everything converges, and nothing has grown."""

    platform: Platform
    history: History
    record: RecordReader
    restores: RestoreJudge

    async def judge(self) -> None:
        """Judge the end of a run."""
        now = self.platform.time.now
        for found in (
            self._died,
            self._record,
            self._truth,
            self._stream,
            self._redis,
            self._sizes,
            self._purges,
        ):
            for invariant, what in found():
                self.history.violate(invariant, now, what)
        for invariant, what in AlertJudge(self.platform, self.record).broken():
            self.history.violate(invariant, now, what)
        for instance in self.platform.workers:
            async for invariant, what in self._worker(instance):
                self.history.violate(invariant, now, f"{instance.machine.name} {what}")

    def _died(self) -> Iterator[tuple[str, str]]:
        for name, error in self.platform.died:
            yield "bug", f"{name} has ended by {error!r}"
        if len(self.platform.leaders) != 1:
            yield "leader", f"{len(self.platform.leaders)} lead"

    def _record(self) -> Iterator[tuple[str, str]]:
        now = self.platform.time.now
        rows = self.record.rows(
            "SELECT series, date, value FROM observations ORDER BY series, date, revision"
        )
        recorded = {(series, day): value for series, day, value in rows}
        for (series, day), (at, value) in self.platform.api.heard.told.items():
            has = recorded.get((series, day.isoformat()))
            differs = has is None or Decimal(has) != value
            excused = self._is_under_review(series, day) or self.restores.has_lost(at)
            if differs and not excused:
                yield "record", f"has {has} for {series} of {day}, told was {value}"
        for series in SERIES.values():
            # Nobody can know of an answer that it lacks what was never heard of.
            heard = self.platform.api.heard.at.get(series) or self.platform.api.heard.told_at
            if self._is_withdrawn(series):
                continue  # An answer that lacks what is withdrawn confirms as well (rule 27).
            if heard is None or open_seconds(heard, now) > VERIFIED_SECONDS + CLOCK_SECONDS:
                yield "asked", f"{series} was last confirmed at {heard}"

    def _truth(self) -> Iterator[tuple[str, str]]:
        """The last days are recorded as Banxico shows them, however late they changed (rule 30)."""
        now = self.platform.time.now
        truth, since = self.platform.api.truth, now - timedelta(seconds=SEEN_SECONDS)
        for series in SERIES.values():
            shown, before = truth.shows(series, now), truth.shows(series, since)
            is_polled = open_seconds(since, now) >= SEEN_SECONDS  # At night nobody asks.
            lately = [day for day in sorted(shown) if is_polled and day > now.date() - RECENT]
            recorded = self.record.values(series, min(shown), max(shown), LONG_AFTER)
            for day in lately:
                settled = shown[day] == before.get(day) and not self._is_under_review(series, day)
                if settled and recorded.get(day) != shown[day]:
                    yield "record", f"has {recorded.get(day)} of {day}, shown is {shown[day]}"
            if min(recorded, default=now.date()) > min(shown) + timedelta(days=7):
                yield "record", f"begins {min(recorded, default=None)}, Banxico {min(shown)}"

    def _purges(self) -> Iterator[tuple[str, str]]:
        """Whatever was recorded last was purged from the edge since (rule 21)."""
        purges = self.platform.topic.purges
        for (event_id,) in self.record.rows(LAST_OBSERVATIONS):
            committed_at = self.history.committed_at[event_id]
            if not purges or purges[-1] < committed_at:
                yield "purge", f"none since {committed_at}"

    def _is_withdrawn(self, series: str) -> bool:
        withdrawn = "SELECT 1 FROM withdrawals WHERE series = ? AND withdrawn_at IS NOT NULL"
        return bool(self.record.rows(withdrawn, series))

    def _is_under_review(self, series: str, day: date) -> bool:
        return bool(
            self.record.rows(
                "SELECT 1 FROM quarantine WHERE series = ? AND date = ? AND state = 'open'",
                series,
                day.isoformat(),
            )
        )

    def _stream(self) -> Iterator[tuple[str, str]]:
        outbox = self.record.rows(
            "SELECT timeline || '-' || position, event_id FROM outbox ORDER BY timeline, position"
        )
        if self.platform.stream.entries() != [tuple(row) for row in outbox]:
            yield "stream", "does not hold what the outbox holds"

    def _redis(self) -> Iterator[tuple[str, str]]:
        """Redis holds the stream and the documents; these end by themselves (rule 10)."""
        expires = self.platform.stream.expiries()
        if expires.keys() - {SIGNATURES} != {EVENTS, *DOCUMENTS}:
            yield "redis", f"holds {sorted(expires)}"
        for key in DOCUMENTS:
            if not 0 < expires.get(key, 1.0) <= MAX_TTL_SECONDS:
                yield "redis", f"keeps {key} for {expires[key]} s"

    def _sizes(self) -> Iterator[tuple[str, str]]:
        """What a run leaves is bounded by its length, its faults and the instances (rule R10)."""
        platform = self.platform
        asked, changed = len(platform.api.heard.answers), len(platform.api.truth.changes)
        minutes = platform.time.seconds / 60
        events = MAX_EVENTS_PER_MINUTE * minutes + MAX_EVENTS_PER_FAULT * platform.faults
        bounds = {
            "events": (self._count("outbox"), EVENTS_AT_FIRST + events),
            "raw answers": (self._count("payloads"), asked),
            "quarantined": (self._count("quarantine"), asked + changed),
            "tasks": (len(asyncio.all_tasks()), MAX_TASKS * len(platform.instances)),
            "sessions": (self._sessions(), MAX_SESSIONS * len(platform.instances)),
        }
        for name, (found, most) in bounds.items():
            if found > most:
                yield "growth", f"{found} {name}, more than {most:.0f}"

    def _sessions(self) -> int:
        return sum(not session.ended for session in self.platform.database.sessions)

    def _count(self, table: str) -> int:
        count: int = self.record.rows(f"SELECT count(*) FROM {table}")[0][0]
        return count

    async def _worker(self, instance: ApiInstance) -> Any:
        snapshot = instance.worker.current.snapshot
        (head,) = self.record.rows("SELECT event_id FROM head")
        if snapshot is None or snapshot.head.event_id != head[0]:
            yield "converged", "does not stand at the head"
        elif snapshot.feed != "redis":
            yield "converged", "is not fed by the stream"
        said = await instance.get("/health")
        if wrong := wrong_warnings(said.body, self.record, self.platform.time.now):
            yield "converged", f"still warns of {sorted(wrong)}"
        level = said.body.get("level")
        if level not in ("healthy", "degraded"):
            yield "converged", f"is {level}: {said.content.decode()[:300]}"
        current = await instance.get("/api/v1/rates/current")
        if current.status != 200:
            yield "converged", f"answers {current.status}: {current.content.decode()[:200]}"


@dataclass
class AlertJudge:
    """Invariants of alerts (rules 21, 28 and 44): each is sent, under one ID, and has its end."""

    platform: Platform
    record: RecordReader

    def broken(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with what was sent."""
        alerts = self.platform.topic.alerts
        yield from self._ids(alerts)
        yield from self._ends(alerts)
        if not self.platform.restored:
            yield from self._turns(alerts)
        yield from self._due({sent.alert.id for sent in alerts})

    def _ids(self, alerts: list[SentAlert]) -> Iterator[tuple[str, str]]:
        """One ID is one alert, however often it is sent."""
        seen: dict[str, str] = {}
        for sent in alerts:
            if seen.setdefault(sent.alert.id, sent.alert.name) != sent.alert.name:
                yield "alerts", f"{sent.alert.id} is {sent.alert.name} and {seen[sent.alert.id]}"
        repeats = Counter(sent.alert.id for sent in alerts)
        hours = self.platform.time.seconds / 3600  # What can't be read is alerted again each hour.
        for name, count in repeats.items():
            if count > MAX_REFUSALS + 1 + hours:
                yield "alerts", f"{name} was sent {count} times"

    def _ends(self, alerts: list[SentAlert]) -> Iterator[tuple[str, str]]:
        """Each alert that opens is closed, once all is well, if anybody knows of it."""
        for begin, end in PAIRS.items():
            owed = [
                sent for sent in alerts if sent.alert.name == begin and self._is_owed(begin, sent)
            ]
            if owed and not any(
                sent.alert.name == end and sent.at >= owed[0].at for sent in alerts
            ):
                yield "alerts", f"{begin} has no end"
        known = {sent.alert.id for sent in alerts}
        for begin in RECORDED_ENDS:
            for sent in alerts:
                wanted = sent.alert.id.replace(begin, PAIRS[begin])
                is_owed = sent.alert.name == begin and self._is_owed(begin, sent)
                if is_owed and wanted not in known and not self._is_set_aside(wanted):
                    yield "alerts", f"{sent.alert.id} has no end"

    def _is_owed(self, begin: str, sent: SentAlert) -> bool:
        """Tell whether the end of `begin` is in the record, or with who has sent it.

        A restored record does not know of it; the end of an instance takes along what it alone had.
        """
        if begin in UNRECORDED_PAIRS:
            return sent.sender in {instance.machine.name for instance in self.platform.sync}
        confirmed_by = CONFIRMED_BY.get(begin)
        if confirmed_by is not None and not self._is_confirmed(confirmed_by, sent.alert.at):
            return False  # Nobody asks before the next opening (rule 29).
        return not self.platform.restored

    def _is_confirmed(self, series: str, since: datetime) -> bool:
        """Tell whether an answer since then had the newest recorded day of `series`."""
        newest = self.record.rows("SELECT max(date) FROM observations WHERE series = ?", series)
        day = date.fromisoformat(newest[0][0] or str(date.max))
        answers = self.platform.api.heard.believable
        return any(answer.at > since and answer.shows_since(series, day) for answer in answers)

    def _turns(self, alerts: list[SentAlert]) -> Iterator[tuple[str, str]]:
        """What begins at an instant of the record's begins and ends in turns."""
        for begin in RECORDED_PAIRS:
            opens, told = False, set[str]()
            for alert in (sent.alert for sent in alerts):
                if alert.id in told or alert.name not in (begin, PAIRS[begin]):
                    continue
                told.add(alert.id)
                since = alert.id.removeprefix(f"{PAIRS[begin]}-")
                if not opens and f"{begin}-{since}" in self.platform.topic.refused:
                    continue  # The end of what was refused: it might have arrived.
                if (alert.name == begin) == opens:
                    yield "alerts", f"{alert.id} is the second in a row"
                opens = alert.name == begin

    def _due(self, sent: set[str]) -> Iterator[tuple[str, str]]:
        """What an event tells of for the first time was alerted under that event's ID."""
        before: dict[str, Any] | None = None
        for at, event_id, document in self._events():
            status = document["status"]
            for alert in _called_for(before, status, document["type"]):
                wanted = f"{alert}-{event_id}"
                if wanted not in sent and not self._is_set_aside(wanted):
                    yield "alerts", f"{alert} of {at} was never sent"
            before = status

    def _events(self) -> Iterator[tuple[str, str, Any]]:
        for at, event_id, document in self.record.rows(
            "SELECT timeline || '-' || position, event_id, document FROM outbox"
            " ORDER BY timeline, position"
        ):
            yield at, event_id, json.loads(document)

    def _is_set_aside(self, alert: str) -> bool:
        return self.platform.topic.refused.get(alert, 0) >= MAX_REFUSALS


def _called_for(before: Any, status: Any, kind: str) -> Iterator[str]:
    """Yield the alerts that an event calls for, by what its status adds to the one before."""
    if kind.startswith("timeline_changed"):
        yield "stream_reset"
    if before is None:
        return
    for alert, listed in LISTS.items():
        if any(
            set(series[listed]) - set(before["series"][name][listed])
            for name, series in status["series"].items()
        ):
            yield alert
