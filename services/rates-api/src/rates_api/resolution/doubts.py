"""What is doubtful in the values of a series, and in gaps and closures that rest on such values.

A value that the source has withdrawn, or a correction of which is under review, is answered with a
warning (protocol rules 27 and 28). The status lists the newest such days and counts all of them, so
that none of the older days can be excluded. Pure.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date as Day
from typing import NamedTuple

from rates_api.resolution.knowledge import absence, days_between
from rates_api.resolution.view import View
from rates_contracts.calendar import ONE_DAY, is_weekend
from rates_contracts.observation import FIRST_FIX_DAY, SeriesKind
from rates_contracts.status import SeriesStatus, oldest_told
from rates_contracts.warnings import in_order


class Doubt(NamedTuple):
    """The days of a series whose value warns of `warning`: those `listed`, and all before `before`.

    `before` is `Day.min` where the status lists all of them.
    """

    warning: str
    listed: frozenset[Day]
    before: Day

    def concerns(self, day: Day) -> bool:
        """Tell whether the value of `day` is, or may be, a doubtful one."""
        return day in self.listed or day < self.before


def doubts(view: View, kind: SeriesKind) -> tuple[Doubt, ...]:
    """Return what is doubtful in values of `kind`, the worst first; nothing where all stand."""
    known = view.series[kind]
    found = (
        _under_review(known),
        _doubt("withdrawn_at_source", known.withdrawn, known.withdrawn_count),
    )
    return tuple(doubt for doubt in found if doubt.listed or doubt.before > Day.min)


def warnings_about(doubted: Iterable[Doubt], day: Day) -> tuple[str, ...]:
    """Return the warnings of the value of `day`, in the order of what is `doubted`."""
    return tuple([doubt.warning for doubt in doubted if doubt.concerns(day)])


def recorded_warnings(view: View, kind: SeriesKind, first: Day, last: Day) -> tuple[str, ...]:
    """Return what to be careful about in the values recorded from `first` to `last`."""
    return in_order(
        doubt.warning
        for doubt in doubts(view, kind)
        if any(first <= day <= last and view.recorded(kind, day) for day in doubt.listed)
        or (first < doubt.before and view.values(kind, first, min(last, doubt.before - ONE_DAY)))
    )


def gap_warnings(view: View, kind: SeriesKind, first: Day, last: Day) -> tuple[str, ...]:
    """Return what to be careful about in the gaps from `first` to `last` (protocol rule 27).

    A later value makes an absence known: one that the source has withdrawn is a weak witness.
    """
    newest = view.newest(kind)
    withdrawn = [doubt for doubt in doubts(view, kind) if doubt.warning == "withdrawn_at_source"]
    if newest is None or not warnings_about(withdrawn, newest.date):
        return ()
    since = _newest_standing(view, kind, withdrawn[0]) + ONE_DAY
    days = days_between(max(first, since), min(last, newest.date - ONE_DAY))
    missing = (day for day in days if view.recorded(kind, day) is None)
    rests_on_it = any(absence(view, kind, day) == "gap" for day in missing)
    return ("withdrawn_at_source",) if rests_on_it else ()


def doubted_closures(view: View, first: Day, last: Day) -> Sequence[Day]:
    """Return the weekdays from `first` to `last` that count as closed and may not be, ascending.

    Their FIX is under review, or may be: it may show that banks opened there after all. Then the
    day is a banking day, and what the Gazette has and what settles after it are another FIX.
    """
    doubt = _under_review(view.series["fix"])
    reviewed = [day for day in doubt.listed if first <= day <= last]
    unlisted = _unlisted(view, doubt.before, first, last)
    if not reviewed and not unlisted:
        return ()
    opened = frozenset(view.banking_days_between(first, last))
    doubted = {day for day in (*reviewed, *unlisted) if not is_weekend(day)}
    return sorted(doubted - opened)


def _under_review(known: SeriesStatus) -> Doubt:
    return _doubt("value_under_review", known.under_review, known.under_review_count)


def _doubt(warning: str, listed: Collection[Day], count: int) -> Doubt:
    return Doubt(warning, frozenset(listed), oldest_told(listed, count))


def _newest_standing(view: View, kind: SeriesKind, withdrawn: Doubt) -> Day:
    """Return the newest day with a value that is not withdrawn, or the oldest listed before it."""
    found = view.newest(kind)
    while found is not None and found.date in withdrawn.listed:
        found = view.newest(kind, found.date - ONE_DAY)
    return min(withdrawn.listed) if found is None else found.date


def _unlisted(view: View, before: Day, first: Day, last: Day) -> Sequence[Day]:
    """Return the days of the span that may be under review though the status does not list them."""
    if before <= first:
        return ()
    return [*days_between(max(first, FIRST_FIX_DAY), min(last, before - ONE_DAY, view.today))]
