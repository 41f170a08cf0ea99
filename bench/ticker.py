"""A Linux timer as a file descriptor: event loops' own timers are no finer than a millisecond.

At 5,000 requests a second one is due every 200 µs; `bench.generator` would otherwise measure its
own rounding. Python has had this since 3.13; older versions reach the same two calls by ctypes.
"""

import ctypes
import os
import time

NANOSECONDS = 1_000_000_000


class _Interval(ctypes.Structure):
    """C's `struct itimerspec`: the period, then the time to the first tick."""

    _fields_ = [(name, ctypes.c_long) for name in ("every_s", "every_ns", "first_s", "first_ns")]


class Ticker:
    """Becomes readable every `seconds`; ticks that nobody read are counted, not queued."""

    def __init__(self, seconds: float) -> None:
        """Start it. Raises `OSError` where the system refuses."""
        libc = ctypes.CDLL(None, use_errno=True)
        self.fileno = int(libc.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK))
        period = divmod(max(1, round(seconds * NANOSECONDS)), NANOSECONDS)
        interval = _Interval(*period, *period)
        if self.fileno < 0 or libc.timerfd_settime(self.fileno, 0, ctypes.byref(interval), None):
            raise OSError(ctypes.get_errno(), "no timer")

    def read(self) -> None:
        """Take note of the ticks so far."""
        os.read(self.fileno, 8)

    def close(self) -> None:
        """End it."""
        os.close(self.fileno)
