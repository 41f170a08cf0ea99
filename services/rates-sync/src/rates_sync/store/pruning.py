"""Deletes rows after their retention period, in short transactions (protocol rule 46).

Observations, their revisions and the raw answers behind them are kept permanently. Between two
transactions everybody else has a turn: nobody waits for the pruning as a whole.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Table, and_, delete, exists, func, not_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rates_contracts.calendar import mexico_day
from rates_contracts.events import Position
from rates_sync.clock import Sleep
from rates_sync.store.cursors import read_cursor
from rates_sync.store.engine import reading, writing
from rates_sync.store.fence import Fence, lock_and_verify
from rates_sync.store.outbox import later_than
from rates_sync.store.rows import read_head
from rates_sync.store.schema import (
    audit,
    data_status_days,
    observations,
    outbox,
    payloads,
    quarantine,
)

PrunedTable = Literal["payloads", "audit", "quarantine", "data_status", "outbox"]

KEPT: Final = timedelta(days=731)
"""For payloads, audit, data status, what has ended in quarantine: two years and a leap day."""
OUTBOX_FOR: Final = timedelta(days=7)

ROWS_READ: Final = 1_000
"""Rows that are looked at by one read."""
ROWS_DELETED: Final = 100
"""Rows deleted by one transaction: well under a second, even if each holds a long answer."""
PAUSE: Final = 0.05
"""Seconds between two of these transactions, in which others get the lock."""

DECIDED = ("released", "accepted", "closed")
"""States in which a value in quarantine has ended; an operator's rejection holds permanently."""


class Pruning:
    """The pruning of the instance that holds `fence`; `on_pruned` counts the rows of a table.

    Methods raise `LeaseLost` and `StoreUnavailable`; what was deleted before stays deleted.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        fence: Fence,
        sleep: Sleep,
        on_pruned: Callable[[PrunedTable, int], None],
    ) -> None:
        self._engine, self._fence, self._sleep = engine, fence, sleep
        self._on_pruned = on_pruned

    async def prune_record(self, now: datetime) -> None:
        """Delete what was not seen for two years, unless it is still needed.

        Raw answers behind no observation, the audit, what has ended in quarantine, data status.
        """
        old = now - KEPT
        seen = func.coalesce(payloads.c.last_seen, payloads.c.received_at)
        used = exists().where(observations.c.payload_sha256 == payloads.c.sha256)
        await self._prune("payloads", payloads, (seen < old) & ~used)
        await self._prune("audit", audit, audit.c.at < old)
        seen = func.coalesce(quarantine.c.last_seen, quarantine.c.recorded_at)
        await self._prune("quarantine", quarantine, (seen < old) & quarantine.c.state.in_(DECIDED))
        days = data_status_days
        await self._prune("data_status", days, days.c.date < mexico_day(old))

    async def prune_outbox(self, now: datetime, relayed: Position | None) -> None:
        """Delete events after a week that Redis has and that were looked at for alerts.

        `relayed` is the relay's current cursor; None if there is no stream: then all are kept.
        """
        while relayed is not None:
            async with writing(self._engine) as connection:
                await lock_and_verify(connection, self._fence)
                deleted = await _delete_events(connection, now - OUTBOX_FOR, relayed)
            self._on_pruned("outbox", deleted)
            if deleted < ROWS_DELETED:
                return
            await self._sleep(PAUSE)

    async def _prune(self, name: PrunedTable, table: Table, is_old: ColumnElement[bool]) -> None:
        """Walk through `table` by its key, and delete rows that are old."""
        last: Any = None
        while True:
            rows = await self._read(table, last, is_old)
            old = [key for key, matches in rows if matches]
            for start in range(0, len(old), ROWS_DELETED):
                await self._delete(name, table, old[start : start + ROWS_DELETED], is_old)
            if len(rows) < ROWS_READ:
                return
            last = rows[-1][0]

    async def _read(
        self, table: Table, last: Any, is_old: ColumnElement[bool]
    ) -> Sequence[tuple[Any, bool]]:
        """Return the next keys after `last`, and whether each row is old; nothing is locked."""
        (key,) = table.primary_key.columns
        query = select(key, is_old).order_by(key).limit(ROWS_READ)
        if last is not None:
            query = query.where(key > last)
        async with reading(self._engine) as connection:
            return [(row[0], bool(row[1])) for row in await connection.execute(query)]

    async def _delete(
        self, name: PrunedTable, table: Table, keys: Sequence[Any], is_old: ColumnElement[bool]
    ) -> None:
        """Delete rows that are still old: one may have been seen again since it was read."""
        (key,) = table.primary_key.columns
        async with writing(self._engine) as connection:
            await lock_and_verify(connection, self._fence)
            deleted = await connection.execute(delete(table).where(key.in_(keys), is_old))
        self._on_pruned(name, deleted.rowcount)
        await self._sleep(PAUSE)


async def _delete_events(connection: AsyncConnection, before: datetime, relayed: Position) -> int:
    """Delete the oldest events, at most `ROWS_DELETED`; return how many.

    Protocol rule 8: no row above the relay's cursor, or a lagging Redis could not catch up. Neither
    a row from the alerts' cursor on: the next event is compared with the one there. Purges need
    none: where it is missing they are sent anyway. Nor the head's: the stream's tail is compared
    with it (rule 9).
    """
    head, alerted = (await read_head(connection)).at, await read_cursor(connection, "alert")
    prunable = and_(
        outbox.c.recorded_at < before,
        not_(later_than(relayed)),
        _differs_from(head),
        true() if alerted is None else not_(later_than(alerted)) & _differs_from(alerted),
    )
    places = select(outbox.c.timeline, outbox.c.position).where(prunable)
    oldest = places.order_by(outbox.c.timeline, outbox.c.position).limit(ROWS_DELETED)
    found = [Position(*row) for row in await connection.execute(oldest)]
    if found:
        await connection.execute(delete(outbox).where(prunable, not_(later_than(found[-1]))))
    return len(found)


def _differs_from(at: Position) -> ColumnElement[bool]:
    return (outbox.c.timeline != at.timeline) | (outbox.c.position != at.position)
