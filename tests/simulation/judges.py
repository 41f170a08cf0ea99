"""The invariants, judged after every event: nothing here comes from what the services decide.

Published values and the calendar are the data's own (`contract.sweeping.published`); the rules are
those of docs/protocol.md.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from contract.sweeping import published
from rates_contracts.observation import FIX, SETTLEMENT
from simulation.history import History
from simulation.network import Machine
from simulation.platform import ApiInstance, Platform, Said

OPENS, CLOSES = time(7), time(17)
NOON, RUSH_ENDS = time(12), time(12, 15)
VERIFIED_SECONDS = 300.0
CLOCK_SECONDS = 60.0
"""How far a clock may be wrong before it counts as wrong (protocol rule 33)."""
SERIES = {"fix": FIX, "settlement": SETTLEMENT}
DELIVERY_SECONDS = 20.0
CALM_SECONDS = 300.0
"""After a fault the breaker may be open, and the next poll that far away."""
SEEN_SECONDS = 60.0
"""A publication is asked for each 15 s, and delivered within 20 s."""
NOTICED_SECONDS = 20.0
"""Within so many a worker notices that its clock was set: it looks at the database's every 14 s."""
PAIRS = {
    "breaker_opened": "breaker_closed",
    "database_unavailable": "database_available",
    "redis_unavailable": "redis_available",
    "fix_unconfirmed": "fix_confirmed",
    "settlement_unconfirmed": "settlement_confirmed",
    "clock_wrong": "clock_right",
}


def open_seconds(since: datetime, until: datetime) -> float:
    """Return how many seconds of polling windows (07:00-17:00 of banking days) lie between."""
    total, day = 0.0, published.local(since).date()
    while published.wall(day, time()) < until:
        if published.may_open(day):
            begin, end = published.wall(day, OPENS), published.wall(day, CLOSES)
            total += max((min(end, until) - max(begin, since)).total_seconds(), 0.0)
        day += timedelta(days=1)
    return total


@dataclass
class RecordJudge:
    """Invariants of the record and the stream: a gap-free chain, written by the leader alone."""

    platform: Platform
    history: History
    restoring: bool = False
    _last: tuple[int, int] = (0, 0)
    _event_id: str | None = None
    _raw: sqlite3.Connection | None = None

    def on_commit(self, machine: Machine) -> None:
        """Judge what a commit of `machine` has added to the outbox."""
        rows = self._rows()
        for row in rows:
            self._judge_row(*row)
        if rows:
            self._judge_writer(machine)

    def on_restore(self) -> None:
        """Begin again at the restored record's head."""
        self._raw = None
        head = self.platform.database.query("SELECT timeline, position, event_id FROM head")
        if head:
            self._last, self._event_id = (head[0][0], head[0][1]), head[0][2]

    def on_stream(self, writer: str) -> None:
        """Judge the stream after each write: it tells nothing that was not recorded."""
        now, before = self.platform.time.now, None
        for at, event_id in self.platform.stream.entries():
            if event_id and self.history.committed.get(event_id) != at:
                self.history.violate("stream", now, f"{writer} has sent an unrecorded {at}")
            timeline, _, position = at.partition("-")
            place = int(timeline), int(position)
            if before and place != (before[0], before[1] + 1) and place[0] == before[0]:
                self.history.violate("stream", now, f"{before} is followed by {place}")
            before = place

    def _rows(self) -> list[Any]:
        if self._raw is None:
            self._raw = sqlite3.connect(self.platform.database.file, isolation_level=None)
        timeline, position = self._last
        return self._raw.execute(
            "SELECT timeline, position, event_id, document FROM outbox WHERE timeline > ?1"
            " OR (timeline = ?1 AND position > ?2) ORDER BY timeline, position",
            (timeline, position),
        ).fetchall()

    def _judge_row(self, timeline: int, position: int, event_id: str, document: str) -> None:
        now, history = self.platform.time.now, self.history
        history.committed[event_id] = f"{timeline}-{position}"
        history.digest(f"{timeline}-{position} {document}".encode())
        before = json.loads(document)["previous"]
        if self._event_id is not None and before["event_id"] != self._event_id:
            history.violate("chain", now, f"{timeline}-{position} does not name the one before")
        if timeline == self._last[0] and position != self._last[1] + 1:
            history.violate("chain", now, f"{self._last} is followed by {timeline}-{position}")
        self._last, self._event_id = (timeline, position), event_id

    def _judge_writer(self, machine: Machine) -> None:
        assert self._raw is not None
        (holder,) = self._raw.execute("SELECT holder FROM lease").fetchone()
        if holder.partition("/")[0] != machine.name:
            now = self.platform.time.now
            self.history.violate("fence", now, f"{machine.name} has written, {holder} leads")

    def close(self) -> None:
        """Close the connection."""
        if self._raw is not None:
            self._raw.close()


