"""The bank calendar, the legal dates that follow from it, and the hours of publication.

Legal dates: the FIX determined on day D is published in the Official Gazette (DOF) on the next
banking day P and applies to obligations from the calendar day P+1 (Banco de México, Circular
3/2012; it holds on each of the 1,486 days that SF60653 and SF43718 share in the project's data).
"""

import dataclasses
from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from datetime import date as Day
from importlib import resources
from zoneinfo import ZoneInfo

import msgspec


def _packaged_zone(area: str, city: str) -> ZoneInfo:
    """Read a zone from the package `tzdata`: `ZoneInfo(key)` prefers what the host has."""
    with (resources.files("tzdata.zoneinfo") / area / city).open("rb") as file:
        return ZoneInfo.from_file(file, key=f"{area}/{city}")


MEXICO_CITY = _packaged_zone("America", "Mexico_City")
"""From the pinned time zone data, never the host's: an old one still has summer time there."""
ONE_DAY = timedelta(days=1)

MAX_DAYS_APART = 15
"""Two neighbouring FIX are at most so far apart (5 days from 1991 to 2026), or some are missing."""

AWAITED_FROM = time(11, 59)
"""Wall time in Mexico City from which on a banking day's FIX may appear at any moment."""
DUE_FROM = time(12)
"""Wall time in Mexico City from which on Banco de México announces a banking day's FIX."""
LATE_FROM = time(13)
"""Wall time in Mexico City from which on a FIX is late: 98.7 % of 556 real ones were visible."""


class DeclaredClosure(msgspec.Struct, frozen=True):
    """A banking day that authorities closed at short notice, declared by an operator.

    `reopened_at` is the instant at which the declaration was undone, null while it holds.
    """

    date: Day
    reason: str
    declared_at: datetime
    reopened_at: datetime | None = None


class CalendarVersion(msgspec.Struct, frozen=True):
    """A version of the bank calendar that a later one has replaced.

    It was recorded at `known_from` (UTC); null for the first version of a record.
    """

    known_from: datetime | None
    version: str
    first: Day
    last: Day
    closed: tuple[Day, ...]


class BankCalendar(msgspec.Struct, frozen=True):
    """The weekdays from `first` to `last` (both included) on which banks close, ascending.

    Nothing is known before `first`; `BankingDays` says what counts there. `version` names the
    origin, for instance `holidays-0.109/XMEX`. It was recorded at `known_from`, null in a
    record that never had another; `earlier` are the versions before it, ascending. `declared` are
    the closures in force, `reopened` those that were undone. `names` are what the days `closed` are
    called, in Spanish, in their order; empty where nobody told.
    """

    version: str
    first: Day
    last: Day
    closed: tuple[Day, ...]
    declared: tuple[DeclaredClosure, ...] = ()
    known_from: datetime | None = None
    earlier: tuple[CalendarVersion, ...] = ()
    reopened: tuple[DeclaredClosure, ...] = ()
    names: tuple[str, ...] = ()

    def covers(self, day: Day) -> bool:
        """Tell whether `day` is within the calendar."""
        return self.first <= day <= self.last

    def is_banking_day(self, day: Day) -> bool:
        """Tell whether banks open on `day`; they do not on a declared closure.

        After the calendar's last day nothing is known, so no day is one.
        """
        if day > self.last or is_weekend(day):
            return False
        return not self._in_closed(day) and not self._declared(day)

    def name_of(self, day: Day) -> str | None:
        """Return what a closed weekday is called, None where nobody told; a decree has no name."""
        if self._in_closed(day) and len(self.names) == len(self.closed):
            return self.names[bisect_left(self.closed, day)]
        return None

    def next_banking_day(self, day: Day) -> Day | None:
        """Return the first banking day after `day`, null beyond the calendar's end."""
        while (day := day + ONE_DAY) <= self.last:
            if self.is_banking_day(day):
                return day
        return None

    def previous_banking_day(self, day: Day) -> Day | None:
        """Return the last banking day before `day`, null before the calendar's first."""
        day = min(day, self.last + ONE_DAY)
        while (day := day - ONE_DAY) >= self.first:
            if self.is_banking_day(day):
                return day
        return None

    def banking_days(self, first: Day, last: Day) -> Iterator[Day]:
        """Yield the banking days from `first` to `last`, both included, each as `is_banking_day`.

        All at once: asked day by day, thirty years would keep the event loop waiting.
        """
        closed = {*self.closed, *(closure.date for closure in self.declared)}
        days = range(first.toordinal(), min(last, self.last).toordinal() + 1)
        weekdays = map(Day.fromordinal, (ordinal for ordinal in days if (ordinal - 1) % 7 < 5))
        return (day for day in weekdays if day not in closed)

    def as_of(self, instant: datetime) -> "BankCalendar":
        """Return the calendar as it was known at `instant`: its version, the closures in force.

        Before the first version was recorded it is the first one.
        """
        declared = tuple(
            closure
            for closure in (*self.declared, *self.reopened)
            if closure.declared_at <= instant
            and (closure.reopened_at is None or closure.reopened_at > instant)
        )
        version = self._version_at(instant)
        return BankCalendar(version.version, version.first, version.last, version.closed, declared)

    def replaced_by(self, newer: "BankCalendar", at: datetime) -> "BankCalendar":
        """Return `newer` as the version that is known from `at` on, with this one before it."""
        return msgspec.structs.replace(
            newer,
            declared=self.declared,
            reopened=self.reopened,
            known_from=at,
            earlier=self.versions,
        )

    @property
    def versions(self) -> tuple[CalendarVersion, ...]:
        """All versions, ascending; the last is the one in force."""
        this = CalendarVersion(self.known_from, self.version, self.first, self.last, self.closed)
        return (*self.earlier, this)

    def _version_at(self, instant: datetime) -> CalendarVersion:
        known = [version for version in self.versions if _known_at(version.known_from, instant)]
        return known[-1] if known else self.versions[0]

    def _in_closed(self, day: Day) -> bool:
        at = bisect_left(self.closed, day)
        return at < len(self.closed) and self.closed[at] == day

    def _declared(self, day: Day) -> bool:
        return any(closure.date == day for closure in self.declared)


