"""Clients of the current rate that note when each rate was last answered."""

import time

from driver.answers import Answer
from driver.load import Load
from driver.sights import CURRENT


class RateClients(Load):
    """A load on the current rate; instants are monotonic seconds."""

    def __init__(self, port: int, per_second: int) -> None:
        super().__init__(port, (CURRENT,), per_second)
        self.last_answered: dict[str, float] = {}
        self.failed: list[tuple[float, str]] = []
        self._rates: dict[bytes, str] = {}

    def _note(self, answer: Answer) -> None:
        super()._note(answer)
        if answer.status == 200:
            self.last_answered[self._rate(answer)] = time.monotonic()

    def _rate(self, answer: Answer) -> str:
        """Return the rate of a body; most are the same bytes, which are parsed once."""
        if answer.body not in self._rates:
            self._rates[answer.body] = answer["rate"]
        return self._rates[answer.body]

    def _fail(self, what: str) -> None:
        super()._fail(what)
        self.failed.append((time.monotonic(), what))
