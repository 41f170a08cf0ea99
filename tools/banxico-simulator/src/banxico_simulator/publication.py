"""What Banxico shows at an instant: who has been published, when, and with which value.

Takes the instant as an argument and never looks at a clock.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from banxico_simulator.clock import MEXICO_CITY
from banxico_simulator.errors import SimulatorError
from banxico_simulator.series import FIX, SETTLEMENT, History

ANNOUNCED_AT = time(12, 2)
"""When a day's FIX shows by default, in Mexico City: Banxico announces it from noon on."""


class Observation(NamedTuple):
    """One day's value as it is served; `simulated` when it is not in the data files."""

    day: date
    rate: str
    simulated: bool


class Publication:
    """The history seen through publication times, corrections and decreed closures."""

    def __init__(self, history: History, announced_at: time = ANNOUNCED_AT) -> None:
        self._history = history
        self._announced_at = announced_at
        self._days = {FIX: list(history.fix), SETTLEMENT: list(history.settlement)}
        self._instants: dict[date, datetime | None] = {}
        self._rates: dict[tuple[str, date], str] = {}

    def observations(
        self, series: str, now: datetime, first: date = date.min, last: date = date.max
    ) -> list[Observation]:
        """What `series` shows at `now` from `first` to `last`, both included, ascending."""
        days = self._days[series]
        span = days[bisect_left(days, first) : bisect_right(days, last)]
        return list(self._visible(series, now, iter(span)))

    def latest(self, series: str, now: datetime) -> Observation | None:
        """The last observation of `series` at `now`; None before its first."""
        return next(self._visible(series, now, reversed(self._days[series])), None)

    def instant(self, fix_day: date) -> datetime | None:
        """When the FIX of `fix_day` shows, in UTC; None for never."""
        announced = datetime.combine(fix_day, self._announced_at, MEXICO_CITY).astimezone(UTC)
        return self._instants.get(fix_day, announced)

    def publish(self, fix_day: date, now: datetime, rate: str | None = None) -> None:
        """Makes the FIX of `fix_day` show from `now` on, with `rate` in place of its own.

        Raises SimulatorError for a day without a FIX and for one ahead of `now`.
        """
        if fix_day > now.astimezone(MEXICO_CITY).date():
            raise SimulatorError(f"{fix_day} lies ahead of the simulator's clock ({now})")
        self.schedule(fix_day, now)
        if rate is not None:
            self._set(fix_day, rate, settlement_follows=True)

    def schedule(self, fix_day: date, at: datetime | None) -> None:
        """Moves the publication of `fix_day` to `at`; None is a closure decreed at short notice.

        The rate before a closed day goes on applying: its settlement days show it as soon as the
        next FIX is out. Raises SimulatorError for a day without a FIX.
        """
        if fix_day not in self._history.fix:
            raise SimulatorError(
                f"{fix_day} is no banking day with a FIX between {self._history.first_day}"
                f" and {self._history.last_day}"
            )
        self._instants[fix_day] = at

    def correct(
        self, series: str, day: date, rate: str, now: datetime, *, settlement_follows: bool = True
    ) -> None:
        """Replaces a value that shows at `now`; a FIX takes its settlement days with it.

        Raises SimulatorError for a value that does not show.
        """
        if series not in self._days:
            raise SimulatorError(f"series must be {FIX} or {SETTLEMENT}, not {series!r}")
        if not self.observations(series, now, day, day):
            raise SimulatorError(
                f"{series} shows nothing for {day}: only a shown value is corrected"
            )
        if series == FIX:
            self._set(day, rate, settlement_follows=settlement_follows)
        else:
            self._rates[SETTLEMENT, day] = rate

    def reset(self) -> None:
        """Every day at its default time with its own value."""
        self._instants.clear()
        self._rates.clear()

    def _set(self, fix_day: date, rate: str, *, settlement_follows: bool) -> None:
        self._rates[FIX, fix_day] = rate
        if settlement_follows:
            for day in self._history.applies(fix_day):
                self._rates[SETTLEMENT, day] = rate

    def _visible(self, series: str, now: datetime, days: Iterator[date]) -> Iterator[Observation]:
        observe = self._observe_fix if series == FIX else self._observe_settlement
        local = now.astimezone(MEXICO_CITY)
        return (seen for day in days if (seen := observe(day, local)))

    def _observe_fix(self, day: date, local: datetime) -> Observation | None:
        if not self._published(day, local):
            return None
        return self._observation(FIX, day, self._history.fix[day])

    def _observe_settlement(self, day: date, local: datetime) -> Observation | None:
        determined = self._history.determined[day]
        if self._never(determined):
            return self._observe_after_closure(day, determined, local)
        if not self._published(determined, local):
            return None
        return self._observation(SETTLEMENT, day, self._history.settlement[day])

    def _observe_after_closure(
        self, day: date, closed: date, local: datetime
    ) -> Observation | None:
        days = self._days[FIX]
        place = bisect_left(days, closed)
        following = next(d for d in days[place:] if not self._never(d))
        before = next(d for d in reversed(days[:place]) if not self._never(d))
        if not self._published(following, local):
            return None
        rate = self._rates.get((FIX, before), self._history.fix[before])
        return Observation(day, self._rates.get((SETTLEMENT, day), rate), simulated=True)

    def _observation(self, series: str, day: date, rate: str) -> Observation:
        changed = self._rates.get((series, day))
        simulated = changed is not None or day > self._history.recorded_until[series]
        return Observation(day, changed or rate, simulated)

    def _never(self, fix_day: date) -> bool:
        return fix_day in self._instants and self._instants[fix_day] is None

    def _published(self, fix_day: date, local: datetime) -> bool:
        if fix_day in self._instants:
            at = self._instants[fix_day]
            return at is not None and at <= local
        return (fix_day, self._announced_at) <= (local.date(), local.time())
