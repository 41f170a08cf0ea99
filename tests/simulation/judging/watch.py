"""Invariants of what stands still between events: looked at every few seconds of a run."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from contract.sweeping import published
from rates_api.snapshot.snapshot import Snapshot
from rates_contracts.events import Position
from simulation.faults import ELSEWHERE
from simulation.history import LONG_AGO, History
from simulation.judging.record import RecordReader
from simulation.world.platform import Platform
from simulation.world.stream import DOCUMENTS

CALM_SECONDS = 60.0
"""Once nothing has disturbed anybody for so long, each loop has come round."""
SHORTEST_TTL_SECONDS = 135.0
"""The shortest-lived document is renewed at 150 s, by a step each 5 s (rule 10)."""
UNFED_SECONDS, LOOK_SECONDS = 15.0, 5.0
"""Without the stream a worker looks at the record every 2 s, once its reads have timed out (41)."""
OUTAGES = frozenset({"database_away", "database_long_away"})
APART = frozenset(
    {"alerts_away", "edge_away", "restart_worker", "pause_worker", "correction", "withdrawal"}
)
"""The faults that keep rates-sync from nothing but its notices."""
FED_SECONDS = 30.0
"""By then a worker has found out that the stream does not feed it (rule 15)."""
NIGHT_AT, NIGHT_DONE_BY = time(3), timedelta(minutes=5)
NIGHTLY = ("calendar", "slice", "pruning", "outbox")
NOTICES = ("alert", "purge", "second_purge")
PURGED = """
SELECT event_id FROM outbox JOIN notice_cursor ON notice_cursor.name = ?
 AND (outbox.timeline, outbox.position) <= (notice_cursor.timeline, notice_cursor.position)
 WHERE document NOT LIKE '%"type":"status_changed%'
 ORDER BY outbox.timeline DESC, outbox.position DESC LIMIT 1
