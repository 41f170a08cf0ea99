"""Which loops are alive, and how a loop waits: for an instant, or to be woken."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from rates_sync.clock import Clock, Sleep

TICK_SECONDS = 1.0


class Liveness:
    """When each loop last showed that it runs, on the monotonic clock."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
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
    clock: Clock,
    sleep: Sleep,
    on_tick: Callable[[], None] = lambda: None,
) -> None:
    """Wait until `clock` has reached `due`, which may move meanwhile.

    A clock that is set, or a machine that slept, is noticed within a tick: the wait looks at the
    clock again instead of sleeping to the end.
    """
    while True:
        on_tick()
        left = (due() - clock()).total_seconds()
        if left <= 0:
            return
        await sleep(min(left, TICK_SECONDS))


async def wait_for_wake(wake: asyncio.Event, seconds: float) -> None:
    """Wait until `wake` is set, for `seconds` at most, by the event loop's clock.

    Not by `asyncio.wait_for`: before Python 3.12 it swallows a cancellation that meets the wake,
    and a lost lease would leave the loop running.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await wake.wait()
