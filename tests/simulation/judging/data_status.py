"""What is counted of each day: no second twice, none lost, and none verified that was not.

The seconds are added up here anew, by the hours of the polling window and by what Banxico answered
by true time (protocol rule 47).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from contract.sweeping import published
from rates_contracts.observation import FIX
from simulation.history import History
from simulation.judging.record import RecordReader
from simulation.judging.validity import CLOCK_SECONDS, CLOSES, OPENS, VERIFIED_SECONDS
from simulation.world.editions import present
from simulation.world.platform import Platform

DAY = timedelta(days=1)
CLOCKS = frozenset(
    {"clock_step", "clock_drift", "clock_unwitnessed", "clock_wrong", "suspend_leader"}
)
"""The faults after which the record may be dated otherwise than by true time."""
ARRIVES_SECONDS = 25.0
"""An answer counts from when it has arrived, for which a client waits 20 s."""
ENDED = (
    "SELECT date, verified_seconds, unverified_seconds, breaker_open_seconds"
    " FROM data_status_days ORDER BY date"
)
STATUS = "SELECT document FROM sync_status"


@dataclass(frozen=True)
class Counted:
    """All that the record has counted, by day, and until when."""

    until: datetime
    days: dict[date, tuple[int, int, int]]


@dataclass
class DataStatusJudge:
    """Invariants of the data status, in the record and in the workers."""

    platform: Platform
    history: History
    record: RecordReader
    _before: Counted | None = None
    _judged: int = 0
    _newest: date = date.min
    _verified: list[tuple[datetime, datetime]] = field(default_factory=list)
    """When what Banxico had answered counted as verified, at most; ascending and apart."""

    def on_commit(self) -> None:
        """Judge what a commit has counted."""
        self._hear()
        counted = self._counted()
        for what in self._broken(self._before, counted):
            self.history.violate("counted", self.platform.time.now, what)
        self._before = counted

    def on_restore(self) -> None:
        """Go on from what the older record has counted."""
        self._before = self._counted()

    def look(self) -> None:
        """Judge the workers that stand at the record's head: they have the record's days."""
        head = self.record.rows("SELECT event_id FROM head")
        counted = self._counted()
        days = [] if counted is None else [(day, *told) for day, told in counted.days.items()]
        for instance in self.platform.workers:
            snapshot = instance.worker.current.snapshot
            if snapshot is None or instance.edition is not present():
                continue
            if [(snapshot.head.event_id,)] == head and _told(snapshot) != days[-90:]:
                what = f"{instance.machine.name} has {_told(snapshot)}, the record {days[-90:]}"
                self.history.violate("counted", self.platform.time.now, what)

    def _broken(self, before: Counted | None, counted: Counted | None) -> Iterator[str]:
        if before is None or counted is None:
            return  # An older edition counts nothing.
        if counted.until < before.until:
            yield f"goes back from {before.until} to {counted.until}"
        passed = _window_seconds([(before.until, counted.until)])
        for day in sorted(before.days.keys() | counted.days.keys() | passed.keys()):
            old, new = before.days.get(day, (0, 0, 0)), counted.days.get(day, (0, 0, 0))
            added = [after - ahead for ahead, after in zip(old, new, strict=True)]
            due = passed.get(day, 0)
            if added[0] + added[1] != due or min(added) < 0 or added[2] > due:
                yield f"{added} of {day} in {due} s"
        if missing := before.days.keys() - counted.days.keys():
            yield f"the rows of {sorted(missing)} are gone"
        yield from self._unconfirmed(counted)

    def _unconfirmed(self, counted: Counted) -> Iterator[str]:
        """No more is verified than Banxico has confirmed, while the record is dated truly."""
        if not CLOCKS.isdisjoint(self.platform.touched):
            return
        confirmed = _window_seconds(self._verified)
        for day, (verified, _, _) in counted.days.items():
            if verified > confirmed.get(day, 0) + CLOCK_SECONDS:
                yield f"{verified} s of {day} are verified, {confirmed.get(day, 0)} s by answers"

    def _hear(self) -> None:
        """Add the answers since the last look that confirm the FIX known then, or may have."""
        heard = self.platform.api.heard.believable
        known = self.record.rows(
            "SELECT max(date) FROM observations WHERE series = ? AND date NOT IN"
            " (SELECT date FROM withdrawals WHERE withdrawn_at IS NOT NULL)",
            FIX,
        )[0][0]
        newest = date.min if known is None else date.fromisoformat(known)
        for answer in heard[self._judged :]:
            if answer.shows_since(FIX, min(newest, self._newest)):
                self._confirm(answer.at)
        self._judged, self._newest = len(heard), newest

    def _confirm(self, at: datetime) -> None:
        until = _later(at, VERIFIED_SECONDS + ARRIVES_SECONDS)
        if self._verified and self._verified[-1][1] >= at:
            since, last = self._verified.pop()
            at, until = since, max(last, until)
        self._verified.append((at, until))

    def _counted(self) -> Counted | None:
        """Return what the record has counted, None where its leader counts nothing."""
        rows = self.record.rows(STATUS)
        running: Any = json.loads(rows[0][0]).get("counted") if rows else None
        if running is None:
            return None
        days = {date.fromisoformat(day): tuple(told) for day, *told in self.record.rows(ENDED)}
        day, *told = running["day"]
        days[date.fromisoformat(day)] = tuple(told)
        return Counted(datetime.fromisoformat(running["until"]), days)


def _told(snapshot: Any) -> list[tuple[Any, ...]]:
    """Return the data status that a worker has."""
    return [
        (day.date, day.verified_seconds, day.unverified_seconds, day.breaker_open_seconds)
        for day in snapshot.data_status
    ]


def _windows(since: datetime, until: datetime) -> Iterator[tuple[date, datetime, datetime]]:
    """Yield the polling windows that lie between, cut to what does."""
    day = published.local(since).date()
    while published.wall(day, time()) < until:
        if published.may_open(day):
            begin, end = published.wall(day, OPENS), published.wall(day, CLOSES)
            yield day, max(begin, since), min(end, until)
        day += DAY


def _window_seconds(intervals: list[tuple[datetime, datetime]]) -> dict[date, int]:
    """Return by day how many whole seconds of the window lie in intervals that are apart."""
    seconds: dict[date, int] = {}
    for since, until in intervals:
        for day, begin, end in _windows(since, until):
            if end > begin:
                seconds[day] = seconds.get(day, 0) + int((end - begin).total_seconds())
    return seconds


def _later(at: datetime, seconds: float) -> datetime:
    """Return when the window has been open for so many seconds since `at`."""
    for _, begin, end in _windows(at, at + timedelta(days=20)):
        if (end - begin).total_seconds() >= seconds:
            return begin + timedelta(seconds=seconds)
        seconds -= max((end - begin).total_seconds(), 0.0)
    raise ValueError(f"no polling window for 20 days after {at}")