@dataclass
class AnswerJudge:
    """Invariants of what workers say."""

    platform: Platform
    history: History
    _immutable: dict[str, bytes] = field(default_factory=dict)

    def on_restore(self) -> None:
        """Forget what was said for ever: the record that it rested on is gone."""
        self._immutable.clear()

    def judge(self, instance: ApiInstance, path: str, said: Said) -> None:
        """Judge an answer at the moment at which it was given."""
        now = self.platform.time.now
        self.history.digest(f"{path} {said.status} ".encode() + said.content)
        for invariant, what in self._broken(instance, path, said, now):
            self.history.violate(invariant, now, f"{instance.machine.name} {path}: {what}")

    def _broken(
        self, instance: ApiInstance, path: str, said: Said, now: datetime
    ) -> Iterator[tuple[str, str]]:
        if said.status == 422 and "as_of" in path and instance.machine.clock.error:
            return  # By its clock that instant is still to come.
        if said.status not in (200, 404, 503):
            yield "status", f"status {said.status}"
            return
        body = said.body
        yield from self._kept_for_ever(path, said)
        if said.status == 200 and "rate" in body:
            yield from self._value(body, now)
            yield from self._freshness(body, said, now, instance.machine)
        if path == "/api/v1/rates/current":
            yield from self._promptness(body, now)
        if said.status == 404:
            yield from self._absence(body, path, now)
        snapshot = instance.worker.current.snapshot
        if snapshot is not None and snapshot.head.event_id not in self.history.committed:
            yield "ahead", f"stands at {snapshot.head.at.stream_id}, which was never recorded"

    def compare(self, answers: Sequence[tuple[ApiInstance, Said]], path: str) -> None:
        """Judge what workers said at one moment: at one position all say the same (rule 16)."""
        by_place: dict[Any, tuple[str, bytes]] = {}
        for instance, said in answers:
            snapshot = instance.worker.current.snapshot
            if snapshot is None or said.status == 503 or self._has_wrong_clock(instance.machine):
                continue
            name, place = instance.machine.name, (snapshot.head.event_id, snapshot.feed)
            other, content = by_place.setdefault(place, (name, said.content))
            if content != said.content:
                what = f"{path}: {other} and {name} differ at {snapshot.head.at.stream_id}"
                self.history.violate("same bytes", self.platform.time.now, what)

    def _has_wrong_clock(self, machine: Machine) -> bool:
        """Tell whether its clock is wrong, or was until just now: it may still say so."""
        since_set = self.platform.time.seconds - machine.clock.set_at
        return bool(machine.clock.error) or since_set < NOTICED_SECONDS

    def _kept_for_ever(self, path: str, said: Said) -> Iterator[tuple[str, str]]:
        if "immutable" not in said.headers.get("cache-control", ""):
            return
        if self._immutable.setdefault(path, said.content) != said.content:
            yield "immutable", "says something else now"

    def _value(self, body: Any, now: datetime) -> Iterator[tuple[str, str]]:
        if body.get("derived"):
            return
        series = SERIES[body["kind"]]
        day = body["resolved"] if "resolved" in body else body["dates"]["determined"]
        if series == SETTLEMENT and "resolved" not in body:
            return
        value = Decimal(body["rate"])
        if not self.platform.api.truth.ever_showed(series, date.fromisoformat(day), value, now):
            yield "value", f"{value} of {day} was never published"

    def _freshness(
        self, body: Any, said: Said, now: datetime, machine: Machine
    ) -> Iterator[tuple[str, str]]:
        freshness = body.get("freshness")
        if freshness is None or freshness["state"] != "fresh":
            return
        heard = self.platform.api.heard.at.get(SERIES[body["kind"]])
        if heard is None:
            yield "truth", "fresh, though Banxico has never confirmed it"
            return
        control = said.headers.get("cache-control", "")
        seconds = int(control.rpartition("s-maxage=")[2] or 0) if "s-maxage=" in control else 0
        until = datetime.fromisoformat(freshness["fresh_until"])
        if machine.clock.now() + timedelta(seconds=seconds - 1) > until:
            yield "kept", f"s-maxage={seconds} reaches beyond {freshness['fresh_until']}"
        passed = open_seconds(heard, now)
        noticed = self.platform.time.seconds - machine.clock.set_at > NOTICED_SECONDS
        warned = machine.clock.error and "clock_suspect" in body["warnings"]
        if passed > VERIFIED_SECONDS + CLOCK_SECONDS and noticed and not warned:
            yield "truth", f"fresh, though last confirmed {heard:%H:%M:%S}"

    def _promptness(self, body: Any, now: datetime) -> Iterator[tuple[str, str]]:
        """While nothing disturbs anybody, a publication is answered within a minute."""
        today = published.local(now).date()
        noon, seen_by = published.wall(today, NOON), now - timedelta(seconds=SEEN_SECONDS)
        truth = self.platform.api.truth
        is_rush = noon <= now <= published.wall(today, RUSH_ENDS)
        if not (is_rush and self.platform.is_calm(noon - timedelta(seconds=CALM_SECONDS))):
            return
        if (
            today in truth.shows(FIX, seen_by)
            and body.get("dates", {}).get("determined") != today.isoformat()
        ):
            yield (
                "prompt",
                f"the FIX of {today} shows since {SEEN_SECONDS:g} s, and nobody was told",
            )

    def _absence(self, body: Any, path: str, now: datetime) -> Iterator[tuple[str, str]]:
        """A day that shows at Banco de México must not be told as one without a value for long."""
        if body["code"] not in ("gap", "not-yet-published", "before-first-observation"):
            return
        day_text = path.partition("?")[0].rpartition("/")[2]
        if "?" in path or len(day_text) != 10:
            return
        day, heard = date.fromisoformat(day_text), self.platform.api.heard
        within = VERIFIED_SECONDS + CLOCK_SECONDS + DELIVERY_SECONDS
        since = now - timedelta(seconds=within)
        shown = (self.platform.api.truth.shows(FIX, at) for at in (since, now))
        if not all(day in days for days in shown):
            return
        # An old answer that does not say so is believed: nobody can know better.
        if heard.told_at is None or open_seconds(heard.told_at, now) > within:
            yield "truth", f"{body['code']}, though Banco de México shows a value"


