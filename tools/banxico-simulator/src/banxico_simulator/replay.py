"""The FIX past the end of the recorded data: real daily moves, replayed in their order.

Pure: the same days give the same values in every process.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import cycle, pairwise

import holidays

REPLAYED_FROM = date(2023, 10, 27)
"""First day of the replayed stretch. The FIX stood at 18.0752 on it, and at 18.0710 on the last
recorded day: a whole round brings the rate back to where it was, so that it never drifts away."""

_PUBLISHED_PLACES = Decimal("0.0001")


def banking_days(after: date, until: date) -> Iterator[date]:
    """The days on which Mexican banks open, `after` excluded, `until` included.

    `financial_holidays("XMEX")` agrees with every gap of the real FIX from 2001 to 2026-09-29.
    """
    closed = holidays.financial_holidays("XMEX", years=range(after.year, until.year + 1))
    day = after + timedelta(days=1)
    while day <= until:
        if day.weekday() < 5 and day not in closed:
            yield day
        day += timedelta(days=1)


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
        rate = (rate * after / before).quantize(_PUBLISHED_PLACES, ROUND_HALF_EVEN)
        rates[day] = str(rate)
    return rates
