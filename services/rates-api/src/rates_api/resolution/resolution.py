"""Which observation answers for a day, or why none does.

A day, the batch, `convert` and `current` share it, so that they can't disagree. Pure; raises
`Refused` with the code of `api.md`.
"""

import dataclasses
from collections.abc import Callable, Hashable
from datetime import date as Day
from datetime import timedelta
from typing import Any, Literal

from rates_api.http.problems import Refused
from rates_api.resolution import spans
from rates_api.resolution.doubts import (
    doubted_closures,
    doubts,
    gap_warnings,
    recorded_warnings,
    warnings_about,
)
from rates_api.resolution.gazette import is_derivable, publication_day
from rates_api.resolution.knowledge import (
    MAX_REST,
    Absence,
    absence,
    absent_fix,
    fix_by_rule,
    series_status,
)
from rates_api.resolution.legal_dates import (
    MAX_KNOWN,
    dates_of_fix,
    dates_of_settlement,
    determination_of,
    is_contradicted,
    is_loading,
)
from rates_api.resolution.view import View
from rates_contracts.answers import Dates, Provenance
from rates_contracts.calendar import DUE_FROM, ONE_DAY, is_weekend, mexico_instant
from rates_contracts.observation import FIRST_FIX_DAY, Kind, Observation, SeriesKind
from rates_contracts.warnings import in_order

Roll = Literal["previous", "none"]

OVERDUE_RETRY_SECONDS = 60
"""Until a client should retry for a FIX that is overdue."""

DETAILS: dict[Absence, str] = {
    "before-first-observation": "There is no value for {day}, so early.",
    "not-yet-known": "The {kind} of {day} is not known to be determined yet.",
    "under-review": "Banco de México's value for {day} is checked before it is served.",
    "history-loading": "Whether {day} has a value is not known yet: the history is being loaded.",
    "no-fix-on-closed-day": "Banks were closed on {day}.",
    "no-publication-on-closed-day": "Banks were closed on {day}: no FIX was due in the Gazette.",
    "not-yet-published": "The FIX of {day} has not been seen yet.",
    "gap": "The {kind} of {day} is missing.",
    "not-verified": "The {kind} of {day} is due, and the source has not been heard since.",
    "not-known-then": "At that instant it was not known whether {day} has a value.",
}
"""What is said of a day without a value, by the code of its problem."""
KIND_NAMES: dict[Kind, str] = {
    "fix": "FIX",
    "settlement": "settlement rate",
    "dof": "FIX due in the Gazette",
}
STAYS_CURRENT = ("gap", "not-yet-published", "not-verified", "not-known-then")
"""The codes of a day whose FIX is missing or late, or due without a word of the source's: the one
before stays current, as the newest FIX does, and the level tells what is not verified."""
RULE_KNOWN_FROM = Day(1996, 1, 1)
"""Since then a FIX is known to apply from the day after its publication (Banco de México)."""


@dataclasses.dataclass(frozen=True)
class Resolution:
    """The observation that answers for `requested`.

    `in_force` tells whether it is the rate that applies to obligations on the day asked for, None
    where that is not known. `derived` means that the observation is the FIX that stands in by the
    rule: on a day before the stored settlement series, or on its day in the Gazette. `warnings` are
    those of this observation and its dates, worst first.
    """

    requested: Day
    resolved: Day
    observation: Observation
    dates: Dates
    in_force: bool | None
    warnings: tuple[str, ...] = ()
    derived: bool = False

    @property
    def reason(self) -> Literal["closed_day"] | None:
        """Return why another day answers."""
        return None if self.resolved == self.requested else "closed_day"


def rate_members(view: View, found: Resolution) -> dict[str, Any]:
    """Return the members that every answer with a rate has."""
    observation = found.observation
    provenance = Provenance(
        source=view.source,
        series=observation.series,
        revision=observation.revision,
        recorded_at=observation.recorded_at,
        payload_sha256=observation.payload_sha256,
    )
    return {
        "rate": observation.value,
        "derived": found.derived,
        "in_force": found.in_force,
        "dates": found.dates,
        "provenance": provenance,
    }


def resolve(view: View, kind: Kind, day: Day, roll: Roll = "previous") -> Resolution:
    """Find what answers for `day`. Raises `Refused`."""
    match kind:
        case "fix":
            return _once(view, (kind, day, roll), lambda: _fix(view, day, roll))
        case "dof":
            return _once(view, (kind, day, roll), lambda: _dof(view, day, roll))
        case "settlement":
            return _once(view, (kind, day), lambda: _settlement(view, day))


