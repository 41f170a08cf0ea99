"""What workers answer, judged at the moment at which it is said.

Nothing here comes from what the services decide: published values and the calendar are the data's
own (`contract.sweeping.published`); the rules are those of docs/protocol.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from contract.sweeping import published
from rates_contracts.observation import FIX, SETTLEMENT
from simulation.faults import ELSEWHERE
from simulation.history import LONG_AGO, History
from simulation.judging.record import RecordReader
from simulation.judging.validity import CLOCK_SECONDS, CLOSES, VERIFIED_SECONDS, open_seconds
from simulation.world.banxico import Confirmations
from simulation.world.editions import Edition
from simulation.world.network import Machine
from simulation.world.platform import ApiInstance, Platform, Said

AWAITED_FROM, LATE_FROM = time(11, 59), time(13)
NOON, RUSH_ENDS = time(12), time(12, 15)
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


def _legal_dates(determined: date, dates: Any, *, is_open: bool) -> Iterator[tuple[str, str]]:
    """The legal dates of a FIX are those of the calendar that the data show.

    While what settles the day after its last one is under review, or one of its days has another
    value (`is_open`), nothing is claimed of its last day (rule 31).
    """
    settled = published.settled_by(determined)
    expected = (published.open_day_after(determined), settled[0], settled[-1])
    names = ("dof_published", "applies_from", "applies_to")
    told = tuple(None if dates[name] is None else date.fromisoformat(dates[name]) for name in names)
    if told != expected and not (is_open and told == (*expected[:2], None)):
        yield "dates", f"of {determined}: {told}"


def wrong_warnings(body: Any, record: RecordReader, now: datetime) -> frozenset[str]:
    """Return what an answer says is wrong, but for the clock that has dated a record ahead."""
    excused = {"clock_suspect"} if record.is_ahead(now) else set()
    return WRONG.intersection(body.get("warnings", ())) - excused


@dataclass
class AnswerJudge:
    """Invariants of what workers say."""

    platform: Platform
    history: History
    record: RecordReader
    _immutable: dict[tuple[Edition, str], bytes] = field(default_factory=dict)
    _restored_at: datetime = LONG_AGO

    def on_restore(self) -> None:
        """Forget what was said for ever: the record that it rested on is gone."""
        self._immutable.clear()
        self._restored_at = self.platform.time.now

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
        yield from self._kept_for_ever(instance, path, said)
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
        """Judge what workers of one edition said at one moment: at one position the same (rule 16).

        A later edition has more to say.
        """
        by_place: dict[Any, tuple[str, bytes]] = {}
        for instance, said in answers:
            snapshot = instance.worker.current.snapshot
            if snapshot is None or said.status == 503 or self._has_wrong_clock(instance.machine):
                continue
            name = instance.machine.name
            place = (instance.edition, snapshot.head.event_id, snapshot.feed)
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

    def _kept_for_ever(
        self, instance: ApiInstance, path: str, said: Said
    ) -> Iterator[tuple[str, str]]:
        if "immutable" not in said.headers.get("cache-control", ""):
            return
        kept = self._immutable.setdefault((instance.edition, path), said.content)
        if kept != said.content:
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
        if now - self._restored_at < timedelta(seconds=REPLACED_SECONDS):
            return  # The worker may still tell of the record that was replaced.
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
        if wrong := wrong_warnings(body, self.record, now):
            yield "health", f"warns of {sorted(wrong)}, though all is well"
        if body["level"] not in ("healthy", "degraded"):
            yield "health", f"{body['level']}, though all is well"

    def _outage_health(self, body: Any, now: datetime) -> Iterator[tuple[str, str]]:
        """What has been away for everybody for a while is told."""
        since = now - timedelta(seconds=OUTAGE_SECONDS)
        lasting = self.platform.lasting_since(since, but=ELSEWHERE)
        if lasting == {"redis_away"} and "not_fed_by_redis" not in body["warnings"]:
            yield "health", "does not warn that Redis is away"
        for part in ("redis", "database"):
            told = body["dependencies"][part]
            if lasting == {f"{part}_away"} and told == "healthy":
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
        if series == FIX and recorded is not None and dates["confirmed"]:
            settled = published.settled_by(day)
            is_reviewed = self._was_reviewed(SETTLEMENT, settled[-1] + timedelta(days=1))
            is_torn = self._is_torn(settled, recorded, by)
            yield from _legal_dates(day, dates, is_open=is_reviewed or is_torn)

    def _is_torn(self, settled: Sequence[date], value: Decimal, by: datetime) -> bool:
        """Tell whether a day that a FIX settles has another value: one was corrected alone."""
        recorded = self.record.values(SETTLEMENT, settled[0], settled[-1], by)
        return any(other != value for other in recorded.values())

    def _was_reviewed(self, series: str, day: date) -> bool:
        """Tell whether a value of `day` is under review, or was until just now."""
        sql = "SELECT 1 FROM quarantine WHERE series = ? AND date = ?"
        return bool(self.record.rows(sql, series, day.isoformat()))

    def _is_a_day_withdrawn(self) -> bool:
        withdrawn = "SELECT count(*) FROM withdrawals WHERE withdrawn_at IS NOT NULL"
        return bool(self.record.rows(withdrawn)[0][0])

    def _state(self, body: Any, machine: Machine, now: datetime) -> Iterator[tuple[str, str]]:
        """What an answer says of the day is what day and hour say (truth-tables)."""
        freshness = body.get("freshness")
        if freshness is None or body.get("kind") != "fix" or "dates" not in body:
            return
        if freshness["state"] == "unverified":
            if "unverified" not in body["warnings"]:
                yield "state", "unverified, without the warning"
            return
        if {"value_under_review", "clock_suspect"}.intersection(body["warnings"]):
            return  # The day under review counts as seen (rule 28), or nobody knows the time.
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
