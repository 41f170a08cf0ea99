"""What an answer brings that the record does not know: the comparison, pure.

`recorder` calls it inside the recording transaction, with what the record holds there. A correction
is a new revision, never an overwrite and never ignored; what looks wrong is set aside for review.
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

LARGEST_MOVE = Decimal("0.10")
"""Of the previous observation. The largest day's move of 1996-2026 was 7.65 %."""
FLOATING_SINCE = Day(1996, 1, 1)
"""In the peso crisis before it six real days moved by more, by 22.28 % at most."""

Known = Mapping[str, Sequence[Observation]]
"""The newest revisions that the record holds of each series, ascending by date."""


@dataclass(frozen=True, slots=True)
class News:
    """Observations to record, ascending by series and date; what a person has to look at."""

    observations: tuple[Observation, ...]
    suspicious: tuple[Rejected, ...]


def news_in(answer: Answer, known: Known, recorded_at: datetime, *, trusted: bool) -> News:
    """Compare `answer` with `known`, which reaches back before the answer's first day.

    `trusted` lets large moves pass: an operator has looked at them.
    """
    accepted: list[Observation] = []
    suspicious: list[Rejected] = []
    for series, published in groupby(answer.published, attrgetter("series")):
        previous: Decimal | None = None
        for one, before in _by_day(published, known.get(series, ())):
            value = before.value if before else None
            if one is not None and one.value != value:
                doubt = None if trusted else _doubt(one, previous)
                if doubt is None:
                    value = one.value
                    accepted.append(_observation(one, before, recorded_at, answer.sha256))
                else:
                    suspicious.append(Rejected(series, one.date, str(one.value), doubt))
            previous = previous if value is None else value
    return News(tuple(accepted), tuple(suspicious))


def _by_day(
    published: Iterable[Published], known: Iterable[Observation]
) -> Iterator[tuple[Published | None, Observation | None]]:
    """Pair what is published and what is known of each day, ascending."""
    published_on = {one.date: one for one in published}
    known_on = {one.date: one for one in known}
    for day in sorted(published_on.keys() | known_on.keys()):
        yield published_on.get(day), known_on.get(day)


def _doubt(one: Published, previous: Decimal | None) -> str | None:
    """Return why `one` needs a person's look, None if it does not."""
    if previous is None or one.date < FLOATING_SINCE:
        return None
    if abs(one.value - previous) > previous * LARGEST_MOVE:
        return f"moved more than 10 % from {previous}"
    return None


def _observation(
    one: Published, before: Observation | None, recorded_at: datetime, sha256: str
) -> Observation:
    revision = 1 if before is None else before.revision + 1
    return Observation(one.series, one.date, revision, one.value, recorded_at, sha256)