"""
"""The last event that a cursor has passed, of those that change more than the status."""
NOTICED_SECONDS = 60.0
"""By then each notice of an event was sent, and its cursor has passed it (rule 21)."""


@dataclass
class WatchJudge:
    """Invariants of Redis, of cursors and of nights, by true time."""

    platform: Platform
    history: History
    record: RecordReader
    _had_documents: bool = False
    _there_at: datetime = LONG_AGO
    _stood: dict[str, Position] = field(default_factory=dict)

    def glance(self) -> None:
        """Judge where workers stand: none goes back, but to a restored record (13 and 42)."""
        for instance in self.platform.workers:
            snapshot, name = instance.worker.current.snapshot, instance.machine.name
            if snapshot is None or self.platform.restored:
                continue
            at, before = snapshot.head.at, self._stood.get(name)
            if before is not None and at < before:
                what = f"{name} went from {before.stream_id} to {at.stream_id}"
                self.history.violate("back", self.platform.time.now, what)
            self._stood[name] = at

    def look(self) -> None:
        """Judge how things stand now."""
        now = self.platform.time.now
        found = [*self._in_outage(), *self._unfed(now), *self._fed(now), *self._night(now)]
        if self.platform.is_calm(now - timedelta(seconds=CALM_SECONDS)):
            found += [*self._documents(), *self._cursors(now)]
        found += self._purged()
        for invariant, what in found:
            self.history.violate(invariant, now, what)

    def _documents(self) -> Iterator[tuple[str, str]]:
        """In calm all documents are there, and renewed in time (rule 10)."""
        ends = self.platform.stream.expiries()
        for key in DOCUMENTS:
            if ends.get(key, 0.0) < SHORTEST_TTL_SECONDS:
                yield "documents", f"{key} ends in {ends.get(key, 0.0):.0f} s"

    def _in_outage(self) -> Iterator[tuple[str, str]]:
        """While the database is away the documents live on (rules 11 and 43).

        Whoever is there extends them, and Redis takes it.
        """
        there = DOCUMENTS[0] in self.platform.stream.expiries()
        is_away = any(kind in OUTAGES for kind in self.platform.lasting)
        if not (is_away and self.platform.is_calm(self._there_at, but=OUTAGES | APART)):
            self._had_documents, self._there_at = there, self.platform.time.now
        elif self._had_documents and not there:
            yield "documents", "have ended while the database is away"

    def _unfed(self, now: datetime) -> Iterator[tuple[str, str]]:
        """While Redis alone is away workers follow the record (rule 41)."""
        platform = self.platform
        since = now - timedelta(seconds=UNFED_SECONDS)
        if platform.lasting_since(since, but=ELSEWHERE) != {"redis_away"}:
            return
        announced = self.record.last_event_by(now - timedelta(seconds=LOOK_SECONDS))
        for name, _, head in self._positions():
            if announced and announced > head:
                yield "behind", f"{name} stands at {head}, recorded was {announced}"

    def _fed(self, now: datetime) -> Iterator[tuple[str, str]]:
        """Fed by the stream means: it answers, and ends at the worker's position (rule 15)."""
        platform, since = self.platform, now - timedelta(seconds=FED_SECONDS)
        lasting = platform.lasting_since(since, but=ELSEWHERE)
        is_full = lasting == {"redis_full"} and platform.stream.full
        if lasting is None or not (is_full or lasting == {"redis_away"}):
            return
        began = max(platform.touched[kind] for kind in lasting)
        for name, snapshot, _ in self._positions():
            committed_at = self.history.committed_at.get(snapshot.head.event_id, began)
            if snapshot.feed == "redis" and not (is_full and committed_at <= began):
                yield "fed", f"{name} stands at {snapshot.head.at.stream_id}, as if Redis fed it"

    def _positions(self) -> Iterator[tuple[str, Snapshot, datetime]]:
        """Yield each worker that runs, its snapshot and when that was recorded."""
        for instance in self.platform.workers:
            snapshot, machine = instance.worker.current.snapshot, instance.machine
            if snapshot is None or machine.dead:
                continue
            if head := self.record.recorded_at(snapshot.head.event_id):
                yield machine.name, snapshot, head

    def _night(self, now: datetime) -> Iterator[tuple[str, str]]:
        """A night that nothing disturbs is done soon after 03:00 (rule 46).

        On SQLite a clock that was set is confirmed by Banxico alone, which may be in the morning.
        """
        if not self.platform.database.mysql:
            return
        today = published.local(now).date()
        at = published.wall(today, NIGHT_AT)
        if now < at:
            return
        begun = self.platform.is_calm(at - timedelta(minutes=1), but=APART)
        if not (at + NIGHT_DONE_BY < now and begun):
            return
        rows = self.record.rows("SELECT task FROM finished_nights WHERE night = ?", f"{today}")
        missing = set(NIGHTLY) - {task for (task,) in rows}
        if missing:
            yield "night", f"{sorted(missing)} of {today} are not done"

    def _purged(self) -> Iterator[tuple[str, str]]:
        """A purge's cursor passes what changes answers only once a purge has come (rule 21)."""
        purged_at = max(self.platform.topic.purges, default=LONG_AGO)
        for name in ("purge", "second_purge"):
            for (event_id,) in self.record.rows(PURGED, name):
                committed_at = self.history.committed_at.get(event_id, LONG_AGO)
                if committed_at > purged_at:
                    yield "purge", f"{name} has passed {event_id}, last purged was {purged_at}"

    def _cursors(self, now: datetime) -> Iterator[tuple[str, str]]:
        """In calm no notice waits (rules 21 and 44)."""
        if not self.platform.is_calm(now - timedelta(seconds=2 * NOTICED_SECONDS)):
            return
        announced = self.record.last_event_by(now - timedelta(seconds=NOTICED_SECONDS))
        for name in NOTICES:
            rows = self.record.rows(
                "SELECT outbox.recorded_at FROM notice_cursor JOIN outbox"
                " USING (timeline, position) WHERE name = ?",
                name,
            )
            passed = datetime.fromisoformat(f"{rows[0][0]}+00:00") if rows else None
            if announced is not None and (passed is None or passed < announced):
                yield "notices", f"{name} stands at {passed}, recorded was {announced}"
