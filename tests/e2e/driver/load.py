"""A bounded load in the background: a few clients that ask in turn and note every failure."""

import threading
from collections import Counter
from collections.abc import Sequence

from driver.answers import Answer, Connection, Unreachable, validate

CLIENTS = 4
PAUSE = 0.02
"""Seconds between two requests of a client: some 150 requests a second from all of them."""


class Load:
    """What the clients saw; a context manager that runs them."""

    def __init__(self, port: int, paths: Sequence[str]) -> None:
        self._port, self._paths = port, paths
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask_on) for _ in range(CLIENTS)]
        self.statuses: Counter[int] = Counter()
        self.levels: Counter[str] = Counter()
        self.failures: list[str] = []

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(10)

    @property
    def answered(self) -> int:
        """Return how many answers came so far."""
        return self.statuses.total()

    def _ask_on(self) -> None:
        with Connection(self._port) as connection:
            while not self._over.is_set():
                for path in self._paths:
                    self._ask(connection, path)
                    self._over.wait(PAUSE)

    def _ask(self, connection: Connection, path: str) -> None:
        try:
            answer = connection.ask("GET", path)
            validate(answer)
        except (Unreachable, Exception) as error:  # noqa: BLE001 - the scenario reports it
            self.failures.append(repr(error))
        else:
            self._note(answer)

    def _note(self, answer: Answer) -> None:
        self.statuses[answer.status] += 1
        if answer.status != 200:
            self.failures.append(f"{answer.path}: {answer.status} {answer.text[:200]}")
        elif b'"level"' in answer.body:
            self.levels[answer["level"]] += 1
