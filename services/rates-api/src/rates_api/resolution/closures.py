"""The closures that are in doubt: a FIX under review may show that banks opened there after all.

Then the day is a banking day, and both what the Gazette has and what settles after it are another
FIX. Pure.
"""

from collections.abc import Sequence
from datetime import date as Day

from rates_api.resolution.knowledge import days_between, series_status, unlisted_before
from rates_api.resolution.view import View
from rates_contracts.calendar import ONE_DAY, is_weekend
from rates_contracts.observation import FIRST_FIX_DAY


def doubted_closures(view: View, first: Day, last: Day) -> Sequence[Day]:
    """Return the weekdays from `first` to `last` that count as closed and may not be, ascending.

    Their FIX is under review, or may be: days of which the status lists the newest only.
    """
    known = series_status(view, "fix")
    reviewed = [day for day in known.under_review if first <= day <= last]
    unlisted = _unlisted(view, first, last)
    if not reviewed and not unlisted:
        return ()
    opened = frozenset(view.banking_days_between(first, last))
    doubted = {day for day in (*reviewed, *unlisted) if not is_weekend(day)}
    return sorted(doubted - opened)


def _unlisted(view: View, first: Day, last: Day) -> Sequence[Day]:
    """Return the days of the span that may be under review though the status does not list them."""
    before = unlisted_before(view, "fix")
    if before <= first:
        return ()
    return [*days_between(max(first, FIRST_FIX_DAY), min(last, before - ONE_DAY, view.today))]
