"""The bank calendar as sync ships it, and the day arithmetic that both services share.

sync builds it (`rates_sync.timetable.calendar`); rates-api only reads it. Legal dates: the FIX
determined on day D is published in the Official Gazette (DOF) on the next banking day P and applies
to obligations from the calendar day P+1 (Banco de México, Circular 3/2012; it holds on each of the
1,486 days that SF60653 and SF43718 share in the project's data).
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import date as Day
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

MEXICO_CITY = ZoneInfo("America/Mexico_City")
ONE_DAY = timedelta(days=1)


class DeclaredClosure(msgspec.Struct, frozen=True):
    """A banking day that authorities closed at short notice, settled by an operator."""

    date: Day
    reason: str
    declared_at: datetime


class BankCalendar(msgspec.Struct, frozen=True):
    """Weekdays on which banks close, from `first` to `last` (both covered), ascending.

    Before `first` the calendar is not known: there the FIX's own days are the banking days.
    `version` names the calendar's origin, for instance `holidays-0.109/XMEX`.
    """

    version: str
    first: Day
    last: Day
    closed: tuple[Day, ...]
    declared: tuple[DeclaredClosure, ...] = ()

    def covers(self, day: Day) -> bool:
        """Tell whether the calendar speaks of `day`."""
        return self.first <= day <= self.last

    def is_banking_day(self, day: Day) -> bool:
        """Tell whether banks open on `day`, declared closures counted as closed."""
        return day.weekday() < 5 and not self._in_closed(day) and not self._declared(day)

    def next_banking_day(self, day: Day) -> Day:
        """Return the first banking day after `day`."""
        day += ONE_DAY
        while not self.is_banking_day(day):
            day += ONE_DAY
        return day

    def previous_banking_day(self, day: Day) -> Day:
        """Return the last banking day before `day`."""
        day -= ONE_DAY
        while not self.is_banking_day(day):
            day -= ONE_DAY
        return day

    def banking_days(self, first: Day, last: Day) -> Iterator[Day]:
        """Yield the banking days from `first` to `last`, both included."""
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            day = Day.fromordinal(ordinal)
            if self.is_banking_day(day):
                yield day

    def dof_published(self, determined: Day) -> Day:
        """Return the day on which the DOF carries the FIX of `determined`."""
        return self.next_banking_day(determined)

    def applies_from(self, determined: Day) -> Day:
        """Return the first calendar day on which the FIX of `determined` settles obligations."""
        return self.dof_published(determined) + ONE_DAY

    def applies_to(self, determined: Day) -> Day:
        """Return the last calendar day on which the FIX of `determined` settles obligations."""
        return self.applies_from(self.next_banking_day(determined)) - ONE_DAY

    def determination_for(self, settlement: Day) -> Day:
        """Return the day whose FIX applies on `settlement` by the rule."""
        return self.previous_banking_day(self.previous_banking_day(settlement))

    def as_of(self, instant: datetime) -> "BankCalendar":
        """Return the calendar without the closures declared after `instant`."""
        known = tuple(c for c in self.declared if c.declared_at <= instant)
        return msgspec.structs.replace(self, declared=known)

    def _in_closed(self, day: Day) -> bool:
        at = bisect_left(self.closed, day)
        return at < len(self.closed) and self.closed[at] == day

    def _declared(self, day: Day) -> bool:
        return any(closure.date == day for closure in self.declared)


def mexico_day(instant: datetime) -> Day:
    """Return the calendar day in Mexico City at `instant` (aware)."""
    return instant.astimezone(MEXICO_CITY).date()
