"""What Banxico shows at an instant: who has been published, when, and with which value.

Takes the instant as an argument and never looks at a clock.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import NamedTuple

from banxico_simulator.clock import MEXICO_CITY
from banxico_simulator.errors import SimulatorError
from banxico_simulator.published.changes import ALWAYS, FOREVER, Changes
from banxico_simulator.published.market import Market
from banxico_simulator.published.series import FIX, PUBLISHED_PLACES, SETTLEMENT, History

ANNOUNCED_AT = time(12, 2)
"""When a day's FIX shows by default, in Mexico City: Banxico announces it from noon on."""


class Observation(NamedTuple):
    """One day's value as it is served; `simulated` when it is not in the data files."""

    day: date
    rate: str
    simulated: bool


class Publication:
    """The history seen through publication times, corrections, withdrawals, closures, openings."""

    def __init__(self, history: History, announced_at: time = ANNOUNCED_AT) -> None:
        self._history = history
        self._announced_at = announced_at
        self._market = Market(history)
        self._instants: dict[date, datetime] = {}
        self._rates = Changes[tuple[str, date], str | None]()
        self._settled_rates = Changes[date, str]()
        """Determination day → the rate on its settlement days, where it is not the history's."""
        self._withdrawn = Changes[tuple[str, date], bool]()

    def observations(
        self, series: str, now: datetime, first: date = date.min, last: date = date.max
    ) -> list[Observation]:
        """What `series` shows at `now` from `first` to `last`, both included, ascending."""
        days = self._market.days[series]
        span = days[bisect_left(days, first) : bisect_right(days, last)]
        return list(self._visible(series, now, iter(span)))

    def latest(self, series: str, now: datetime) -> Observation | None:
        """The last observation of `series` at `now`; None before its first."""
        return next(self._visible(series, now, reversed(self._market.days[series])), None)

    def instant(self, fix_day: date) -> datetime | None:
        """When the FIX of `fix_day` shows, in UTC; None for never."""
        if fix_day in self._market.closed:
            return None
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
            self._set(fix_day, rate, now, settlement_follows=True)

    def schedule(self, fix_day: date, at: datetime | None) -> None:
        """Moves the publication of `fix_day` to `at`; None is a closure decreed at short notice.

        A closure shifts the settlement dates at once. Raises SimulatorError for a day without a
        FIX.
        """
        self._market.check(fix_day)
        if at is None:
            self._market.close(fix_day)
        else:
            self._market.reopen(fix_day)
            self._instants[fix_day] = at

    def open(self, day: date, rate: str | None, *, settlement_follows: bool = True) -> None:
        """Gives a FIX to a `day` on which the calendar closes the market.

        Without `rate` it is that of the day before. The settlement dates shift as by any banking
        day, or the FIX appears in its own series alone. Raises SimulatorError for a day that has a
        FIX and for one outside of the history.
        """
        self._market.open(day, settlement_follows=settlement_follows)
        rate = rate or self._rate_before(day)
        self._set(day, rate, ALWAYS, settlement_follows=settlement_follows)

    def correct(
        self, series: str, day: date, rate: str, now: datetime, *, settlement_follows: bool = True
    ) -> None:
        """Replaces a value from `now` on; a FIX takes its settlement days with it.

        Raises SimulatorError for a value that does not show.
        """
        self._check_shown(series, day, now)
        if series == FIX:
            self._set(day, rate, now, settlement_follows=settlement_follows)
        else:
            self._rates.make((SETTLEMENT, day), rate, now)

    def move(
        self, fix_day: date, percent: Decimal, now: datetime, *, settlement_follows: bool = True
    ) -> None:
        """Sets the FIX of `fix_day` to a rate that is `percent` away from that of the day before.

        One that shows is corrected from `now` on, another one shows so from the first. Raises
        SimulatorError for a day without a FIX.
        """
        self._market.check(fix_day)
        before = self._rate_before(fix_day)
        try:
            rate = (Decimal(before) * (1 + percent / 100)).quantize(PUBLISHED_PLACES)
        except ArithmeticError as error:
            raise SimulatorError(f"{before} can't move by {percent} %") from error
        since = now if self.observations(FIX, now, fix_day, fix_day) else ALWAYS
        self._set(fix_day, str(rate), since, settlement_follows=settlement_follows)

    def withdraw(
        self, series: str, day: date, now: datetime, *, settlement_follows: bool = True
    ) -> None:
        """Takes a value back from `now` on; a FIX takes its settlement days with it.

        Raises SimulatorError for a value that does not show.
        """
        self._check_shown(series, day, now)
        for key in self._keys(series, day, settlement_follows=settlement_follows):
            self._withdrawn.make(key, True, now)

    def restore(self, series: str, day: date, now: datetime) -> None:
        """Shows what was withdrawn again from `now` on; a FIX brings its settlement days along."""
        for key in self._keys(series, day, settlement_follows=True):
            self._withdrawn.make(key, False, now)

    def reset(self) -> None:
        """Every day at its default time with its own value."""
        self._market.reset()
        self._instants.clear()
        self._rates.clear()
        self._settled_rates.clear()
        self._withdrawn.clear()

    def _set(self, fix_day: date, rate: str, since: datetime, *, settlement_follows: bool) -> None:
        self._rates.make((FIX, fix_day), rate, since)
        if settlement_follows:
            self._settled_rates.make(fix_day, rate, since)
            for day in self._market.applies(fix_day):
                self._rates.make((SETTLEMENT, day), None, since)

    def _rate_before(self, day: date) -> str:
        before = self._market.determined_before(day)
        return self._rates.at((FIX, before), FOREVER) or self._history.fix[before]

    def _keys(self, series: str, day: date, *, settlement_follows: bool) -> list[tuple[str, date]]:
        follow = self._market.applies(day) if series == FIX and settlement_follows else []
        return [(series, day), *((SETTLEMENT, settled) for settled in follow)]

    def _check_shown(self, series: str, day: date, now: datetime) -> None:
        if series not in (FIX, SETTLEMENT):
            raise SimulatorError(f"series must be {FIX} or {SETTLEMENT}, not {series!r}")
        if not self.observations(series, now, day, day):
            raise SimulatorError(f"{series} shows nothing for {day}")

    def _visible(self, series: str, now: datetime, days: Iterator[date]) -> Iterator[Observation]:
        observe = self._observe_fix if series == FIX else self._observe_settlement
        local = now.astimezone(MEXICO_CITY)
        seen = (shown for day in days if (shown := observe(day, local)))
        return (row for row in seen if not self._withdrawn.at((series, row.day), local))

    def _observe_fix(self, day: date, local: datetime) -> Observation | None:
        if not self._published(day, local):
            return None
        changed = self._rates.at((FIX, day), local)
        simulated = changed is not None or day > self._history.recorded_until[FIX]
        return Observation(day, changed or self._history.fix[day], simulated)

    def _observe_settlement(self, day: date, local: datetime) -> Observation | None:
        determined = self._market.determined[day]
        if not self._published(determined, local):
            return None
        own = self._rates.at((SETTLEMENT, day), local)
        changed = own or self._settled_rates.at(determined, local)
        shifted = determined != self._history.determined[day]
        past_the_data = day > self._history.recorded_until[SETTLEMENT]
        rate = changed or self._history.fix[determined]
        return Observation(day, rate, bool(changed) or shifted or past_the_data)

    def _published(self, fix_day: date, local: datetime) -> bool:
        if fix_day in self._market.closed:
            return False
        if fix_day in self._instants:
            return self._instants[fix_day] <= local
        return (fix_day, self._announced_at) <= (local.date(), local.time())
