"""Types for an injected clock and sleep; the wall clock as a monotonic one carries it on."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

Clock = Callable[[], datetime]
"""Returns now, as aware UTC."""
Monotonic = Callable[[], float]
"""Returns seconds that only rise, whoever sets the wall clock."""
Sleep = Callable[[float], Awaitable[None]]
"""Waits for that many seconds."""

MAX_DRIFT = timedelta(seconds=5)
"""The wall clock has jumped if it moved further than this against the monotonic one (rule 32)."""


class SteadyClock:
    """The wall clock, carried on by the monotonic one: waits by it last as long as they should.

    It follows the wall clock only when `jump` is asked, and only if that has jumped.
    """

    def __init__(self, clock: Clock, monotonic: Monotonic) -> None:
        self._clock, self._monotonic = clock, monotonic
        self._wall, self._at = clock(), monotonic()

    def __call__(self) -> datetime:
        """Return now, as aware UTC."""
        return self._wall + timedelta(seconds=self._monotonic() - self._at)

    def jump(self) -> timedelta | None:
        """Return how far the wall clock has jumped since the last call, None if it has not."""
        moved = self._clock() - self()
        if abs(moved) <= MAX_DRIFT:
            return None
        self._wall, self._at = self._clock(), self._monotonic()
        return moved