@dataclass
class EndJudge:
    """Invariants once all faults have ended: everything converges, and nothing has grown."""

    platform: Platform
    history: History

    async def judge(self) -> None:
        """Judge the end of a run."""
        now = self.platform.time.now
        for invariant, what in (*self._died(), *self._record(), *self._stream(), *self._alerts()):
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
        rows = self.platform.database.query(
            "SELECT series, date, value FROM observations ORDER BY series, date, revision"
        )
        recorded = {(series, day): value for series, day, value in rows}
        for (series, day), value in self.platform.api.heard.told.items():
            has = recorded.get((series, day.isoformat()))
            differs = has is None or Decimal(has) != value
            if differs and not self._is_under_review(series, day):
                yield "record", f"has {has} for {series} of {day}, told was {value}"
        for series in SERIES.values():
            heard = self.platform.api.heard.at.get(series)
            if heard is None or open_seconds(heard, now) > VERIFIED_SECONDS + CLOCK_SECONDS:
                yield "asked", f"{series} was last confirmed at {heard}"

    def _is_under_review(self, series: str, day: date) -> bool:
        return bool(
            self.platform.database.query(
                "SELECT 1 FROM quarantine WHERE series = ? AND date = ? AND state = 'open'",
                series,
                day.isoformat(),
            )
        )

    def _stream(self) -> Iterator[tuple[str, str]]:
        outbox = self.platform.database.query(
            "SELECT timeline || '-' || position, event_id FROM outbox ORDER BY timeline, position"
        )
        if self.platform.stream.entries() != [tuple(row) for row in outbox]:
            yield "stream", "does not hold what the outbox holds"

    async def _worker(self, instance: ApiInstance) -> Any:
        snapshot = instance.worker.current.snapshot
        (head,) = self.platform.database.query("SELECT event_id FROM head")
        if snapshot is None or snapshot.head.event_id != head[0]:
            yield "converged", "does not stand at the head"
        elif snapshot.feed != "redis":
            yield "converged", "is not fed by the stream"
        said = await instance.get("/health")
        level = said.body.get("level")
        if level not in ("healthy", "degraded"):
            yield "converged", f"is {level}: {said.content.decode()[:300]}"
        current = await instance.get("/api/v1/rates/current")
        if current.status != 200:
            yield "converged", f"answers {current.status}: {current.content.decode()[:200]}"

    def _alerts(self) -> Iterator[tuple[str, str]]:
        """Each alert that opens is closed, once all is well; one ID is one alert."""
        seen: dict[str, str] = {}
        names = [sent.alert.name for sent in self.platform.topic.alerts]
        for sent in self.platform.topic.alerts:
            if seen.setdefault(sent.alert.id, sent.alert.name) != sent.alert.name:
                yield "alerts", f"{sent.alert.id} is {sent.alert.name} and {seen[sent.alert.id]}"
        for begin, end in PAIRS.items():
            if begin in names and end not in names[names.index(begin) :]:
                yield "alerts", f"{begin} has no end"
