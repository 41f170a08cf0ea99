"""Runs one leader's backfills: what is missing, and the ranges that operators ask for.

They run in a task of the leader's, one at a time; who wants to know only watches (protocol rule
35). Between two chunks polls have Banxico: the lock is held for one chunk. Decides neither when
Banxico is polled nor what is recorded.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from datetime import date as Day

import structlog

from rates_contracts.calendar import mexico_day
from rates_sync.clock import Clock
from rates_sync.cycle.backfill import Backfill, Progress
from rates_sync.cycle.recorder import Recorder
from rates_sync.errors import (
    LeaseLost,
    QuotaExhausted,
    RatesSyncError,
    StoreRefused,
    StoreUnavailable,
    UpstreamError,
)
from rates_sync.instrumentation import Instrumentation
from rates_sync.liveness import wait_for_wake
from rates_sync.store.coverage import Span

log = structlog.get_logger(__name__)

OnEnd = Callable[[RatesSyncError | None], Awaitable[None]]
"""Called with what ended a backfill early, None when it finished."""

LOOK_SECONDS = 60.0
"""Between two looks for missing history whose wait is over; the shortest wait is as long."""


class BackfillRun:
    """The backfill of a range, for whoever watches it; nothing here waits for a watcher.

    Each of `on_end` is called before watchers are told, none if the leader's term ends.
    """

    def __init__(self, span: Span) -> None:
        self.span = span
        self.on_end: list[OnEnd] = []
        self._finished: list[Progress] = []
        self._error: RatesSyncError | None = None
        self._ended = False
        self._changed = asyncio.Event()

    def on_chunk(self, progress: Progress) -> None:
        """Show a finished chunk."""
        self._finished.append(progress)
        self._notify()

    async def end(self, error: RatesSyncError | None = None) -> None:
        """Call each of `on_end`, then show that it has ended, and why if it did not finish."""
        for on_end in self.on_end:
            await on_end(error)
        self.show_end(error)

    def show_end(self, error: RatesSyncError | None) -> None:
        """Show that it has ended, and why if it did not finish."""
        self._error, self._ended = error, True
        self._notify()

    async def watch(self) -> AsyncIterator[Progress]:
        """Yield each chunk from the first on, at the reader's own pace.

        Raises what ended the backfill early; finished chunks stay recorded.
        """
        shown = 0
        while shown < len(self._finished) or not self._ended:
            if shown == len(self._finished):
                await self._changed.wait()
                continue
            yield self._finished[shown]
            shown += 1
        if self._error is not None:
            raise self._error

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class BackfillRunner:
    """The backfills of one leader; `lock` is held by whoever asks Banxico.

    `admits` tells whether Banxico may be asked for what can wait.
    """

    def __init__(
        self,
        backfill: Backfill,
        recorder: Recorder,
        admits: Callable[[], bool],
        clock: Clock,
        instrumentation: Instrumentation,
        *,
        lock: asyncio.Lock,
    ) -> None:
        self._backfill, self._recorder, self._lock = backfill, recorder, lock
        self._admits, self._clock, self._instrumentation = admits, clock, instrumentation
        self._requested: list[BackfillRun] = []
        self._wake = asyncio.Event()
        self._is_paused, self._at_once, self._has_ended = True, False, False
        self._is_unannounced = False
        self._spent_on: Day | None = None

    async def run(self) -> None:
        """Run what is requested, and look for missing history once a minute, until cancelled.

        Then watchers are told that it ended. Raises `LeaseLost`, `ClockWrong`.
        """
        try:
            while True:
                self._wake.clear()
                await self.step()
                await wait_for_wake(self._wake, LOOK_SECONDS)
        finally:
            self._has_ended = True
            for requested in self._requested:
                requested.show_end(_term_ended())

    async def step(self) -> None:
        """Run what is requested, then ask for missing history. Raises `LeaseLost`, `ClockWrong`."""
        if self._is_unannounced:
            await self._announce_chunks()
        while self._requested:
            await self._run_requested(self._requested[0])
            del self._requested[0]
        await self._fill()

    def request(self, span: Span, on_end: OnEnd | None = None) -> BackfillRun:
        """Have `span` asked for again, its values trusted: an operator has reviewed them.

        Return the backfill of that range that runs or waits already, if there is one. Raises
        `LeaseLost` once this leader's term has ended.
        """
        if self._has_ended:
            raise _term_ended()
        requested = next((run for run in self._requested if run.span == span), None)
        if requested is None:
            requested = BackfillRun(span)
            self._requested.append(requested)
            self._wake.set()
        if on_end is not None:
            requested.on_end.append(on_end)
        return requested

    def resume(self, *, at_once: bool = False) -> None:
        """Ask for missing history: Banxico answers. `at_once` also for what has to wait."""
        self._is_paused, self._at_once = False, self._at_once or at_once
        self._wake.set()

    def pause(self) -> None:
        """Ask for no missing history until Banxico answers again: it would fail, too."""
        self._is_paused = True

    async def accept(self, span: Span, actor: str) -> None:
        """Count `span` as covered: an operator says that it has no further values (rule 25).

        Raises `LeaseLost`, `StoreUnavailable`.
        """
        await self._recorder.accept_history(span, actor)
        await self._find_missing()

    async def _run_requested(self, requested: BackfillRun) -> None:
        try:
            spans = [await self._backfill.widened(requested.span)]
            await self._run(spans, requested.on_chunk, trusted=True)
        except (UpstreamError, StoreUnavailable, StoreRefused) as error:
            log.warning("backfill_failed", error=str(error))
            await self._announce_chunks()
            await requested.end(error)
        else:
            await requested.end()

    async def _fill(self) -> None:
        """Record the missing history; what fails or stays a hole is asked for again later."""
        at_once, self._at_once = self._at_once, False
        try:
            due = await self._find_missing(at_once=at_once)
            if due and self._may_fill(at_once=at_once):
                await self._run(due)
                await self._find_missing()
        except (UpstreamError, StoreUnavailable, StoreRefused) as error:
            log.warning("backfill_interrupted", error=str(error))
            await self._announce_chunks()
            if isinstance(error, QuotaExhausted):
                self._spent_on = mexico_day(self._clock())

    def _may_fill(self, *, at_once: bool) -> bool:
        if self._is_paused or not self._backfill.may_ask or not self._admits():
            return False
        return at_once or self._spent_on != mexico_day(self._clock())

    async def _find_missing(self, *, at_once: bool = False) -> list[Span]:
        """Count the holes; return what may be asked for now of them, and of days gone missing."""
        holes = await self._backfill.holes(mexico_day(self._clock()))
        self._instrumentation.on_holes(len(holes))
        spans = sorted((*holes, *await self._backfill.missed()))
        return spans if at_once else self._backfill.due(spans)

    async def _run(
        self,
        spans: Sequence[Span],
        on_chunk: Callable[[Progress], None] = lambda _: None,
        *,
        trusted: bool = False,
    ) -> None:
        chunks = self._backfill.run(spans, trusted=trusted)
        while (progress := await self._next(chunks)) is not None:
            self._instrumentation.on_chunk(progress)
            on_chunk(progress)

    async def _next(self, chunks: AsyncGenerator[Progress, None]) -> Progress | None:
        """Ask for one chunk and record it, None after the last: then polls have their turn."""
        async with self._lock:
            return await anext(chunks, None)

    async def _announce_chunks(self) -> None:
        """Show what an interrupted backfill has recorded, with the next look if not now."""
        self._is_unannounced = True
        try:
            await self._recorder.note()
        except StoreUnavailable as error:
            log.warning("backfill_not_announced", error=str(error))
        else:
            self._is_unannounced = False


def _term_ended() -> LeaseLost:
    return LeaseLost("This instance's term as leader has ended; finished chunks stay recorded.")
