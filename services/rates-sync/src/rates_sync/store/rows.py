"""Reads rows as the contracts' types, on an open connection.

What a recording is compared with comes in one statement: at a distance it is the number of round
trips that decides how long the lease row stays locked (protocol rule 37).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
from sqlalchemy import (
    Date,
    Select,
    bindparam,
    exc,
    exists,
    func,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from rates_contracts.averages import Average
from rates_contracts.calendar import BankCalendar, mexico_day
from rates_contracts.events import Head
from rates_contracts.observation import Observation
from rates_contracts.status import DATA_STATUS_DAYS, DataStatusDay, SyncStatus
from rates_sync.store.coverage import (
    SELECT_COMPLETE_AT,
    SELECT_COVERAGE,
    Coverage,
    coverage_of,
)
from rates_sync.store.review import (
    SELECT_QUARANTINE,
    SELECT_WITHDRAWALS,
    Quarantined,
    Withdrawal,
    quarantine_of,
    withdrawals_of,
)
from rates_sync.store.schema import (
    averages,
    bank_calendar,
    data_status_days,
    head,
    observations,
    outbox,
    sync_status,
)

T = TypeVar("T")

_later = observations.alias("later")
_is_newest = ~exists().where(
    _later.c.series == observations.c.series,
    _later.c.date == observations.c.date,
    _later.c.revision > observations.c.revision,
)

SELECT_HEAD = select(
    head.c.timeline, head.c.position, head.c.event_id, head.c.recorded_at, head.c.unannounced_at
)
_columns = select(
    observations.c.series,
    observations.c.date,
    observations.c.revision,
    observations.c.value,
    observations.c.recorded_at,
    observations.c.payload_sha256,
    observations.c.position,
)
_announced = observations.c.recorded_at <= select(head.c.recorded_at).scalar_subquery()
NEWEST_ANNOUNCED = _columns.where(_is_newest, _announced)
"""The newest revision of each day, of what the head has announced (protocol rule 26)."""
SELECT_STATUS = select(sync_status.c.document)
SELECT_CALENDAR = select(bank_calendar.c.document)
NEWEST_ENDED_DAYS = (
    select(data_status_days).order_by(data_status_days.c.date.desc()).limit(DATA_STATUS_DAYS)
)
_newest_timeline = select(func.max(outbox.c.timeline).label("timeline"))


class ReadTogether:
    """Several queries in one statement, one round trip, built once.

    In the rows of the union each query has columns of its own, beside the number of the query.
    """

    def __init__(self, *queries: Select[Any]) -> None:
        self._widths = [len(query.selected_columns) for query in queries]
        self._union = union_all(*(_one_of(queries, number) for number in range(len(queries))))

    async def read(
        self, connection: AsyncConnection, **parameters: Any
    ) -> tuple[list[tuple[Any, ...]], ...]:
        """Return the rows of each query, in any order."""
        found: tuple[list[tuple[Any, ...]], ...] = tuple([] for _ in self._widths)
        for number, *cells in await connection.execute(self._union, parameters):
            start = sum(self._widths[:number])
            found[number].append(tuple(cells[start : start + self._widths[number]]))
        return found


def _one_of(queries: Sequence[Select[Any]], number: int) -> Select[Any]:
    """Return query `number`, with NULL in the columns of the others."""
    own = iter(queries[number].subquery().c)
    cells = [
        next(own) if place == number else type_coerce(null(), column.type)
        for place, query in enumerate(queries)
        for column in query.selected_columns
    ]
    return select(
        literal(number).label("query"),
        *(cell.label(f"cell_{place}") for place, cell in enumerate(cells)),
    )


@dataclass(slots=True)
class RecordState:
    """The record as a recording finds it.

    `unannounced_at` is when rows were last recorded that no event has announced,
    `newest_timeline` the outbox's. `newest` has the newest revision of each day from `since` on, by
    series and day.
    """

    head: Head
    unannounced_at: datetime | None
    newest_timeline: int | None
    status: SyncStatus | None
    calendar: BankCalendar | None
    coverage: Coverage
    complete_at: dict[str, datetime]
    quarantine: tuple[Quarantined, ...]
    withdrawals: tuple[Withdrawal, ...]
    since: Day
    newest: dict[str, dict[Day, Observation]]


_STATE = ReadTogether(
    SELECT_HEAD,
    _newest_timeline,
    SELECT_STATUS,
    SELECT_CALENDAR,
    SELECT_COVERAGE,
    SELECT_COMPLETE_AT,
    SELECT_QUARANTINE,
    SELECT_WITHDRAWALS,
    _columns.where(observations.c.date >= bindparam("since", type_=Date), _is_newest),
)


async def read_state(connection: AsyncConnection, since: Day) -> RecordState:
    """Return all that a recording is compared with, in one statement."""
    (
        heads,
        timelines,
        statuses,
        calendars,
        covered,
        complete,
        quarantined,
        withdrawn,
        newest,
    ) = await _STATE.read(connection, since=since)
    *place, unannounced_at = only(heads)
    return RecordState(
        head=Head(*place),
        unannounced_at=unannounced_at,
        newest_timeline=timelines[0][0],
        status=decoded(statuses, SyncStatus),
        calendar=decoded(calendars, BankCalendar),
        coverage=coverage_of(covered),
        complete_at=dict(complete),
        quarantine=quarantine_of(quarantined),
        withdrawals=withdrawals_of(withdrawn),
        since=since,
        newest=_by_day(Observation(*row) for row in newest),
    )


def _by_day(rows: Iterable[Observation]) -> dict[str, dict[Day, Observation]]:
    newest: dict[str, dict[Day, Observation]] = {}
    for row in rows:
        newest.setdefault(row.series, {})[row.date] = row
    return newest


def only(rows: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    """Return a table's only row.

    Raises SQLAlchemy's `NoResultFound` without it: a restore has not come that far.
    """
    if not rows:
        raise exc.NoResultFound("a table lacks its only row")
    return rows[0]


def decoded(rows: Sequence[tuple[Any, ...]], kind: type[T]) -> T | None:
    """Return the document of a table's only row, None without it."""
    return msgspec.json.decode(rows[0][0], type=kind) if rows else None


