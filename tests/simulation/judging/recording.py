"""What is recorded and sent, judged at every commit and every write to Redis.

Nothing here comes from what the services decide: published values and the calendar are the data's
own (`contract.sweeping.published`); the rules are those of docs/protocol.md.
"""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from contract.sweeping import published
from simulation.history import LONG_AGO, History
from simulation.judging.record import RecordReader
from simulation.judging.validity import CLOCK_SECONDS
from simulation.world.network import Machine
from simulation.world.platform import Platform

SPENT_SLACK = 4
"""Requests that were counted in a record that was restored before they were made."""
POLLS_WINDOW, MAX_POLLS = timedelta(minutes=5), 60
"""Each 15 s at most, each twice at most; the rest is for new leaders, which ask at once."""
OLD_DATED = "stale_dated"
MAX_REQUESTS = 1100
"""Of a day: what a leader allows itself, polls and backfills (rules 20 and 35)."""
WRITTEN = """
SELECT (SELECT count(*) FROM observations), (SELECT count(*) FROM outbox),
 (SELECT count(*) FROM payloads), (SELECT count(*) FROM audit), (SELECT count(*) FROM averages),
 (SELECT group_concat(fingerprint || state) FROM quarantine),
 (SELECT group_concat(series || first || last) FROM coverage),
 (SELECT group_concat(series || date || ifnull(withdrawn_at, '')) FROM withdrawals),
 (SELECT group_concat(name || timeline || '-' || position) FROM notice_cursor),
 (SELECT group_concat(task || night) FROM finished_nights),
 (SELECT group_concat(name || opened_at) FROM open_alerts),
 (SELECT timeline || '-' || position || event_id || ifnull(unannounced_at, '') FROM head)
"""
"""What the leader alone may change, as far as counts and keys show it."""
WITHDRAWN_TOO_SOON = """
SELECT 1 FROM withdrawals
 WHERE (julianday(withdrawn_at) - julianday(first_missed_at)) * 86400 < 299
"""
MOVED_UNSEEN = """
SELECT 1 FROM quarantine WHERE series = ? AND date = ? AND raw = ?
 AND (julianday(?) - julianday(first_seen)) * 86400 >= 299
"""
MAX_MOVE = Decimal("0.1")
SPARED_SECONDS, SPARED_WINDOW, MAX_TRIALS = 150.0, timedelta(seconds=60), 6
"""A Banxico that fails is asked but once a minute, by each new leader a few times (rule 19)."""
UNTIMED = frozenset(
    {
        "pause_leader",
        "pause_standby",
        "suspend_leader",
        "clock_step",
        "clock_drift",
        "cut",
        "clock_unwitnessed",
        "clock_wrong",
    }
)
"""With these an instance learns late that it was answered, or does not know when that was."""
KEPT_FOR, ANSWER_TAKES = timedelta(minutes=10), timedelta(seconds=2)
"""How long an answer is kept while the record can't take it, and how long it is on its way."""
ROUNDED = timedelta(microseconds=-1)
ALONE_FROM, ALONE_UNTIL = time(11, 56), time(12, 14)
"""When only polls ask, whatever the clocks are off by (protocol rule 35)."""


def _says_nothing_new(before: Any, status: Any) -> bool:
    """Tell whether two statuses differ by less than a minute of `fresh_until`."""
    moved = [
        abs(datetime.fromisoformat(new) - datetime.fromisoformat(old))
        for old, new in (
            (before["series"][name]["fresh_until"], series["fresh_until"])
            for name, series in status["series"].items()
        )
        if old and new
    ]
    if max(moved, default=timedelta()) >= timedelta(minutes=1):
        return False
    return _lasting(before) == _lasting(status)


def _lasting(status: Any) -> dict[str, Any]:
    """Return what a status says but for the instants that each poll moves."""
    moving = {"verified_at", "fresh_until", "usable_until"}
    series = {
        name: {key: told for key, told in each.items() if key not in moving or told is None}
        for name, each in status["series"].items()
    }
    day = published.local(datetime.fromisoformat(status["transitions"][0][0])).date()
    passing = {*moving, "transitions", "counted"}
    rest = {key: told for key, told in status.items() if key not in passing}
    return {**rest, "series": series, "day": day}


def _ordinals(first: str, last: str) -> tuple[int, int]:
    return date.fromisoformat(first).toordinal(), date.fromisoformat(last).toordinal() + 1


