"""`GET /api/v1/changes`: all that was recorded, as it was recorded, page by page.

Rows are ordered by `recorded_at`, kind, date and revision. Nothing is ever recorded before what was
(protocol rule 4), so that a walk by cursor loses and doubles nothing, however its pages fall.
"""

import dataclasses
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from datetime import date as Day
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import Annotated
from urllib.parse import urlencode

from rates_api.following.cursor import CURSOR, Cursor, RowKey
from rates_api.http.parameters import query_fields
from rates_api.rates import csv
from rates_api.rates.query_parameters import (
    FORMAT,
    LONG_DAYS,
    RateQuery,
    choice,
    csv_fields,
    integer,
    one_form_of,
    since_instant,
)
from rates_api.resolution.view import View
from rates_contracts.answers import Change, Changes
from rates_contracts.observation import KIND_OF, SERIES_OF, Observation, SeriesKind

PATH = "/api/v1/changes"
DEFAULT_CHANGES = 1000
MAX_CHANGES = 5000

SINCE = since_instant(
    "since",
    "Begin with what was recorded after this instant; continue by `cursor`. Without either a walk "
    "begins with the first recording.",
)
LIMIT = integer("limit", "The most changes in an answer.", 1, MAX_CHANGES)
ONE_KIND = choice("kind", "Changes of this kind alone; without it of all.", *SERIES_OF)

_place = attrgetter("recorded_at", "series", "date", "revision")
_recorded_at = attrgetter("recorded_at")


@dataclasses.dataclass(frozen=True)
class ChangesQuery(RateQuery):
    """What `changes` can be asked."""

    since: Annotated[datetime | None, SINCE] = None
    cursor: Annotated[Cursor | None, CURSOR] = None
    limit: Annotated[int, LIMIT] = DEFAULT_CHANGES
    kind: Annotated[SeriesKind | None, ONE_KIND] = None
    format: Annotated[str, FORMAT] = "json"
    fields: Annotated[tuple[str, ...] | None, csv_fields(*csv.CHANGES_COLUMNS)] = None

    rules = (one_form_of(("since",), ("cursor",)),)


@dataclasses.dataclass(frozen=True)
class _Start:
    """Where a page begins: after `cursor`, or with a `reset` at the first row."""

    cursor: Cursor
    reset: bool = False


def is_long(query: ChangesQuery, _: Day) -> bool:
    """Tell whether so many rows are asked for that other requests should not wait for them."""
    return query.limit > LONG_DAYS


def answer(query: ChangesQuery, view: View) -> Changes:
    """Answer with the changes after the cursor or the instant, ascending as they were recorded."""
    start = _start(query, view)
    kinds = tuple(SERIES_OF) if query.kind is None else (query.kind,)
    after = _after(view, start.cursor, kinds, query.limit + 1)
    page = after[: query.limit]
    following = _cursor(view, page[-1]) if page else start.cursor
    return Changes(
        source=view.source,
        count=len(page),
        changes=tuple(change(view, row) for row in page),
        next=str(following),
        more=len(after) > len(page),
        reset=start.reset,
    )


def next_link(query: ChangesQuery, answer: Changes) -> str:
    """Return the link to what follows `answer`, in the query's form (RFC 8288).

    It says `more` and `reset` as the answer does: a CSV has no envelope, and may have no row.
    """
    options = {
        name: ",".join(value) if field.parameter.is_list else value
        for name, field in query_fields(ChangesQuery).items()
        if name not in {"since", "cursor"}
        and (value := getattr(query, field.name)) != field.default
    }
    address = f"{PATH}?{urlencode({'cursor': answer.next, **options}, safe=',')}"
    more, reset = (str(flag).lower() for flag in (answer.more, answer.reset))
    return f'<{address}>; rel="next"; more="{more}"; reset="{reset}"'


def change(view: View, row: Observation) -> Change:
    """Return a recorded row as a change."""
    kind = KIND_OF[row.series]
    before = view.history(kind).revision(row.date, row.revision - 1) if row.revision > 1 else None
    replaced = None if before is None else before.value
    return Change(kind, row.date, row.value, row.revision, row.recorded_at, replaced)


def _start(query: ChangesQuery, view: View) -> _Start:
    if query.since is not None:
        return _Start(_cursor(view, _last_until(view, query.since)))
    beginning = _cursor(view, None)
    if query.cursor is None:
        return _Start(beginning)
    if _is_stale(query.cursor, view):
        return _Start(beginning, reset=True)
    return _Start(query.cursor)


def _is_stale(cursor: Cursor, view: View) -> bool:
    """Tell whether what `cursor` continues is another record, or history that was not complete.

    A row recorded after this head was given by a worker that is ahead of this one.
    """
    if cursor.timeline != view.head.timeline or (_is_complete(view) and not cursor.complete):
        return True
    is_here = cursor.row is None or _row(view, cursor.row) is not None
    return not is_here and not cursor.is_after(view.head.recorded_at)


def _is_complete(view: View) -> bool:
    """Tell whether the history of every kind was complete once (protocol rule 25)."""
    return all(status.complete_at is not None for status in view.series.values())


def _cursor(view: View, row: Observation | None) -> Cursor:
    return Cursor.after(row, view.head.timeline, complete=_is_complete(view))


def _row(view: View, key: RowKey) -> Observation | None:
    return view.history(key.kind).revision(key.date, key.revision)


def _last_until(view: View, instant: datetime) -> Observation | None:
    """Return the last row that was recorded at or before `instant`, of whatever kind."""
    journals = [view.history(kind).journal for kind in SERIES_OF]
    ends = [bisect_right(journal, instant, key=_recorded_at) for journal in journals]
    last = [journal[end - 1] for journal, end in zip(journals, ends, strict=True) if end]
    return max(last, key=_place, default=None)


def _after(
    view: View, cursor: Cursor, kinds: Sequence[SeriesKind], most: int
) -> Sequence[Observation]:
    """Return the first rows of `kinds` after `cursor`, `most` of them; none while it is ahead."""
    place = _place_of(view, cursor)
    if place is None:
        return ()
    following = []
    for kind in kinds:
        journal = view.history(kind).journal
        start = bisect_right(journal, place, key=_place)
        following.append(journal[start : start + most])
    return list(islice(merge(*following, key=_place), most))


def _place_of(view: View, cursor: Cursor) -> tuple[datetime, str, Day, int] | None:
    """Return what the rows after `cursor` are greater than, None if its row is not here yet."""
    if cursor.row is None:
        return datetime.min.replace(tzinfo=UTC), "", Day.min, 0
    row = _row(view, cursor.row)
    return None if row is None else _place(row)