def newest(view: View, kind: Kind) -> Resolution:
    """Find the newest FIX, the last one due in the Gazette, or the settlement rate of today.

    Raises `Refused`.
    """
    match kind:
        case "fix":
            return _once(view, kind, lambda: _newest_fix(view))
        case "dof":
            return _once(view, kind, lambda: _newest_published(view))
        case "settlement":
            return resolve(view, kind, view.today)


def _once(view: View, key: Hashable, find: Callable[[], Resolution]) -> Resolution:
    """Return what `find` finds; of the present it is found once. Raises `Refused`."""
    if view.is_as_of:
        return find()
    known = view.memo.resolutions
    found: Resolution | None = known.get(key)
    if found is None:
        found = find()
        if len(known) >= MAX_KNOWN:
            known.clear()
        known[key] = found
    return found


def _newest_fix(view: View) -> Resolution:
    last = view.newest("fix", view.today)
    if last is None:
        code: Absence = "not-known-then" if view.is_as_of else "history-loading"
        raise _refused(view, "fix", view.today, code)
    return _of_fix(view, last.date, last, asked=view.today)


def _newest_published(view: View) -> Resolution:
    """Find the FIX that the Gazette had last: where none was determined none was due.

    Raises `Refused` where one was published and is checked, and past the calendar.
    """
    try:
        found = _dof(view, view.today, "previous")
    except Refused as refused:
        listed = spans.last_values(view, "dof", 1)
        if refused.code not in STAYS_CURRENT or not listed:
            raise
        published, fix, _ = listed[-1]
    else:
        return found
    found = _of_fix(view, published, fix, asked=view.today)
    return dataclasses.replace(found, resolved=published, derived=True)


def _fix(view: View, day: Day, roll: Roll) -> Resolution:
    resolved = day
    while (observation := _recorded_fix(view, resolved)) is None:
        code = absent_fix(view, resolved)
        if code != "no-fix-on-closed-day" or roll == "none":
            raise _refused(view, "fix", resolved, code, _weekend_warnings(view, day))
        resolved -= ONE_DAY
        if day - resolved > MAX_REST:
            raise _refused(view, "fix", day, "gap")
    return _of_fix(view, day, observation)


def _weekend_warnings(view: View, day: Day) -> tuple[str, ...]:
    """Return the warnings of a FIX of a weekend, which leaves its day closed (rule 28)."""
    reviewed = [doubt for doubt in doubts(view, "fix") if doubt.warning == "value_under_review"]
    return warnings_about(reviewed, day) if is_weekend(day) else ()


def _recorded_fix(view: View, day: Day) -> Observation | None:
    """Return the value of `day`; what is recorded ahead of today is not known to be right."""
    return view.recorded("fix", day) if day <= view.today else None


def _dof(view: View, day: Day, roll: Roll) -> Resolution:
    """Find the FIX that is due in the Gazette on `day`, which rolls back from a closed one."""
    published = _published_by(view, day, roll)
    determined = view.banking_days.previous(published)
    if determined is None:
        raise _refused(view, "dof", day, "before-first-observation")
    if doubted_closures(view, determined + ONE_DAY, day):
        raise _refused(view, "dof", day, "under-review")
    observation = _recorded_fix(view, determined)
    if observation is None:
        raise _refused(view, "fix", determined, absent_fix(view, determined))
    found = _of_fix(view, day, observation)
    return dataclasses.replace(found, resolved=published, derived=True)


def _published_by(view: View, day: Day, roll: Roll) -> Day:
    """Return the publication day that answers for `day`. Raises `Refused`."""
    if day < FIRST_FIX_DAY:
        raise _refused(view, "dof", day, "before-first-observation")
    if day > view.calendar.last:
        raise _refused(view, "dof", day, "not-yet-known")
    published = publication_day(view, day)
    if not is_derivable(view, published or day):
        raise _refused(view, "dof", day, "history-loading")
    if published is None:
        raise _refused(view, "dof", day, "gap")
    if published != day and roll == "none":
        raise _refused(view, "dof", day, _closed_gazette(view, day))
    return published


