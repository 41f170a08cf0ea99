"""When a request is repeated: full jitter, `Retry-After`, a deadline for the whole call."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx

RETRIED = frozenset({429, 502, 503, 504})
FIRST_BACKOFF, MAX_BACKOFF = 0.25, 30.0
"""Seconds that the first wait may last at most, and any."""
MAX_RETRY_AFTER = 604_800.0
"""Seconds that a server's `Retry-After` is believed."""


@dataclass(frozen=True)
class Pace:
    """The time and the chance that a client goes by: a clock in seconds, 0 ≤ random < 1."""

    clock: Callable[[], float] = time.monotonic
    random: Callable[[], float] = random.random

    def backoff(self, failures: int) -> float:
        """Return how many seconds to wait after so many failures, by full jitter."""
        longest: float = FIRST_BACKOFF * 2 ** min(failures - 1, 16)
        return self.random() * min(MAX_BACKOFF, longest)


@dataclass(frozen=True)
class Deadline:
    """The instant of a clock at which a call ends."""

    at: float
    clock: Callable[[], float]

    @property
    def remaining(self) -> float:
        """Seconds until then, negative afterwards."""
        return self.at - self.clock()


def retry_after(headers: httpx.Headers) -> float | None:
    """Return the seconds of `Retry-After`; a date counts from the answer's own `Date`.

    A week at most. None without one, or where it can't be read.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), MAX_RETRY_AFTER)
    try:
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(headers.get("Date", ""))
        return min(max(0.0, (until - now).total_seconds()), MAX_RETRY_AFTER)
    except (TypeError, ValueError, OverflowError):
        return None
