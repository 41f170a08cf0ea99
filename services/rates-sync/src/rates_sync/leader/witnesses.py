"""Witnesses for the time: Banxico's `Date` and, where it has one, the database's clock (rule 33).

What they said counts until they are heard again, or until this instance's clock is set.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Literal, get_args

from rates_contracts.status import MAX_CLOCK_OFFSET
from rates_sync.clock import Clock
from rates_sync.errors import ClockWrong
from rates_sync.upstream import Answer

Witness = Literal["banxico", "database"]
WITNESSES: tuple[Witness, ...] = get_args(Witness)

Verdict = Literal["agree", "one_disagrees", "both_disagree"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
"""By how many witnesses disagree."""


class Witnesses:
    """What the witnesses of one leader say of its clock; who was not heard yet says nothing.

    `database_utc` returns the database's clock (aware UTC), None if it has none.
    """

    def __init__(
        self, clock: Clock, database_utc: Callable[[], Awaitable[datetime | None]]
    ) -> None:
        self._clock, self._database_utc = clock, database_utc
        self._offsets: dict[Witness, timedelta] = {}

    async def hear(self, answer: Answer) -> None:
        """Hear an answer's `Date`, and the database where that disagrees.

        Raises `ClockWrong` if both do, `StoreUnavailable`.
        """
        self.observe_answer(answer)
        if "banxico" in self.disagreeing:
            # What it said last may be older than a jump of this clock.
            now_there = await self._database_utc()
            if now_there is not None:
                self.observe_database(now_there)
        self.require_one()

    def observe_answer(self, answer: Answer) -> None:
        """Hear an answer's `Date`, if it has one."""
        if answer.answered_at is not None:
            self._offsets["banxico"] = -(answer.clock_offset + answer.age)

    def observe_database(self, now_there: datetime) -> None:
        """Hear what the database's clock shows now (aware UTC)."""
        self._offsets["database"] = self._clock() - now_there

    def forget(self) -> None:
        """Forget what was said before this instance's clock was set, or its machine slept."""
        self._offsets.clear()

    @property
    def offsets(self) -> Mapping[Witness, timedelta]:
        """How far this instance's clock is ahead of each witness's."""
        return self._offsets

    @property
    def disagreeing(self) -> tuple[Witness, ...]:
        """The witnesses whose clocks differ from this instance's by more than 60 s."""
        return tuple(
            name for name, offset in self._offsets.items() if abs(offset) > MAX_CLOCK_OFFSET
        )

    @property
    def verdict(self) -> Verdict:
        """Whether this instance's clock is right, as far as the witnesses say."""
        return VERDICTS[len(self.disagreeing)]

    @property
    def confirmed(self) -> bool:
        """Tell whether one was heard, and none disagrees."""
        return bool(self._offsets) and not self.disagreeing

    def require_one(self) -> None:
        """Raise `ClockWrong` if both disagree: nothing may be verified or recorded then."""
        if self.verdict == "both_disagree":
            ahead = {name: offset.total_seconds() for name, offset in self._offsets.items()}
            raise ClockWrong(f"seconds that this clock is ahead of both witnesses: {ahead}")
