"""The data status of the days that have ended (protocol rule 47); today's is in the status."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Insert, select
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from rates_contracts.status import DATA_STATUS_DAYS, DataStatusDay
from rates_sync.store.schema import data_status_days

_NEWEST = select(data_status_days).order_by(data_status_days.c.date.desc()).limit(DATA_STATUS_DAYS)


async def read_ended_days(connection: AsyncConnection) -> tuple[DataStatusDay, ...]:
    """Return the newest days that workers are told of, ascending."""
    rows = [DataStatusDay(*row) for row in await connection.execute(_NEWEST)]
    return tuple(reversed(rows))


async def write_ended_days(connection: AsyncConnection, days: Sequence[DataStatusDay]) -> None:
    """Write each day's row, in one round trip; writing it again changes nothing."""
    if days:
        rows = [msgspec.structs.asdict(day) for day in days]
        await connection.execute(_writing(connection.dialect.name, rows))


def _writing(dialect: str, rows: list[dict[str, Any]]) -> Insert:
    columns = [column.name for column in data_status_days.columns if not column.primary_key]
    if dialect == "mysql":
        adding = mysql.insert(data_status_days).values(rows)
        return adding.on_duplicate_key_update({name: adding.inserted[name] for name in columns})
    writing = sqlite.insert(data_status_days).values(rows)
    return writing.on_conflict_do_update(
        index_elements=[data_status_days.c.date],
        set_={name: writing.excluded[name] for name in columns},
    )
