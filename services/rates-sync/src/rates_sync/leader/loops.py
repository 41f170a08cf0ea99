"""The leader's small loops: lease renewal, the breaker's changes, nightly maintenance.

None ends because the database or Redis is unavailable: `on_failure` is called with the loop's name,
and it retries.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime, time, timedelta
from typing import Literal, Protocol, get_args

import structlog

from rates_contracts.calendar import LATE_FROM, MEXICO_CITY, ONE_DAY, mexico_day, mexico_instant
from rates_contracts.status import BreakerState
from rates_sync.clock import Sleep, SteadyClock
from rates_sync.errors import (
    LeaseLost,
    RelayError,
    StoreRefused,
    StoreUnavailable,
    UpstreamError,
)
from rates_sync.liveness import wait_until

log = structlog.get_logger(__name__)

NIGHTLY_AT = time(3, 0)
"""Mexico City: no polling window is open."""
BREAKER_RETRY_SECONDS = 1.0
NIGHT_LOOK = timedelta(minutes=1)
"""Between two looks for nightly work that is due."""
NIGHT_RETRY = timedelta(hours=1)
"""After a task of a night has failed."""
MAX_MADE_UP = timedelta(days=27)
"""Slices of earlier nights come again with this month's."""
BUSY_FROM = time(11, 55)


class Renewal:
    """Renews the lease every `interval` seconds (protocol rule 3).

    Lets go once it is older than `max_age` seconds (rule 36); `age` returns how old it is.
    """

    def __init__(
        self,
        renew: Callable[[], Awaitable[None]],
        sleep: Sleep,
        age: Callable[[], float],
        *,
        interval: float,
        max_age: float,
    ) -> None:
        self._renew, self._sleep, self._age = renew, sleep, age
        self._interval, self._max_age = interval, max_age

    async def run(self) -> None:
        """Renew until the lease is lost or the clock wrong. Raises `LeaseLost` or `ClockWrong`."""
        while True:
            await self._sleep(self._interval)
            try:
                await self._renew()
            except StoreUnavailable as error:
                log.warning("lease_not_renewed", error=str(error))
            if self._age() >= self._max_age:
                raise LeaseLost(f"not renewed for {self._age():.0f} s")


class BreakerLog:
    """Records each change of the breaker; `on_change` is synchronous and only enqueues."""

    def __init__(
        self, note: Callable[..., Awaitable[None]], sleep: Sleep, on_failure: Callable[[str], None]
    ) -> None:
        self._note, self._sleep, self._on_failure = note, sleep, on_failure
        self._changes: asyncio.Queue[tuple[BreakerState, datetime]] = asyncio.Queue()

    def on_change(self, new: BreakerState, at: datetime) -> None:
        """Enqueue a change (protocol rule 19)."""
        log.warning("breaker_changed", to=new)
        self._changes.put_nowait((new, at))

    async def run(self) -> None:
        """Record the changes in order, retrying each until it is recorded. Raises `LeaseLost`."""
        while True:
            state, at = await self._changes.get()
            while not await self._record(state, at):
                await self._sleep(BREAKER_RETRY_SECONDS)
            self._changes.task_done()

    async def _record(self, state: BreakerState, at: datetime) -> bool:
        try:
            await self._note(breaker=state, breaker_since=at)
        except StoreUnavailable as error:
            log.warning("breaker_not_recorded", error=str(error))
            self._on_failure("breaker")
            return False
        return True


NightlyTaskName = Literal["calendar", "slice", "receipts", "pruning", "outbox"]
NIGHTLY_TASKS: tuple[NightlyTaskName, ...] = get_args(NightlyTaskName)


@dataclass(frozen=True, slots=True)
class NightlyTask:
    """What is done each night (a Mexico City day); `run` may raise an error of rates-sync's tree.

    `each`: every missed night is made up for, at most a month's; else the last stands for all.
    """

    name: NightlyTaskName
    run: Callable[[Day], Awaitable[None]]
    each: bool = False


class Nights(Protocol):
    """The last night that each task has finished, in the record."""

    async def read(self) -> Mapping[str, Day]:
        """Return them. Raises `StoreUnavailable`."""
        ...

    async def finish(self, task: str, night: Day) -> None:
        """Record `night`. Raises `LeaseLost`, `StoreUnavailable`."""
        ...


