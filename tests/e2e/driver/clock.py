"""The clock that every process of a scenario shares: real time plus an offset in a file.

Timers keep running, because time does; a scenario moves the offset to be at another day. The
driver writes the eight bytes, the launched processes map them and add them to each reading.
"""

import mmap
import struct
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

_MICROSECONDS = struct.Struct("=q")


def mexico(text: str) -> datetime:
    """Return the instant at which clocks in Mexico City show `text`, as `2026-08-13 11:50:00`."""
    # The simulator's image, whose processes share this clock, has no contracts.
    from rates_contracts.calendar import MEXICO_CITY

    return datetime.fromisoformat(text).replace(tzinfo=MEXICO_CITY).astimezone(UTC)


class SharedClock:
    """Calling it returns the scenario's time, aware UTC; `set` moves it for every process."""

    def __init__(self, path: Path, *, owned: bool = True) -> None:
        """Make the file of a clock that is `owned`; only look at one that is not."""
        if owned:
            path.write_bytes(_MICROSECONDS.pack(0))
        access = mmap.ACCESS_WRITE if owned else mmap.ACCESS_READ
        with path.open("r+b" if owned else "rb") as file:
            self._offset = mmap.mmap(file.fileno(), _MICROSECONDS.size, access=access)

    def __call__(self) -> datetime:
        """Return the time now."""
        (offset,) = _MICROSECONDS.unpack(self._offset[: _MICROSECONDS.size])
        return datetime.now(UTC) + timedelta(microseconds=offset)

    def time(self) -> float:
        """Return the time now as seconds since the epoch."""
        return self().timestamp()

    def set(self, instant: datetime) -> None:
        """Make it `instant` now, in every process at once."""
        offset = instant - datetime.fromtimestamp(time.time(), UTC)
        self._offset[: _MICROSECONDS.size] = _MICROSECONDS.pack(offset // timedelta(microseconds=1))

    def advance(self, by: timedelta) -> None:
        """Move the time on."""
        self.set(self() + by)
