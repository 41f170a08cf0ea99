"""The days on which a FIX is determined, and the settlement days that rest on each.

They are the history's, but for closures decreed at short notice and for days on which the market is
open although the calendar closes it. Never looks at a clock.
"""

from bisect import bisect_left, insort
from datetime import date

from banxico_simulator.errors import SimulatorError
from banxico_simulator.published.series import FIX, SETTLEMENT, History, settlement_days


class Market:
    """The market's days; each change shifts the settlement dates as Banxico does.

    `days` has both series' days, ascending; those of the FIX include the closed ones. `determined`
    has for each settlement day the day whose FIX applies on it.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self.reset()

    def reset(self) -> None:
        """The history's own days."""
        self.closed: set[date] = set()
        self._apart: set[date] = set()
        self.days = {FIX: list(self._history.fix), SETTLEMENT: list(self._history.settlement)}
        self.determined = self._history.determined

    def check(self, fix_day: date) -> None:
        """Raises SimulatorError for a day without a FIX."""
        if fix_day not in self.days[FIX]:
            raise SimulatorError(
                f"{fix_day} is no banking day with a FIX between {self._history.first_day}"
                f" and {self._history.last_day}"
            )

    def close(self, fix_day: date) -> None:
        """No FIX on `fix_day`: those of the two days before apply later, and longer."""
        self.closed.add(fix_day)
        self._shift()

    def reopen(self, fix_day: date) -> None:
        """The FIX of a closed day after all."""
        if fix_day in self.closed:
            self.closed.remove(fix_day)
            self._shift()

    def open(self, day: date, *, settlement_follows: bool) -> None:
        """A FIX on a day without one; unless the settlement follows, no date shifts.

        Raises SimulatorError for a day that has a FIX and for one outside of the history.
        """
        if day in self.days[FIX]:
            raise SimulatorError(f"{day} is a banking day with a FIX of its own")
        if not self._history.first_day < day < self._history.last_day:
            raise SimulatorError(f"{day} is outside of the history")
        insort(self.days[FIX], day)
        if not settlement_follows:
            self._apart.add(day)
        self._shift()

    def determined_before(self, day: date) -> date:
        """The last day before `day` on which a FIX is determined. Raises SimulatorError."""
        days = self.days[FIX]
        before = reversed(days[: bisect_left(days, day)])
        found = next((d for d in before if d not in self.closed), None)
        if found is None:
            raise SimulatorError(f"no FIX comes before {day}")
        return found

    def applies(self, fix_day: date) -> list[date]:
        """The settlement days on which the FIX of `fix_day` applies."""
        return [day for day, determined in self.determined.items() if determined == fix_day]

    def _shift(self) -> None:
        apart = self.closed | self._apart
        self.determined = settlement_days(day for day in self.days[FIX] if day not in apart)
        first = self.days[SETTLEMENT][0]
        self.days[SETTLEMENT] = [day for day in self.determined if day >= first]
