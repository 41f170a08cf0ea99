"""The simulator's clock: the real one, moved or stopped by the control API.

Never used for the rate limits, which must end whatever the simulated day is.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MEXICO_CITY = ZoneInfo("America/Mexico_City")

Clock = Callable[[], datetime]
"""Answers the present instant, aware, in UTC."""


def utcnow() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


class SettableClock:
    """A clock that runs on from wherever it was set, or stands still there."""

    def __init__(self, base: Clock) -> None:
        self._base = base
        self._offset = timedelta()
        self._frozen_at: datetime | None = None

    def __call__(self) -> datetime:
        """The simulated instant, in UTC."""
        return self._frozen_at or self._base() + self._offset

    @property
    def offset(self) -> timedelta:
        """How far the simulated instant lies ahead of the real one."""
        return self._frozen_at - self._base() if self._frozen_at else self._offset

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._frozen_at is not None

    def at_offset(self, offset: timedelta) -> datetime:
        """The instant that lies `offset` ahead of the real one."""
        return self._base() + offset

    def set(self, now: datetime, *, frozen: bool) -> None:
        """Goes on from `now` (any time zone), or stands still there."""
        instant = now.astimezone(UTC)
        self._frozen_at = instant if frozen else None
        self._offset = instant - self._base()

    def reset(self) -> None:
        """Back to the real time."""
        self._frozen_at = None
        self._offset = timedelta()