async def read_head(connection: AsyncConnection) -> Head:
    """Return the newest event's place; position 0 and no `event_id` before the first."""
    return (await read_head_and_pending(connection))[0]


async def read_head_and_pending(connection: AsyncConnection) -> tuple[Head, datetime | None]:
    """Return the head, and when rows were last recorded that no event has announced yet."""
    row = (await connection.execute(SELECT_HEAD)).one()
    at = Head(row.timeline, row.position, row.event_id, row.recorded_at)
    return at, row.unannounced_at


async def read_status(connection: AsyncConnection) -> SyncStatus | None:
    """Return the status of the newest event, None before the first."""
    document = await connection.scalar(SELECT_STATUS)
    return None if document is None else msgspec.json.decode(document, type=SyncStatus)


async def read_calendar(connection: AsyncConnection) -> BankCalendar | None:
    """Return the bank calendar, None before the first was recorded."""
    document = await connection.scalar(SELECT_CALENDAR)
    return None if document is None else msgspec.json.decode(document, type=BankCalendar)


async def read_kept_calendar(connection: AsyncConnection) -> BankCalendar | None:
    """Return the bank calendar as it was last recorded with all of its versions, if ever."""
    document = await connection.scalar(select(bank_calendar.c.kept))
    return None if document is None else msgspec.json.decode(document, type=BankCalendar)


async def read_averages(connection: AsyncConnection) -> tuple[Average, ...]:
    """Return the table of averages, ascending by window and `at`."""
    ordered = select(averages.c.document).order_by(averages.c.window_name, averages.c.at)
    documents = (await connection.scalars(ordered)).all()
    return tuple(msgspec.json.decode(document, type=Average) for document in documents)


async def read_ended_days(connection: AsyncConnection) -> tuple[DataStatusDay, ...]:
    """Return the data status of the newest ended days that workers are told of, ascending."""
    rows = [DataStatusDay(*row) for row in await connection.execute(NEWEST_ENDED_DAYS)]
    return tuple(reversed(rows))


async def read_history(connection: AsyncConnection) -> tuple[Observation, ...]:
    """Return every revision that the head has announced, ascending by series, date and revision.

    Rows of a backfill that no event has told of stay invisible (protocol rule 26).
    """
    c = observations.c
    ordered = _columns.where(_announced).order_by(c.series, c.date, c.revision)
    return await _observations(connection, ordered)


async def read_newest(
    connection: AsyncConnection, series: Sequence[str], first: Day, last: Day
) -> tuple[Observation, ...]:
    """Return the newest revision of each day of `series` from `first` to `last`, ascending."""
    c = observations.c
    between = (c.series.in_(series), c.date.between(first, last), _is_newest)
    return await _observations(connection, _columns.where(*between).order_by(c.date))


async def read_newest_day(
    connection: AsyncConnection, series: str, *, except_for: Collection[Day] = ()
) -> Day | None:
    """Return the last day that has an observation of `series`, and is none of `except_for`."""
    c = observations.c
    newest = select(func.max(c.date)).where(c.series == series, c.date.not_in(except_for))
    day: Day | None = await connection.scalar(newest)
    return day


async def read_neighbours(
    connection: AsyncConnection, series: Sequence[str], first: Day, last: Day
) -> dict[str, tuple[Day, ...]]:
    """Return the last day before `first` and the first after `last` that have an observation.

    Of each of `series`, in one statement.
    """
    c = observations.c
    before = select(c.series, func.max(c.date)).where(c.date < first)
    after = select(c.series, func.min(c.date)).where(c.date > last)
    sides = (side.where(c.series.in_(series)).group_by(c.series) for side in (before, after))
    days: dict[str, tuple[Day, ...]] = {}
    for name, day in await connection.execute(union_all(*sides)):
        days[name] = (*days.get(name, ()), day)
    return days


async def read_loaded_at(
    connection: AsyncConnection, series: str, delay: timedelta
) -> datetime | None:
    """Return when the last first revisions of `series` came more than `delay` after their day.

    Without such a revision return when the first of all came; None without any.
    """
    c = observations.c
    recordings = (
        select(c.recorded_at, func.min(c.date))
        .where(c.series == series, c.revision == 1)
        .group_by(c.recorded_at)
        .order_by(c.recorded_at)
    )
    rows = [(at, day) for at, day in await connection.execute(recordings)]
    loads = [at for at, day in rows if mexico_day(at) - day > delay]
    return loads[-1] if loads else min((at for at, _ in rows), default=None)


async def _observations(connection: AsyncConnection, query: Select[Any]) -> tuple[Observation, ...]:
    return tuple(Observation(*row) for row in await connection.execute(query))
