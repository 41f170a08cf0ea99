"""The port to Banxico: queries, answers, and the protocol that the client and its guards share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Literal, Protocol

from rates_contracts.status import MAX_CLOCK_OFFSET

MAX_SERIES = 20
"""Banxico accepts no more series in one request."""
MAX_AGE = MAX_CLOCK_OFFSET
"""How old an answer of now may be by its `Age`; its `Date` may lie as far outside of the asking."""
MAX_PAUSE = timedelta(minutes=15)
"""The longest pause that Banxico can ask for (protocol rule 35): a longer one costs a FIX."""
MAX_RAW = 200
"""Characters of a datum, or of the reason, that the quarantine shows."""


class Purpose(Enum):
    """Why a request is made: the quota's reserve is kept for `MANUAL` and for trial requests."""

    POLL = "poll"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Query:
    """One request: the last observation of each series, or all from `first` to `last`.

    Both days are included. `confirms` is for a question that reaches today: of each series the
    newest known day, None while no day is known. Its answer must show that day or a later one
    (protocol rule 27). Raises ValueError for a query that Banxico would refuse.
    """

    series: tuple[str, ...]
    first: Day | None = None
    last: Day | None = None
    purpose: Purpose = Purpose.POLL
    confirms: Mapping[str, Day | None] | None = None

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
    """A value that Banxico published for a series and a day; its digits are as published."""

    series: str
    date: Day
    value: Decimal


RejectedKind = Literal[
    "unusable", "undated", "unasked", "suspicious", "weekend", "closed_weekday", "answer"
]
"""Why a datum is set aside, and so whether its day is under review.

- `unusable`: the value of a day that was asked for can't be used, or the day has two values;
- `undated`: its day can't be read;
- `unasked`: its series or its day was not asked for, or it is a FIX of a day after today;
- `suspicious`: it moved too far to be recorded without a review;
- `weekend`, `closed_weekday`: a FIX of a day on which banks are closed;
- `answer`: a whole answer that can't be used.
"""

IN_DOUBT: tuple[RejectedKind, ...] = ("suspicious", "weekend", "closed_weekday")
"""The kinds of data that are values, and may be recorded after a review."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A datum that can't be used, for the quarantine.

    `raw` is its JSON, cut at `MAX_RAW`; of many data that are rejected alike, and of series that
    were not asked for, their number and hash.
    """

    series: str
    date: Day | None
    raw: str
    reason: str
    kind: RejectedKind = "unusable"


@dataclass(frozen=True, slots=True)
class Answer:
    """A usable answer from Banxico.

    `body` is decompressed, `sha256` its hash in hex. `published` ascends by series and date, each
    day at most once. A series without data is only in `titles`; `missing_series` were asked for and
    are not in the answer. `titles` are Banxico's, with white space collapsed. `query` is what was
    asked for.

    Instants are aware UTC: by our clock `asked_at` just before the request and `received_at` after
    the whole answer, by the clock of who answered `answered_at` (HTTP `Date`, None when it is
    missing or can't be read). `age` is how long a cache held the answer (HTTP `Age`), zero when it
    is missing or can't be read.
    """

    body: bytes
    sha256: str
    received_at: datetime
    published: tuple[Published, ...]
    rejected: tuple[Rejected, ...]
    missing_series: tuple[str, ...]
    titles: Mapping[str, str]
    asked_at: datetime | None = None
    answered_at: datetime | None = None
    age: timedelta = timedelta()
    query: Query | None = None

    @property
    def is_of_now(self) -> bool:
        """Tell whether it was made when it was asked for, as far as its headers say (rule 27)."""
        return self.age <= MAX_AGE and abs(self.clock_offset) <= MAX_CLOCK_OFFSET

    @property
    def clock_offset(self) -> timedelta:
        """Return how far the answerer's clock is ahead of ours; zero within the time of asking."""
        if self.answered_at is None:
            return timedelta()
        earliest = self.asked_at or self.received_at
        # HTTP dates have whole seconds.
        if earliest - timedelta(seconds=1) <= self.answered_at <= self.received_at:
            return timedelta()
        past = self.answered_at < earliest
        return self.answered_at - (earliest if past else self.received_at)

    @property
    def days(self) -> frozenset[tuple[str, Day]]:
        """Return the days of each series that it has a datum for, usable or not."""
        usable = {(row.series, row.date) for row in self.published}
        return frozenset(
            usable | {(row.series, row.date) for row in self.rejected if row.date is not None}
        )

    def shows(self, series: str, since: Day | None) -> bool:
        """Tell whether it has a usable value of `series` for `since` or a later day."""
        return any(
            row.series == series and (since is None or row.date >= since) for row in self.published
        )


class Banxico(Protocol):
    """The client itself, or a guard around it."""

    async def ask(self, query: Query) -> Answer:
        """Return Banxico's answer.

        Raises `UpstreamFailure` when Banxico failed, a `NeutralOutcome` when the failure is no
        sign of its health, `BreakerOpen` when it was not asked.
        """
        ...