@dataclass(frozen=True, slots=True)
class NightConditions:
    """When nightly work may run: what it deletes by a clock that is wrong is lost.

    `begun` tells whether the leader has recorded its status, `clock_confirmed` whether a witness of
    the time was heard since this clock was set, and none disagrees.
    """

    begun: Callable[[], bool]
    clock_confirmed: Callable[[], bool]

    def met(self, now: datetime) -> bool:
        """Tell whether it may run now; not while a FIX may be published any minute."""
        busy = BUSY_FROM <= now.astimezone(MEXICO_CITY).time() < LATE_FROM
        return not busy and self.begun() and self.clock_confirmed()


class NightlyMaintenance:
    """Runs each task once a night, from 03:00 in Mexico City on (protocol rule 46).

    The record remembers what is finished, so that a missed night is made up for at the next
    take-over, or after an hour if a task failed. `on_finished` is called with a task's last night.
    """

    def __init__(
        self,
        tasks: Sequence[NightlyTask],
        nights: Nights,
        conditions: NightConditions,
        clock: SteadyClock,
        sleep: Sleep,
        *,
        on_failure: Callable[[str], None],
        on_finished: Callable[[NightlyTaskName, Day], None],
    ) -> None:
        self._tasks, self._nights, self._conditions = tasks, nights, conditions
        self._clock, self._sleep = clock, sleep
        self._on_failure, self._on_finished = on_failure, on_finished
        self._finished: dict[NightlyTaskName, Day] = {}
        self._not_before: dict[NightlyTaskName, datetime] = {}
        self._look_at = clock()

    async def run(self) -> None:
        """Look every minute for what is due. Raises `LeaseLost`, `ClockWrong`."""
        while True:
            self._plan()
            await wait_until(lambda: self._look_at, self._clock, self._sleep, self._on_jump)
            await self.look()

    async def look(self) -> None:
        """Do what is due now; a task that fails keeps no other from running.

        Raises `LeaseLost`, `ClockWrong`.
        """
        for task in self._tasks:
            now = self._clock()
            waits = now < self._not_before.get(task.name, now)
            if not waits and self._conditions.met(now):
                await self._try(task, last_night(now))

    async def _try(self, task: NightlyTask, tonight: Day) -> None:
        try:
            await self._learn(task, tonight)
            night = self._due(task, tonight)
            if night is not None:
                await task.run(night)
                await self._finish(task, night)
        except (StoreUnavailable, StoreRefused, RelayError, UpstreamError) as error:
            log.warning("night_not_done", task=task.name, error=str(error))
            self._not_before[task.name] = self._clock() + NIGHT_RETRY
            if isinstance(error, StoreUnavailable | StoreRefused):
                self._on_failure("nightly")

    async def _learn(self, task: NightlyTask, tonight: Day) -> None:
        """Read what is finished, once; a record that knows no night begins with the next one."""
        if task.name in self._finished:
            return
        night = (await self._nights.read()).get(task.name)
        if night is None:
            await self._finish(task, tonight)
        else:
            self._note(task, night)

    def _due(self, task: NightlyTask, tonight: Day) -> Day | None:
        """Return the night whose work is due, None if none is.

        A finished night that is still to come was finished by a clock that was wrong.
        """
        finished = self._finished[task.name]
        if finished == tonight:
            return None
        if not task.each or finished > tonight:
            return tonight
        return max(finished + ONE_DAY, tonight - MAX_MADE_UP)

    async def _finish(self, task: NightlyTask, night: Day) -> None:
        await self._nights.finish(task.name, night)
        self._note(task, night)

    def _note(self, task: NightlyTask, night: Day) -> None:
        self._finished[task.name] = night
        self._on_finished(task.name, night)

    def _plan(self) -> None:
        self._look_at = self._clock() + NIGHT_LOOK

    def _on_jump(self, _jump: timedelta) -> None:
        """Plan again (protocol rule 32)."""
        self._not_before.clear()
        self._plan()


def last_night(now: datetime) -> Day:
    """Return the day (Mexico City) of the last 03:00 that is not after `now`."""
    today = mexico_day(now)
    return today if mexico_instant(today, NIGHTLY_AT) <= now else today - ONE_DAY