@dataclass
class RecordJudge:
    """Invariants of the record and the stream: a gap-free chain, written by the leader alone."""

    platform: Platform
    history: History
    record: RecordReader
    on_event: Callable[[Any], None] = lambda _: None
    _last: tuple[int, int] = (0, 0)
    _event_id: str | None = None
    _written: Any = None
    _recorded_at: datetime = LONG_AGO
    _told: dict[str, Any] = field(default_factory=dict)
    _asked: int = 0
    _polled: deque[datetime] = field(default_factory=deque)
    _covered: list[Any] = field(default_factory=list)
    _verified: set[Any] = field(default_factory=set)

    def on_commit(self, machine: Machine) -> None:
        """Judge what a commit of `machine` has changed."""
        for row in self._rows():
            self._judge_row(machine, *row)
        self._judge_writer(machine)
        self._judge_coverage()

    def on_restore(self) -> None:
        """Begin again at the restored record's head."""
        self.record.close()
        head = self.record.rows("SELECT timeline, position, event_id FROM head")
        if head:
            self._last, self._event_id = (head[0][0], head[0][1]), head[0][2]
        self._written, self._recorded_at = self.record.rows(WRITTEN)[0], LONG_AGO
        self._told = {}
        self._asked = min(self._asked, self._spent() - SPENT_SLACK)

    def on_request(self, last: date | None) -> None:
        """Judge a request that reaches Banxico: it was counted before (rule 20).

        `last` is the last day that it asks for; one that lies ahead makes it a poll.
        """
        now = self.platform.time.now
        today = published.local(now).date()
        self._asked += 1
        if self._asked > self._spent():
            self.history.violate("quota", now, "a request was made that was not counted")
        if self.platform.api.heard.requests[today] > MAX_REQUESTS:
            self.history.violate("quota", now, f"more than {MAX_REQUESTS} requests on {today}")
        if last is not None and last > today + timedelta(days=1):
            self._judge_rhythm(now)
        elif last is not None and ALONE_FROM <= published.local(now).time() <= ALONE_UNTIL:
            self._judge_noon(now)

    def _judge_noon(self, now: datetime) -> None:
        if not any(machine.clock.error for machine in self.platform.machines):
            self.history.violate("backfill", now, "asks for history while the FIX may come")

    def _judge_rhythm(self, now: datetime) -> None:
        self._polled.append(now)
        told_at = self.platform.api.heard.told_at
        trials = sum(at > now - SPARED_WINDOW for at in self._polled)
        fails = self.platform.api.fails_since
        if fails and (now - fails).total_seconds() > SPARED_SECONDS and trials > MAX_TRIALS:
            self.history.violate("breaker", now, f"{trials} polls in a minute, told last {told_at}")
        while self._polled[0] < now - POLLS_WINDOW:
            self._polled.popleft()
        if len(self._polled) > MAX_POLLS:
            self.history.violate("quota", now, f"more than {MAX_POLLS} polls in {POLLS_WINDOW}")

    def _spent(self) -> int:
        (total,) = self.record.rows("SELECT sum(used + backfill_used) FROM quota")[0]
        return total or 0

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
        self._judge_manifest(writer)

    def _judge_manifest(self, writer: str) -> None:
        """The documents are those of the stream's end: both are written together (rule 7)."""
        head, entries = self.platform.stream.manifest_head(), self.platform.stream.entries()
        if entries and entries[-1][1] != head:
            now, end = self.platform.time.now, entries[-1][0]
            self.history.violate("documents", now, f"{writer} has left others than those of {end}")

    def _rows(self) -> list[Any]:
        return self.record.rows(
            "SELECT timeline, position, event_id, document FROM outbox WHERE timeline > ?1"
            " OR (timeline = ?1 AND position > ?2) ORDER BY timeline, position",
            *self._last,
        )

    def _judge_row(
        self, machine: Machine, timeline: int, position: int, event_id: str, document: str
    ) -> None:
        now, history = self.platform.time.now, self.history
        history.committed[event_id] = f"{timeline}-{position}"
        history.committed_at[event_id] = now
        history.digest(f"{timeline}-{position} {document}".encode())
        event = json.loads(document)
        before = event["previous"]
        self._judge_instant(timeline, position, event)
        self._judge_verified(timeline, position, event)
        self._judge_suspicion(machine, event)
        self._judge_worth(timeline, position, event)
        for row in event.get("observations", ()):
            self._judge_move(row)
        self.on_event(event)
        if self._event_id is not None and before["event_id"] != self._event_id:
            history.violate("chain", now, f"{timeline}-{position} does not name the one before")
        if timeline == self._last[0] and position != self._last[1] + 1:
            history.violate("chain", now, f"{self._last} is followed by {timeline}-{position}")
        self._last, self._event_id = (timeline, position), event_id

    def _judge_instant(self, timeline: int, position: int, event: Any) -> None:
        """Nothing is dated ahead where a right clock is there to tell (rule 33)."""
        now, at = self.platform.time.now, datetime.fromisoformat(event["recorded_at"])
        if self.platform.database.mysql and at > now + timedelta(seconds=CLOCK_SECONDS + 1):
            self.history.violate("dated", now, f"{timeline}-{position} is of {at}")
        if at <= self._recorded_at and timeline == self._last[0]:
            self.history.violate("dated", now, f"{timeline}-{position} is not after the one before")
        self._recorded_at = at

    def _judge_verified(self, timeline: int, position: int, event: Any) -> None:
        """What is verified was verified by an answer of Banxico's just before (rule 37).

        It is judged once, when it is first told: at night it stands for hours.
        """
        now = self.platform.time.now
        told = {(name, series["verified_at"]) for name, series in event["status"]["series"].items()}
        new, self._verified = told - self._verified, self._verified | told
        others = self.platform.touched.keys() - UNTIMED
        if self.platform.lasting_since(now - KEPT_FOR, but=others) != set():
            return
        for name, text in sorted((name, text) for name, text in new if text):
            at = datetime.fromisoformat(text)
            if not self._is_answered(at) and not self._was_taken_back(at):
                what = f"{timeline}-{position}: {name} at {at}, without an answer"
                self.history.violate("verified", now, what)

    def _is_answered(self, at: datetime) -> bool:
        """Tell whether Banxico answered just before `at`."""
        times = (answered for answered, _ in reversed(self.platform.api.heard.answers))
        return any(ROUNDED <= at - answered <= ANSWER_TAKES for answered in times)

    def _was_taken_back(self, at: datetime) -> bool:
        """Tell whether an old answer has told a leader an earlier time, on SQLite the only one."""
        dated = [when for when, asked in self.platform.api.heard.answers if OLD_DATED in asked]
        return not self.platform.database.mysql and bool(dated) and at < max(dated)

    def _judge_suspicion(self, machine: Machine, event: Any) -> None:
        """A clock is suspect until its instance has heard Banxico (rule 33)."""
        before = self._told.get("status")
        has_ended = before and before["clock_suspect"] and not event["status"]["clock_suspect"]
        if has_ended and machine.name not in self.platform.api.heard.answered:
            what = f"{machine.name} trusts its clock, and has never heard Banxico"
            self.history.violate("clock", self.platform.time.now, what)

    def _judge_worth(self, timeline: int, position: int, event: Any) -> None:
        """A poll without news is no event, but for a new leader's first (rules 3 and 5).

        A new timeline may come before that, in the same transaction. The first comes twice where
        its leader never learned that it was recorded.
        """
        term = self.record.rows("SELECT holder, token FROM lease")[0]
        status, before = event["status"], self._told.get("status")
        is_status = event["type"].startswith("status_changed")
        is_first = term != self._told.get("term")
        is_idle = is_status and not is_first and not self._told.get("is_first")
        if is_idle and before is not None and _says_nothing_new(before, status):
            what = f"{timeline}-{position} says nothing new"
            self.history.violate("idle event", self.platform.time.now, what)
        is_new = event["type"].startswith("timeline_changed")
        told = {"status": status, "term": term, "is_first": is_first}
        self._told = {} if is_new else told

    def _judge_move(self, row: Any) -> None:
        """A value that moved far was set aside, and seen again 5 min later (rule 28)."""
        series, day_text, _, digits, recorded_text, *_ = row
        day, value = date.fromisoformat(day_text), Decimal(digits)
        recorded_at = datetime.fromisoformat(recorded_text)
        earlier = self.record.values(
            series, day - timedelta(days=9), day - timedelta(days=1), recorded_at
        )
        before = earlier[max(earlier)] if earlier else value
        if abs(value - before) <= before * MAX_MOVE:
            return
        at = recorded_at.strftime("%Y-%m-%d %H:%M:%S.%f")
        if not self.record.rows(MOVED_UNSEEN, series, day_text, digits, at):
            what = f"{value} of {day} after {before} was not set aside"
            self.history.violate("review", self.platform.time.now, what)

    def _judge_coverage(self) -> None:
        """A day is covered by an answer alone that could be believed, and has the series (rule 25).

        One that is not of now covers nothing.
        """
        covered = self.record.rows("SELECT series, first, last FROM coverage")
        if covered == self._covered:
            return
        self._covered = covered
        for series, first, last in covered:
            days = self.platform.api.heard.asked(series)
            for ordinal in range(*_ordinals(first, last)):
                if ordinal not in days:
                    what = f"{date.fromordinal(ordinal)} of {series}, which no answer speaks of"
                    self.history.violate("coverage", self.platform.time.now, what)
                    return

    def _judge_writer(self, machine: Machine) -> None:
        """What only a leader may write was written by the holder of the lease (rule 2)."""
        written = self.record.rows(WRITTEN)[0]
        if written == self._written:
            return
        before, self._written = self._written, written
        (holder,) = self.record.rows("SELECT holder FROM lease")[0]
        if holder.partition("/")[0] != machine.name and before is not None:
            now = self.platform.time.now
            self.history.violate("fence", now, f"{machine.name} has written, {holder} leads")
        if before is not None and (written[0] < before[0] or written[1] < before[1]):
            self.history.violate("kept", self.platform.time.now, "observations or events are gone")
        if self.record.rows(WITHDRAWN_TOO_SOON):
            self.history.violate("withdrawn", self.platform.time.now, "a day missed but once")
