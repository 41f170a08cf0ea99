"""The two series with every value they will ever have: recorded, derived, replayed.

Past the end of the recorded data the real daily moves are replayed in their order: the same days
give the same values in every process. Never looks at a clock.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from importlib import resources
from itertools import cycle, pairwise

import holidays

FIX = "SF43718"
"""USD/MXN FIX by determination date: one value each banking day."""
SETTLEMENT = "SF60653"
"""The same rate by settlement date: one value each calendar day, ahead of today."""

REPLAYED_FROM = date(2023, 10, 27)
"""First day of the replayed stretch. The FIX stood at 18.0752 on it, and at 18.0710 on the last
recorded day: a whole round brings the rate back to where it was, so that it never drifts away."""

PUBLISHED_PLACES = Decimal("0.0001")
_DATA_FILES = {FIX: "usd_mxn_fix.csv", SETTLEMENT: "usd_mxn_sf60653_settlement.csv"}


@dataclass(frozen=True)
class History:
    """All values, ascending by day, as the decimal strings in which Banxico publishes them."""

    fix: dict[date, str]
    settlement: dict[date, str]
    determined: dict[date, date]
    """Settlement day → the day whose FIX applies on it."""
    recorded_until: dict[str, date]
    """Series → the last day of the data files; what lies past it was never Banxico's."""

    @property
    def first_day(self) -> date:
        """The first FIX of all."""
        return next(iter(self.fix))

    @property
    def last_day(self) -> date:
        """The last FIX of all: the replay ends there."""
        return next(reversed(self.fix))


def load(until: date) -> History:
    """The recorded series, replayed on banking days through `until`."""
    fix, recorded = read(FIX), read(SETTLEMENT)
    fix_end, settlement_start = max(fix), min(recorded)
    recorded_until = {FIX: fix_end, SETTLEMENT: max(recorded)}
    moves = daily_moves(fix, REPLAYED_FROM)
    fix |= replay(fix[fix_end], moves, banking_days(fix_end, until))
    determined = settlement_days(fix)
    derived = {day: fix[source] for day, source in determined.items() if day >= settlement_start}
    return History(fix, derived | recorded, determined, recorded_until)


def read(series: str) -> dict[date, str]:
    """The recorded values of one series, ascending by day."""
    file = resources.files("banxico_simulator") / "data" / _DATA_FILES[series]
    with file.open(encoding="utf-8") as lines:
        return {date.fromisoformat(row["date"]): row["rate"] for row in csv.DictReader(lines)}


def settlement_days(fix_days: Iterable[date]) -> dict[date, date]:
    """Settlement day → determination day.

    The FIX of D is in the Official Gazette on the next banking day P and applies from the calendar
    day P+1, until the next FIX does: the rule gives each of the 2,425 recorded values of SF60653.
    """
    days = list(fix_days)
    return {
        day: fix_day
        for fix_day, gazette, next_gazette in zip(days, days[1:], days[2:], strict=False)
        for day in _days(gazette, next_gazette)
    }


def _days(after: date, until: date) -> Iterator[date]:
    span = (until - after).days
    return (after + timedelta(days=n) for n in range(1, span + 1))


def banking_days(after: date, until: date) -> Iterator[date]:
    """The days on which Mexican banks open, `after` excluded, `until` included.

    `financial_holidays("XMEX")` agrees with every gap of the real FIX from 2001 to 2026-09-29.
    """
    closed = holidays.financial_holidays("XMEX", years=range(after.year, until.year + 1))
    return (day for day in _days(after, until) if day.weekday() < 5 and day not in closed)


def daily_moves(fix: Mapping[date, str], since: date) -> list[tuple[Decimal, Decimal]]:
    """Each (rate, next rate) of an ascending series, from the day `since` on."""
    rates = [Decimal(rate) for day, rate in fix.items() if day >= since]
    return list(pairwise(rates))


def replay(
    last: str, moves: Iterable[tuple[Decimal, Decimal]], days: Iterable[date]
) -> dict[date, str]:
    """One rate for each of `days`: the `moves` applied to `last` in turn, over and over.

    Each rate is rounded half-even to the four places in which the FIX is published.
    """
    rate = Decimal(last)
    rates = {}
    for day, (before, after) in zip(days, cycle(moves), strict=False):
        rate = (rate * after / before).quantize(PUBLISHED_PLACES, ROUND_HALF_EVEN)
        rates[day] = str(rate)
    return rates