def _known_at(known_from: datetime | None, instant: datetime) -> bool:
    return known_from is None or known_from <= instant


def is_weekend(day: Day) -> bool:
    """Tell whether `day` is a Saturday or Sunday: no FIX is determined there (protocol rule 28)."""
    return day.weekday() >= 5


def mexico_day(instant: datetime) -> Day:
    """Return the calendar day in Mexico City at `instant` (aware)."""
    return instant.astimezone(MEXICO_CITY).date()


def mexico_instant(day: Day, at: time) -> datetime:
    """Return the instant (UTC) at which clocks in Mexico City show `at` on `day`."""
    return datetime.combine(day, at, tzinfo=MEXICO_CITY).astimezone(UTC)


@dataclasses.dataclass(frozen=True, slots=True)
class LegalDates:
    """What follows from a FIX by the calendar; what lies beyond the calendar's end is null.

    `applies_to` is the last day on which it settles obligations: the next FIX applies from the day
    after its own publication.
    """

    determined: Day
    dof_published: Day | None
    applies_from: Day | None
    applies_to: Day | None


@dataclasses.dataclass(frozen=True, slots=True)
class BankingDays:
    """The banking days since the first FIX, and the legal dates that they make.

    Before the calendar's first day they are the days that have a FIX: the market's calendar has 98
    false gaps there. `has_fix` tells whether a day has one; `first_fix` is null without any.
    """

    calendar: BankCalendar
    first_fix: Day | None
    has_fix: Callable[[Day], bool]

    def is_banking_day(self, day: Day) -> bool:
        """Tell whether banks opened on `day`, by the calendar or by the FIX itself.

        Before the calendar the FIX alone tells; after that it refutes a calendar that closes its
        day, which is a prediction (protocol rule 29).
        """
        predicted = day >= self.calendar.first and self.calendar.is_banking_day(day)
        return predicted or self.has_fix(day)

    def next(self, day: Day) -> Day | None:
        """Return the first banking day after `day`, null beyond the calendar's end.

        Null, too, before the calendar where no FIX within `MAX_DAYS_APART` is known.
        """
        for ahead in range(1, MAX_DAYS_APART + 1):
            following = day + ahead * ONE_DAY
            if following <= self.calendar.last and self.is_banking_day(following):
                return following
        return None

    def previous(self, day: Day) -> Day | None:
        """Return the last banking day before `day`, null before the first FIX.

        Null, too, before the calendar where no FIX within `MAX_DAYS_APART` is known.
        """
        first = self.first_fix
        for back in range(1, MAX_DAYS_APART + 1):
            before = day - back * ONE_DAY
            if first is not None and before >= first and self.is_banking_day(before):
                return before
        return None

    def determination_for(self, settlement: Day) -> Day | None:
        """Return the day whose FIX applies on `settlement` by the rule.

        Null before the first, and where a day that the rule asks about is beyond the calendar.
        """
        is_beyond = settlement - ONE_DAY > self.calendar.last
        published = None if is_beyond else self.previous(settlement)
        return None if published is None else self.previous(published)

    def legal_dates(self, determined: Day) -> LegalDates:
        """Return the dates of the FIX of `determined`."""
        published = self.next(determined)
        if published is None:
            return LegalDates(determined, None, None, None)
        return LegalDates(determined, published, published + ONE_DAY, self.next(published))
