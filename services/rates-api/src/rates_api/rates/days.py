"""`GET /api/v1/days/{date}`: all rates of one day side by side, and which counts for what."""

import dataclasses
from collections.abc import Iterable, Iterator
from datetime import date as Day
from datetime import datetime
from typing import Annotated, Any, get_args

from msgspec import UNSET

from rates_api.http.problems import Refused
from rates_api.rates import csv
from rates_api.rates.current import quality
from rates_api.rates.query_parameters import AS_OF, DATE, FORMAT, RateQuery, csv_fields
from rates_api.resolution.knowledge import knowledge_members
from rates_api.resolution.resolution import Resolution, rate_members, resolve
from rates_api.resolution.view import View, as_of_member
from rates_contracts.answers import DaySheet, SheetRate, Use
from rates_contracts.observation import Kind
from rates_contracts.warnings import in_order

USES = (
    Use(
        "tax",
        "settlement",
        day="the day on which the tax is caused",
        unless="the dollars were bought: then the rate at which they were",
        source="CFF 20",
    ),
    Use("obligation", "settlement", day="the day of payment", source="Ley Monetaria 8"),
    Use(
        "cfdi_invoice",
        "settlement",
        day="the day of the invoice",
        unless="SAT's schema and guide for CFDI 4.0 name the FIX and no day: your policy may be "
        "`kind=fix`",
        source="CFF 20",
    ),
    Use(
        "cfdi_payment",
        "settlement",
        day="the day of the payment, not the invoice's",
        unless="SAT names the day, not the rate",
    ),
    Use(
        "exchange_difference",
        "settlement",
        day="the day on which it arises; it caps the loss that is deductible",
        source="LISR",
    ),
    Use("closing", None, unless="your accounting policy"),
    Use("contract", None, unless="what it says; where it is silent, as an obligation"),
)
"""Which kind of rate counts for what, as far as Mexican law names one."""

KINDS: tuple[Kind, ...] = get_args(Kind)

Part = Resolution | Refused


@dataclasses.dataclass(frozen=True)
class DaySheetQuery(RateQuery):
    """What `days/{date}` can be asked."""

    date: Annotated[Day, DATE]
    as_of: Annotated[datetime | None, AS_OF] = None
    format: Annotated[str, FORMAT] = "json"
    fields: Annotated[tuple[str, ...] | None, csv_fields(*csv.SHEET_COLUMNS)] = None


def answer(query: DaySheetQuery, view: View) -> DaySheet:
    """Answer with what each kind has for the day.

    Raises `Refused`, with the settlement's problem, where none has a rate.
    """
    parts = {kind: _part(view, kind, query.date) for kind in KINDS}
    problems = {kind: part for kind, part in parts.items() if isinstance(part, Refused)}
    if len(problems) == len(parts):
        raise problems["settlement"]
    rates = {kind: _rate(view, part) for kind, part in parts.items()}
    codes: dict[str, str] = {kind: refused.code for kind, refused in problems.items()}
    return DaySheet(
        date=query.date,
        weekday=query.date.isoweekday(),
        banking_day=banking_day(view, query.date),
        settlement=rates["settlement"],
        dof=rates["dof"],
        fix=rates["fix"],
        problems=codes,
        use=USES,
        **_quality(query, view, codes.values(), parts.values()),
    )


def banking_day(view: View, day: Day) -> bool | None:
    """Tell whether banks open on `day`; None outside of the calendar's years."""
    return view.banking_days.is_banking_day(day) if view.calendar.covers(day) else None


def _part(view: View, kind: Kind, day: Day) -> Part:
    try:
        return resolve(view, kind, day)
    except Refused as refused:
        return refused


def _rate(view: View, part: Part) -> SheetRate | None:
    if isinstance(part, Refused):
        return None
    return SheetRate(
        resolved=part.resolved,
        reason=part.reason,
        warnings=part.warnings or UNSET,
        **rate_members(view, part),
    )


def _quality(
    query: DaySheetQuery, view: View, codes: Iterable[str], parts: Iterable[Part]
) -> dict[str, Any]:
    """Return what is known of the day, and how fresh the rates of today are."""
    known = knowledge_members(codes, _warnings(parts))
    if view.is_as_of or query.date != view.today:
        return {**known, **as_of_member(view)}
    today = quality(view, known["warnings"] or ())
    return {**known, **today, "warnings": in_order(today["warnings"]) or UNSET}


def _warnings(parts: Iterable[Part]) -> Iterator[str]:
    for part in parts:
        yield from part.warnings
