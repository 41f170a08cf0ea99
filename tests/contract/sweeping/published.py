"""What Banco de México has published, and when: the real values, and its bank calendar, by hand.

A second reading of the rules, on purpose: nothing here comes from the services, so that a mistake
of theirs is not repeated. A FIX shows at 12:05 in Mexico City of its day, and with it the
settlements that rest on it. Pure.
"""

import csv
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

DATA = Path(__file__).parents[3] / "services/rates-api/tests/data"
ZONE = ZoneInfo("America/Mexico_City")
DAY = timedelta(days=1)
FIRST_DAY = date(1991, 11, 12)
CALENDAR_BEGINS = date(2001, 1, 1)
SHOWN_AT = time(12, 5)


@dataclass(frozen=True)
class Series:
    """A series: its values by day, its days ascending, and since when each shows."""

    values: Mapping[date, Decimal]
    days: list[date]
    shown_at: list[datetime]

    def count_by(self, instant: datetime) -> int:
        """Return how many days show at `instant`: the first ones."""
        return bisect_right(self.shown_at, instant)

    def shown(self, day: date, instant: datetime) -> Decimal | None:
        """Return the value of `day` as it shows at `instant`."""
        at = bisect_left(self.days, day)
        found = at < len(self.days) and self.days[at] == day and self.shown_at[at] <= instant
        return self.values[day] if found else None


@lru_cache(maxsize=65536)
def wall(day: date, at: time) -> datetime:
    """Return the instant (UTC) at which clocks in Mexico City show `at` on `day`."""
    return datetime.combine(day, at, tzinfo=ZONE).astimezone(UTC)


def local(instant: datetime) -> datetime:
    """Return the wall time in Mexico City at `instant`."""
    return instant.astimezone(ZONE)


@cache
def closed_weekdays() -> frozenset[date]:
    """Return the weekdays since 2001 on which banks close."""
    with (DATA / "bank_closed_days.csv").open(encoding="utf-8") as file:
        return frozenset(date.fromisoformat(row["date"]) for row in csv.DictReader(file))


@dataclass(frozen=True)
class Calendar:
    """What is known of the days on which banks open, from 2001 on: weekdays but the `closed` ones.

    After `last` nobody knows whether they open on a weekday.
    """

    closed: frozenset[date]
    last: date


REAL = Calendar(closed_weekdays(), date(2028, 12, 31))


@lru_cache(maxsize=65536)
def is_banking_day(day: date, calendar: Calendar = REAL) -> bool:
    """Tell whether banks opened on `day`; before 2001 the FIX's own days tell."""
    if day < CALENDAR_BEGINS:
        return day in fix().values
    return day.weekday() < 5 and day <= calendar.last and day not in calendar.closed


def may_open(day: date, calendar: Calendar = REAL) -> bool:
    """Tell whether nothing tells that banks close on `day`: on any weekday past the calendar."""
    return is_banking_day(day, calendar) or is_past(day, calendar)


def is_past(day: date, calendar: Calendar) -> bool:
    """Tell whether nobody knows if banks open on `day`, a weekday after the calendar's last."""
    return day > calendar.last and day.weekday() < 5


@lru_cache(maxsize=65536)
def open_day_after(day: date, calendar: Calendar = REAL) -> date:
    """Return the first day after `day` on which banks may open."""
    day += DAY
    while not may_open(day, calendar):
        day += DAY
    return day


def banking_day_after(day: date, calendar: Calendar) -> date | None:
    """Return the first banking day after `day`, None where the calendar has ended before."""
    following = open_day_after(day, calendar)
    return None if is_past(following, calendar) else following


@lru_cache(maxsize=65536)
def banking_day_before(day: date, calendar: Calendar = REAL) -> date | None:
    """Return the last banking day before `day`, None before the first FIX."""
    day -= DAY
    while day >= FIRST_DAY and not is_banking_day(day, calendar):
        day -= DAY
    return day if day >= FIRST_DAY else None


@lru_cache(maxsize=65536)
def determination_of(settled: date, calendar: Calendar = REAL) -> date | None:
    """Return the day whose FIX applies on `settled`: two banking days before.

    None before the first FIX, and where a day between is past the calendar.
    """
    if settled - DAY > calendar.last:
        return None
    published = banking_day_before(settled, calendar)
    return None if published is None else banking_day_before(published, calendar)


@lru_cache(maxsize=65536)
def last_determination(settled: date, calendar: Calendar) -> date:
    """Return the last day whose FIX may apply on `settled`, which lies past the calendar."""
    day = settled
    for _ in range(2):
        day -= DAY
        while not may_open(day, calendar):
            day -= DAY
    return day


def settled_by(determined: date) -> list[date]:
    """Return the days on which the FIX of `determined` applies."""
    published = open_day_after(determined)
    length = (open_day_after(published) - published).days
    return [published + ahead * DAY for ahead in range(1, length + 1)]


@cache
def fix() -> Series:
    """Return the FIX by determination day."""
    values = _read("usd_mxn_fix.csv")
    return Series(values, sorted(values), [wall(day, SHOWN_AT) for day in sorted(values)])


@cache
def settlement() -> Series:
    """Return the settlement rate by calendar day."""
    values = _read("usd_mxn_sf60653_settlement.csv")
    days = sorted(values)
    return Series(values, days, [wall(determination_of(day) or day, SHOWN_AT) for day in days])


def _read(name: str) -> dict[date, Decimal]:
    with (DATA / name).open(encoding="utf-8") as file:
        rows = csv.DictReader(file)
        return {date.fromisoformat(row["date"]): Decimal(row["rate"]) for row in rows}


@cache
def settlement_after_closure(closed: date) -> Series:
    """Return the settlement rate as it would be if banks had closed on the day `closed`."""
    calendar = Calendar(REAL.closed | {closed}, REAL.last)
    determined = {day: determination_of(day, calendar) or day for day in settlement().days}
    values = {day: fix().values[determined[day]] for day in determined}
    days = settlement().days
    return Series(values, days, [wall(determined[day], SHOWN_AT) for day in days])
