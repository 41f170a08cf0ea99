"""Virtual time, and the event loop that jumps to the next moment instead of waiting for it."""

import asyncio
import selectors
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any


class VirtualTime:
    """The true time of a simulated world, in seconds since its start and as an instant (UTC)."""

    def __init__(self, start: datetime) -> None:
        """Begin at `start`."""
        self.start = start
        self.seconds = 0.0

    @property
    def now(self) -> datetime:
        """Return the true instant."""
        return self.start + timedelta(seconds=self.seconds)

    @property
    def unix(self) -> float:
        """Return the true instant in POSIX seconds."""
        return self.start.timestamp() + self.seconds


class InstanceClock:
    """The clocks of one machine: its wall clock may be wrong, a suspended one does not count."""

    def __init__(self, time: VirtualTime) -> None:
        """Begin right; `set_at` is when it was last set, in seconds of `time`."""
        self._time = time
        self.offset = timedelta()
        self.set_at = float("-inf")
        self._rate, self._drifts_since = 0.0, 0.0
        self.suspended = 0.0

    def now(self) -> datetime:
        """Return what the wall clock shows (aware UTC)."""
        drift = self._rate * (self._time.seconds - self._drifts_since)
        return self._time.now + self.offset + timedelta(seconds=drift)

    def step(self, by: timedelta) -> None:
        """Set the wall clock forward, or back."""
        self.offset += by
        self.set_at = self._time.seconds

    def drift(self, rate: float) -> None:
        """Run faster than true time: 0.001 gains 3.6 s an hour; 0 takes back what was gained."""
        self._rate, self._drifts_since = rate, self._time.seconds

    @property
    def error(self) -> timedelta:
        """Return how far the wall clock is ahead of the truth."""
        return self.now() - self._time.now

    def monotonic(self) -> float:
        """Return the seconds that the machine has run."""
        return 1000.0 + self._time.seconds - self.suspended


class _JumpingSelector(selectors.DefaultSelector):
    """Never waits: where nothing is ready, time moves on."""

    def __init__(self, time: VirtualTime) -> None:
        super().__init__()
        self._time = time

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; move the time on by `timeout` if nothing is."""
        if timeout is None:
            raise RuntimeError("nothing is scheduled any more")
        self._time.seconds += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time, whose executor runs inline."""

    def __init__(self, time: VirtualTime) -> None:
        """Run in `time`."""
        super().__init__(_JumpingSelector(time))
        self._virtual = time
        # Timers that are due at the same moment are taken together; virtual time has no noise.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        """Return virtual seconds."""
        return self._virtual.seconds

    def run_in_executor(  # type: ignore[override]  # Nothing here awaits a concurrent future.
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> "asyncio.Future[Any]":
        """Call `func` at once: a thread would bring back real time."""
        del executor
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  whoever awaits it gets it
            future.set_exception(error)
        return future
