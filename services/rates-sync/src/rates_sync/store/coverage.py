"""Which days of a series were asked for: before them nothing is known (protocol rule 25)."""

from datetime import date as Day

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from rates_sync.store.schema import coverage


async def read_complete_from(connection: AsyncConnection, series: str) -> Day | None:
    """Return the first day of the newest span of `series`, None while no day was asked for."""
    newest = select(func.max(coverage.c.first)).where(coverage.c.series == series)
    day: Day | None = await connection.scalar(newest)
    return day
