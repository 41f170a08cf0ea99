"""The days on which a FIX is due in the Official Gazette (DOF), by the bank calendar.

`kind=dof` asks by them. Where the Gazette did not appear on a banking day the day of print differs;
Banco de México's settlement series, not the print, decides what is in force. Pure.
"""

from datetime import date as Day

from rates_api.resolution.doubts import doubted_closures
from rates_api.resolution.knowledge import MAX_REST, Absence, series_status, unknown
from rates_api.resolution.view import View
from rates_contracts.calendar import ONE_DAY
from rates_contracts.observation import FIRST_FIX_DAY, Kind, SeriesKind


def publication_day(view: View, day: Day) -> Day | None:
    """Return the last publication day up to `day`, which is within the calendar or before it.

    None where no FIX of the days before is known.
    """
    return view.banking_days.previous(day + ONE_DAY)


def is_derivable(view: View, published: Day) -> bool:
    """Tell whether every banking day before `published` is known (protocol rule 25)."""
    complete_from = series_status(view, "fix").complete_from
    determined = view.banking_days.previous(published) or FIRST_FIX_DAY
    return complete_from is not None and determined >= complete_from


def rests_on(view: View, kind: Kind, first: Day, last: Day) -> tuple[SeriesKind, Day, Day]:
    """Return the recorded kind, and its days, that the days from `first` to `last` rest on."""
    if kind != "dof":
        return kind, first, last
    first, last = (
        min(max(day, FIRST_FIX_DAY), view.calendar.last + ONE_DAY) for day in (first, last)
    )
    ends = view.banking_days.determination_for(min(last, view.calendar.last) + ONE_DAY)
    return "fix", _first_determination(view, first), ends or last


def unknown_days(view: View, kind: Kind, first: Day, last: Day) -> frozenset[Absence]:
    """Return the codes of the days from `first` to `last` that are unknown, none if all is known.

    Of `dof`, those of the FIX that are due there.
    """
    recorded, begins, ends = rests_on(view, kind, first, last)
    codes = unknown(view, recorded, begins, ends)
    if kind == "dof" and doubted_closures(view, begins + ONE_DAY, last):
        return codes | {"under-review"}
    return codes


def _first_determination(view: View, first: Day) -> Day:
    """Return the determination day of the first publication day from `first` on.

    Where banking days may be missing before it, the first day that it could be.
    """
    published = view.banking_days.next(first - ONE_DAY)
    rolled = publication_day(view, first) or first
    if published is None or not is_derivable(view, rolled):
        return first - MAX_REST
    return view.banking_days.previous(published) or published
