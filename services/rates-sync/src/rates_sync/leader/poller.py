"""The leader's poll loop: when a cycle runs, what its outcome means for the next, the backfill.

`leader` runs it; operators' actions go through it, too, one at a time, so that no two questions to
Banxico and no two recordings of answers overlap. Decides nothing about the values themselves.
"""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from rates_contracts.calendar import mexico_day
from rates_sync.cycle.backfill import Backfill, Progress, Span
from rates_sync.cycle.cycle import Cycle, Poll
from rates_sync.cycle.recorder import Recorded, Recorder
from rates_sync.errors import StoreUnavailable, UpstreamError
from rates_sync.liveness import until
from rates_sync.timetable.schedule import Known, Pace, due_at_once, next_cycle
from rates_sync.upstream import Purpose

log = structlog.get_logger(__name__)


class BreakerView(Protocol):
    """The breaker, as far as the schedule needs it."""

    @property
    def retry_at(self) -> datetime | None:
        """When an open breaker admits a trial; None when it is not open."""
        ...


@dataclass(frozen=True, slots=True)
class Timing:
    """Whatever of a poller touches time: clocks, sleep, pace, pause after a database failure."""

    clock: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    pace: Pace
    store_retry: timedelta


class Watcher(Protocol):
    """Whoever is told how polling goes: metrics, alerts."""

    def polled(self, poll: Poll, seconds: float) -> None:
        """A cycle ended."""
        ...

    def recorded(self, recorded: Recorded) -> None:
        """An answer was recorded."""
        ...

    def filled(self, progress: Progress) -> None:
        """A chunk of a backfill was recorded."""
        ...

    def looked(self, known: Known, next_cycle_at: datetime) -> None:
        """The loop got round."""
        ...


class Poller:
    """One leader's polling; `next_cycle_at` may move at any time."""

    def __init__(
        self,
        cycle: Cycle,
        backfill: Backfill,
        recorder: Recorder,
        breaker: BreakerView,
        timing: Timing,
        watcher: Watcher,
    ) -> None:
        self._cycle, self._backfill, self._recorder = cycle, backfill, recorder
        self._breaker, self._timing, self._watcher = breaker, timing, watcher
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
        """Record where things stand, then poll for good. Raises `LeaseLost`."""
        await self._begin()
        while True:
            await until(
                lambda: self.next_cycle_at, self._timing.clock, self._timing.sleep, self._look
            )
            await self.poll(Purpose.POLL)

    async def poll(self, purpose: Purpose) -> Poll:
        """Run a cycle now, and the backfill if history is missing. Raises `LeaseLost`."""
        async with self._lock:
            started = self._timing.clock()
            poll = await self._run_cycle(purpose)
            seconds = (self._timing.clock() - started).total_seconds()
            self._watcher.polled(poll, seconds)
            self._plan(poll)
            if poll.outcome == "success":
                await self._fill()
                self._plan(poll)
            return poll

    async def fill(self, span: Span) -> AsyncIterator[Progress]:
        """Ask for `span` again, as an operator who has looked at its values.

        Raises `UpstreamError`, `LeaseLost`, `StoreUnavailable`.
        """
        async with self._lock:
            async for progress in self._backfill.run([span], Purpose.MANUAL, trusted=True):
                self._watcher.filled(progress)
                yield progress

    def ask_now(self) -> None:
        """Move the next cycle to now: the record was restored and lacks what came since."""
        self.next_cycle_at = self._timing.clock()

    async def _begin(self) -> None:
        """Repeat the first transaction until the database takes it (protocol rule 3)."""
        while True:
            self._look()
            try:
                await self._recorder.begin()
                await self._look_for_holes()
                break
            except StoreUnavailable as error:
                log.warning("not_begun", error=str(error))
                await self._timing.sleep(1.0)
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
        self._watcher.recorded(poll.recorded)
        return poll

    def _plan(self, poll: Poll) -> None:
        now = self._timing.clock()
        limits = [at for at in (poll.not_before, self._breaker.retry_at) if at and at > now]
        self.next_cycle_at = next_cycle(
            self.known, now, self._timing.pace, max(limits, default=None)
        )
        self.last = poll

    async def _fill(self) -> None:
        """Fill the holes; what fails is tried again after the next good poll."""
        try:
            if self._holes or self._recorder.timeline != self._timeline:
                await self._look_for_holes()
            async for progress in self._backfill.run(self._holes, Purpose.POLL):
                self._watcher.filled(progress)
                self._look()
            self._holes = []
        except (UpstreamError, StoreUnavailable) as error:
            log.warning("backfill_interrupted", error=str(error))

    async def _look_for_holes(self) -> None:
        self._holes = await self._backfill.missing(mexico_day(self._timing.clock()))
        self._timeline = self._recorder.timeline

    def _look(self) -> None:
        self._watcher.looked(self._recorder.known, self.next_cycle_at)
