"""`GET /api/v1/rates/{date}`, its revisions, and the batch of `GET /api/v1/rates?dates=`."""

import dataclasses
from datetime import date as Day
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET

from rates_api.http.problems import Refused
from rates_api.rates import csv
from rates_api.rates.doubts import gap_warnings, recorded_warnings
from rates_api.rates.knowledge import knowledge_members, unknown, warnings_member
from rates_api.rates.query_parameters import (
    AS_OF,
    DATE,
    DATES,
    FORMAT,
    KIND,
    ONE_VALUE_FORMAT,
    ROLL,
    RateQuery,
    csv_fields,
)
from rates_api.rates.resolution import Roll, rate_members, resolve
from rates_api.rates.view import View, as_of_member, envelope
from rates_contracts.answers import Batch, BatchResult, DayRate, RevisionRow, Revisions
from rates_contracts.observation import Kind, Observation


@dataclasses.dataclass(frozen=True)
class DayQuery(RateQuery):
    """What `{date}` can be asked."""

    date: Annotated[Day, DATE]
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
    day = query.date
    codes = unknown(view, query.kind, day, day)
    csv.require_known(query, codes)
    warned = recorded_warnings(view, query.kind, day, day)
    rows = tuple(map(_revision_row, view.history(query.kind).revisions(day)))
    if rows:
        rows = (*rows[:-1], msgspec.structs.replace(rows[-1], warnings=warned or UNSET))
    return Revisions(
        **envelope(view, query.kind),
        **knowledge_members(codes, (*warned, *gap_warnings(view, query.kind, day, day))),
        date=day,
        count=len(rows),
        observations=rows,
    )


def _revision_row(row: Observation) -> RevisionRow:
    return RevisionRow(row.date, row.value, row.revision, row.recorded_at, row.payload_sha256)


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
