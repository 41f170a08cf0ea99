"""`GET /api/v1/rates/historical`: the recorded observations of a span, in one of three forms."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import date as Day
from datetime import datetime, timedelta
from typing import Annotated, Any

from rates_api.rates.query_parameters import (
    AS_OF,
    FORMAT,
    KIND,
    MAX_DAYS,
    RateQuery,
    day,
    in_order,
    integer,
    one_form_of,
)
from rates_api.rates.view import View, envelope
from rates_contracts.answers import History, ParameterError, Row
from rates_contracts.observation import Kind, Observation

DEFAULT_DAYS = 10

DAYS = integer(
    "days", "The calendar days ending today, both ends included (default 10).", 1, MAX_DAYS
)
LAST = integer("last", "The last observations up to today, whatever days they are of.", 1, MAX_DAYS)
FROM = day("from", "First day of a span; with `to`, or up to today.", unbounded=True)
TO = day("to", "Last day of a span that `from` begins.", unbounded=True)


def begun(_: Mapping[str, Any], given: Set[str]) -> Iterator[ParameterError]:
    """Refuse a span without a beginning."""
    if "to" in given and "from" not in given:
        yield ParameterError("from", "is missing beside `to`", FROM.allowed)


@dataclasses.dataclass(frozen=True)
class HistoricalQuery(RateQuery):
    """What `historical` can be asked."""

    last: Annotated[int | None, LAST] = None
    days: Annotated[int | None, DAYS] = None
    from_: Annotated[Day | None, FROM] = None
    to: Annotated[Day | None, TO] = None
    kind: Annotated[Kind, KIND] = "fix"
    as_of: Annotated[datetime | None, AS_OF] = None
    format: Annotated[str, FORMAT] = "json"

    rules = (one_form_of(("days",), ("from", "to"), ("last",)), begun, in_order)


def answer(query: HistoricalQuery, view: View) -> History:
    """Answer with the newest revision of each recorded day of the span."""
    first, last, observations = _span(query, view)
    return History(
        **envelope(view, query.kind),
        from_=first,
        to=last,
        count=len(observations),
        observations=tuple(
            Row(observation.date, observation.value, observation.revision, observation.recorded_at)
            for observation in observations
        ),
    )


def _span(
    query: HistoricalQuery, view: View
) -> tuple[Day | None, Day | None, Sequence[Observation]]:
    history = view.history(query.kind)
    if query.last is not None:
        found = history.last(query.last, view.today)
        return (found[0].date, found[-1].date, found) if found else (None, None, ())
    first, last = _bounds(query, view.today)
    return first, last, history.between(first, last)


def _bounds(query: HistoricalQuery, today: Day) -> tuple[Day, Day]:
    if query.from_ is not None:
        return query.from_, query.to or max(today, query.from_)
    return today - timedelta(days=(query.days or DEFAULT_DAYS) - 1), today
