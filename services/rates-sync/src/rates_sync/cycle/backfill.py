"""Fill what is missing: the whole history at first start, a range for an operator.

Newest chunk first, so that what clients ask for most is there first. Each chunk is a request and a
transaction well under a second; the last one announces all of them as one event (protocol rule 2).
Interrupted, it continues with what is still missing.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date as Day
from datetime import timedelta
from itertools import pairwise

import structlog

from rates_contracts.calendar import ONE_DAY
from rates_sync.banxico.series import SERIES
from rates_sync.cycle.recorder import Additions, AnnounceMode, Recorder
from rates_sync.upstream import Banxico, Purpose, Query

log = structlog.get_logger(__name__)

CHUNK = timedelta(days=4 * 365)
"""A request's share: 1,000 FIX and 1,460 settlement rates; 7.6 years came in one 77 kB answer."""
MAX_CLOSURE = timedelta(days=15)
"""No two FIX have ever been farther apart than 5 days: more is a hole."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both ends included."""

    first: Day
    last: Day


@dataclass(frozen=True, slots=True)
class Progress:
    """A chunk is done: the `done`-th `of` all, its `span`, what it added."""

    done: int
    of: int
    span: Span
    additions: Additions


def holes(days: Sequence[Day], first: Day, today: Day) -> list[Span]:
    """Return the spans from `first` to yesterday without a FIX that no closure explains.

    `days` are those that have one, ascending.
    """
    edges = [first - ONE_DAY, *days, today]
    return [
        Span(before + ONE_DAY, after - ONE_DAY)
        for before, after in pairwise(edges)
        if after - before > MAX_CLOSURE or before < first < after
    ]


def chunks(spans: Sequence[Span]) -> Iterator[Span]:
    """Cut `spans` into requests, newest first."""
    for span in reversed(spans):
        last = span.last
        while last >= span.first:
            first = max(span.first, last - CHUNK + ONE_DAY)
            yield Span(first, last)
            last = first - ONE_DAY


class Backfill:
    """One leader's backfill; the history begins at `first_fix_day`."""

    def __init__(self, banxico: Banxico, recorder: Recorder, first_fix_day: Day) -> None:
        self._banxico, self._recorder = banxico, recorder
        self._first_fix_day = first_fix_day

    async def missing(self, today: Day) -> list[Span]:
        """Return the holes of the record. Raises `LeaseLost`, `StoreUnavailable`."""
        first = self._first_fix_day
        return holes(await self._recorder.days(first, today), first, today)

    async def run(
        self, spans: Sequence[Span], purpose: Purpose, *, trusted: bool = False
    ) -> AsyncIterator[Progress]:
        """Ask for `spans` and record them, yielding after each chunk.

        Raises `UpstreamError`, `LeaseLost`, `StoreUnavailable`: what is done stays recorded.
        """
        parts = list(chunks(spans))
        for done, part in enumerate(parts, start=1):
            answer = await self._banxico.ask(Query(tuple(SERIES), part.first, part.last, purpose))
            mode = AnnounceMode.LAST_CHUNK if done == len(parts) else AnnounceMode.CHUNK
            additions = await self._recorder.record(answer, mode, trusted=trusted)
            log.info(
                "backfilled",
                chunk=f"{done}/{len(parts)}",
                first=part.first.isoformat(),
                last=part.last.isoformat(),
                new=additions.new,
                corrections=additions.corrections,
            )
            yield Progress(done, len(parts), part, additions)
