"""Fill what is missing: the whole history at first start, a range for an operator.

`leader` runs it after the first good poll, newest chunk first, so that what clients ask for most is
there first. Each chunk is a request and a transaction well under a second; the last one announces
all of them as one event (protocol rule 2). Interrupted, it goes on at what is still missing.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date as Day
from datetime import timedelta
from itertools import pairwise

import structlog

from rates_contracts.calendar import ONE_DAY
from rates_contracts.observation import FIRST_FIX_DAY
from rates_sync.cycle.recorder import SERIES, Manner, Recorded, Recorder
from rates_sync.upstream import Banxico, Purpose, Query

log = structlog.get_logger(__name__)

CHUNK = timedelta(days=4 * 365)
"""A request's share: 1,000 FIX and 1,460 settlement rates; 7.6 years came in one 77 kB answer."""
LONGEST_CLOSURE = timedelta(days=15)
"""No two FIX have ever been farther apart than 5 days: more is a hole."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both ends included."""

    first: Day
    last: Day


@dataclass(frozen=True, slots=True)
class Progress:
    """A chunk is done: the `done`-th `of` all, `span`, what it brought."""

    done: int
    of: int
    span: Span
    recorded: Recorded


def holes(days: Sequence[Day], today: Day) -> list[Span]:
    """Return the spans since 1991 without a FIX that no closure explains, given its days."""
    edges = [FIRST_FIX_DAY - ONE_DAY, *days, today]
    return [
        Span(before + ONE_DAY, after - ONE_DAY)
        for before, after in pairwise(edges)
        if after - before > LONGEST_CLOSURE or before < FIRST_FIX_DAY < after
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
    """One leader's backfill."""

    def __init__(self, banxico: Banxico, recorder: Recorder) -> None:
        self._banxico, self._recorder = banxico, recorder

    async def missing(self, today: Day) -> list[Span]:
        """Return the holes of the record. Raises `LeaseLost`, `StoreUnavailable`."""
        return holes(await self._recorder.days(FIRST_FIX_DAY, today), today)

    async def run(
        self, spans: Sequence[Span], purpose: Purpose, *, trusted: bool = False
    ) -> AsyncIterator[Progress]:
        """Ask for `spans` and record them, yielding after each chunk.

        Raises `UpstreamError`, `LeaseLost`, `StoreUnavailable`: what is done stays recorded.
        """
        parts = list(chunks(spans))
        for done, part in enumerate(parts, start=1):
            answer = await self._banxico.ask(Query(SERIES, part.first, part.last, purpose))
            manner = Manner.LAST_CHUNK if done == len(parts) else Manner.CHUNK
            recorded = await self._recorder.record(answer, manner, trusted=trusted)
            log.info(
                "backfilled",
                chunk=f"{done}/{len(parts)}",
                first=part.first.isoformat(),
                last=part.last.isoformat(),
                new=recorded.new,
                corrections=recorded.corrections,
            )
            yield Progress(done, len(parts), part, recorded)
