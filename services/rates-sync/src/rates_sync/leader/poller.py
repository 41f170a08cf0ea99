"""Runs cycles when they are due, also an operator's, and the nightly check of a slice.

Whoever asks Banxico holds one lock, so that no two requests and no two recordings of answers
overlap. Missing history is left to the backfills.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime, timedelta

import structlog

from rates_sync.clock import Clock, Monotonic, Sleep, SteadyClock
from rates_sync.cycle.cycle import Cycle, CycleResult
from rates_sync.cycle.recorder import Recorder
from rates_sync.cycle.slices import SliceCheck
from rates_sync.errors import StoreRefused, StoreUnavailable
from rates_sync.instrumentation import Instrumentation
from rates_sync.leader.backfills import BackfillRunner
from rates_sync.liveness import wait_until
from rates_sync.timetable.poll_intervals import PollIntervals
from rates_sync.timetable.schedule import ScheduleInputs, due_at_once, next_cycle
from rates_sync.upstream import Purpose

log = structlog.get_logger(__name__)

BEGIN_RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Timing:
    """A poller's clocks, sleep and intervals.

    `breaker_retry_in` returns how long until an open breaker allows a trial request, None while it
    is not open; `store_retry` is the pause after a database failure. `on_jump` is called with how
    far the wall clock has jumped; `hear_database` asks the database for the time before anything is
    recorded, and may raise `StoreUnavailable`.
    """

    clock: Clock
    monotonic: Monotonic
    sleep: Sleep
    intervals: PollIntervals
    breaker_retry_in: Callable[[], timedelta | None]
    store_retry: timedelta
    on_jump: Callable[[timedelta], None]
    hear_database: Callable[[], Awaitable[None]]


class Poller:
    """One leader's polling; `next_cycle_at` may move at any time.

    `lock` is held by whoever asks Banxico; `backfills` learn whether it answers.
    """

    def __init__(
        self,
        cycle: Cycle,
        backfills: BackfillRunner,
        slices: SliceCheck,
        recorder: Recorder,
        timing: Timing,
        instrumentation: Instrumentation,
        *,
        lock: asyncio.Lock,
    ) -> None:
        self._cycle, self._backfills, self._slices = cycle, backfills, slices
        self._recorder, self._timing, self._instrumentation = recorder, timing, instrumentation
        self._now = SteadyClock(timing.clock, timing.monotonic)
        self._lock = lock
        self._must_ask = False
        self._polled_at: float | None = None
        self._not_before: datetime | None = None
        self.next_cycle_at = timing.clock()
        self.last: CycleResult | None = None

    @property
    def schedule_inputs(self) -> ScheduleInputs:
        """What decides the next poll; missing history changes nothing about it."""
        return self._recorder.schedule_inputs

    async def run(self) -> None:
        """Record the current status, then poll until the lease is lost. Raises `LeaseLost`."""
        await self._begin()
        await self._poll_when_due()

    async def _poll_when_due(self) -> None:
        while True:
            await wait_until(
                lambda: self.next_cycle_at,
                self._now,
                self._timing.sleep,
                self._on_jump,
                self._tick,
            )
            await self.poll(Purpose.POLL)

    async def poll(self, purpose: Purpose) -> CycleResult:
        """Run a cycle now. Raises `LeaseLost`.

        After a good one missing history is asked for; one for an operator lets none of it wait.
        """
        async with self._lock:
            started = self._polled_at = self._timing.monotonic()
            if purpose is not Purpose.POLL and self._cycle.has_unrecorded:
                await self._run_cycle(Purpose.POLL)
            result = await self._run_cycle(purpose)
            self._instrumentation.on_poll(result, self._timing.monotonic() - started)
            self._plan(result)
        if result.outcome == "success":
            self._backfills.resume(at_once=purpose is Purpose.MANUAL)
        else:
            self._backfills.pause()
        return result

    async def check_slice(self, night: Day) -> None:
        """Check the slice of `night` (rule 30).

        What the database refuses of it is logged: it would refuse it again, and the slice comes
        again next month.

        Raises `UpstreamError`, `LeaseLost`, `StoreUnavailable`: it is not checked then.
        """
        async with self._lock:
            try:
                additions = await self._slices.run(night)
            except StoreRefused as error:
                log.warning("slice_not_checked", error=str(error))
                return
            self._instrumentation.on_recorded(additions)

    def ask_now(self) -> None:
        """Ask as soon as may be: a restored record lacks what was recorded since its backup.

        At most once in the shortest interval between polls, and not in a pause that Banxico or the
        database asked for.
        """
        self._must_ask = True
        self.plan_again()

    def plan_again(self) -> None:
        """Plan the next cycle as a new leader does: what decides it has changed."""
        now, inputs, intervals = self._now(), self.schedule_inputs, self._timing.intervals
        if self._must_ask or self._is_due_at_once():
            # Banxico or the database may have asked for a longer pause.
            self.next_cycle_at = max(now + self._pause_left(), self._not_before or now)
        else:
            self.next_cycle_at = next_cycle(
                inputs, now, intervals, self._trial_at(now), is_trial=True
            )

    async def _begin(self) -> None:
        """Retry the first transaction until it succeeds (protocol rule 3)."""
        while True:
            self._tick()
            try:
                await self._timing.hear_database()
                await self._recorder.begin()
                break
            except StoreUnavailable as error:
                log.warning("not_begun", error=str(error))
                await self._timing.sleep(BEGIN_RETRY_SECONDS)
        if not self._is_due_at_once():
            self._backfills.resume()
        self.plan_again()

    async def _run_cycle(self, purpose: Purpose) -> CycleResult:
        try:
            result = await self._cycle.run(purpose, self._on_ask)
        except StoreUnavailable as error:
            log.warning("poll_not_recorded", error=str(error))
            retry_at = self._now() + self._timing.store_retry
            return CycleResult("store_unavailable", not_before=retry_at)
        except StoreRefused as error:
            # Asked again at once, Banxico would say the same.
            log.warning("poll_not_recorded", error=str(error))
            return CycleResult("store_refused")
        self._instrumentation.on_recorded(result.additions)
        return result

    def _on_ask(self) -> None:
        self._must_ask = False

    def _plan(self, result: CycleResult) -> None:
        self.last, self._not_before = result, result.not_before
        jump = self._now.jump()
        if jump is not None:
            self._on_jump(jump)
            return
        now = self._now()
        if self._is_unfinished(result):
            # At any hour: the database is not Banxico, and an old answer verifies nothing.
            self.next_cycle_at = max(now, result.not_before or now)
            return
        if self._must_ask:
            # This cycle only recorded what was kept, or had asked before the question was needed.
            self.plan_again()
            return
        trial_at = self._trial_at(now)
        blocks = (result.not_before, trial_at)
        blocked_until = max((at for at in blocks if at and at > now), default=None)
        self.next_cycle_at = next_cycle(
            self.schedule_inputs,
            now,
            self._timing.intervals,
            blocked_until,
            is_trial=trial_at is not None,
        )

    def _is_unfinished(self, result: CycleResult) -> bool:
        """Tell whether the database kept a poll from being made or recorded in time."""
        is_kept = self._cycle.has_unrecorded or result.outcome == "store_unavailable"
        return is_kept or result.is_stale

    def _is_due_at_once(self) -> bool:
        return due_at_once(self.schedule_inputs, self._now(), self._timing.intervals)

    def _trial_at(self, now: datetime) -> datetime | None:
        """Return when an open breaker allows a trial request."""
        left = self._timing.breaker_retry_in()
        return None if left is None else now + left

    def _pause_left(self) -> timedelta:
        """Return how long to wait so that a clock that keeps jumping spends no quota (rule 20)."""
        if self._polled_at is None:
            return timedelta()
        passed = timedelta(seconds=self._timing.monotonic() - self._polled_at)
        return max(timedelta(), self._timing.intervals.noon_rush - passed)

    def _on_jump(self, jump: timedelta) -> None:
        """Plan everything again at once (protocol rule 32)."""
        self._timing.on_jump(jump)
        self._not_before = None  # reckoned by the clock that was wrong
        self.plan_again()

    def _tick(self) -> None:
        self._instrumentation.on_tick(self._recorder.schedule_inputs, self.next_cycle_at)
