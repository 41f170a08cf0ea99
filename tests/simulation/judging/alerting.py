"""Invariants of alerts as they arrive, and of those that no event calls for (protocol rule 44)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rates_sync.leader.leader import Leader
from simulation.history import LONG_AGO, History
from simulation.judging.record import RecordReader
from simulation.world.banxico import FAILING
from simulation.world.platform import Platform, SyncInstance
from simulation.world.sinks import SentAlert

RECORDED = ("redis_unavailable", "breaker_opened", "fix_unconfirmed", "settlement_unconfirmed")
"""The alerts that are in the record while they are open."""
TOLD_WITHIN = timedelta(seconds=60)
"""By then a leader has told what has no event: it looks each few seconds."""
JUMP = timedelta(seconds=10)
"""A clock that moved so far has been set."""
SUSPECT = timedelta(seconds=62)
"""A clock that is wrong by so much is suspect once a witness was heard (protocol rule 33)."""
SUSPECT_WITHIN = timedelta(seconds=30)
"""By then the status says so: a leader looks with each renewal of its lease."""
SILENT = frozenset({"correction", "withdrawal", "range_lost", "edge_away"})
"""The kinds of faults that keep nobody from telling anything."""
CLOCKS = frozenset({"clock_step", "clock_wrong"})


@dataclass
class Term:
    """What was seen of one leader: since when it leads, how far its clock is ahead, when last.

    `moved` are the looks before and after its clock was last found to be set, `heard` is the first
    one after it had an answer of Banxico's since then.
    """

    leader: Leader | None
    began: datetime
    error: timedelta
    seen: datetime
    moved: tuple[datetime, datetime] | None = None
    heard: datetime | None = None


@dataclass
class AlertingJudge:
    """Invariants of each alert at its arrival, and of what a leader has to tell directly."""

    platform: Platform
    history: History
    record: RecordReader
    _terms: dict[str, Term] = field(default_factory=dict)

    def on_alert(self, sent: SentAlert) -> None:
        """Judge an alert at the moment at which it arrives."""
        for invariant, what in (*self._unrecorded(sent), *self._untrue(sent)):
            self.history.violate(invariant, self.platform.time.now, what)

    def look(self) -> None:
        """Judge what leaders should have told by now."""
        now = self.platform.time.now
        for instance in self.platform.sync:
            term, name = self._term(instance, now), instance.machine.name
            if term.leader is None:
                continue
            for invariant, what in (
                *self._untold_jump(term, name, now),
                *self._untold_foreign(term, name, now),
                *self._unsuspected(term, now),
            ):
                self.history.violate(invariant, now, f"{name} {what}")

    def _unrecorded(self, sent: SentAlert) -> Iterator[tuple[str, str]]:
        """A beginning is in the record before it is sent: whoever leads owes its end."""
        (holder,) = self.record.rows("SELECT holder FROM lease")[0]
        if sent.alert.name not in RECORDED or holder.partition("/")[0] != sent.sender:
            return
        found = self.record.rows("SELECT 1 FROM open_alerts WHERE name = ?", sent.alert.name)
        if not found and not self.platform.restored:
            yield "alerts", f"{sent.alert.id} was sent before it was recorded"

    def _untrue(self, sent: SentAlert) -> Iterator[tuple[str, str]]:
        """That Banxico answers again wants an answer of Banxico's.

        But for a restored record, whose status is of a time at which Banxico did.
        """
        is_judged = sent.alert.name == "breaker_closed" and not self.platform.restored
        if not is_judged or self._is_a_clock_wrong:
            return
        instant = sent.alert.id.removeprefix("breaker_closed-")
        # A clock that is a bit ahead dates the record so: its beginning arrived before that.
        beginning = f"breaker_opened-{instant}"
        arrived = [told.at for told in self.platform.topic.alerts if told.alert.id == beginning]
        since = min([datetime.fromisoformat(instant), *arrived])
        answers = reversed(self.platform.api.heard.answers)
        moods = (mood.partition(" ")[0] for at, mood in answers if at >= since)
        if all(mood in FAILING for mood in moods):
            yield "alerts", f"{sent.alert.id}, though Banxico has not answered since"

    @property
    def _is_a_clock_wrong(self) -> bool:
        return any(machine.clock.error for machine in self.platform.machines)

    def _term(self, instance: SyncInstance, now: datetime) -> Term:
        """Take down whether the instance leads, and whether its clock was set meanwhile."""
        leader, name = instance.service.leader, instance.machine.name
        error, known = instance.machine.clock.error, self._terms.get(name)
        if known is None or known.leader is not leader:
            self._terms[name] = Term(leader, now, error, now)
        elif abs(error - known.error) > JUMP:
            moved = (known.seen, now)
            self._terms[name] = Term(leader, known.began, error, now, moved)
        else:
            known.seen = now
        term = self._terms[name]
        answered = self.platform.api.heard.answered.get(name, LONG_AGO)
        if term.moved is not None and answered > term.moved[1]:
            term.heard = term.heard or now
        return term

    def _untold_jump(self, term: Term, name: str, now: datetime) -> Iterator[tuple[str, str]]:
        """A clock that was set is alerted (rule 32)."""
        if term.moved is None:
            return
        before, after = term.moved
        due = self._is_due(after, now, before, but=CLOCKS)
        if due and not self._was_sent("clock_jumped", name, before):
            yield "alerts", f"has not told that its clock was set before {after:%H:%M:%S}"

    def _untold_foreign(self, term: Term, name: str, now: datetime) -> Iterator[tuple[str, str]]:
        """A stream that is nobody's is alerted (rule 38)."""
        at = self.platform.foreign_at
        due = term.began < at and self._is_due(at, now, at - TOLD_WITHIN, but={"redis_foreign"})
        if due and not self._was_sent("foreign_stream", name, at):
            yield "alerts", f"has not told that the stream was spoilt at {at:%H:%M:%S}"

    def _unsuspected(self, term: Term, now: datetime) -> Iterator[tuple[str, str]]:
        """Where Banxico alone is a witness, a clock that it contradicts is suspect (rule 33)."""
        if self.platform.database.mysql or abs(term.error) < SUSPECT or term.heard is None:
            return
        calm_since = term.heard - SUSPECT_WITHIN
        calm = self.platform.lasting_since(calm_since, but=SILENT | CLOCKS) == set()
        if calm and term.heard <= now - SUSPECT_WITHIN and not self._is_suspect():
            yield "clock", f"is wrong by {term.error}, and the status does not say so"

    def _is_due(
        self, at: datetime, now: datetime, calm_since: datetime, *, but: frozenset[str] | set[str]
    ) -> bool:
        """Tell whether what happened `at` is told by now: nothing else has disturbed anybody."""
        calm = self.platform.lasting_since(calm_since, but=SILENT | but) == set()
        return calm and at <= now - TOLD_WITHIN

    def _was_sent(self, name: str, sender: str, since: datetime) -> bool:
        alerts = reversed(self.platform.topic.alerts)
        return any(
            (sent.alert.name, sent.sender) == (name, sender) and sent.at >= since for sent in alerts
        )

    def _is_suspect(self) -> bool:
        rows = self.record.rows(
            "SELECT document FROM outbox ORDER BY timeline DESC, position DESC LIMIT 1"
        )
        return bool(rows and json.loads(rows[0][0])["status"]["clock_suspect"])
