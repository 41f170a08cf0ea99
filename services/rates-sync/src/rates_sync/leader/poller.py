"""The leader's poll loop: when a cycle runs, what its outcome means for the next, the backfill.

Operators' actions go through it, too, one at a time, so that no two requests to Banxico and no two
recordings of answers overlap. Decides nothing about the values themselves.
"""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from rates_contracts.calendar import mexico_day
from rates_sync.clock import Clock, Sleep
from rates_sync.cycle.backfill import Backfill, Progress, Span
from rates_sync.cycle.cycle import Cycle, Poll
from rates_sync.cycle.recorder import Recorder
from rates_sync.errors import StoreUnavailable, UpstreamError
from rates_sync.instrumentation import Instrumentation
from rates_sync.liveness import wait_until
from rates_sync.timetable.pace import Pace
from rates_sync.timetable.schedule import Known, due_at_once, next_cycle
from rates_sync.upstream import Purpose

log = structlog.get_logger(__name__)

BEGIN_RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Timing:
    """A poller's clock, sleep and intervals.

    `breaker_retry_at` is when an open breaker admits a trial, None while it is not open;
    `store_retry` the pause after a failure of the database.
    """

    clock: Clock
    sleep: Sleep
    pace: Pace
    breaker_retry_at: Callable[[], datetime | None]
    store_retry: timedelta


class Poller:
    """One leader's polling; `next_cycle_at` may move at any time."""

    def __init__(
        self,
        cycle: Cycle,
        backfill: Backfill,
        recorder: Recorder,
        timing: Timing,
        instrumentation: Instrumentation,
    ) -> None:
        self._cycle, self._backfill, self._recorder = cycle, backfill, recorder
        self._timing, self._instrumentation = timing, instrumentation
        self._lock = asyncio.Lock()
        self._holes: list[Span] = []
        self._timeline = 0
        self.next_cycle_at = timing.clock()
        self.last: Poll | None = None

    @property
    def known(self) -> Known:
        """What decides the next poll: while history is missing nothing counts as verified."""
        known = self._recorder.known
        return dataclasses.replace(known, verified_at=None) if self._holes else known

    async def run(self) -> None:
        """Record the present status, then poll until the lease is lost. Raises `LeaseLost`."""
        await self._begin()
        timing = self._timing
        while True:
            await wait_until(lambda: self.next_cycle_at, timing.clock, timing.sleep, self._tick)
            await self.poll(Purpose.POLL)

    async def poll(self, purpose: Purpose) -> Poll:
        """Run a cycle now, and the backfill if history is missing. Raises `LeaseLost`."""
        async with self._lock:
            started = self._timing.clock()
            poll = await self._run_cycle(purpose)
            seconds = (self._timing.clock() - started).total_seconds()
            self._instrumentation.on_poll(poll, seconds)
            self._plan(poll)
            if poll.outcome == "success":
                await self._fill()
                self._plan(poll)
            return poll

    async def fill(self, span: Span) -> AsyncIterator[Progress]:
        """Ask for `span` again, for an operator who has looked at its values.

        Raises `UpstreamError`, `LeaseLost`, `StoreUnavailable`.
        """
        async with self._lock:
            async for progress in self._backfill.run([span], Purpose.MANUAL, trusted=True):
                self._instrumentation.on_chunk(progress)
                yield progress

    def ask_now(self) -> None:
        """Move the next cycle to now: the record was restored and lacks what came since."""
        self.next_cycle_at = self._timing.clock()

    async def _begin(self) -> None:
        """Repeat the first transaction until the database takes it (protocol rule 3)."""
        while True:
            self._tick()
            try:
                await self._recorder.begin()
                await self._find_holes()
                break
            except StoreUnavailable as error:
                log.warning("not_begun", error=str(error))
                await self._timing.sleep(BEGIN_RETRY_SECONDS)
        now = self._timing.clock()
        at_once = due_at_once(self.known, now)
        self.next_cycle_at = now if at_once else next_cycle(self.known, now, self._timing.pace)

    async def _run_cycle(self, purpose: Purpose) -> Poll:
        try:
            poll = await self._cycle.run(purpose)
        except StoreUnavailable as error:
            log.warning("poll_not_recorded", error=str(error))
            retry_at = self._timing.clock() + self._timing.store_retry
            return Poll("store_unavailable", not_before=retry_at)
        self._instrumentation.on_recorded(poll.additions)
        return poll

    def _plan(self, poll: Poll) -> None:
        now, blocks = self._timing.clock(), (poll.not_before, self._timing.breaker_retry_at())
        blocked_until = max((at for at in blocks if at and at > now), default=None)
        self.next_cycle_at = next_cycle(self.known, now, self._timing.pace, blocked_until)
        self.last = poll

    async def _fill(self) -> None:
        """Fill the holes; what fails is tried again after the next good poll."""
        try:
            if self._holes or self._recorder.timeline != self._timeline:
                await self._find_holes()
            async for progress in self._backfill.run(self._holes, Purpose.POLL):
                self._instrumentation.on_chunk(progress)
                self._tick()
            self._holes = []
        except (UpstreamError, StoreUnavailable) as error:
            log.warning("backfill_interrupted", error=str(error))

    async def _find_holes(self) -> None:
        self._holes = await self._backfill.missing(mexico_day(self._timing.clock()))
        self._timeline = self._recorder.timeline

    def _tick(self) -> None:
        self._instrumentation.on_tick(self._recorder.known, self.next_cycle_at)