def _closed_gazette(view: View, day: Day) -> Absence:
    """Return the problem of `day`, on which the Gazette had nothing if banks were closed."""
    return "under-review" if doubted_closures(view, day, day) else "no-publication-on-closed-day"


def _of_fix(
    view: View, requested: Day, observation: Observation, asked: Day | None = None
) -> Resolution:
    """Return what the FIX `observation` answers; `asked` is the day that it may be in force on."""
    day = observation.date
    dates = dates_of_fix(view, day)
    warnings = (
        *recorded_warnings(view, "fix", day, day),
        *_weekend_warnings(view, requested),
        *_dates_warnings(view, dates),
    )
    in_force = _is_in_force(view, asked or requested, day)
    return Resolution(requested, day, observation, dates, in_force, in_order(warnings))


def _is_in_force(view: View, day: Day, determined: Day) -> bool | None:
    """Tell whether the FIX of `determined` is the rate that applies on `day`, None if not known."""
    if day < RULE_KNOWN_FROM:
        return None
    if view.recorded("settlement", day) is None and absence(view, "settlement", day) is not None:
        return None
    applies = determination_of(view, day)
    return None if applies is None else applies == determined


def _settlement(view: View, day: Day) -> Resolution:
    stored = view.recorded("settlement", day)
    if stored is None:
        return _derived(view, day)
    dates = dates_of_settlement(view, day)
    warnings = [*recorded_warnings(view, "settlement", day, day), *_dates_warnings(view, dates)]
    if dates.determined is None and is_loading(view, day):
        warnings.append("history_loading")
    return Resolution(day, day, stored, dates, True, in_order(warnings))


def _derived(view: View, day: Day) -> Resolution:
    """Find the FIX that applies on a day before the stored settlements. Raises `Refused`."""
    code = absence(view, "settlement", day)
    fix = None if code is not None else fix_by_rule(view, day)
    if fix is None:
        raise _refused(view, "settlement", day, code or "gap")
    warnings = recorded_warnings(view, "fix", fix.date, fix.date)
    dates = dates_of_settlement(view, day)
    in_force = True if day >= RULE_KNOWN_FROM else None
    return Resolution(day, day, fix, dates, in_force, warnings, derived=True)


def _dates_warnings(view: View, dates: Dates) -> tuple[str, ...]:
    return ("dates_unconfirmed",) if is_contradicted(view, dates) else ()


def _refused(
    view: View, kind: Kind, day: Day, code: Absence, warnings: tuple[str, ...] = ()
) -> Refused:
    """Return the problem of `day`; `warnings` are of what else it rests on than `day` itself."""
    refused = _problem(view, kind, day, code)
    if kind != "dof":
        warnings = (*warnings, *gap_warnings(view, kind, day, day))
    refused.warnings = in_order(warnings)
    return refused


def _problem(view: View, kind: Kind, day: Day, code: Absence) -> Refused:
    detail = DETAILS[code].format(day=day, kind=KIND_NAMES[kind])
    match code:
        case "not-yet-published":
            return _not_yet_published(view, day, detail)
        case "history-loading":
            return _history_loading(view, kind, detail)
        case "not-yet-known" if day == view.today + ONE_DAY:
            # Elsewhere that day may have begun; said by days alone, alike all day long.
            is_ = "was" if view.is_as_of else "is"
            return Refused(code, f"{detail} In Mexico City it {is_} still {view.today}.")
    return Refused(code, detail)


def _not_yet_published(view: View, day: Day, detail: str) -> Refused:
    expected_at = mexico_instant(day, DUE_FROM)
    left = (expected_at - view.at) // timedelta(seconds=1)
    return Refused(
        "not-yet-published",
        detail,
        # What was known at a past instant never changes: no use in retrying.
        retry_after=None if view.is_as_of else max(OVERDUE_RETRY_SECONDS, left),
        expected_at=expected_at,
    )


def _history_loading(view: View, kind: Kind, detail: str) -> Refused:
    """Say since when each day is known, if any is; a settlement rests on both series."""
    kinds: tuple[SeriesKind, ...] = ("fix", "settlement") if kind == "settlement" else ("fix",)
    days = [series_status(view, kind).complete_from for kind in kinds]
    known = [day for day in days if day is not None]
    if len(known) < len(days):
        return Refused("history-loading", detail)
    return Refused("history-loading", detail, known_from=max(known))
