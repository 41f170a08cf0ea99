"""The simulator's clock: the real one, moved or stopped by the control API.

Never used for the rate limits, which must end whatever the simulated day is.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import resources
from zoneinfo import ZoneInfo


def _packaged_zone(area: str, city: str) -> ZoneInfo:
    """A zone from the package `tzdata`: `ZoneInfo(key)` prefers what the host has."""
    with (resources.files("tzdata.zoneinfo") / area / city).open("rb") as file:
        return ZoneInfo.from_file(file, key=f"{area}/{city}")


MEXICO_CITY = _packaged_zone("America", "Mexico_City")
"""From the pinned time zone data, never the host's."""

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
