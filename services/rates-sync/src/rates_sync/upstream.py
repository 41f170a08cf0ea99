"""The port to Banxico: what can be asked, what comes back, who can be asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Protocol

MAX_SERIES = 20
"""As many series as Banxico takes in one request."""
MAX_RAW = 200
"""Characters of a datum, or of an unusable answer, that the quarantine shows."""


class Purpose(Enum):
    """Why a request is made: the reserve of the quota is kept for `MANUAL` and for trials."""

    POLL = "poll"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Query:
    """One request: the last observation of each series, or all from `first` to `last`.

    Both days are included. Raises ValueError for what Banxico would refuse.
    """

    series: tuple[str, ...]
    first: Day | None = None
    last: Day | None = None
    purpose: Purpose = Purpose.POLL

    def __post_init__(self) -> None:
        if not 1 <= len(self.series) <= MAX_SERIES:
            raise ValueError(f"Banxico takes 1 to {MAX_SERIES} series, not {len(self.series)}")
        if (self.first is None) != (self.last is None):
            raise ValueError("a range needs its first and its last day")
        if self.first is not None and self.last is not None and self.first > self.last:
            raise ValueError("a range must not end before it begins")

    def covers(self, day: Day) -> bool:
        """Tell whether `day` was asked for; the last observation may be of any day."""
        if self.first is None or self.last is None:
            return True
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Published:
    """What Banxico published for a series and a day; `value` has the digits as published."""

    series: str
    date: Day
    value: Decimal


@dataclass(frozen=True, slots=True)
class Rejected:
    """A datum that can't be used, for the quarantine; `raw` is its JSON, cut at `MAX_RAW`."""

    series: str
    date: Day | None
    raw: str
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A usable answer of Banxico's.

    `body` is what came (decompressed), `sha256` its hash in hex, `received_at` aware UTC.
    `published` ascends by series and date, a day at most once. A series without data is in
    `titles` alone; `missing_series` were asked for and are not in the answer at all. `titles` are
    Banxico's, white space collapsed.
    """

    body: bytes
    sha256: str
    received_at: datetime
    published: tuple[Published, ...]
    rejected: tuple[Rejected, ...]
    missing_series: tuple[str, ...]
    titles: Mapping[str, str]


class Banxico(Protocol):
    """What can be asked: the client itself, or a guard around it."""

    async def ask(self, query: Query) -> Answer:
        """Return Banxico's answer.

        Raises `UpstreamFailure` when Banxico failed, a `NeutralOutcome` when the failure says
        nothing about its health, `BreakerOpen` when it was not asked at all.
        """
        ...
