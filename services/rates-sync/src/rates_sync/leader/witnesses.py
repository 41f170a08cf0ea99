"""Witnesses for the time: Banxico's `Date` and, where it has one, the database's clock (rule 33).

What they said counts until they are heard again, or until this instance's clock is set. `now` is
the time that the record is dated by.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Literal, get_args

from rates_contracts.status import MAX_CLOCK_OFFSET
from rates_sync.clock import Clock, Monotonic, SteadyClock
from rates_sync.errors import ClockWrong
from rates_sync.upstream import Answer

Witness = Literal["banxico", "database"]
WITNESSES: tuple[Witness, ...] = get_args(Witness)

Verdict = Literal["agree", "one_disagrees", "both_disagree"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
"""By how many witnesses disagree."""


class Witnesses:
    """What the witnesses of one instance say of its clock; who was not heard yet says nothing.

    `database_utc` returns the database's clock (aware UTC), None if it has none.
    """

    def __init__(
        self,
        clock: Clock,
        monotonic: Monotonic,
        database_utc: Callable[[], Awaitable[datetime | None]],
    ) -> None:
        self._clock, self._monotonic, self._database_utc = clock, monotonic, database_utc
        self._steady = SteadyClock(clock, monotonic)
        self._confirmed: SteadyClock | None = None
        self._offsets: dict[Witness, timedelta] = {}
        self._heard: Answer | None = None

    def now(self) -> datetime:
        """Return the time to date the record by (aware UTC): never that of a clock in doubt.

        This clock's while a witness agrees with it; else the database's. Without either the time
        runs on from when a witness last agreed. If none ever did, the earliest counts: a head that
        is dated ahead dates all that follows (protocol rule 4), one dated too early nothing.
        """
        now = self._clock()
        offsets = self.offsets
        if any(abs(offset) <= MAX_CLOCK_OFFSET for offset in offsets.values()):
            self._confirmed = SteadyClock(self._clock, self._monotonic)
            return now
        if "database" in offsets:
            return now - offsets["database"]
        if self._confirmed is not None:
            return self._confirmed()
        return min([now, *(now - offset for offset in offsets.values())])

    async def hear(self, answer: Answer) -> None:
        """Hear an answer's `Date`, and the database where that disagrees.

        Raises `ClockWrong` if both do, `StoreUnavailable`.
        """
        self.observe_answer(answer)
        if "banxico" in self.disagreeing:
            # What it said last may be older than a jump of this clock.
            await self.hear_database()
        self.require_one()

    async def hear_database(self) -> None:
        """Hear the database, if it has a clock. Raises `StoreUnavailable`."""
        now_there = await self._database_utc()
        if now_there is not None:
            self.observe_database(now_there)

    def observe_answer(self, answer: Answer) -> None:
        """Hear an answer's `Date`, if it has one and this clock was not set meanwhile.

        Once: recorded again later, it tells nothing of the clock as it is then (rule 37).
        """
        is_new, self._heard = answer is not self._heard, answer
        if not self._forget_if_set() and is_new and answer.answered_at is not None:
            self._offsets["banxico"] = -(answer.clock_offset + answer.age)

    def observe_database(self, now_there: datetime) -> None:
        """Hear what the database's clock shows now (aware UTC)."""
        self._forget_if_set()
        self._offsets["database"] = self._clock() - now_there

    def forget(self) -> None:
        """Forget what was said to an earlier leader."""
        self._offsets.clear()

    def _forget_if_set(self) -> bool:
        """Forget if this clock was set since the last look; tell whether it was.

        Only here: whoever notices the jump later would forget what was said after it.
        """
        if self._steady.jump() is None:
            return False
        self.forget()
        return True

    @property
    def offsets(self) -> Mapping[Witness, timedelta]:
        """How far this instance's clock is ahead of each witness's, heard since it was set."""
        self._forget_if_set()
        return self._offsets

    @property
    def disagreeing(self) -> tuple[Witness, ...]:
        """The witnesses whose clocks differ from this instance's by more than 60 s."""
        return tuple(
            name for name, offset in self.offsets.items() if abs(offset) > MAX_CLOCK_OFFSET
        )

    @property
    def verdict(self) -> Verdict:
        """Whether this instance's clock is right, as far as the witnesses say."""
        return VERDICTS[len(self.disagreeing)]

    @property
    def confirmed(self) -> bool:
        """Tell whether one was heard since this clock was set, and none disagrees."""
        return bool(self.offsets) and not self.disagreeing

    def require_one(self) -> None:
        """Raise `ClockWrong` if both disagree: nothing may be verified or recorded then."""
        if self.verdict == "both_disagree":
            ahead = {name: offset.total_seconds() for name, offset in self.offsets.items()}
            raise ClockWrong(f"seconds that this clock is ahead of both witnesses: {ahead}")
