"""The leader's small loops: lease renewal, the breaker's changes, nightly maintenance.

None ends because the database or Redis is unavailable: `on_failure` is called with the loop's name,
and it retries.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta

import structlog

from rates_contracts.calendar import ONE_DAY, mexico_day, mexico_instant
from rates_contracts.status import BreakerState
from rates_sync.clock import Sleep, SteadyClock
from rates_sync.errors import LeaseLost, RelayError, StoreUnavailable
from rates_sync.liveness import wait_until

log = structlog.get_logger(__name__)

NIGHTLY_AT = time(3, 0)
"""Mexico City: no polling window is open."""
BREAKER_RETRY_SECONDS = 1.0


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


class NightlyMaintenance:
    """Once a night: the current bank calendar, a slice of the history (rule 30), and pruning.

    `prune` may raise `RelayError` besides the store's errors.
    """

    def __init__(
        self,
        prune: Callable[[datetime], Awaitable[None]],
        renew_calendar: Callable[[], Awaitable[None]],
        check_slice: Callable[[], Awaitable[None]],
        clock: SteadyClock,
        sleep: Sleep,
        on_failure: Callable[[str], None],
    ) -> None:
        self._prune, self._renew_calendar, self._check_slice = prune, renew_calendar, check_slice
        self._clock, self._sleep, self._on_failure = clock, sleep, on_failure
        self._due = next_night(clock())

    async def run(self) -> None:
        """Run at 03:00 in Mexico City every day. Raises `LeaseLost`."""
        while True:
            self._due = next_night(self._clock())
            await wait_until(lambda: self._due, self._clock, self._sleep, self._on_jump)
            try:
                await self._renew_calendar()
                await self._check_slice()
                await self._prune(self._clock())
            except (StoreUnavailable, RelayError) as error:
                log.warning("night_not_done", error=str(error))
                self._on_failure("nightly")

    def _on_jump(self, _jump: timedelta) -> None:
        """Plan again (protocol rule 32); a night that a machine slept through is made up for."""
        self._due = min(self._due, next_night(self._clock()))


def next_night(now: datetime) -> datetime:
    """Return the first 03:00 in Mexico City after `now`."""
    today = mexico_instant(mexico_day(now), NIGHTLY_AT)
    return today if today > now else mexico_instant(mexico_day(now) + ONE_DAY, NIGHTLY_AT)
