"""Banxico's rate limits: how many requests of a kind it answers in a while.

Counted on a monotonic clock, not on the settable one: a simulated day that stands still or starts
over must not lock a client out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from banxico_simulator.ask import Group

Monotonic = Callable[[], float]
"""Seconds that only ever grow."""


@dataclass(frozen=True, eq=False)
class Limit:
    """At most `requests` within `window`, which begins with its first request."""

    requests: int
    window: timedelta


_LATEST = (Limit(80, timedelta(minutes=1)), Limit(40_000, timedelta(days=1)))
_DATOS = (Limit(200, timedelta(minutes=5)), Limit(10_000, timedelta(days=1)))

BANXICO: Mapping[Group, tuple[Limit, ...]] = {
    Group.METADATA: _LATEST,
    Group.OPORTUNO: _LATEST,
    Group.HISTORY: _DATOS,
    Group.RANGE: _DATOS,
}
"""The documented limits: kinds of requests that share a Limit spend from the same one."""


class _Window:
    def __init__(self, limit: Limit, now: float) -> None:
        self.limit = limit
        self.ends = now + limit.window.total_seconds()
        self.used = 0


class Limits:
    """The windows of one token."""

    def __init__(
        self, monotonic: Monotonic, limits: Mapping[Group, tuple[Limit, ...]] = BANXICO
    ) -> None:
        self._monotonic = monotonic
        self._limits = limits
        self.enforced = True
        self._windows: dict[Limit, _Window] = {}

    def spend(self, group: Group) -> int | None:
        """Counts one request; answers the seconds to wait (1 or more) if it is one too many.

        A refused request is not counted.
        """
        now = self._monotonic()
        windows = [self._window(limit, now) for limit in self._limits.get(group, ())]
        spent = [window for window in windows if window.used >= window.limit.requests]
        if spent and self.enforced:
            return max(ceil(window.ends - now) for window in spent)
        for window in windows:
            window.used += 1
        return None

    def reset(self) -> None:
        """Nothing used, limits enforced."""
        self._windows.clear()
        self.enforced = True

    def _window(self, limit: Limit, now: float) -> _Window:
        window = self._windows.get(limit)
        if window is None or now >= window.ends:
            window = self._windows[limit] = _Window(limit, now)
        return window
