"""What the record holds of each series, read under the fence."""

from collections.abc import Sequence
from datetime import date as Day
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from rates_sync.store.coverage import read_complete_from
from rates_sync.store.recording import Recording
from rates_sync.store.review import Withdrawal, read_quarantine, read_withdrawals
from rates_sync.store.rows import read_newest_day
from rates_sync.timetable.status import SeriesKnowledge


async def read_knowledge(recording: Recording, series: Sequence[str]) -> dict[str, SeriesKnowledge]:
    """Return what is known of each of `series`."""
    connection, old = recording.connection, await recording.status()
    reviewed = [row for row in await read_quarantine(connection) if row.under_review]
    withdrawn = [row for row in await read_withdrawals(connection) if row.in_force]
    known = {}
    for name in series:
        before = old.series.get(name) if old else None
        known[name] = await _knowledge(
            connection,
            name,
            {row.date for row in reviewed if row.series == name and row.date},
            [row for row in withdrawn if row.series == name],
            None if before is None else before.complete_at,
        )
    return known


async def _knowledge(
    connection: AsyncConnection,
    series: str,
    under_review: set[Day],
    withdrawn: Sequence[Withdrawal],
    complete_at: datetime | None,
) -> SeriesKnowledge:
    days = tuple(row.date for row in withdrawn)
    newest = await read_newest_day(connection, series, except_for=days)
    seen = max(filter(None, (newest, *under_review, *days)), default=None)
    return SeriesKnowledge(
        newest_day=newest,
        newest_seen_day=seen,
        complete_from=await read_complete_from(connection, series),
        complete_at=complete_at,
        under_review=tuple(sorted(under_review, reverse=True)),
        withdrawn=days,
    )
