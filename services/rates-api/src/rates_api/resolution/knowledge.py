"""What is known of a day without a value: that it has none, when it is due, or nothing yet.

Recorded values are always answered; only absence can be unknown (protocol rule 25). A day and every
list that touches it ask here, so that they can't disagree. Pure.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import date as Day
from itertools import pairwise
from typing import Any, Literal

from msgspec import UNSET

from rates_api.resolution.view import View
from rates_api.snapshot.history import SeriesHistory
from rates_contracts.calendar import DUE_FROM, MAX_DAYS_APART, ONE_DAY, is_weekend, mexico_instant
from rates_contracts.observation import (
    FIRST_FIX_DAY,
    FIRST_SETTLEMENT_DAY,
    Observation,
    SeriesKind,
)
from rates_contracts.status import SeriesStatus, oldest_told
from rates_contracts.warnings import in_order

Absence = Literal[
    "before-first-observation",
    "not-yet-known",
    "under-review",
    "history-loading",
    "no-fix-on-closed-day",
    "no-publication-on-closed-day",
    "not-yet-published",
    "gap",
    "not-verified",
    "not-known-then",
]
"""The code of the problem that a day without a value is answered with."""

MAX_REST = MAX_DAYS_APART * ONE_DAY
"""Banks never close for longer: what seems to be closed for so long is missing."""

WARNING_OF: dict[str, str | None] = {
    "history-loading": "history_loading",
    "not-verified": "unverified",
    "under-review": "value_under_review",
    "not-known-then": None,
}
"""The codes that say that a day is unknown, and the warning of a list that touches such a day."""


def series_status(view: View, kind: SeriesKind) -> SeriesStatus:
    """Return what is known of the series of `kind`; with `as_of` nothing but its history."""
    return view.series[kind]


def is_due(view: View, day: Day) -> bool:
    """Tell whether the FIX of `day` should be out: from 12:00 of a banking day.

    That noon is a transition of answers: what was said before it holds until then. A FIX makes its
    day a banking day, also where the calendar closes it: what rests on that FIX is due as well.
    """
    return view.banking_days.is_banking_day(day) and view.at >= mexico_instant(day, DUE_FROM)


def absence(view: View, kind: SeriesKind, day: Day) -> Absence | None:
    """Return the problem of `day`, which has no value (protocol rules 25, 28 and 29).

    None where a settlement is derived from the FIX.
    """
    match kind:
        case "fix":
            return absent_fix(view, day)
        case "settlement":
            return _absent_settlement(view, day)


def absent_fix(view: View, day: Day) -> Absence:
    """Return the problem of `day`, which has no FIX."""
    known = series_status(view, "fix")
    if day < FIRST_FIX_DAY:
        return "before-first-observation"
    if day > view.today:
        return "not-yet-known"
    if day in known.under_review and not is_weekend(day):
        return "under-review"
    if _before(day, known.complete_from):
        return "history-loading"
    return _absent_by_calendar(view, day)


def fix_by_rule(view: View, settlement: Day) -> Observation | None:
    """Return the FIX that applies on the day `settlement` by the rule, None if not recorded."""
    determined = view.banking_days.determination_for(settlement)
    return None if determined is None else view.recorded("fix", determined)


def is_known(view: View, kind: SeriesKind, first: Day, last: Day) -> bool:
    """Tell whether each day from `first` to `last` has a value or is known to have none (yet)."""
    return not unknown(view, kind, first, last)


def unknown_warnings(view: View, kind: SeriesKind, first: Day, last: Day) -> tuple[str, ...]:
    """Return the warnings of the unknown days from `first` to `last`; with `as_of` always none."""
    return in_order(warnings_of(unknown(view, kind, first, last)))


def unknown(view: View, kind: SeriesKind, first: Day, last: Day) -> frozenset[Absence]:
    """Return the codes of the days from `first` to `last` that are unknown, none if all is known.

    Looks only at days that may be unknown, so that thirty years take no longer than a week.
    """
    suspects = _suspects(view, kind, max(first, FIRST_FIX_DAY), last)
    codes = {absence(view, kind, day) for day in suspects}
    return frozenset(code for code in codes if code in WARNING_OF)


def warnings_member(warnings: Iterable[str]) -> dict[str, Any]:
    """Return the member `warnings` of an answer, absent where there is none."""
    return {"warnings": in_order(warnings) or UNSET}


def knowledge_members(codes: Iterable[str], warnings: Iterable[str] = ()) -> dict[str, Any]:
    """Return the members of a list that say what is known of its days.

    `codes` are of its days without a value, `warnings` those of the others.
    """
    codes = frozenset(codes)
    return {
        "known": codes.isdisjoint(WARNING_OF),
        **warnings_member([*warnings_of(codes), *warnings]),
    }


def warnings_of(codes: Iterable[str]) -> Iterator[str]:
    """Yield the warnings of a list that stand for days without a value, by their codes."""
    for code in codes:
        warning = WARNING_OF.get(code)
        if warning is not None:
            yield warning


def unlisted_before(view: View, kind: SeriesKind) -> Day:
    """Return the day before which any may be under review though the status does not list it."""
    known = series_status(view, kind)
    return oldest_told(known.under_review, known.under_review_count)


def days_between(first: Day, last: Day) -> Iterator[Day]:
    """Return the days from `first` to `last`, both included."""
    return map(Day.fromordinal, range(first.toordinal(), last.toordinal() + 1))


def _absent_by_calendar(view: View, day: Day) -> Absence:
    if _may_be_determined(view, day) and _may_be_under_review(view, "fix", day):
        return "under-review"
    if _is_past_calendar(view, day):
        return _absent_past_calendar(view, day)
    if not view.banking_days.is_banking_day(day):
        return "no-fix-on-closed-day"
    if not is_due(view, day):
        return "not-yet-published"
    if _has_later(view, "fix", day):
        return "gap"
    return _unanswered(view, series_status(view, "fix")) or "not-yet-published"


def _is_past_calendar(view: View, day: Day) -> bool:
    """Tell whether nobody knows if banks open on `day`, a weekday after the calendar's last day."""
    return day > view.calendar.last and not is_weekend(day)


