"""«¿Qué tipo de cambio pongo?»: a day and a purpose, answered by the day's sheet."""

import dataclasses
from datetime import date as Day

from rates_api.http.parameters import Malformed
from rates_api.http.problems import Refused
from rates_api.pages.charts.lines import NEW_PESOS_BEFORE
from rates_api.pages.handlers import Views
from rates_api.pages.home.purposes import DEFAULT_PURPOSE, PURPOSES, Purpose
from rates_api.pages.home.query import HomeQuery
from rates_api.pages.home.snippets import CopyLine, snippets
from rates_api.pages.home.standing import may_pass_as_current
from rates_api.rates import days
from rates_contracts.answers import DaySheet, SheetRate
from rates_contracts.observation import Kind

KINDS: tuple[Kind, ...] = ("settlement", "dof", "fix")
"""In the order in which they are shown."""


@dataclasses.dataclass(frozen=True)
class DayRateOfKind:
    """A kind's part of the day's sheet; without a rate the problem's code."""

    kind: Kind
    rate: SheetRate | None
    problem: str | None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return what to be careful about in the rate."""
        return () if self.rate is None else self.rate.warnings or ()


@dataclasses.dataclass(frozen=True)
class Answered:
    """What the sheet of `day` says for a purpose.

    `chosen` is the part that counts, None where no law names a kind; `parts` are all three.
    """

    day: Day
    code: str
    purpose: Purpose
    chosen: DayRateOfKind | None
    parts: tuple[DayRateOfKind, ...]
    snippets: tuple[CopyLine, ...]
    warnings: tuple[str, ...]

    @property
    def is_derived(self) -> bool:
        """Tell whether the rate in force follows from the FIX by the rule, no series has it."""
        in_force = self.parts[0].rate
        return in_force is not None and in_force.derived

    @property
    def is_in_new_pesos(self) -> bool:
        """Tell whether the day's rates are in new pesos, of 1,000 pesos of then."""
        return is_in_new_pesos(self.day)


def is_in_new_pesos(day: Day) -> bool:
    """Tell whether rates of `day` are in new pesos, of 1,000 pesos of then."""
    return day < NEW_PESOS_BEFORE


def answered(query: HomeQuery, views: Views) -> Answered | None:
    """Return what the page answers; None where a field of the question is malformed."""
    if isinstance(query.date, Malformed) or isinstance(query.purpose, Malformed):
        return None
    day, code = query.date or views.whole.today, query.purpose or DEFAULT_PURPOSE
    parts, warned = _parts(day, views)
    kind = next(use.kind for use in days.USES if use.purpose == code)
    return Answered(
        day=day,
        code=code,
        purpose=PURPOSES[code][query.language],
        chosen=next((part for part in parts if part.kind == kind), None),
        parts=parts,
        snippets=snippets(query.language, day, kind),
        warnings=warned,
    )


def _parts(day: Day, views: Views) -> tuple[tuple[DayRateOfKind, ...], tuple[str, ...]]:
    """Return the day's part of each kind, and what to be careful about in them."""
    try:
        sheet = days.answer(days.DaySheetQuery(day), views.whole)
    except Refused as refused:
        return tuple(DayRateOfKind(kind, None, refused.code) for kind in KINDS), ()
    parts = (
        _part(sheet, kind)
        if may_pass_as_current(views, kind, day)
        else DayRateOfKind(kind, None, "no-current-rate")
        for kind in KINDS
    )
    return tuple(parts), sheet.warnings or ()


def _part(sheet: DaySheet, kind: Kind) -> DayRateOfKind:
    rate: SheetRate | None = getattr(sheet, kind)
    return DayRateOfKind(kind, rate, sheet.problems.get(kind))
