"""Requests spent per Mexico City day, counted in the database (protocol rule 20).

Fenced like a recording: a leader that was paused and overtaken can't ask Banxico. Has no limit of
its own.
"""

from datetime import date as Day

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rates_sync.errors import QuotaExhausted
from rates_sync.store.engine import reading, writing
from rates_sync.store.fence import Fence, lock_and_verify
from rates_sync.store.schema import quota


class RequestLedger:
    """The ledger of the instance that holds `fence`; survives restarts."""

    def __init__(self, engine: AsyncEngine, fence: Fence) -> None:
        self._engine, self._fence = engine, fence

    async def spend(self, day: Day, *, limit: int) -> int:
        """Count one request of `day`, in a transaction of its own, and return how many that makes.

        Raises `QuotaExhausted` when `limit` are spent, `LeaseLost`, `StoreUnavailable`; none of
        them counts anything.
        """
        async with writing(self._engine) as connection:
            await lock_and_verify(connection, self._fence)
            used = await _used(connection, day)
            if used is None:
                await connection.execute(insert(quota).values(day=day, used=0))
            spending = update(quota).where(quota.c.day == day, quota.c.used < limit)
            if (await connection.execute(spending.values(used=quota.c.used + 1))).rowcount == 0:
                raise QuotaExhausted(f"{used or 0} requests are spent on {day}, {limit} allowed")
            return (used or 0) + 1

    async def used(self, day: Day) -> int:
        """Return how many requests are spent on `day`. Raises `StoreUnavailable`."""
        return await requests_used(self._engine, day)


async def requests_used(engine: AsyncEngine, day: Day) -> int:
    """Return how many requests are spent on `day`. Raises `StoreUnavailable`."""
    async with reading(engine) as connection:
        return await _used(connection, day) or 0


async def _used(connection: AsyncConnection, day: Day) -> int | None:
    used: int | None = await connection.scalar(select(quota.c.used).where(quota.c.day == day))
    return used
