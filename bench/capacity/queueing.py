"""How long requests wait for a worker, and what becomes of those for which there is no room.

Each worker serves one request at a time in order of arrival: an M/G/1 queue. The mean wait is by
Pollaczek and Khinchine, W = r E[S] (1 + c) / (2 (1 - r)), with utilisation r and squared
coefficient of variation c of the service time S (L. Kleinrock, Queueing Systems, vol. 1, 1975,
section 5.7). Its distribution is taken as P(wait > t) = r exp(-r t / W): exact for exponential
service (M/M/1, c = 1; ibid. section 5.12), the usual approximation otherwise.

Above capacity there is no such state: the backlog grows by what exceeds capacity, everyone waits
for all of it, and who would wait longer than a client does has failed (a fluid queue). Work spent
on clients that have left is not modelled: under overload the result is too kind.
"""

import dataclasses
import math
from bisect import bisect_left


@dataclasses.dataclass(frozen=True)
class Answering:
    """How requests fare: `backlog` seconds of wait for all of them, then a queue's wait.

    `served` and `failed` are requests per second; `mean_wait` in seconds is beyond the backlog's.
    """

    served: float
    failed: float
    backlog: float
    service: float
    utilisation: float
    mean_wait: float

    def slower_than(self, seconds: float) -> float:
        """Return the share of answers that take longer than `seconds`."""
        left = seconds - self.backlog - self.service
        if left < 0:
            return 1.0
        if self.mean_wait <= 0:
            return 0.0
        return self.utilisation * math.exp(-self.utilisation * left / self.mean_wait)


@dataclasses.dataclass(frozen=True)
class Workers:
    """`count` equal workers, each with `service` seconds a request; clients wait `patience` s."""

    count: int
    service: float
    scv: float
    patience: float

    @property
    def capacity(self) -> float:
        """Return the requests/s above which a backlog grows."""
        return self.count / self.service

    def answer(self, rate: float, backlog: float = 0.0) -> tuple[Answering, float]:
        """Return how a second's requests fare, and the backlog (in requests) after it."""
        left = max(0.0, backlog + rate - self.capacity)
        kept = min(left, self.capacity * self.patience)
        failed = left - kept
        busy = backlog > 0 or rate >= self.capacity
        utilisation = 1.0 if busy else rate / self.capacity
        wait = 0.0 if busy else self._mean_wait(utilisation)
        answering = Answering(
            rate - failed, failed, kept / self.capacity, self.service, utilisation, wait
        )
        return answering, kept

    def _mean_wait(self, utilisation: float) -> float:
        return utilisation * self.service * (1 + self.scv) / (2 * (1 - utilisation))


RESOLUTION = 0.001
"""Seconds: finer than any rule or objective looks."""


def quantile(parts: list[tuple[Answering, float]], share: float) -> float:
    """Return the seconds, in whole milliseconds, within which `share` of all answers came.

    `parts` are stretches of time with their lengths in seconds.
    """
    allowed = (1 - share) * sum(part.served * seconds for part, seconds in parts)

    def enough(ms: int) -> bool:
        late = (part.served * length * part.slower_than(ms * RESOLUTION) for part, length in parts)
        return sum(late) <= allowed

    high = 1
    while not enough(high):
        high *= 2
    return bisect_left(range(high), True, high // 2 + 1, key=enough) * RESOLUTION
