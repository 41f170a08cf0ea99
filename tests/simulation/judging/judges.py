"""The invariants, judged after every event: nothing here comes from what the services decide.

Published values and the calendar are the data's own (`contract.sweeping.published`); the rules are
those of docs/protocol.md.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from contract.sweeping import published
from rates_contracts.observation import FIX, SETTLEMENT
from simulation.faults import ELSEWHERE, KINDS
from simulation.history import LONG_AGO, History
from simulation.judging.record import RecordReader
from simulation.world.banxico import Confirmations
from simulation.world.network import Machine
from simulation.world.platform import ApiInstance, Platform, Said

OPENS, CLOSES = time(7), time(17)
AWAITED_FROM, LATE_FROM = time(11, 59), time(13)
NOON, RUSH_ENDS = time(12), time(12, 15)
VERIFIED_SECONDS = 300.0
CLOCK_SECONDS = 60.0
"""How far a clock may be wrong before it counts as wrong (protocol rule 33)."""
SERIES = {"fix": FIX, "settlement": SETTLEMENT}
WRONG = frozenset(
    {
        "past_usable_until",
        "unverified",
        "breaker_open",
        "breaker_half_open",
        "not_fed_by_redis",
        "clock_suspect",
    }
)
"""The warnings that something is wrong."""
AWAITED_SECONDS = VERIFIED_SECONDS + 60.0 + CLOCK_SECONDS
"""While a FIX is missing what was confirmed counts until 5 min after the next poll (rule 18)."""
DELIVERY_SECONDS = 20.0
OUTAGE_SECONDS = 40.0
"""A worker asks the database each 14 s, and gives up after 5 s; the stream sooner."""
REPLACED_SECONDS = 40.0
"""In calm a worker has seen that the record is an older one: by two looks, 5 s apart."""
BEHIND_SECONDS = 30.0
"""In calm a worker has what was recorded so long ago."""
CALM_SECONDS = 300.0
"""After a fault the breaker may be open, and the next poll that far away."""
SEEN_SECONDS = 45.0
"""After its question a publication is delivered: a retry, 20 s, and some to spare."""
NOTICED_SECONDS = 20.0
"""Within so many a worker notices that its clock was set: it looks at the database's every 14 s."""
SUSPECT_SECONDS = 30.0
"""Within so many it says so."""
UNSUSPICIOUS = ELSEWHERE | {"clock_step", "redis_away", "redis_full", "redis_foreign"}
"""The kinds of faults that keep no worker from asking the database for the time."""
RUSH_SECONDS, AWAITING_SECONDS = 15.0, 60.0
"""How long a publication waits for the next question, until 12:15 and until 17:00."""
SPENT_SLACK = 4
"""Requests that were counted in a record that was restored before they were made."""
POLLS_WINDOW, MAX_POLLS = timedelta(minutes=5), 60
"""Each 15 s at most, each twice at most; the rest is for new leaders, which ask at once."""
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
ALONE_FROM, ALONE_UNTIL = time(11, 56), time(12, 14)
"""When only polls ask, whatever the clocks are off by (protocol rule 35)."""


def open_seconds(since: datetime, until: datetime) -> float:
    """Return how many seconds of polling windows (07:00-17:00 of banking days) lie between."""
    total, day = 0.0, published.local(since).date()
    while published.wall(day, time()) < until:
        if published.may_open(day):
            begin, end = published.wall(day, OPENS), published.wall(day, CLOSES)
            total += max((min(end, until) - max(begin, since)).total_seconds(), 0.0)
        day += timedelta(days=1)
    return total


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
    rest = {key: told for key, told in status.items() if key not in {*moving, "transitions"}}
    return {**rest, "series": series, "day": day}


def _rhythm(now: datetime) -> float | None:
    """Return how long a publication waits for the next question, None outside of the window."""
    wall = published.local(now)
    if not published.is_banking_day(wall.date()) or not NOON <= wall.time() < CLOSES:
        return None
    return RUSH_SECONDS if wall.time() < RUSH_ENDS else AWAITING_SECONDS