def _absent_past_calendar(view: View, day: Day) -> Absence:
    """Neither a gap nor a closed day is claimed of it; it may be due all the same (rule 29)."""
    if not _may_be_due(view, day) or _has_later(view, "fix", day):
        return "not-yet-known"
    return _unanswered(view, series_status(view, "fix")) or "not-yet-known"


def _may_be_due(view: View, day: Day) -> bool:
    """Tell whether the FIX of `day` should be out, if the day has one."""
    is_past_noon = view.at >= mexico_instant(day, DUE_FROM)
    return is_due(view, day) or (_is_past_calendar(view, day) and is_past_noon)


def _may_be_determined(view: View, day: Day) -> bool:
    """Tell whether `day` may have a FIX; outside of the calendar any weekday may."""
    is_known = view.calendar.covers(day)
    return view.banking_days.is_banking_day(day) if is_known else not is_weekend(day)


def _may_be_under_review(view: View, kind: SeriesKind, day: Day) -> bool:
    """Tell whether `day` may be under review though the status does not list it."""
    return day < unlisted_before(view, kind)


def _absent_settlement(view: View, day: Day) -> Absence | None:
    if day < FIRST_FIX_DAY:
        return "before-first-observation"
    determined = view.banking_days.determination_for(day)
    known = series_status(view, "settlement")
    if day - ONE_DAY > view.calendar.last:
        determined = _last_determination(view, day)
    if day in known.under_review or determined in series_status(view, "fix").under_review:
        return "under-review"
    if _before(day, known.complete_from):
        return "history-loading"
    if _is_within_stored(view, day):
        if _may_be_under_review(view, "settlement", day):
            return "under-review"
        return _absent_after_stored(view, day, determined)
    return _absent_before_stored(view, day, determined)


def _absent_before_stored(view: View, day: Day, determined: Day | None) -> Absence | None:
    """Return None where the FIX of `determined` is recorded: the rate is derived from it."""
    if _before(min(day, determined or FIRST_FIX_DAY), series_status(view, "fix").complete_from):
        return "history-loading"
    if determined is None:
        return "before-first-observation"
    if fix_by_rule(view, day) is not None:
        return None
    if _may_be_under_review(view, "fix", determined):
        return "under-review"
    return _absent_after_stored(view, day, determined)


def _absent_after_stored(view: View, day: Day, determined: Day | None) -> Absence:
    ahead = day > view.today
    if determined is None or not _may_be_due(view, determined) or (ahead and view.is_as_of):
        return "not-yet-known"
    if _has_later(view, "settlement", day):
        return "gap"
    unanswered = _unanswered(view, series_status(view, "settlement"))
    return unanswered or ("not-yet-known" if ahead else "gap")


def _last_determination(view: View, settlement: Day) -> Day:
    """Return the last day whose FIX may apply on `settlement`, which lies past the calendar.

    Two days before it, of those that may have a FIX: any earlier one is due as well.
    """
    day = settlement
    for _ in range(2):
        day -= ONE_DAY
        while not _may_be_determined(view, day):
            day -= ONE_DAY
    return day


def _unanswered(view: View, known: SeriesStatus) -> Absence | None:
    """Return why an absence with no later value is unknown, None while the series is fresh."""
    if view.is_as_of:
        return "not-known-then"
    if known.fresh_until is None or view.at > known.fresh_until:
        return "not-verified"
    return None


