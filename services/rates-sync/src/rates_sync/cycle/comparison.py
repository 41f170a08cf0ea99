"""What an answer changes in the record: the comparison, pure.

A correction is a new revision, never an overwrite and never ignored; what looks wrong is kept for
review instead.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from rates_contracts.observation import Observation
from rates_sync.upstream import Answer, Published, Rejected

MAX_MOVE = Decimal("0.10")
"""Of the previous observation. The largest day's move of 1996-2026 was 7.65 %."""
FLOATING_SINCE = Day(1996, 1, 1)
"""In the peso crisis before it six real days moved by more, by 22.28 % at most."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Observations to record, ascending by series and date; what a person has to review."""

    observations: tuple[Observation, ...]
    suspicious: tuple[Rejected, ...]


def compare(
    answer: Answer,
    known: Mapping[str, Sequence[Observation]],
    recorded_at: datetime,
    *,
    trusted: bool,
) -> Changes:
    """Compare `answer` with the newest revisions of each series, ascending by date.

    `known` must begin before the answer's first day. `trusted` lets large moves pass: an operator
    has looked at them.
    """
    accepted: list[Observation] = []
    suspicious: list[Rejected] = []
    for series, published in groupby(answer.published, attrgetter("series")):
        previous: Decimal | None = None
        for shown, before in _by_day(published, known.get(series, ())):
            value = before.value if before else None
            if shown is not None and shown.value != value:
                doubt = None if trusted else _doubt(shown, previous)
                if doubt is None:
                    value = shown.value
                    accepted.append(_observation(shown, before, recorded_at, answer.sha256))
                else:
                    suspicious.append(Rejected(series, shown.date, str(shown.value), doubt))
            previous = previous if value is None else value
    return Changes(tuple(accepted), tuple(suspicious))


def _by_day(
    published: Iterable[Published], known: Iterable[Observation]
) -> Iterator[tuple[Published | None, Observation | None]]:
    """Pair what is published and what is known of each day, ascending."""
    published_on = {row.date: row for row in published}
    known_on = {row.date: row for row in known}
    for day in sorted(published_on.keys() | known_on.keys()):
        yield published_on.get(day), known_on.get(day)


def _doubt(shown: Published, previous: Decimal | None) -> str | None:
    """Return why a person has to review the value, None if nobody has to."""
    if previous is None or shown.date < FLOATING_SINCE:
        return None
    if abs(shown.value - previous) > previous * MAX_MOVE:
        return f"moved more than 10 % from {previous}"
    return None


def _observation(
    shown: Published, before: Observation | None, recorded_at: datetime, sha256: str
) -> Observation:
    revision = 1 if before is None else before.revision + 1
    return Observation(shown.series, shown.date, revision, shown.value, recorded_at, sha256)
