"""A cache that clients share, as CloudFront is: it keeps an answer for `s-maxage` unless purged.

Everything here goes by true time: the edge's own clock is right.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from rates_contracts.observation import FIX
from simulation.history import History
from simulation.judging.record import RecordReader
from simulation.world.clock import VirtualTime
from simulation.world.platform import Platform, Said

PURGED_SECONDS = 45.0
"""In calm a recorded value has reached the edge: the second purge comes 20 s after the first."""
CLOCK_SECONDS = 60.0
"""How far a clock may be wrong before it counts as wrong (protocol rule 33)."""


@dataclass(frozen=True)
class Kept:
    """An answer at the edge; `trusted` where the clock of the worker that gave it was right."""

    said: Said
    until: datetime
    trusted: bool


@dataclass
class Edge:
    """What the edge keeps, by path."""

    time: VirtualTime
    _kept: dict[str, Kept] = field(default_factory=dict)

    def find(self, path: str) -> Kept | None:
        """Return the answer that the edge serves without asking anybody, None where it asks."""
        kept = self._kept.get(path)
        return kept if kept is not None and self.time.now < kept.until else None

    def keep(self, path: str, said: Said, *, trusted: bool) -> None:
        """Keep an answer for as long as its `s-maxage` says, which may be no time at all."""
        control = said.headers.get("cache-control", "")
        if "s-maxage=" in control:
            seconds = int(control.rpartition("s-maxage=")[2])
            self._kept[path] = Kept(said, self.time.now + timedelta(seconds=seconds), trusted)

    def purge(self) -> None:
        """Keep nothing of what is kept."""
        self._kept.clear()


@dataclass
class EdgeJudge:
    """Invariants of what the edge serves: time alone never makes it false (protocol rule 21)."""

    platform: Platform
    history: History
    record: RecordReader

    def judge(self, path: str, kept: Kept) -> None:
        """Judge what the edge serves now."""
        now = self.platform.time.now
        for invariant, what in (*self._lasting(kept, now), *self._newest(path, kept, now)):
            self.history.violate(invariant, now, f"edge {path}: {what}")

    def _lasting(self, kept: Kept, now: datetime) -> Iterator[tuple[str, str]]:
        """What was said to hold until an instant is not served after it."""
        freshness = kept.said.body.get("freshness")
        if freshness is None or not kept.trusted or freshness["state"] == "unverified":
            return
        until = datetime.fromisoformat(freshness["fresh_until"])
        if now > until + timedelta(seconds=CLOCK_SECONDS):
            yield "edge", f"{freshness['state']}, though that ended {until:%H:%M:%S}"

    def _newest(self, path: str, kept: Kept, now: datetime) -> Iterator[tuple[str, str]]:
        """In calm the edge serves what was announced a while ago, or something newer."""
        since = now - timedelta(seconds=PURGED_SECONDS)
        if "?" in path or not self.platform.is_calm(since):
            return
        announced = self.record.last_event_by(since)
        day = _day_of(path, kept.said.body)
        if announced is None or day is None:
            return
        recorded = self.record.value(FIX, day, announced)
        values = {recorded, self.record.value(FIX, day, now)}
        if recorded is not None and _rate(kept.said) not in values:
            yield "edge", f"{_rate(kept.said)} of {day}, though {recorded} was recorded long ago"


def _day_of(path: str, body: Any) -> date | None:
    """Return the day whose FIX is answered, None where no single one is."""
    try:
        day = date.fromisoformat(path.rpartition("/")[2])
    except ValueError:
        return None
    return None if body.get("resolved", day.isoformat()) != day.isoformat() else day


def _rate(said: Said) -> Decimal | None:
    return Decimal(said.body["rate"]) if "rate" in said.body else None
