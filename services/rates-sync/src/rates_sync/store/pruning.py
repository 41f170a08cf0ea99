"""Deletes what has been kept long enough.

Observations, their revisions and the raw answers behind them are kept permanently.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Delete, delete, exists, not_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rates_contracts.events import Position
from rates_sync.store.cursors import read_slowest
from rates_sync.store.engine import writing
from rates_sync.store.fence import Fence, lock_and_verify
from rates_sync.store.outbox import later_than
from rates_sync.store.rows import read_head
from rates_sync.store.schema import audit, observations, outbox, payloads

PAYLOADS_AND_AUDIT_FOR = timedelta(days=731)
OUTBOX_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows were deleted, by table."""

    payloads: int
    audit: int
    outbox: int


async def prune(
    engine: AsyncEngine, fence: Fence, now: datetime, *, relayed: Position | None
) -> Pruned:
    """Delete raw answers behind no observation and audit after 2 years, outbox rows after 7 days.

    `relayed` is the relay's cursor as it is now, None if it can't be known: then the outbox keeps
    all. Raises `LeaseLost`, `StoreUnavailable`.
    """
    async with writing(engine) as connection:
        await lock_and_verify(connection, fence)
        used = exists().where(observations.c.payload_sha256 == payloads.c.sha256)
        old = now - PAYLOADS_AND_AUDIT_FOR
        unused = delete(payloads).where(payloads.c.received_at < old, ~used)
        return Pruned(
            payloads=await _count(connection, unused),
            audit=await _count(connection, delete(audit).where(audit.c.at < old)),
            outbox=await _prune_outbox(connection, now - OUTBOX_FOR, relayed),
        )


async def _prune_outbox(
    connection: AsyncConnection, before: datetime, relayed: Position | None
) -> int:
    """Protocol rule 8: no row above the cursor is pruned, or a lagging Redis could not catch up.

    Nor one above a notice's cursor, nor the head's own: the stream's tail is compared with it
    (rule 9).
    """
    if relayed is None:
        return 0
    head = (await read_head(connection)).at
    passed = min(relayed, await read_slowest(connection) or relayed)
    gone = delete(outbox).where(
        outbox.c.recorded_at < before,
        not_(later_than(passed)),
        (outbox.c.timeline != head.timeline) | (outbox.c.position != head.position),
    )
    return await _count(connection, gone)


async def _count(connection: AsyncConnection, deletion: Delete) -> int:
    return (await connection.execute(deletion)).rowcount
