"""The rate in force, the newest FIX with its legal dates, and how good both are."""

import dataclasses
from collections.abc import Iterable
from datetime import date as Day

from rates_api.http.problems import Refused
from rates_api.pages.handlers import Views
from rates_api.rates import current
from rates_api.resolution.view import View
from rates_api.snapshot.level import Assessment
from rates_contracts.answers import CurrentRate
from rates_contracts.observation import FIRST_FIX_DAY, Kind, Observation
from rates_contracts.warnings import in_order

OF_VALUES = ("value_under_review", "withdrawn_at_source", "dates_unconfirmed")
"""What is said of some values and not of others: beside each of them."""


@dataclasses.dataclass(frozen=True)
class Step:
    """One of a FIX's legal dates: what happens, from which day on, whether that has come.

    `last` is the last day of what lasts, None of what does not, or while that is not known.
    """

    name: str
    day: Day
    last: Day | None
    reached: bool
    today: bool


@dataclasses.dataclass(frozen=True)
class Standing:
    """What passes as current, and how good it is.

    `in_force` or `newest` is None where nothing may pass as that; `problem` is then the code that
    says why the rate in force is missing. `recorded` is the newest FIX whatever it passes as.
    """

    in_force: CurrentRate | None
    problem: str | None
    newest: CurrentRate | None
    steps: tuple[Step, ...]
    recorded: Observation | None
    assessment: Assessment
    warnings: tuple[str, ...]
    simulated: bool


def standing(views: Views) -> Standing:
    """Return what the record says at this moment."""
    view = views.whole
    if view.assessment is None:
        raise AssertionError("the page is about the present")
    in_force, problem = _current(views, "settlement")
    newest, _ = _current(views, "fix")
    answers = [answer for answer in (in_force, newest) if answer is not None]
    warned = [code for answer in answers for code in answer.warnings or ()]
    loading = ["history_loading"] if _is_loading(view) else []
    return Standing(
        in_force=in_force,
        problem=problem,
        newest=newest,
        steps=() if newest is None else _steps(newest, view.today),
        recorded=view.newest("fix", view.today),
        assessment=view.assessment,
        warnings=in_order([*view.assessment.warnings, *warned, *loading]),
        simulated=view.source == "simulator",
    )


def _current(views: Views, kind: Kind) -> tuple[CurrentRate | None, str | None]:
    try:
        return current.answer(current.CurrentQuery(kind=kind), views.each[kind]), None
    except Refused as refused:
        return None, refused.code


def besides_state(view: View, codes: Iterable[str]) -> tuple[str, ...]:
    """Return those of an answer's warnings that its values have, not the state of everything."""
    stated = () if view.assessment is None else view.assessment.warnings
    return tuple(code for code in codes if code in OF_VALUES or code not in stated)


def may_pass_as_current(views: Views, kind: Kind, day: Day) -> bool:
    """Tell whether what is recorded of a kind for `day` may be shown as what counts then.

    Past the instant until which a last value is usable that holds of past days alone.
    """
    try:
        current.require_current(views.each[kind])
    except Refused:
        return day < views.whole.today
    return True


def _is_loading(view: View) -> bool:
    """Tell whether days of either series have not been asked for yet."""
    since = [known.complete_from for known in view.series.values()]
    return any(day is None or day > FIRST_FIX_DAY for day in since)


def _steps(newest: CurrentRate, today: Day) -> tuple[Step, ...]:
    """Return the legal dates that are known, in their order."""
    dates = newest.dates
    listed = (
        ("determined", dates.determined, None),
        ("published", dates.dof_published, None),
        ("applies", dates.applies_from, dates.applies_to),
    )
    return tuple(
        Step(name, day, last, reached=day <= today, today=day <= today <= (last or day))
        for name, day, last in listed
        if day is not None
    )