def _day_in(path: str) -> date | None:
    """Return the day that `path` names, None where it names none."""
    try:
        return date.fromisoformat(path.partition("?")[0].rpartition("/")[2])
    except ValueError:
        return None


def _ordinals(first: str, last: str) -> tuple[int, int]:
    return date.fromisoformat(first).toordinal(), date.fromisoformat(last).toordinal() + 1


def _legal_dates(determined: date, dates: Any, *, is_open: bool) -> Iterator[tuple[str, str]]:
    """The legal dates of a FIX are those of the calendar that the data show.

    While what settles the day after its last one is under review (`is_open`), nothing is claimed of
    its last day (rule 31).
    """
    settled = published.settled_by(determined)
    expected = (published.open_day_after(determined), settled[0], settled[-1])
    names = ("dof_published", "applies_from", "applies_to")
    told = tuple(None if dates[name] is None else date.fromisoformat(dates[name]) for name in names)
    if told != expected and not (is_open and told == (*expected[:2], None)):
        yield "dates", f"of {determined}: {told}"


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

    def on_commit(self, machine: Machine) -> None:
        """Judge what a commit of `machine` has changed."""
        for row in self._rows():
            self._judge_row(*row)
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
        if head is not None and entries and entries[-1][1] != head:
            now, end = self.platform.time.now, entries[-1][0]
            self.history.violate("documents", now, f"{writer} has left others than those of {end}")

    def _rows(self) -> list[Any]:
        return self.record.rows(
            "SELECT timeline, position, event_id, document FROM outbox WHERE timeline > ?1"
            " OR (timeline = ?1 AND position > ?2) ORDER BY timeline, position",
            *self._last,
        )

    def _judge_row(self, timeline: int, position: int, event_id: str, document: str) -> None:
        now, history = self.platform.time.now, self.history
        history.committed[event_id] = f"{timeline}-{position}"
        history.committed_at[event_id] = now
        history.digest(f"{timeline}-{position} {document}".encode())
        event = json.loads(document)
        before = event["previous"]
        self._judge_instant(timeline, position, event)
        self._judge_verified(timeline, position, event)
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
        """What is verified was verified by an answer of Banxico's just before (rule 37)."""
        now = self.platform.time.now
        if self.platform.lasting_since(now - KEPT_FOR, but=KINDS.keys() - UNTIMED) != set():
            return
        for name, series in event["status"]["series"].items():
            at = series["verified_at"] and datetime.fromisoformat(series["verified_at"])
            if at and not self._is_answered(at):
                what = f"{timeline}-{position}: {name} at {at}, without an answer"
                self.history.violate("verified", now, what)

    def _is_answered(self, at: datetime) -> bool:
        """Tell whether Banxico answered just before `at`."""
        times = (answered for answered, _ in reversed(self.platform.api.heard.answers))
        return any(timedelta() <= at - answered <= ANSWER_TAKES for answered in times)

    def _judge_worth(self, timeline: int, position: int, event: Any) -> None:
        """A poll without news is no event, but for a new leader's first (rules 3 and 5).

        A new timeline may come before that, in the same transaction.
        """
        term = self.record.rows("SELECT holder, token FROM lease")[0]
        status, before = event["status"], self._told.get("status")
        is_idle = event["type"].startswith("status_changed") and term == self._told.get("term")
        if is_idle and before is not None and _says_nothing_new(before, status):
            what = f"{timeline}-{position} says nothing new"
            self.history.violate("idle event", self.platform.time.now, what)
        is_new = event["type"].startswith("timeline_changed")
        self._told = {} if is_new else {"status": status, "term": term}

    def _judge_move(self, row: Any) -> None:
        """A value that moved far was set aside, and seen again 5 min later (rule 28)."""
        series, day_text, _, digits, recorded_text, _ = row
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


