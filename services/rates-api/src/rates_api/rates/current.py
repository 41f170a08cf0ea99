"""`GET /api/v1/rates/current`: the newest FIX, or what applies or was published today."""

import dataclasses
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from rates_api.http.problems import Refused
from rates_api.rates import csv
from rates_api.rates.change import change_members
from rates_api.rates.query_parameters import (
    AS_OF,
    KIND,
    ONE_VALUE_FORMAT,
    RateQuery,
    csv_fields,
)
from rates_api.resolution import spans
from rates_api.resolution.knowledge import warnings_member
from rates_api.resolution.resolution import Resolution, newest, rate_members
from rates_api.resolution.view import View, as_of_member
from rates_api.snapshot.level import Assessment
from rates_contracts.answers import CurrentRate, DatedRate, Freshness
from rates_contracts.observation import Kind
from rates_contracts.warnings import in_order

NO_CURRENT_RATE_RETRY_SECONDS = 60
HISTORICAL = "/api/v1/rates/historical?last=10"


@dataclasses.dataclass(frozen=True)
class CurrentQuery(RateQuery):
    """What `current` can be asked."""

    kind: Annotated[Kind, KIND] = "fix"
    as_of: Annotated[datetime | None, AS_OF] = None
    format: Annotated[str, ONE_VALUE_FORMAT] = "json"
    fields: Annotated[tuple[str, ...] | None, csv_fields(*csv.CURRENT_COLUMNS)] = None


def answer(query: CurrentQuery, view: View) -> CurrentRate:
    """Answer with the current rate. Raises `Refused` where none may pass as current."""
    found = passing_as_current(view, query.kind)
    return CurrentRate(
        kind=query.kind,
        date=found.resolved,
        **rate_members(view, found),
        **_change(view, query.kind, found.observation.value),
        **quality(view, found.warnings),
    )


def text(answer: CurrentRate) -> str:
    """Return the bare rate."""
    return str(answer.rate)


def _change(view: View, kind: Kind, rate: Decimal) -> dict[str, Any]:
    """Return the value of `kind` before the current one, and how far `rate` is from it."""
    listed = spans.last_values(view, kind, 2)
    if len(listed) < 2:
        return {}
    day, before, _ = listed[0]
    return {"previous": DatedRate(day, before.value), **change_members(before.value, rate)}


def passing_as_current(view: View, kind: Kind) -> Resolution:
    """Return the newest FIX, or the settlement rate that applies today.

    Raises `Refused` without any, and past the instant until which the last value is usable.
    """
    require_current(view)
    try:
        return newest(view, kind)
    except Refused as refused:
        if view.is_as_of:
            raise
        raise _no_current_rate() from refused


def require_current(view: View) -> None:
    """Raise `Refused` past the instant until which a last value is usable, not with `as_of`."""
    if view.assessment is not None and view.assessment.level in ("limited", "critical"):
        raise _no_current_rate()


def quality(view: View, warnings: Iterable[str] = ()) -> dict[str, Any]:
    """Return the freshness members, or `as_of` in an answer about the past.

    `warnings` are those of the values used; about the present the level's are added.
    """
    if view.assessment is None:
        return {**as_of_member(view), **warnings_member(warnings)}
    return {
        "freshness": freshness(view.assessment),
        "level": view.assessment.level,
        "warnings": in_order((*view.assessment.warnings, *warnings)),
    }


def freshness(assessment: Assessment) -> Freshness:
    """Return how fresh what an answer rests on is, as instants."""
    return Freshness(
        state=assessment.state,
        verified_at=assessment.verified_at,
        fresh_until=assessment.fresh_until,
        usable_until=assessment.usable_until,
        next_publication_at=assessment.next_publication_at,
    )


def _no_current_rate() -> Refused:
    return Refused(
        "no-current-rate",
        "No rate can pass as current at the moment; past days are served.",
        retry_after=NO_CURRENT_RATE_RETRY_SECONDS,
        links={"historical": HISTORICAL},
    )
