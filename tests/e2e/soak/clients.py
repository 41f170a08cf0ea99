"""Clients of the current rate that note when each rate was last asked for, and got."""

import time

from driver.answers import Answer
from driver.load import Load
from driver.sights import CURRENT


class RateClients(Load):
    """A load on the current rate; instants are monotonic seconds.

    `last_asked` is when, by rate, the last request was made that was answered with it. An answer
    that is long on its way, through a machine with no time for anything, is no older for that.
    """

    def __init__(self, port: int, per_second: int) -> None:
        super().__init__(port, (CURRENT,), per_second)
        self.last_asked: dict[str, float] = {}
        self.failed: list[tuple[float, str]] = []
        self._rates: dict[bytes, str] = {}

    def _note(self, answer: Answer, asked_at: float) -> None:
        super()._note(answer, asked_at)
        if answer.status == 200:
            rate = self._rate(answer)
            self.last_asked[rate] = max(self.last_asked.get(rate, asked_at), asked_at)

    def _rate(self, answer: Answer) -> str:
        """Return the rate of a body; most are the same bytes, which are parsed once."""
        if answer.body not in self._rates:
            self._rates[answer.body] = answer["rate"]
        return self._rates[answer.body]

    def _fail(self, what: str) -> None:
        super()._fail(what)
        self.failed.append((time.monotonic(), what))
