"""What can be known at an instant, by the truth tables: what is recorded, due, heard, complete.

Not a line of the services': it is the second opinion that their answers are held against. Pure.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from contract.sweeping.published import (
    CALENDAR_BEGINS,
    FIRST_DAY,
    REAL,
    Calendar,
    banking_day_after,
    banking_day_before,
    determination_of,
    is_banking_day,
    is_past,
    last_determination,
    local,
    may_open,
    open_day_after,
    wall,
)
from contract.sweeping.situations import Facts, Known
from rates_contracts.observation import Kind, SeriesKind

AWAITED_FROM, NOON, LATE_FROM = time(11, 59), time(12), time(13)
OPENS, CLOSES, EVENING_ENDS = time(7), time(17), time(21)
VERIFIED_FOR = timedelta(minutes=5)
SETTLEMENTS_BEGIN = date(2020, 1, 1)
"""From then on Banco de México has a settlement series; before it the rule makes one."""
BETWEEN_POLLS_IN_THE_EVENING, BETWEEN_POLLS_AT_NIGHT = timedelta(minutes=15), timedelta(hours=1)


@dataclass(frozen=True)
class Standpoint:
    """What can be known at `at`: now, or with `as_of` by the rows recorded until then alone."""

    facts: Facts
    at: datetime
    is_past: bool

    @property
    def today(self) -> date:
        """Return the day in Mexico City."""
        return local(self.at).date()

    @property
    def calendar(self) -> Calendar:
        """Return the calendar as known at `at`: a FIX refutes that it closes its day."""
        facts = self.facts
        if self.is_past and facts.declared_at is not None and self.at < facts.declared_at:
            return REAL
        if facts.refuted is not None and self.recorded("fix", facts.refuted) is not None:
            return REAL
        return facts.calendar

    def determination_of(self, settled: date) -> date | None:
        """Return the day whose FIX applies on `settled` by the calendar."""
        return determination_of(settled, self.calendar)

    def awaited_determination(self, settled: date) -> date | None:
        """Return it, or past the calendar the last day whose FIX may apply."""
        if settled - timedelta(days=1) > self.calendar.last:
            return last_determination(settled, self.calendar)
        return self.determination_of(settled)

    def publication_of(self, day: date) -> tuple[date | None, date | None]:
        """Return the day of the Gazette that `day` has, and the day whose FIX is due there."""
        published = banking_day_before(day + timedelta(days=1), self.calendar)
        return published, published and banking_day_before(published, self.calendar)

    def recorded(self, kind: SeriesKind, day: date) -> Decimal | None:
        """Return the value of `day`."""
        return self.facts.known(kind).recorded(day, self.at)

    def complete(self, kind: SeriesKind, day: date) -> bool:
        """Tell whether all from `day` on has been asked for; `as_of` is refused before that."""
        since = self.facts.known(kind).complete_from
        return self.is_past or (since is not None and since <= day)

    def reviewed(self, kind: SeriesKind, day: date | None) -> bool:
        """Tell whether the value of `day` is under review; `as_of` does not look at that."""
        return not self.is_past and day in self.facts.known(kind).reviewed

    @property
    def is_doubted(self) -> bool:
        """Tell whether a FIX under review doubts that the calendar rightly closes its day."""
        return self.reviewed("fix", self.facts.refuted)

    def is_heard(self, kind: SeriesKind) -> bool:
        """Tell whether the series was verified within its limit."""
        limit = None if self.is_past else fresh_limit(self.facts, self.facts.known(kind))
        return limit is not None and self.at <= limit

    def has_later(self, kind: SeriesKind, day: date) -> bool:
        """Tell whether a value of a later day is recorded."""
        newest = self.facts.known(kind).newest(self.at)
        return newest is not None and newest > day

    def is_due(self, day: date | None) -> bool:
        """Tell whether the FIX of `day` should be out."""
        if day is None or day < CALENDAR_BEGINS or not is_banking_day(day, self.calendar):
            return False
        return self.at >= wall(day, NOON)

    def may_be_due(self, day: date | None) -> bool:
        """Tell whether it should be out if the day, maybe past the calendar, has one."""
        if day is not None and is_past(day, self.calendar):
            return self.at >= wall(day, NOON)
        return self.is_due(day)

    def is_closed(self, day: date) -> bool:
        """Tell whether `day` has no FIX by the calendar; before 2001 by the whole FIX history."""
        if day < CALENDAR_BEGINS:
            return not is_banking_day(day) and self.complete("fix", day)
        return not may_open(day, self.calendar)

    def is_declared(self, day: date) -> bool:
        """Tell whether `day` is one that was declared closed by then."""
        declared_at = self.facts.declared_at
        is_it = declared_at is not None and local(declared_at).date() == day
        return is_it and self.calendar is self.facts.calendar

    def is_derivable(self, day: date) -> bool:
        """Tell whether the settlement of `day` is the FIX by the rule."""
        determined = self.determination_of(day)
        return (
            determined is not None
            and self.is_before_stored(day)
            and self.complete("settlement", day)
            and self.complete("fix", determined)
            and not self.reviewed("settlement", day)
            and not self.reviewed("fix", determined)
            and self.recorded("fix", determined) is not None
        )

    def is_before_stored(self, day: date) -> bool:
        """Tell whether the stored settlements begin after `day`, if at all."""
        first = self.facts.settlement.first(self.at)
        return day < (first or SETTLEMENTS_BEGIN)

    def settled(self, day: date) -> tuple[Decimal, bool] | None:
        """Return the settlement rate of `day` and whether it is derived."""
        stored = self.recorded("settlement", day)
        if stored is not None:
            return stored, False
        determined = self.determination_of(day)
        if determined is None or not self.is_derivable(day):
            return None
        value = self.recorded("fix", determined)
        return None if value is None else (value, True)

    def is_published_dark(self, day: date) -> bool:
        """Tell whether the Gazette of `day` rests on a FIX, or on its neighbours, not asked for."""
        published, determined = self.publication_of(day)
        return not self.complete("fix", determined or published or day)

    def is_publication_doubted(self, day: date) -> bool:
        """Tell whether a FIX under review may be that of a closed day: another would be due."""
        _, determined = self.publication_of(day)
        refuted = self.facts.refuted
        if determined is None or refuted is None or not self.is_doubted:
            return False
        return determined < refuted <= day

    def is_unknown(self, kind: Kind, day: date) -> bool:
        """Tell whether nobody can know here whether `day` has a value."""
        match kind:
            case "fix":
                return self._fix_unknown(day)
            case "settlement":
                return self._settlement_unknown(day)
            case "dof":
                return self._publication_unknown(day)

    def _publication_unknown(self, day: date) -> bool:
        if not FIRST_DAY <= day <= self.calendar.last:
            return False
        published, determined = self.publication_of(day)
        if self.is_published_dark(day) or self.is_publication_doubted(day):
            return True
        return published == day and determined is not None and self._fix_unknown(determined)

    def _fix_unknown(self, day: date) -> bool:
        if not FIRST_DAY <= day <= self.today or self.recorded("fix", day) is not None:
            return False
        if self.reviewed("fix", day) or not self.complete("fix", day):
            return True
        if not self.may_be_due(day) or self.has_later("fix", day):
            return False
        return not self.is_heard("fix")

    def _settlement_unknown(self, day: date) -> bool:
        if day < FIRST_DAY or self.settled(day) is not None:
            return False
        determined = self.awaited_determination(day)
        if self.reviewed("settlement", day) or self.reviewed("fix", determined):
            return True
        if not self.complete("settlement", day) or self.rests_on_missing_history(day):
            return True
        if (self.is_past and day > self.today) or not self.may_be_due(determined):
            return False
        return not self.has_later("settlement", day) and not self.is_heard("settlement")

    def rests_on_missing_history(self, day: date) -> bool:
        """Tell whether the settlement of `day` would be derived from a FIX not asked for."""
        if not self.is_before_stored(day):
            return False
        return not self.complete("fix", min(day, self.determination_of(day) or FIRST_DAY))

    def lacks_fix_of(self, settled: date) -> bool:
        """Tell whether the FIX that applies on `settled` has not been asked for."""
        determined = self.determination_of(settled)
        if determined is None or self.recorded("fix", determined) is not None:
            return False
        return not self.complete("fix", determined)


def fresh_limit(facts: Facts, known: Known) -> datetime | None:
    """Return until when a series counts as verified (protocol rule 18)."""
    heard_at, calendar = known.heard_at, facts.calendar
    if heard_at is None:
        return None
    at = local(heard_at)
    day, closes = at.date(), wall(at.date(), CLOSES)
    is_open = may_open(day, calendar)
    if is_open and at.time() >= OPENS and heard_at + VERIFIED_FOR < closes:
        return heard_at + VERIFIED_FOR
    if is_missing(facts, heard_at, NOON):
        evening = is_open and OPENS <= at.time() < EVENING_ENDS
        poll = BETWEEN_POLLS_IN_THE_EVENING if evening else BETWEEN_POLLS_AT_NIGHT
        return heard_at + poll + VERIFIED_FOR
    opens = wall(day, OPENS)
    if not is_open or heard_at >= opens:
        opens = wall(open_day_after(day, calendar), OPENS)
    return opens + VERIFIED_FOR


def is_missing(facts: Facts, at: datetime, since: time) -> bool:
    """Tell whether a FIX that was expected from `since` of its day on has not been seen."""
    seen = newest_seen(facts)
    if seen is None:
        day = local(at).date()
        return is_banking_day(day, facts.calendar) and at >= wall(day, since)
    missing = banking_day_after(seen, facts.calendar)
    return missing is not None and at >= wall(missing, since)


def newest_seen(facts: Facts) -> date | None:
    """Return the newest FIX day that is recorded or under review, which counts as seen."""
    newest = facts.fix.newest(facts.now)
    return max(filter(None, (newest, *facts.fix.reviewed)), default=None)
