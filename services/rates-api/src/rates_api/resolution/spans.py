"""The values of a kind over a span of days, each as its own day is answered.

`settlement` lists every calendar day, those before the stored series derived from the FIX; `fix`
lists banking days and `dof` publication days, each as with `roll=none`. Pure.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date as Day
from datetime import timedelta
from itertools import pairwise
from operator import itemgetter

from msgspec import UNSET

from rates_api.resolution.doubts import Doubt, doubted_closures, doubts, warnings_about
from rates_api.resolution.knowledge import MAX_REST, series_status
from rates_api.resolution.view import View
from rates_contracts.answers import Row
from rates_contracts.calendar import LATE_FROM, MAX_DAYS_APART, ONE_DAY, mexico_instant
from rates_contracts.observation import (
    FIRST_FIX_DAY,
    FIRST_SETTLEMENT_DAY,
    RESTS_ON,
    Kind,
    Observation,
    SeriesKind,
)

Value = tuple[Day, Observation, bool]
"""A day, the observation that answers for it, and whether its value is derived from that."""

FIRST_DERIVED_DAY = Day(1991, 11, 14)
"""The first FIX, of 1991-11-12, was published on the 13th."""
SETTLES_WITHIN = timedelta(days=7)
LONG_DAYS = 1000
"""The publication days of a longer span are found with all others, once for all."""
_day = itemgetter(0)


def values(view: View, kind: Kind, first: Day, last: Day) -> Sequence[Value]:
    """Return the values of the days from `first` to `last`, ascending."""
    match kind:
        case "fix":
            return _recorded(view, "fix", first, min(last, view.today))
        case "dof":
            return _published_within(view, first, last)
        case "settlement":
            return [*_derived(view, first, last), *_recorded(view, "settlement", first, last)]


def last_values(view: View, kind: Kind, n: int) -> Sequence[Value]:
    """Return the last `n` values up to today."""
    # Five days of seven have a FIX, holidays aside: only where days are missing all are needed.
    likely = view.today - timedelta(days=n * 3 // 2 + 15)
    found = values(view, kind, likely, view.today)
    if len(found) < n:
        found = values(view, kind, FIRST_FIX_DAY, view.today)
    return found[-n:]


def rows(view: View, kind: Kind, listed: Iterable[Value]) -> Iterator[Row]:
    """Yield a row for each value; a derived one is doubted as its FIX is."""
    doubts_of = _doubts(view, kind)
    for answered, found, derived in listed:
        doubted = doubts_of[derived]
        # Nearly always nothing is doubtful, and a list may have thousands of rows.
        warnings = warnings_about(doubted, found.date) if doubted else ()
        yield Row(
            answered, found.value, found.revision, found.recorded_at, derived, warnings or UNSET
        )


def warnings(view: View, kind: Kind, listed: Iterable[Value]) -> frozenset[str]:
    """Return the warnings of the values, each as its row has them."""
    doubts_of = _doubts(view, kind)
    if not any(doubts_of.values()):
        return frozenset()
    return frozenset(
        code
        for _, found, derived in listed
        for code in warnings_about(doubts_of[derived], found.date)
    )


def _doubts(view: View, kind: Kind) -> dict[bool, tuple[Doubt, ...]]:
    """Return what is doubtful in recorded values of `kind` and in derived ones."""
    return {False: doubts(view, RESTS_ON[kind]), True: doubts(view, "fix")}


def missing_counter(view: View, kind: Kind) -> Callable[[Day, Day, Sequence[Value]], int]:
    """Return what counts the days of a span that should have a value by now and are not listed.

    Today's FIX only once it is late, as in the averages. Of days before the history is complete
    nothing is said here: `known` does.
    """
    since = series_status(view, RESTS_ON[kind]).complete_from or Day.max
    until = _expected_until(view, kind)
    match kind:
        case "settlement":
            since = max(since, _derived_since(view))
            return lambda first, last, listed: _unlisted(
                max(first, since), min(last, until), listed
            )
        case "dof":
            return lambda first, last, _: _unpublished(view, max(first, since), min(last, until))
        case "fix":
            days = _missing_days(view)
            return lambda first, last, _: _count_between(days, max(first, since), min(last, until))


def _derived_since(view: View) -> Day:
    """Return the first day whose settlement is stored or could be derived."""
    stored = view.settlement.first_day or FIRST_SETTLEMENT_DAY
    complete_from = series_status(view, "fix").complete_from
    if complete_from is None:
        return stored
    # A FIX of that day or of the next banking day applies from a day within this time on.
    return min(stored, max(FIRST_DERIVED_DAY, complete_from + SETTLES_WITHIN))


def _expected_until(view: View, kind: Kind) -> Day:
    """Return the last day that should have a value of `kind` by now."""
    is_late = view.at >= mexico_instant(view.today, LATE_FROM)
    determined = view.today if is_late else view.today - ONE_DAY
    match kind:
        case "fix":
            return determined
        case "dof":
            following = view.banking_days.next(determined)
            return view.today if following is None else following
        case "settlement":
            newest = view.settlement.last_day
            return view.today if newest is None else max(view.today, newest)


def _unlisted(first: Day, last: Day, listed: Sequence[Value]) -> int:
    """Count the calendar days from `first` to `last` that are not listed."""
    counted = bisect_right(listed, last, key=_day) - bisect_left(listed, first, key=_day)
    return max(0, last.toordinal() - first.toordinal() + 1 - counted)


def _count_between(days: Sequence[Day], first: Day, last: Day) -> int:
    return max(0, bisect_right(days, last) - bisect_left(days, first))


def _unpublished(view: View, first: Day, last: Day) -> int:
    """Count the publication days that a missing FIX leaves empty."""
    days = _missing_days(view)
    determined = days[bisect_left(days, first - MAX_REST) : bisect_right(days, last)]
    published = map(view.banking_days.next, determined)
    return sum(day is not None and first <= day <= last for day in published)


def _missing_days(view: View) -> Sequence[Day]:
    """Return the banking days without a FIX, ascending, also those to come.

    Before the calendar the FIX makes its own days.
    """
    if view.memo.missing is None:
        predicted = view.calendar.banking_days(view.calendar.first, view.calendar.last)
        fixed = {found.date for found in view.fix.between(view.calendar.first, view.calendar.last)}
        view.memo.missing = [day for day in predicted if day not in fixed]
    return view.memo.missing


def _recorded(view: View, kind: SeriesKind, first: Day, last: Day) -> list[Value]:
    return [(found.date, found, False) for found in view.values(kind, first, last)]


def _published_within(view: View, first: Day, last: Day) -> Sequence[Value]:
    """Return the publication days from `first` to `last`, each with the FIX that is due there.

    What is recorded ahead of today is not known to be right.
    """
    found = _published_of(view, first, last)
    return found[: bisect_right(found, view.today, key=_determined)]


def _published_of(view: View, first: Day, last: Day) -> Sequence[Value]:
    """Return what `_published` does; of a long span it is found once for all."""
    if (last - first).days <= LONG_DAYS:
        return _published(view, first, last)
    if view.memo.published is None:
        view.memo.published = _published(view, FIRST_FIX_DAY, view.calendar.last)
    return _between(view.memo.published, first, last)


def _determined(value: Value) -> Day:
    return value[1].date


def _between(days: Sequence[Value], first: Day, last: Day) -> Sequence[Value]:
    return days[bisect_left(days, first, key=_day) : bisect_right(days, last, key=_day)]


def _published(view: View, first: Day, last: Day) -> Sequence[Value]:
    """Return the publication days from `first` to `last` of every FIX, whatever day it is today.

    Instants of the past share it, and some of them lie on other days.
    """
    since = series_status(view, "fix").complete_from
    if since is None:
        return ()
    begins = max(since, max(first, FIRST_FIX_DAY) - MAX_REST)
    fixed = {found.date: found for found in view.values("fix", begins, last)}
    values = [
        (published, found, True)
        for determined, published in _publications(view, begins, min(last, view.calendar.last))
        if (found := fixed.get(determined)) is not None and published >= first
    ]
    doubted = doubted_closures(view, begins, last)
    return [value for value in values if not _is_doubted(value, doubted)] if doubted else values


def _is_doubted(value: Value, closures: Sequence[Day]) -> bool:
    """Tell whether one of `closures` is between the determination of a FIX and its publication."""
    published, found, _ = value
    return _count_between(closures, found.date, published) > 0


def _derived(view: View, first: Day, last: Day) -> Sequence[Value]:
    """Return the settlement days from `first` to `last` before the stored series."""
    if first >= (view.settlement.first_day or FIRST_SETTLEMENT_DAY):
        return ()
    if view.memo.derived is None:
        view.memo.derived = _all_derived(view)
    return _between(view.memo.derived, first, last)


def _all_derived(view: View) -> list[Value]:
    """Return the settlement days before the stored series, each with the FIX that applies there.

    That is derived only where both series are complete, and nothing is under review (rule 25).
    """
    settlement, fix = series_status(view, "settlement"), series_status(view, "fix")
    if settlement.complete_from is None or fix.complete_from is None:
        return []
    end = (view.settlement.first_day or FIRST_SETTLEMENT_DAY) - ONE_DAY
    # The first day past the calendar still rests on days within it.
    end = min(end, view.calendar.last + ONE_DAY)
    usable = {
        found.date: found
        for found in view.fix.between(fix.complete_from, end)
        if found.date not in fix.under_review
    }
    since = max(FIRST_FIX_DAY, settlement.complete_from)
    reviewed = frozenset(settlement.under_review)
    days = [
        (Day.fromordinal(ordinal), determining, True)
        for determined, ordinals in _determinations(view, since, end)
        if (determining := usable.get(determined)) is not None
        for ordinal in ordinals
    ]
    return [value for value in days if value[0] not in reviewed] if reviewed else days


def _determinations(view: View, first: Day, last: Day) -> Iterator[tuple[Day, range]]:
    """Yield the days whose FIX applies by the rule, each with its days from `first` to `last`.

    In a single pass, by ordinals: day by day the rule would look back from each of 10,000 days.
    """
    found = [*_publications(view, first - 2 * MAX_REST, last)]
    following = [*(published for _, published in found), last][1:]
    start = first.toordinal()
    for (determined, published), until in zip(found, following, strict=True):
        # It applies from the day after its publication, to the next publication day.
        day = published.toordinal()
        ends = min(until.toordinal(), day + MAX_DAYS_APART)
        yield determined, range(max(start, day + 1), ends + 1)


def _publications(view: View, first: Day, last: Day) -> Iterator[tuple[Day, Day]]:
    """Yield the determination days of the span, each with the publication day, also of the span.

    With more days between than banks ever close, banking days are missing there.
    """
    days = view.banking_days_between(first, last)
    return (pair for pair in pairwise(days) if pair[1] - pair[0] <= MAX_REST)
