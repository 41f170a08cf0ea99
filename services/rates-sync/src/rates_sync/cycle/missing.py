"""Which known days an answer lacks, and what follows (protocol rule 27).

Pure. One or two known FIX days that two answers at least 5 minutes apart lack are withdrawn at the
source; more at once mean that the answer can't be trusted. A settlement day counts with the FIX
that it rests on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Day

from rates_contracts.calendar import BankCalendar, BankingDays
from rates_contracts.observation import FIX, SETTLEMENT, Observation
from rates_sync.cycle.comparison import SeriesDay, banking_days, partner_of
from rates_sync.upstream import Answer

MAX_MISSING = 2
"""More FIX days than these are not withdrawn one by one: the answer is quarantined."""


BOTH = (FIX, SETTLEMENT)


@dataclass(frozen=True, slots=True)
class Missing:
    """The known days that an answer lacks, ascending, and the `distrusted` series.

    Those lack too many, of which none is missing by itself; without the FIX nothing is.
    """

    days: tuple[SeriesDay, ...]
    distrusted: frozenset[str]


def missing_days(
    answer: Answer,
    known: Mapping[str, Sequence[Observation]],
    withdrawn: Iterable[SeriesDay],
    calendar: BankCalendar,
    today: Day,
) -> Missing:
    """Return what `answer` lacks of the `known` days that it was asked for, FIX days up to `today`.

    `known` is ascending by date. Days that are `withdrawn` already don't count, nor does a day
    whose value can't be used. While the newest settlement day is missing for itself, the series is
    only unconfirmed, and no day of it is missing but with its FIX.
    """
    days = banking_days(calendar, (row.date for row in known.get(FIX, ())))
    present = {series: _without(known.get(series, ()), series, withdrawn) for series in BOTH}
    fix = [day for day in _lacking(answer, FIX, present[FIX]) if day <= today]
    settlement = _lacking(answer, SETTLEMENT, present[SETTLEMENT])
    with_fix = [day for day in settlement if _fix_of(day, days) in fix]
    alone = [day for day in settlement if day not in with_fix]
    if len(fix) > MAX_MISSING:
        return Missing((), frozenset({FIX}))
    too_many = len({_fix_of(day, days) for day in alone}) > MAX_MISSING
    if too_many or _is_poll_without_newest(answer, present[SETTLEMENT], alone):
        alone = []
    lacked = [*((FIX, day) for day in fix), *((SETTLEMENT, day) for day in (*with_fix, *alone))]
    return Missing(tuple(sorted(lacked)), frozenset({SETTLEMENT} if too_many else ()))


def _is_poll_without_newest(answer: Answer, known: Sequence[Day], missing: Sequence[Day]) -> bool:
    """Tell whether a poll lacks the newest known day: the series is then only unconfirmed."""
    is_poll = answer.query is not None and answer.query.confirms is not None
    return is_poll and max(known, default=None) in missing


def _without(rows: Iterable[Observation], series: str, withdrawn: Iterable[SeriesDay]) -> list[Day]:
    gone = set(withdrawn)
    return [row.date for row in rows if (series, row.date) not in gone]


def _lacking(answer: Answer, series: str, days: Iterable[Day]) -> list[Day]:
    query = answer.query
    if query is None:
        return []
    shown = answer.days
    return [day for day in days if query.covers(day) and (series, day) not in shown]


def _fix_of(settlement: Day, days: BankingDays) -> Day | None:
    partner = partner_of(SETTLEMENT, settlement, days)
    return None if partner is None else partner[1]