@dataclass
class AnswerJudge:
    """Invariants of what workers say."""

    platform: Platform
    history: History
    record: RecordReader
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
            yield from self._awaited(body, now, instance.machine)
        if path == "/api/v1/rates/current":
            yield from self._promptness(body, now)
            yield from self._suspicion(body, instance.machine, now)
            yield from self._state(body, instance.machine, now)
        if path == "/health":
            yield from self._calm_health(body, now)
            yield from self._outage_health(body, now)
        if said.status == 404:
            yield from self._absence(body, path, now)
            yield from self._silence(body, path, now, instance.machine)
        yield from self._recorded(instance, path, body, now)
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

    def trusts(self, machine: Machine) -> bool:
        """Tell whether the clock of a machine is right, and was for a while."""
        return not self._has_wrong_clock(machine)

    def _has_wrong_clock(self, machine: Machine) -> bool:
        """Tell whether its clock is wrong, or was until just now: it may still say so."""
        since_set = self.platform.time.seconds - machine.clock.set_at
        return bool(machine.clock.error) or since_set < NOTICED_SECONDS

    def _kept_for_ever(self, path: str, said: Said) -> Iterator[tuple[str, str]]:
        if "immutable" not in said.headers.get("cache-control", ""):
            return
        if self._immutable.setdefault(path, said.content) != said.content:
            yield "immutable", "says something else now"

    def _suspicion(self, body: Any, machine: Machine, now: datetime) -> Iterator[tuple[str, str]]:
        """A worker whose clock is wrong says so, while the database answers it (rule 33)."""
        since_set = self.platform.time.seconds - machine.clock.set_at
        wrong = abs(machine.clock.error.total_seconds()) > CLOCK_SECONDS + 2
        asked = self.platform.lasting_since(
            now - timedelta(seconds=SUSPECT_SECONDS), but=UNSUSPICIOUS
        )
        known = wrong and since_set > SUSPECT_SECONDS and asked == set()
        if known and "clock_suspect" not in body.get("warnings", ("clock_suspect",)):
            yield "clock", f"wrong by {machine.clock.error}, without the warning"

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
        if "withdrawn_at_source" in body["warnings"]:
            return  # Answers without it, again and again, confirm all else (rule 28).
        heard = self.platform.api.heard.at.get(SERIES[body["kind"]])
        if heard is None:
            yield "truth", "fresh, though Banxico has never confirmed it"
            return
        control = said.headers.get("cache-control", "")
        seconds = int(control.rpartition("s-maxage=")[2] or 0) if "s-maxage=" in control else 0
        until = datetime.fromisoformat(freshness["fresh_until"])
        if machine.clock.now() + timedelta(seconds=seconds - 1) > until:
            yield "kept", f"s-maxage={seconds} reaches beyond {freshness['fresh_until']}"
        told_at = self.platform.api.heard.told_at
        if told_at is not None and self._is_a_day_withdrawn():
            # Old answers without a date, again and again, look like a withdrawal (rule 28).
            heard = max(heard, told_at)
        passed = open_seconds(heard, now)
        noticed = self.platform.time.seconds - machine.clock.set_at > NOTICED_SECONDS
        warned = machine.clock.error and "clock_suspect" in body["warnings"]
        if passed > VERIFIED_SECONDS + CLOCK_SECONDS and noticed and not warned:
            yield "truth", f"fresh, though last confirmed {heard:%H:%M:%S}"

    def _awaited(self, body: Any, now: datetime, machine: Machine) -> Iterator[tuple[str, str]]:
        """While a FIX is awaited or late, it is unverified as soon: 5 min after the next poll."""
        freshness = body.get("freshness")
        if freshness is None or freshness["state"] not in ("awaiting_publication", "late"):
            return
        if body["kind"] != "fix" or self._has_wrong_clock(machine) or self._is_a_day_withdrawn():
            return
        confirmed_at = self._confirmed_at(now)
        if confirmed_at is None or open_seconds(confirmed_at, now) > AWAITED_SECONDS:
            yield "truth", f"{freshness['state']}, though last confirmed {confirmed_at}"

    def _confirmed_at(self, now: datetime) -> datetime | None:
        """Return when an answer that could be believed last had the newest FIX of the record."""
        newest = max(self.record.values(FIX, date.min, now.date(), now), default=date.min)
        return max(
            (each.at for each in self.heard.believable if each.shows_since(FIX, newest)),
            default=None,
        )

    @property
    def heard(self) -> Confirmations:
        """What Banxico has answered."""
        return self.platform.api.heard

    def _silence(
        self, body: Any, path: str, now: datetime, machine: Machine
    ) -> Iterator[tuple[str, str]]:
        """That a day due has no FIX was said by an answer that could be believed (rule 25).

        Where no later value is recorded it was one of the last minutes.
        """
        day = None if "?" in path else _day_in(path)
        if day is None or body["code"] not in ("gap", "not-yet-published"):
            return
        is_due = now > published.wall(day, NOON) + timedelta(seconds=CLOCK_SECONDS)
        if not is_due or self._has_wrong_clock(machine):
            return
        lacked_at = [each.at for each in self.heard.believable if each.lacks(FIX, day)]
        later = self.record.values(FIX, day + timedelta(days=1), now.date(), now)
        if not lacked_at:
            yield "silence", f"{body['code']}, though no answer has said so"
        elif not later and open_seconds(max(lacked_at), now) > AWAITED_SECONDS:
            yield "silence", f"{body['code']}, as nobody has heard since {max(lacked_at):%H:%M:%S}"

    def _promptness(self, body: Any, now: datetime) -> Iterator[tuple[str, str]]:
        """While nothing disturbs anybody, a publication is answered within the polls' rhythm."""
        today, waits = published.local(now).date(), _rhythm(now)
        if waits is None:
            return
        seen_by = now - timedelta(seconds=waits + SEEN_SECONDS)
        disturbed = timedelta(seconds=CALM_SECONDS + waits)
        is_told = body.get("dates", {}).get("determined") == today.isoformat()
        if is_told or not self.platform.is_calm(now - disturbed):
            return
        if today in self.platform.api.truth.shows(FIX, seen_by) and not self._is_reviewed(today):
            yield "prompt", f"the FIX of {today} shows since {seen_by:%H:%M:%S}, nobody was told"

    def _is_reviewed(self, day: date) -> bool:
        rows = self.record.rows(
            "SELECT 1 FROM quarantine WHERE date = ? AND state = 'open'", day.isoformat()
        )
        return bool(rows)

    def _calm_health(self, body: Any, now: datetime) -> Iterator[tuple[str, str]]:
        """Where nothing has disturbed anybody for long, nothing is wrong (truth-tables)."""
        if not self.platform.is_calm(now - timedelta(seconds=2 * CALM_SECONDS)):
            return
        wrong = WRONG.intersection(body["warnings"])
        if wrong:
            yield "health", f"warns of {sorted(wrong)}, though all is well"
        if body["level"] not in ("healthy", "degraded"):
            yield "health", f"{body['level']}, though all is well"

    def _outage_health(self, body: Any, now: datetime) -> Iterator[tuple[str, str]]:
        """What has been away for everybody for a while is told."""
        if self.platform.changed_at > now - timedelta(seconds=OUTAGE_SECONDS):
            return
        if self.platform.lasting == ["redis_away"] and "not_fed_by_redis" not in body["warnings"]:
            yield "health", "does not warn that Redis is away"
        for part in ("redis", "database"):
            told = body["dependencies"][part]
            if self.platform.lasting == [f"{part}_away"] and told == "healthy":
                yield "health", f"says that {part} is {told}, which is away"

    def _recorded(
        self, instance: ApiInstance, path: str, body: Any, now: datetime
    ) -> Iterator[tuple[str, str]]:
        """An answer has what the record had at the worker's position, or at its `as_of`."""
        snapshot = instance.worker.current.snapshot
        head = None if snapshot is None else self.record.recorded_at(snapshot.head.event_id)
        if head is None and snapshot is not None:
            yield from self._left_behind(now)
        if head is None or instance.machine.clock.error:
            return  # Its record was restored, or by its clock another day is today.
        if self.platform.is_calm(now - timedelta(seconds=BEHIND_SECONDS)):
            announced = self.record.last_event_by(now - timedelta(seconds=BEHIND_SECONDS))
            if announced is not None and announced > head:
                yield "behind", f"stands at {head:%H:%M:%S}, recorded was {announced:%H:%M:%S}"
        by = min(head, datetime.fromisoformat(body["as_of"])) if "as_of" in body else head
        yield from self._values(path, body, by)

    def _left_behind(self, now: datetime) -> Iterator[tuple[str, str]]:
        """In calm no worker stands in a record that was replaced by an older one (rule 42)."""
        since = now - timedelta(seconds=REPLACED_SECONDS)
        if self.platform.lasting_since(since, but=ELSEWHERE) == set():
            yield "behind", "stands where the record has no event"

    def _values(self, path: str, body: Any, by: datetime) -> Iterator[tuple[str, str]]:
        if "observations" in body:
            first, last = (date.fromisoformat(body[edge]) for edge in ("from", "to"))
            told = {
                date.fromisoformat(row["date"]): Decimal(row["rate"])
                for row in body["observations"]
            }
            if told != self.record.values(FIX, first, last, by):
                yield "recorded", f"lists others than were recorded by {by}"
        elif "rate" in body and not body["derived"]:
            yield from self._rate(body, by)
        elif "code" in body and "as_of" not in path and (day := _day_in(path)):
            series = SERIES["settlement" if "settlement" in path else "fix"]
            if self.record.value(series, day, by) is not None:
                yield "recorded", f"{body['code']}, though a value was recorded by {by}"

    def _rate(self, body: Any, by: datetime) -> Iterator[tuple[str, str]]:
        series, dates = SERIES[body["kind"]], body["dates"]
        is_newest = "resolved" not in body
        if is_newest and series == SETTLEMENT:
            return
        day = date.fromisoformat(dates["determined"] if is_newest else body["resolved"])
        recorded = self.record.value(series, day, by)
        if Decimal(body["rate"]) != recorded:
            yield "recorded", f"{body['rate']} of {day}, recorded by {by} was {recorded}"
        if is_newest:
            later = self.record.values(series, day, by.date(), by)
            if max(later, default=day) > day:
                yield "recorded", f"{day} is not the newest by {by}"
        if series == FIX and dates["confirmed"]:
            after = published.settled_by(day)[-1] + timedelta(days=1)
            yield from _legal_dates(day, dates, is_open=self._was_reviewed(SETTLEMENT, after))

    def _was_reviewed(self, series: str, day: date) -> bool:
        """Tell whether a value of `day` is under review, or was until just now."""
        sql = "SELECT 1 FROM quarantine WHERE series = ? AND date = ?"
        return bool(self.record.rows(sql, series, day.isoformat()))

    def _is_a_day_withdrawn(self) -> bool:
        withdrawn = "SELECT count(*) FROM withdrawals WHERE withdrawn_at IS NOT NULL"
        return bool(self.platform.database.query(withdrawn)[0][0])

    def _state(self, body: Any, machine: Machine, now: datetime) -> Iterator[tuple[str, str]]:
        """What an answer says of the day is what day and hour say (truth-tables)."""
        freshness = body.get("freshness")
        if freshness is None or body.get("kind") != "fix" or "dates" not in body:
            return
        if freshness["state"] == "unverified":
            if "unverified" not in body["warnings"]:
                yield "state", "unverified, without the warning"
            return
        if "value_under_review" in body["warnings"]:
            return  # The day under review counts as seen (rule 28).
        determined = date.fromisoformat(body["dates"]["determined"])
        # The leader's clock, by which it tells the day's course, may be wrong by so much.
        near = (timedelta(seconds=seconds) for seconds in (-CLOCK_SECONDS, 0, CLOCK_SECONDS))
        expected = [self._expected_state(determined, now + away) for away in near]
        known = None not in expected and not machine.clock.error
        if known and freshness["state"] not in expected:
            yield "state", f"{freshness['state']}, not {expected[1]}, with the FIX of {determined}"

    def _expected_state(self, determined: date, now: datetime) -> str | None:
        """Return the state that follows, None where an earlier FIX is missing as well."""
        wall = published.local(now)
        today = wall.date()
        if determined == today:
            return "fresh"
        before = published.banking_day_before(today)
        if determined != before:
            return None
        if not published.is_banking_day(today):
            return "closed_day"
        if wall.time() < AWAITED_FROM:
            return "fresh"
        return "awaiting_publication" if wall.time() < LATE_FROM else "late"

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
