"""Tracks which loops still run; waits until a time or a wake-up."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from rates_sync.clock import Monotonic, Sleep, SteadyClock

TICK_SECONDS = 1.0


class Liveness:
    """When each loop last reported that it runs, on the monotonic clock."""

    def __init__(self, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        self._beats: dict[str, tuple[float, float]] = {}

    def beat(self, loop: str, *, within: float) -> None:
        """Note that `loop` runs; it counts as stuck unless it beats again `within` seconds."""
        self._beats[loop] = (self._monotonic(), within)

    def forget(self, loop: str) -> None:
        """Forget a loop that has ended."""
        self._beats.pop(loop, None)

    @property
    def stuck(self) -> list[str]:
        """The loops whose next beat is overdue."""
        now = self._monotonic()
        return [loop for loop, (beat_at, within) in self._beats.items() if now - beat_at > within]


async def wait_until(
    due: Callable[[], datetime],
    clock: SteadyClock,
    sleep: Sleep,
    on_jump: Callable[[timedelta], None],
    on_tick: Callable[[], None] = lambda: None,
) -> None:
    """Wait until `clock` has reached `due`, which may move meanwhile (protocol rule 32).

    The wait is the monotonic clock's. `on_jump` is called within a tick with how far the wall clock
    was set, or a machine slept: it plans again.
    """
    while True:
        on_tick()
        jump = clock.jump()
        if jump is not None:
            on_jump(jump)
        left = (due() - clock()).total_seconds()
        if left <= 0:
            return
        await sleep(min(left, TICK_SECONDS))


async def wait_for_wake(wake: asyncio.Event, seconds: float) -> None:
    """Wait until `wake` is set, at most `seconds` on the event loop's clock.

    Not with `asyncio.wait_for`: before Python 3.12 it swallows a cancellation that coincides with
    the wake-up, and the loop would keep running without the lease.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await wake.wait()
