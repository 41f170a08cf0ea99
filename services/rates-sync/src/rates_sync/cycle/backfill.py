"""Records missing history: all of it at the first start, or a range for an operator.

Missing is what no answer has covered (protocol rule 25). The newest chunk is first, since clients
ask for it most. Each chunk is one request and one short transaction; the last chunk announces them
all (rule 2). After an interruption it continues with what is still missing. What fails, or stays a
hole although it was asked for, is asked for again after ever longer waits.
"""

import math
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date as Day
from datetime import timedelta
from typing import NamedTuple

import structlog

from rates_contracts.calendar import ONE_DAY
from rates_contracts.observation import FIX
from rates_sync.banxico.series import SERIES
from rates_sync.cycle.coverage import unusable
from rates_sync.cycle.cycle import OVERLAP, asked_pause
from rates_sync.cycle.recorder import Additions, AnnounceMode, Recorder
from rates_sync.errors import (
    BreakerOpen,
    FixAwaited,
    HoleCause,
    QuotaExhausted,
    StoreRefused,
    UpstreamError,
)
from rates_sync.store.coverage import Span, merged
from rates_sync.upstream import MAX_PAUSE, Answer, Banxico, Query

log = structlog.get_logger(__name__)

CHUNK = timedelta(days=4 * 365)
"""Of one request: 1,000 FIX and 1,460 settlement rates; 7.6 years came in one 77 kB answer."""
MIN_WAIT = 60.0
"""Seconds until a range is asked for a second time; each further time twice as many."""
MAX_WAIT = 3600.0
FAILURES_TOLD = 3
"""A range that failed so many times in a row is a hole to tell of; a blip is none."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Chunk number `done` `of` all is recorded: its `span` and what it added.

    `holes` are days that stay unknown although they were asked for, each told once, with the last
    chunk.
    """

    done: int
    of: int
    span: Span
    additions: Additions
    holes: tuple[Span, ...] = ()


def chunks(spans: Sequence[Span]) -> Iterator[Span]:
    """Cut `spans` into requests, newest first."""
    for span in reversed(spans):
        last = span.last
        while last >= span.first:
            first = max(span.first, last - CHUNK + ONE_DAY)
            yield Span(first, last)
            last = first - ONE_DAY


