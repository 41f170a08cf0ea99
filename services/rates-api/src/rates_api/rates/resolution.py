"""Which observation answers for a day, or why none does.

One answer for a day, its batch, `convert` and `current`, so that they can't disagree. Pure; raises
`Refused` with the code of `api.md`.
"""

import dataclasses
from datetime import date as Day
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

from rates_api.http.problems import Refused
from rates_api.rates.view import View
from rates_contracts.answers import Dates, Provenance
from rates_contracts.calendar import DUE_FROM, ONE_DAY, mexico_instant
from rates_contracts.observation import FIRST_FIX_DAY, Kind, Observation

Roll = Literal["previous", "none"]

OVERDUE_RETRY_SECONDS = 60
"""Until a client should ask again for a FIX that is overdue."""


@dataclasses.dataclass(frozen=True)
class Resolution:
    """The observation that answers for `requested`.

    `derived` says that the observation is the FIX which the rule puts on a day before the stored
    settlement series.
    """

    requested: Day
    resolved: Day
    observation: Observation
    dates: Dates
    derived: bool = False

    @property
    def reason(self) -> Literal["closed_day"] | None:
        """Return why another day answers."""
        return None if self.resolved == self.requested else "closed_day"


def rate_members(view: View, found: Resolution) -> dict[str, Any]:
    """Return what every answer says of the observation that was found."""
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
        "dates": found.dates,
        "provenance": provenance,
    }


def resolve(view: View, kind: Kind, day: Day, roll: Roll = "previous") -> Resolution:
    """Find what answers for `day`. Raises `Refused`."""
    if day < FIRST_FIX_DAY:
        raise _before_first(day)
    return _fix(view, day, roll) if kind == "fix" else _settlement(view, day)


def newest(view: View, kind: Kind) -> Resolution:
    """Find the newest FIX, or the settlement rate that applies today. Raises `Refused`."""
    if kind == "settlement":
        return resolve(view, kind, view.today)
    last = view.fix.at_or_before(view.today)
    if last is None:
        raise Refused("gap", "No FIX is recorded at all.")
    return _of_fix(view, last.date, last)


def dates_of(view: View, determined: Day, rate: Decimal) -> Dates:
    """Return the legal dates of the FIX of `determined`, which is `rate`."""
    dates = view.banking_days.legal_dates(determined)
    applies_from = dates.applies_from
    settled = None if applies_from is None else view.settlement.on(applies_from)
    return Dates(
        determined=determined,
        dof_published=dates.dof_published,
        applies_from=applies_from,
        applies_to=dates.applies_to,
        confirmed=settled is not None and settled.value == rate,
    )


def _fix(view: View, day: Day, roll: Roll) -> Resolution:
    if day > view.today:
        raise Refused("not-yet-known", f"The FIX of {day} lies in the future.")
    resolved = _banking_day_at_or_before(view, day)
    if resolved != day and roll == "none":
        raise Refused("no-fix-on-closed-day", f"Banks were closed on {day}.")
    observation = view.fix.on(resolved)
    if observation is not None:
        return _of_fix(view, day, observation)
    if resolved == view.today:
        raise _not_yet_published(view, day)
    raise Refused("gap", f"The FIX of {resolved}, a banking day, is missing.")


def _banking_day_at_or_before(view: View, day: Day) -> Day:
    """Roll back only over days on which there is no FIX, observed or due."""
    is_banking_day = view.banking_days.is_banking_day
    while day > FIRST_FIX_DAY and view.fix.on(day) is None and not is_banking_day(day):
        day -= ONE_DAY
    return day


def _of_fix(view: View, requested: Day, observation: Observation) -> Resolution:
    dates = dates_of(view, observation.date, observation.value)
    return Resolution(requested, observation.date, observation, dates)


def _settlement(view: View, day: Day) -> Resolution:
    stored = view.settlement.on(day)
    determined = view.banking_days.determination_for(day)
    if determined is None:
        raise _before_first(day)
    if stored is not None:
        return Resolution(day, day, stored, dates_of(view, determined, stored.value))
    fix = view.fix.on(determined) if _before_stored(view, day) else None
    if fix is not None:
        return Resolution(day, day, fix, dates_of(view, determined, fix.value), derived=True)
    if day > view.today:
        raise Refused("not-yet-known", f"The settlement rate of {day} is not determined yet.")
    raise Refused("gap", f"The settlement rate of {day} is missing.")


def _before_stored(view: View, day: Day) -> bool:
    first = view.settlement.first_day
    return first is None or day < first


def _before_first(day: Day) -> Refused:
    return Refused("before-first-observation", f"There is no value for {day}, so early.")


def _not_yet_published(view: View, day: Day) -> Refused:
    expected_at = mexico_instant(day, DUE_FROM)
    left = (expected_at - view.at) // timedelta(seconds=1)
    return Refused(
        "not-yet-published",
        f"The FIX of {day} has not been seen yet.",
        # What was known at an instant of the past stays the same, however often it is asked.
        retry_after=None if view.assessment is None else max(OVERDUE_RETRY_SECONDS, left),
        expected_at=expected_at,
    )
