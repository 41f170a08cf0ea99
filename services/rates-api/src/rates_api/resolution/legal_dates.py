"""The legal dates of a rate: by the values where both series have them, else by the rule.

The determination day of a settlement is the calendar's if its FIX equals the settlement, as on all
2,425 real days in the project's data. Else a closure was not known, a value was corrected alone, or
a FIX under review doubts the calendar: then it is the single equal FIX among the days before, or
none is named (protocol rule 31). Pure.
"""

from collections.abc import Iterator, Sequence
from datetime import date as Day

from msgspec import UNSET

from rates_api.resolution.doubts import doubted_closures
from rates_api.resolution.view import View
from rates_contracts.answers import Dates
from rates_contracts.calendar import MAX_DAYS_APART, ONE_DAY
from rates_contracts.observation import FIRST_FIX_DAY, Observation

MAX_OBSERVED_DAYS = 5
"""The observed FIX days before a settlement of which it may be that of a single one."""

MAX_KNOWN = 4096
"""So many determinations are kept of a view: ever other days can be asked for."""
UNCONFIRMED = Dates(
    determined=None, dof_published=None, applies_from=None, applies_to=None, confirmed=False
)
"""The dates of a settlement that no FIX, or more than a single one, may have made."""


def dates_of_fix(view: View, determined: Day) -> Dates:
    """Return the dates of the FIX of `determined`.

    Not confirmed and the rule's where no settlement is stored yet, or another value is.
    """
    seed = next(_settled_by(view, determined), None)
    if seed is not None:
        return _dates_around(view, determined, seed)
    dates = view.banking_days.legal_dates(determined)
    return Dates(determined, dates.dof_published, dates.applies_from, dates.applies_to, False)


def dates_of_settlement(view: View, day: Day) -> Dates:
    """Return the dates of the FIX that applies on `day`; `UNCONFIRMED` if it can't be told."""
    determined = determination_of(view, day)
    return UNCONFIRMED if determined is None else _dates_around(view, determined, day)


def is_contradicted(view: View, dates: Dates) -> bool:
    """Tell whether settlements are stored that `dates` of a FIX, or of a settlement, don't fit."""
    if dates.determined is None:
        return True
    from_day = dates.applies_from
    stored = from_day is not None and view.recorded("settlement", from_day) is not None
    return stored and not dates.confirmed


def is_loading(view: View, settlement: Day) -> bool:
    """Tell whether the FIX history is still incomplete where it would tell of `settlement`."""
    complete_from = view.series["fix"].complete_from
    observed = _observed_before(view, settlement)
    first = observed[0].date if len(observed) == MAX_OBSERVED_DAYS else FIRST_FIX_DAY
    return complete_from is None or first < complete_from


def determination_of(view: View, settlement: Day) -> Day | None:
    """Return the day whose FIX applies on `settlement`, None if it can't be told.

    By the rule alone where no value is stored; not while the one published is under review.
    """
    known = view.memo.determinations
    found = known.get(settlement, UNSET)
    if found is UNSET:
        found = _determination(view, settlement, MAX_DAYS_APART)
        if len(known) >= MAX_KNOWN:
            known.clear()  # A thread may be reading it: it finds its own again.
        known[settlement] = found
    return found


def _determination(view: View, settlement: Day, depth: int) -> Day | None:
    """Search with the help of at most `depth` settlements before."""
    stored = view.recorded("settlement", settlement)
    if stored is None and settlement in view.series["settlement"].under_review:
        return None
    by_rule = view.banking_days.determination_for(settlement)
    if stored is None or (by_rule is not None and _is_made_by(view, stored, by_rule)):
        return by_rule
    return _by_values(view, stored, depth)


def _is_made_by(view: View, stored: Observation, by_rule: Day) -> bool:
    """Tell whether the FIX that the calendar names is equal, and nothing doubts the calendar."""
    is_equal = _equals(view, by_rule, stored)
    return is_equal and not doubted_closures(view, by_rule + ONE_DAY, stored.date - ONE_DAY)


def _by_values(view: View, stored: Observation, depth: int) -> Day | None:
    """Return the single FIX that fits, not before the determination of the settlement before."""
    if is_loading(view, stored.date):
        return None
    observed = _observed_before(view, stored.date)
    fitting = [fix.date for fix in observed if fix.value == stored.value]
    if fitting and depth:
        floor = _determination(view, stored.date - ONE_DAY, depth - 1)
        fitting = [day for day in fitting if floor is None or day >= floor]
    # The DOF has it on a day between: one of the day before can't be meant, however it fits.
    found = [day for day in fitting if stored.date - day > ONE_DAY]
    return found[0] if len(fitting) == len(found) == 1 else None


def _observed_before(view: View, day: Day) -> Sequence[Observation]:
    observed = view.fix.last(MAX_OBSERVED_DAYS, day - ONE_DAY)
    return [fix for fix in observed if view.recorded("fix", fix.date) is not None]


def _equals(view: View, determined: Day, settlement: Observation) -> bool:
    fix = view.recorded("fix", determined)
    return fix is not None and fix.value == settlement.value


def _settled_by(view: View, determined: Day) -> Iterator[Day]:
    """Yield days on which the FIX of `determined` applies, the rule's first one first."""
    by_rule = view.banking_days.legal_dates(determined).applies_from
    if by_rule is not None and determination_of(view, by_rule) == determined:
        yield by_rule
    for ahead in range(1, MAX_DAYS_APART + 1):
        day = determined + ahead * ONE_DAY
        is_stored = view.recorded("settlement", day) is not None
        if is_stored and determination_of(view, day) == determined:
            yield day


def _dates_around(view: View, determined: Day, settlement: Day) -> Dates:
    """Return the dates of the FIX of `determined`, which applies on the day `settlement`."""
    first = last = settlement
    while _is_from(view, determined, first - ONE_DAY):
        first -= ONE_DAY
    while (following := determination_of(view, last + ONE_DAY)) == determined:
        last += ONE_DAY
    stored = view.recorded("settlement", first)
    published = view.banking_days.next(determined)
    # It applies from the day after: on the same day the calendar or the value is not so.
    fits = published is not None and published < first
    is_open = following is None and _may_apply(view, determined, last + ONE_DAY)
    return Dates(
        determined=determined,
        dof_published=published,
        applies_from=first,
        applies_to=None if is_open else last,
        confirmed=fits and stored is not None and _equals(view, determined, stored),
    )


def _is_from(view: View, determined: Day, settlement: Day) -> bool:
    """Tell whether the FIX of `determined` applies on the day `settlement`.

    Also by the calendar alone, where the day's own rate fits no FIX: one of the two was corrected
    alone, and a later day can't be the first that the FIX applies on.
    """
    found = determination_of(view, settlement)
    if found is None:
        return view.banking_days.determination_for(settlement) == determined
    return found == determined


def _may_apply(view: View, determined: Day, settlement: Day) -> bool:
    """Tell whether the FIX of `determined` may be that of the day `settlement`, which none fits.

    It is ruled out by another value only where the calendar names another FIX: else either of the
    two values may have been corrected alone.
    """
    if view.banking_days.determination_for(settlement) == determined:
        return True
    stored = view.recorded("settlement", settlement)
    return stored is None or _equals(view, determined, stored)
