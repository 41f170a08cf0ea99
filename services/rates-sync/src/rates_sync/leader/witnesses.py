"""Witnesses for the time: Banxico's `Date` and, where it has one, the database's clock (rule 33).

Each is remembered by what its clock shows now, as the monotonic clock carries it on: if this
instance's clock is set, it is ahead or behind at once.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, get_args

from rates_sync.clock import Clock, Monotonic
from rates_sync.errors import ClockWrong
from rates_sync.upstream import MAX_OFFSET, Answer

Witness = Literal["banxico", "database"]
WITNESSES: tuple[Witness, ...] = get_args(Witness)

Verdict = Literal["agree", "one_disagrees", "both_disagree"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
"""By how many witnesses disagree."""


class Witnesses:
    """What the witnesses of one leader say of its clock; who was not asked yet says nothing."""

    def __init__(self, clock: Clock, monotonic: Monotonic) -> None:
        self._clock, self._monotonic = clock, monotonic
        self._there: dict[Witness, datetime] = {}

    def observe_answer(self, answer: Answer) -> None:
        """Take an answer's `Date` for what Banxico's clock shows, if it has one."""
        if answer.answered_at is not None:
            self._observe("banxico", self._clock() + answer.clock_offset + answer.age)

    def observe_database(self, now_there: datetime) -> None:
        """Take `now_there` (aware UTC) for what the database's clock shows."""
        self._observe("database", now_there)

    @property
    def offsets(self) -> Mapping[Witness, timedelta]:
        """How far this instance's clock is ahead of each witness's."""
        now = self._clock() - self._passed()
        return {witness: now - there for witness, there in self._there.items()}

    @property
    def disagreeing(self) -> tuple[Witness, ...]:
        """The witnesses whose clocks differ from this instance's by more than 60 s."""
        return tuple(name for name, offset in self.offsets.items() if abs(offset) > MAX_OFFSET)

    @property
    def verdict(self) -> Verdict:
        """Whether this instance's clock is right, as far as the witnesses say."""
        return VERDICTS[len(self.disagreeing)]

    def require_one(self) -> None:
        """Raise `ClockWrong` if both disagree: nothing may be verified or recorded then."""
        if self.verdict == "both_disagree":
            ahead = {name: offset.total_seconds() for name, offset in self.offsets.items()}
            raise ClockWrong(f"this clock is ahead of both witnesses, in seconds: {ahead}")

    def _observe(self, witness: Witness, now_there: datetime) -> None:
        self._there[witness] = now_there - self._passed()

    def _passed(self) -> timedelta:
        return timedelta(seconds=self._monotonic())
