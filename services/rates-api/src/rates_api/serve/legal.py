"""Legal dates, and which day's FIX settles which calendar day.

The day arithmetic is `BankCalendar`'s; before the calendar's first day the FIX's own days are the
banking days. Pure. Source of the rule: see `rates_contracts.calendar`.
"""

from datetime import date as Day
from decimal import Decimal

from rates_api.serve.view import View
from rates_contracts.answers import Dates
from rates_contracts.calendar import ONE_DAY


def is_banking_day(view: View, day: Day) -> bool:
    """Tell whether banks opened on `day`, by the calendar or, before it, by the FIX itself."""
    if day < view.calendar.first:
        return view.fix.on(day) is not None
    return view.calendar.is_banking_day(day)


def next_banking_day(view: View, day: Day) -> Day | None:
    """Return the first banking day after `day`, null beyond the calendar's end."""
    day += ONE_DAY
    while day <= view.calendar.last:
        if is_banking_day(view, day):
            return day
        day += ONE_DAY
    return None


def previous_banking_day(view: View, day: Day) -> Day | None:
    """Return the last banking day before `day`, null before the first FIX."""
    first = view.fix.first_day
    day -= ONE_DAY
    while first is not None and day >= first:
        if is_banking_day(view, day):
            return day
        day -= ONE_DAY
    return None


def determination_for(view: View, settlement: Day) -> Day | None:
    """Return the day whose FIX applies on `settlement` by the rule, null before the first."""
    published = previous_banking_day(view, settlement)
    return None if published is None else previous_banking_day(view, published)


def dates_of(view: View, determined: Day, rate: Decimal) -> Dates:
    """Return the legal dates of the FIX of `determined`, which is `rate`."""
    published = next_banking_day(view, determined)
    following = None if published is None else next_banking_day(view, published)
    applies_from = None if published is None else published + ONE_DAY
    settled = None if applies_from is None else view.settlement.on(applies_from)
    return Dates(
        determined=determined,
        dof_published=published,
        applies_from=applies_from,
        # The next FIX applies from the day after its own publication; this one until that day.
        applies_to=following,
        confirmed=settled is not None and settled.value == rate,
    )