def _before(day: Day, complete_from: Day | None) -> bool:
    return complete_from is None or day < complete_from


def _is_within_stored(view: View, day: Day) -> bool:
    """Tell whether the stored settlements begin by `day`: from there on none is derived.

    Where none is stored yet they begin where the source's do.
    """
    return (view.settlement.first_day or FIRST_SETTLEMENT_DAY) <= day


def _has_later(view: View, kind: SeriesKind, day: Day) -> bool:
    """Tell whether a later value makes the absence of `day` known.

    With `as_of` only where the rows of then leave no hole: a silence of more than 15 days is one
    that was filled later, or never asked for (protocol rule 25).
    """
    newest = view.newest(kind)
    if newest is None or newest.date <= day:
        return False
    return not (view.is_as_of and _is_in_hole(view.history(kind), day))


def _is_in_hole(history: SeriesHistory, day: Day) -> bool:
    earlier = history.at_or_before(day)
    return earlier is not None and not history.between(earlier.date + ONE_DAY, _reach(earlier.date))


def _holes(history: SeriesHistory, first: Day, last: Day) -> Iterator[Day]:
    """Yield the first days of the span in each hole of the rows, and those after its last row."""
    earlier = history.at_or_before(first)
    days = [] if earlier is None else [earlier.date]
    days += [row.date for row in history.between(first + ONE_DAY, last)]
    for day, following in pairwise([*days, Day.max]):
        if following > _reach(day):
            start = max(first, day)
            yield from days_between(start, min(last, _reach(start)))


def _reach(day: Day) -> Day:
    """Return the last day on which the next row leaves no hole."""
    return day + MAX_REST


def _suspects(view: View, kind: SeriesKind, first: Day, last: Day) -> Iterator[Day]:
    """Yield, among the days without a value, at least one of each code of `WARNING_OF`."""
    for day in _possibly_unknown(view, kind, first, last):
        if first <= day <= last and view.recorded(kind, day) is None:
            yield day


def _possibly_unknown(view: View, kind: SeriesKind, first: Day, last: Day) -> Iterator[Day]:
    known, history = series_status(view, kind), view.history(kind)
    yield from known.under_review
    yield from _first_missing(history, first, last)
    if view.is_as_of:
        yield from _holes(history, first, last)
    since = first if known.complete_from is None else max(first, known.complete_from)
    if kind == "settlement":
        for reviewed in series_status(view, "fix").under_review:
            yield from _settled_by(view, reviewed)
    yield from _possibly_under_review(view, kind, since, last)
    newest = view.newest(kind)
    yield from days_between(
        since if newest is None else max(since, newest.date + ONE_DAY),
        min(last, view.today + MAX_REST),
    )


def _possibly_under_review(view: View, kind: SeriesKind, first: Day, last: Day) -> Iterator[Day]:
    """Yield what may rest on a day under review that the status only counts.

    Up to the first that does: there may be thousands.
    """
    if kind == "settlement" and _may_be_under_review(view, kind, first):
        stored = view.settlement.first_day or first
        yield from _first_missing(view.settlement, max(first, stored), last)
    if not _may_be_under_review(view, "fix", first):
        return
    for day in _without_fix(view, first - MAX_REST, min(last, view.today)):
        for resting in (day,) if kind == "fix" else _settled_by(view, day):
            yield resting
            is_asked = first <= resting <= last and view.recorded(kind, resting) is None
            if is_asked and absence(view, kind, resting) == "under-review":
                return


def _without_fix(view: View, first: Day, last: Day) -> Sequence[Day]:
    """Return the days from `first` to `last` that may have a FIX and have none, ascending.

    All at once: asked day by day, thirty years would keep other requests waiting.
    """
    calendar = view.calendar
    before = days_between(first, min(last, calendar.first - ONE_DAY))
    after = days_between(max(first, calendar.last + ONE_DAY), last)
    possible = {day for day in (*before, *after) if not is_weekend(day)}
    possible.update(calendar.banking_days(max(first, calendar.first), last))
    return sorted(possible - {row.date for row in view.fix.between(first, last)})


def _first_missing(history: SeriesHistory, first: Day, last: Day) -> Iterator[Day]:
    """Yield the first day of the span without a row: up to it the rows leave out no day."""
    rows = history.between(first, last)
    at = bisect_left(
        range(len(rows)), True, key=lambda index: rows[index].date != first + index * ONE_DAY
    )
    yield first + at * ONE_DAY


def _settled_by(view: View, determined: Day) -> Iterator[Day]:
    dates = view.banking_days.legal_dates(determined)
    if dates.applies_from is not None:
        yield from days_between(dates.applies_from, dates.applies_to or dates.applies_from)
