"""Watches the stream beside the workers: when did each event come?

A blocking read like theirs, on a thread of its own; Redis tells those who wait in the order in
which they began to. The instant noted is the one at which the entry had arrived here.
"""

import threading
import time
from typing import Any, NamedTuple

import redis

from rates_contracts.stream import EVENTS

BLOCK_MS = 200


class Arrival(NamedTuple):
    """An event at an instant of the monotonic clock."""

    at: float
    body: bytes


class StreamWatch:
    """A context manager that notes every event from its start on."""

    def __init__(self, port: int) -> None:
        """Watch the Redis at `port`."""
        self._redis = redis.Redis(port=port, protocol=2)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.arrivals: list[Arrival] = []

    def __enter__(self) -> "StreamWatch":
        self._from = self._redis.xinfo_stream(EVENTS)["last-generated-id"]
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._redis.close()

    def first_with(self, value: str) -> float | None:
        """Return when the first event that holds `value` came, null if none has.

        With its quotes: a mean of earlier days may begin with the same digits.
        """
        sought = f'"{value}"'.encode()
        return next((arrival.at for arrival in self.arrivals if sought in arrival.body), None)

    def _watch(self) -> None:
        last = self._from
        while not self._over.is_set():
            read: Any = self._redis.xread({EVENTS: last}, block=BLOCK_MS)
            now = time.monotonic()
            entries = read[0][1] if read else []
            self.arrivals += [Arrival(now, b" ".join(fields.values())) for _, fields in entries]
            last = entries[-1][0] if entries else last
