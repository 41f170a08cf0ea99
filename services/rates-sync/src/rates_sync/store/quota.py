"""Requests spent per Mexico City day, counted in the database (protocol rules 20 and 35).

Two counts a day: of what the day needs, and of what can wait. Fenced like a recording: a leader
that lost the lease while paused can't ask Banxico. The limit is an argument.
"""

from datetime import date as Day
from typing import Literal

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rates_sync.errors import QuotaExhausted
from rates_sync.store.engine import reading, writing
from rates_sync.store.fence import Fence, lock_and_verify
from rates_sync.store.schema import quota

Count = Literal["used", "backfill_used"]
"""The column that counts: polls and an operator's `sync`, or backfills and slices."""


class RequestLedger:
    """One count of the instance that holds `fence`; survives restarts."""

    def __init__(self, engine: AsyncEngine, fence: Fence, count: Count = "used") -> None:
        self._engine, self._fence, self._count = engine, fence, count

    async def spend(self, day: Day, *, limit: int) -> int:
        """Count one request of `day`, in a transaction of its own, and return the day's total.

        Raises `QuotaExhausted` when `limit` are spent, `LeaseLost`, `StoreUnavailable`; then
        nothing is counted.
        """
        async with writing(self._engine) as connection:
            await lock_and_verify(connection, self._fence)
            used, column = await _used(connection, day, self._count), quota.c[self._count]
            if used is None:
                await connection.execute(insert(quota).values(day=day, used=0))
            spending = update(quota).where(quota.c.day == day, column < limit)
            if (await connection.execute(spending.values({column: column + 1}))).rowcount == 0:
                raise QuotaExhausted(f"{used or 0} requests are spent on {day}, {limit} allowed")
            return (used or 0) + 1

    async def used(self, day: Day) -> int:
        """Return how many requests are spent on `day`. Raises `StoreUnavailable`."""
        return await requests_used(self._engine, day, self._count)


async def requests_used(engine: AsyncEngine, day: Day, count: Count = "used") -> int:
    """Return how many requests are spent on `day`. Raises `StoreUnavailable`."""
    async with reading(engine) as connection:
        return await _used(connection, day, count) or 0


async def _used(connection: AsyncConnection, day: Day, count: Count) -> int | None:
    used: int | None = await connection.scalar(select(quota.c[count]).where(quota.c.day == day))
    return used
