"""A load in the background: clients that ask at a given pace and note what they get, and when.

Each request has its due time, and its latency counts from there: a server that hangs can't hide
behind clients that politely wait to send the next one.
"""

import statistics
import threading
import time
from collections import Counter
from collections.abc import Sequence
from itertools import cycle
from typing import Self

from driver.answers import Answer, Connection, validate

EACH = 50
"""Requests per second of one client at most."""


class Load:
    """What the clients saw; a context manager that runs them."""

    def __init__(self, port: int, paths: Sequence[str], per_second: int) -> None:
        self._port, self._paths = port, paths
        clients = max(4, -(-per_second // EACH))
        self._interval = clients / per_second
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask_on, args=[number / per_second])
            for number in range(clients)
        ]
        self._distinct: dict[tuple[str, bytes], Answer] = {}
        self._seconds: list[float] = []
        self._begun = self._ended = time.monotonic()
        self.statuses: Counter[int] = Counter()
        self.levels: Counter[str] = Counter()
        self.failures: list[str] = []

    def __enter__(self) -> Self:
        self._begun = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(10)
        self._ended = time.monotonic()
        for answer in self._distinct.values():
            validate(answer)

    def __str__(self) -> str:
        return f"{self.per_second:.0f} answers/s, p95 {self.p95 * 1000:.0f} ms"

    @property
    def answered(self) -> int:
        """Return how many answers came so far."""
        return self.statuses.total()

    @property
    def per_second(self) -> float:
        """Return how many answers came in a second, on average over the whole load."""
        return self.answered / (self._ended - self._begun)

    @property
    def p95(self) -> float:
        """Return the 95th percentile of the latency in seconds, waiting for the client included."""
        return statistics.quantiles(self._seconds, n=20)[-1]

    def _ask_on(self, offset: float) -> None:
        due = self._begun + offset
        paths = cycle(self._paths)
        with Connection(self._port) as connection:
            while not self._over.wait(max(0.0, due - time.monotonic())):
                self._ask(connection, next(paths))
                self._seconds.append(time.monotonic() - due)
                due += self._interval

    def _ask(self, connection: Connection, path: str) -> None:
        asked_at = time.monotonic()
        try:
            self._note(connection.ask("GET", path), asked_at)
        except Exception as error:  # noqa: BLE001 - the scenario reports it
            self._fail(repr(error))

    def _note(self, answer: Answer, asked_at: float) -> None:
        self.statuses[answer.status] += 1
        if answer.status != 200:
            self._fail(f"{answer.path}: {answer.status} {answer.text[:200]}")
            return
        if b'"level"' in answer.body:
            self.levels[answer["level"]] += 1
        # Rendered once per change, most are the same bytes; the golden must not slow the load.
        self._distinct.setdefault((answer.path, answer.body), answer)

    def _fail(self, what: str) -> None:
        self.failures.append(what)
