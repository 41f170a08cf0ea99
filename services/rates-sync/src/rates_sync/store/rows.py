"""Reads rows as the contracts' types, on an open connection."""

from collections.abc import Collection
from datetime import date as Day
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from rates_contracts.averages import Average
from rates_contracts.calendar import BankCalendar, mexico_day
from rates_contracts.events import Head
from rates_contracts.observation import Observation
from rates_contracts.status import SyncStatus
from rates_sync.store.schema import averages, bank_calendar, head, observations, sync_status

_later = observations.alias("later")
_is_newest = ~exists().where(
    _later.c.series == observations.c.series,
    _later.c.date == observations.c.date,
    _later.c.revision > observations.c.revision,
)


async def read_head(connection: AsyncConnection) -> Head:
    """Return the newest event's place; position 0 and no `event_id` before the first."""
    return (await read_head_and_pending(connection))[0]


async def read_head_and_pending(connection: AsyncConnection) -> tuple[Head, datetime | None]:
    """Return the head, and when rows were last recorded that no event has announced yet."""
    row = (await connection.execute(select(head))).one()
    at = Head(row.timeline, row.position, row.event_id, row.recorded_at)
    return at, row.unannounced_at


async def read_status(connection: AsyncConnection) -> SyncStatus | None:
    """Return the status of the newest event, None before the first."""
    document = await connection.scalar(select(sync_status.c.document))
    return None if document is None else msgspec.json.decode(document, type=SyncStatus)


async def read_calendar(connection: AsyncConnection) -> BankCalendar | None:
    """Return the bank calendar, None before the first was recorded."""
    document = await connection.scalar(select(bank_calendar.c.document))
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


async def read_history(connection: AsyncConnection) -> tuple[Observation, ...]:
    """Return every revision that the head has announced, ascending by series, date and revision.

    Rows of a backfill that no event has told of stay invisible (protocol rule 26).
    """
    c = observations.c
    announced = c.recorded_at <= select(head.c.recorded_at).scalar_subquery()
    ordered = _columns().where(announced).order_by(c.series, c.date, c.revision)
    return await _observations(connection, ordered)


async def read_newest(
    connection: AsyncConnection, series: str, first: Day, last: Day
) -> tuple[Observation, ...]:
    """Return the newest revision of each day from `first` to `last`, ascending."""
    c = observations.c
    between = (c.series == series, c.date.between(first, last), _is_newest)
    return await _observations(connection, _columns().where(*between).order_by(c.date))


async def read_newest_day(
    connection: AsyncConnection, series: str, *, except_for: Collection[Day] = ()
) -> Day | None:
    """Return the last day that has an observation of `series`, and is none of `except_for`."""
    c = observations.c
    newest = select(func.max(c.date)).where(c.series == series, c.date.not_in(except_for))
    day: Day | None = await connection.scalar(newest)
    return day


async def read_neighbours(
    connection: AsyncConnection, series: str, first: Day, last: Day
) -> tuple[Day, ...]:
    """Return the last day before `first` and the first after `last` that have an observation."""
    c = observations.c
    before = select(func.max(c.date)).where(c.series == series, c.date < first).scalar_subquery()
    after = select(func.min(c.date)).where(c.series == series, c.date > last).scalar_subquery()
    row = (await connection.execute(select(before, after))).one()
    return tuple(day for day in row if day is not None)


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


def _columns() -> Select[Any]:
    c = observations.c
    return select(c.series, c.date, c.revision, c.value, c.recorded_at, c.payload_sha256)


async def _observations(connection: AsyncConnection, query: Select[Any]) -> tuple[Observation, ...]:
    return tuple(Observation(*row) for row in await connection.execute(query))
