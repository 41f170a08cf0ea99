"""Invariants of a record that is restored (protocol rules 9 and 42): no place is used twice.

A place is a timeline and a position in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulation.history import LONG_AGO, History
from simulation.judging.record import RecordReader
from simulation.judging.watch import APART
from simulation.world.network import Machine
from simulation.world.platform import Platform

Place = tuple[int, int]
NOWHERE: Place = (0, 0)
NOTICED_SECONDS = 30.0
"""In calm a relay has made its step by then, and has compared the record with what it wrote."""
ASKED_SECONDS, JUDGED_SECONDS = 30.0, 120.0
"""Banxico is asked at most each 15 s; who leads next may ask later."""
IN_TURN = timedelta(seconds=310)
"""A new timeline so soon after another may be a second record's: it calls for no question."""
SPARED = timedelta(seconds=600)
"""Banxico may have asked for a pause, or the breaker be open."""
RESTORES = frozenset({"database_restored", "both_lost", "restored_while_stopped"})
"""What disturbs only when it ends, by the restore."""
SPARING = frozenset(
    {
        "banxico_away",
        "banxico_mood",
        "banxico_slow",
        "range_lost",
        "cut",
        "clock_step",
        "clock_drift",
        "suspend_leader",
    }
)
"""The faults after which Banxico need not be asked at once."""


@dataclass
class RestoreJudge:
    """What a process has written, what the stream held, and what a new timeline calls for."""

    platform: Platform
    history: History
    record: RecordReader
    _head: Place = NOWHERE
    _committed: dict[str, Place] = field(default_factory=dict)
    _written: dict[str, Place] = field(default_factory=dict)
    _sent: dict[str, str] = field(default_factory=dict)
    _losses: int = 0
    _restored_at: datetime = LONG_AGO
    _restored_to: Place = NOWHERE
    _recorded_at: datetime = LONG_AGO
    _begun: list[datetime] = field(default_factory=list)

    def on_commit(self, machine: Machine) -> None:
        """Judge where `machine` has put an event: not where it had put another before."""
        before, self._head = self._head, self._read()
        if self._head == before:
            return
        now, written = self.platform.time.now, self._written.get(machine.name, NOWHERE)
        if self._head <= written:
            what = f"{machine.name} writes {self._head}, and has written {written}"
            self.history.violate("restored", now, what)
        if self._head[0] > before[0] and before != NOWHERE:
            self._begun.append(now)
        self._committed[machine.name] = self._head

    def on_answered(self, machine: Machine) -> None:
        """Note that `machine` knows of its commit."""
        if place := self._committed.pop(machine.name, None):
            self._written[machine.name] = max(place, self._written.get(machine.name, NOWHERE))

    def on_restore(self) -> None:
        """Begin again at the restored record's head."""
        self._head, self._restored_at = self._read(), self.platform.time.now
        self._restored_to, self._recorded_at = self._head, self._recorded_until()
        self._committed.clear()

    def _recorded_until(self) -> datetime:
        return self.record.last_event_by(self.platform.time.now) or LONG_AGO

    def has_lost(self, at: datetime) -> bool:
        """Tell whether what was recorded at `at` is lost, and nobody can know.

        Neither a process that has written more nor a stream that holds more has lived on to begin
        a timeline.
        """
        is_beyond = self._recorded_at < at < self._restored_at
        return is_beyond and self._head[0] == self._restored_to[0]

    def on_stream(self, writer: str) -> None:
        """Judge what `writer` has sent: while the stream is there no ID becomes another event's.

        In a new timeline the earlier ones are those of the record that is left.
        """
        stream = self.platform.stream
        if self._losses != stream.losses:
            self._losses, self._sent = stream.losses, {}
        entries = stream.entries()
        timeline = entries[-1][0].partition("-")[0] if entries else ""
        newest = {at: event for at, event in entries if at.startswith(f"{timeline}-")}
        for at, event in newest.items():
            if self._sent.get(at, event) != event:
                now = self.platform.time.now
                self.history.violate("restored", now, f"{writer} has sent another {at}")
        self._sent = newest

    def look(self) -> None:
        """Judge how things stand now."""
        now = self.platform.time.now
        for invariant, what in (*self._noticed(now), *self._asked(now)):
            self.history.violate(invariant, now, what)

    def _noticed(self, now: datetime) -> Iterator[tuple[str, str]]:
        """In calm a leader has noticed that the record lacks what it wrote."""
        if not self.platform.is_calm(now - timedelta(seconds=NOTICED_SECONDS)):
            return
        for leader in self.platform.leaders:
            written = self._written.get(leader.machine.name, NOWHERE)
            if written > self._head:
                yield "restored", f"ends at {self._head}, the leader has written {written}"

    def _asked(self, now: datetime) -> Iterator[tuple[str, str]]:
        """After a new timeline Banxico is asked at once, at any hour."""
        if not self._begun or self._follows_another():
            return
        begun = self._begun[-1]
        is_due = ASKED_SECONDS < (now - begun).total_seconds() < JUDGED_SECONDS
        if not is_due or self._is_disturbed(begun):
            return
        if self.platform.api.heard.answers[-1][0] < begun:
            yield "restored", f"Banxico was not asked since {begun:%H:%M:%S}"

    def _is_disturbed(self, begun: datetime) -> bool:
        """Tell whether anything may keep the leader of a new timeline from asking."""
        touched = [at for kind, at in self.platform.touched.items() if kind in SPARING]
        return (
            self._restored_at > begun
            or not self.platform.is_calm(begun, but=APART | RESTORES)
            or max(touched, default=LONG_AGO) > begun - SPARED
        )

    def _follows_another(self) -> bool:
        return len(self._begun) > 1 and self._begun[-1] - self._begun[-2] < IN_TURN

    def _read(self) -> Place:
        rows = self.record.rows("SELECT timeline, position FROM head")
        return (rows[0][0], rows[0][1]) if rows else NOWHERE
