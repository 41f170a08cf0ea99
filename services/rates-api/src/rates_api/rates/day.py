"""`GET /api/v1/rates/{date}`, its revisions, and the batch of `GET /api/v1/rates?dates=`."""

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import date as Day
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET

from rates_api.http.problems import Refused
from rates_api.rates import csv
from rates_api.rates.query_parameters import (
    AS_OF,
    DATE,
    DATES,
    FORMAT,
    KIND,
    ONE_VALUE_FORMAT,
    RATES_DATE,
    ROLL,
    RateQuery,
    csv_fields,
)
from rates_api.resolution import spans
from rates_api.resolution.doubts import gap_warnings, recorded_warnings
from rates_api.resolution.gazette import rests_on, unknown_days
from rates_api.resolution.knowledge import knowledge_members, warnings_member
from rates_api.resolution.resolution import Roll, rate_members, resolve
from rates_api.resolution.view import View, as_of_member, envelope
from rates_contracts.answers import Batch, BatchResult, DayRate, RevisionRow, Revisions
from rates_contracts.observation import KIND_OF, SERIES_OF, Kind, Observation

LONG_DATES = 100
"""More dates are answered in a thread."""


@dataclasses.dataclass(frozen=True)
class DayQuery(RateQuery):
    """What `{date}` can be asked."""

    date: Annotated[Day, RATES_DATE]
    kind: Annotated[Kind, KIND] = "fix"
    roll: Annotated[Roll, ROLL] = "previous"
    as_of: Annotated[datetime | None, AS_OF] = None
    format: Annotated[str, ONE_VALUE_FORMAT] = "json"
    fields: Annotated[tuple[str, ...] | None, csv_fields(*csv.DAY_COLUMNS)] = None


@dataclasses.dataclass(frozen=True)
class RevisionsQuery(RateQuery):
    """What `{date}/revisions` can be asked."""

    date: Annotated[Day, DATE]
    kind: Annotated[Kind, KIND] = "fix"
    as_of: Annotated[datetime | None, AS_OF] = None
    format: Annotated[str, FORMAT] = "json"
    fields: Annotated[tuple[str, ...] | None, csv_fields(*csv.REVISIONS_COLUMNS)] = None


@dataclasses.dataclass(frozen=True)
class BatchQuery(RateQuery):
    """What `?dates=` can be asked."""

    dates: Annotated[tuple[Day, ...], DATES]
    kind: Annotated[Kind, KIND] = "fix"
    roll: Annotated[Roll, ROLL] = "previous"
    as_of: Annotated[datetime | None, AS_OF] = None
    format: Annotated[str, FORMAT] = "json"
    fields: Annotated[tuple[str, ...] | None, csv_fields(*csv.BATCH_COLUMNS)] = None


def is_long(query: BatchQuery, _: Day) -> bool:
    """Tell whether so many days are asked for that other requests should not wait for them."""
    return len(query.dates) > LONG_DATES


def answer(query: DayQuery, view: View) -> DayRate:
    """Answer with the rate of one day. Raises `Refused`."""
    found = resolve(view, query.kind, query.date, query.roll)
    return DayRate(
        kind=query.kind,
        requested=found.requested,
        resolved=found.resolved,
        reason=found.reason,
        **rate_members(view, found),
        **as_of_member(view),
        **warnings_member(found.warnings),
    )


def text(answer: DayRate) -> str:
    """Return the bare rate."""
    return str(answer.rate)


def revisions(query: RevisionsQuery, view: View) -> Revisions:
    """Answer with all that was ever recorded for a day; no rows if it never had a value.

    Not known if it may have a value that is not recorded. The newest row has the day's warnings.
    Raises `Refused` as CSV can't say that it is not known.
    """
    resting = rests_on(view, query.kind, query.date, query.date)
    codes = unknown_days(view, query.kind, query.date, query.date)
    csv.require_known(query, codes)
    rows = tuple(_revision_rows(query, view))
    warned = _newest_warnings(query, view)
    if rows:
        rows = (*rows[:-1], msgspec.structs.replace(rows[-1], warnings=warned or UNSET))
    return Revisions(
        **envelope(view, query.kind),
        **knowledge_members(codes, (*warned, *gap_warnings(view, *resting))),
        date=query.date,
        count=len(rows),
        observations=rows,
    )


def _revision_rows(query: RevisionsQuery, view: View) -> Iterator[RevisionRow]:
    for row in _recorded(query, view):
        yield RevisionRow(
            query.date,
            row.value,
            row.revision,
            row.recorded_at,
            row.payload_sha256,
            derived=query.kind == "dof" or row.series != SERIES_OF[query.kind],
        )


def _newest_warnings(query: RevisionsQuery, view: View) -> tuple[str, ...]:
    """Return what to be careful about in the newest row, which may be the FIX of another day."""
    recorded = _recorded(query, view)
    if not recorded:
        return ()
    newest = recorded[-1]
    return recorded_warnings(view, KIND_OF[newest.series], newest.date, newest.date)


def _recorded(query: RevisionsQuery, view: View) -> Sequence[Observation]:
    """Return what was recorded for the day; of a rate that is derived, for its FIX."""
    kind = query.kind
    stored = () if kind == "dof" else view.history(kind).revisions(query.date)
    if stored or kind == "fix":
        return stored
    listed = spans.values(view, kind, query.date, query.date)
    return view.history("fix").revisions(listed[0][1].date) if listed else ()


def batch(query: BatchQuery, view: View) -> Batch:
    """Answer each day by itself, a problem where it has no rate."""
    results = tuple(_result(query, view, day) for day in query.dates)
    problems = [result.problem for result in results if result.problem]
    warned = {code for result in results for code in result.warnings or ()}
    warned.update(code for problem in problems for code in problem.warnings or ())
    return Batch(
        **envelope(view, query.kind),
        **knowledge_members((problem.code for problem in problems), warned),
        roll=query.roll,
        count=len(results),
        results=results,
    )


def _result(query: BatchQuery, view: View, day: Day) -> BatchResult:
    try:
        found = resolve(view, query.kind, day, query.roll)
    except Refused as refused:
        return BatchResult(requested=day, problem=refused.document(f"/api/v1/rates/{day}"))
    return BatchResult(
        requested=found.requested,
        resolved=found.resolved,
        reason=found.reason,
        **rate_members(view, found),
        **warnings_member(found.warnings),
    )
