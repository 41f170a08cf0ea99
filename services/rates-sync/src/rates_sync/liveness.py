"""Waiting for an instant of the wall clock, and knowing which loop still gets round.

`leader` and `service` wait by it. A clock that is set, or a machine that slept, is noticed within a
tick: the wait looks at the clock again instead of sleeping to the end.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

TICK_SECONDS = 1.0


class Progress:
    """When each loop was last seen to get round, on the monotonic clock; read by `/livez`."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._seen: dict[str, tuple[float, float]] = {}

    def beat(self, loop: str, *, within: float) -> None:
        """Note that `loop` got round; it counts as stuck unless it does again `within` seconds."""
        self._seen[loop] = (self._monotonic(), within)

    def ended(self, loop: str) -> None:
        """Forget a loop that has ended."""
        self._seen.pop(loop, None)

    @property
    def stuck(self) -> list[str]:
        """Return the loops that did not get round in time."""
        now = self._monotonic()
        return [loop for loop, (seen, within) in self._seen.items() if now - seen > within]


async def until(
    due: Callable[[], datetime],
    clock: Callable[[], datetime],
    sleep: Callable[[float], Awaitable[None]],
    beat: Callable[[], None] = lambda: None,
) -> None:
    """Wait until `clock` has reached `due`, which may move meanwhile; `beat` at each tick."""
    while True:
        beat()
        left = (due() - clock()).total_seconds()
        if left <= 0:
            return
        await sleep(min(left, TICK_SECONDS))