class Backfill:
    """One leader's backfill; the history begins at `first_fix_day`, `monotonic` is in seconds.

    `on_hole` is called with a range that fails `FAILURES_TOLD` times in a row, and with the cause.
    An answer that covers nothing is such a failure; what is usable of it is recorded all the same.
    """

    def __init__(
        self,
        banxico: Banxico,
        recorder: Recorder,
        first_fix_day: Day,
        monotonic: Callable[[], float],
        on_hole: Callable[[Span, HoleCause], None] = lambda _span, _cause: None,
    ) -> None:
        self._banxico, self._recorder = banxico, recorder
        self._first_fix_day, self._on_hole = first_fix_day, on_hole
        self._monotonic, self._not_before = monotonic, -math.inf
        self._waits = Waits(monotonic)
        self._failures: Counter[Span] = Counter()
        self._told: list[Span] = []

    @property
    def may_ask(self) -> bool:
        """Whether the pause that Banxico asked for, at most `MAX_PAUSE`, is over."""
        return self._monotonic() >= self._not_before

    async def holes(self, today: Day) -> tuple[Span, ...]:
        """Return the days up to yesterday that nothing covers. Raises `StoreUnavailable`."""
        return await self._recorder.holes(Span(self._first_fix_day, today - ONE_DAY))

    async def missed(self) -> tuple[Span, ...]:
        """Return the known days that an answer lacked and a second one decides (protocol rule 27).

        Raises `StoreUnavailable`.
        """
        return await self._recorder.missed()

    def due(self, spans: Sequence[Span]) -> list[Span]:
        """Return the chunks of `spans`, which ascend, that need not wait."""
        return sorted(part for part in chunks(spans) if self._waits.are_over(part))

    async def widened(self, span: Span) -> Span:
        """Return `span` with what lies before it, if it begins after the newest known day.

        Else the days between would count as known once a later one is recorded.
        """
        newest = (await self._recorder.newest_known())[FIX]
        if newest is None or span.first <= newest:
            return span
        return Span(newest - OVERLAP, span.last)

    async def run(
        self, spans: Sequence[Span], *, trusted: bool = False
    ) -> AsyncGenerator[Progress, None]:
        """Ask for `spans`, ascending, and record them, yielding after each chunk.

        Raises `UpstreamError`, `LeaseLost`, `StoreUnavailable`, `StoreRefused`; finished chunks
        stay recorded.
        """
        parts, failed = list(chunks(spans)), list[Span]()
        for done, part in enumerate(parts, start=1):
            answer, is_last = await self._ask(part), done == len(parts)
            mode = AnnounceMode.LAST_CHUNK if is_last else AnnounceMode.CHUNK
            try:
                additions = await self._recorder.record(answer, mode, trusted=trusted)
            except StoreRefused:
                self._count_failure(part, "store_refused")
                raise
            if not self._is_usable(part, answer, additions):
                failed.append(part)
            # A silence may go on in the next chunk.
            holes = await self._left(parts, failed) if is_last else ()
            progress = Progress(done, len(parts), part, additions, holes)
            _log(progress)
            yield progress

    async def _ask(self, part: Span) -> Answer:
        """Ask for `part`, which then waits before it is asked for again, if it has to be."""
        try:
            answer = await self._banxico.ask(Query(tuple(SERIES), part.first, part.last))
        except (BreakerOpen, FixAwaited, QuotaExhausted):
            # Nobody was asked: the range is asked for as soon as Banxico may be.
            raise
        except UpstreamError as error:
            self._waits.lengthen(part)
            self._rest(asked_pause(error))
            self._count_failure(part, error.outcome)
            raise
        self._waits.lengthen(part)
        return answer

    def _is_usable(self, part: Span, answer: Answer, additions: Additions) -> bool:
        """Tell whether `answer` covers days of `part`; else it is one more failure of it."""
        cause: HoleCause | None = unusable(answer)
        if cause is None and additions.distrusted:
            cause = "contradictory"
        if cause is None:
            self._failures.pop(part, None)
        else:
            self._count_failure(part, cause)
        return cause is None

    def _rest(self, asked: timedelta | None) -> None:
        if asked is not None:
            self._not_before = self._monotonic() + min(asked, MAX_PAUSE).total_seconds()

    def _count_failure(self, part: Span, cause: HoleCause) -> None:
        self._failures[part] += 1
        if self._failures[part] == FAILURES_TOLD:
            self._on_hole(part, cause)

    async def _left(self, parts: Sequence[Span], failed: Sequence[Span]) -> tuple[Span, ...]:
        """Return the holes in what was asked for that are told now; all of them wait.

        Those that touch a range that has `failed` are no silence of Banxico's.
        """
        left = [hole for span in merged(parts) for hole in await self._recorder.holes(span)]
        for hole in left:
            if hole not in parts:
                self._waits.lengthen(hole)
        excluded = (*self._told, *failed)
        new = tuple(hole for hole in left if not any(map(hole.overlaps, excluded)))
        self._told += new
        return new


class _Wait(NamedTuple):
    until: float
    seconds: float


class Waits:
    """How long each range waits until it is asked for again, on a monotonic clock."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._waits: dict[Span, _Wait] = {}

    def are_over(self, span: Span) -> bool:
        """Tell whether `span` may be asked for now."""
        return span not in self._waits or self._monotonic() >= self._waits[span].until

    def lengthen(self, span: Span) -> None:
        """Let `span` wait, twice as long as the last time."""
        last = self._waits.get(span)
        seconds = MIN_WAIT if last is None else min(2 * last.seconds, MAX_WAIT)
        self._waits[span] = _Wait(self._monotonic() + seconds, seconds)


def _log(progress: Progress) -> None:
    log.info(
        "backfilled",
        chunk=f"{progress.done}/{progress.of}",
        first=progress.span.first.isoformat(),
        last=progress.span.last.isoformat(),
        new=progress.additions.new,
        corrections=progress.additions.corrections,
    )
    for hole in progress.holes:
        log.warning("history_hole", first=hole.first.isoformat(), last=hole.last.isoformat())
