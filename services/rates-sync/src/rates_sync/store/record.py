"""The record: plain reads, and recordings under a fence.

It never decides what is new and never talks to Redis.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date as Day

from sqlalchemy.ext.asyncio import AsyncEngine

from rates_contracts.events import Head
from rates_contracts.status import SyncStatus
from rates_sync.clock import Clock
from rates_sync.store.engine import reading, writing
from rates_sync.store.fence import Fence, lock_and_verify
from rates_sync.store.recording import Recording
from rates_sync.store.rows import read_head, read_newest_day, read_status


class Record:
    """The record; `clock` gives aware UTC, `traceparent` the current trace, if there is one."""

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Clock,
        new_event_id: Callable[[], str],
        traceparent: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._engine, self._clock = engine, clock
        self._new_event_id, self._traceparent = new_event_id, traceparent

    async def head(self) -> Head:
        """Return the newest event's place. Raises `StoreUnavailable`."""
        async with reading(self._engine) as connection:
            return await read_head(connection)

    async def status(self) -> SyncStatus | None:
        """Return the newest status, None before the first event. Raises `StoreUnavailable`."""
        async with reading(self._engine) as connection:
            return await read_status(connection)

    async def newest_day(self, series: str) -> Day | None:
        """Return the last day of `series` with an observation. Raises `StoreUnavailable`."""
        async with reading(self._engine) as connection:
            return await read_newest_day(connection, series)

    @asynccontextmanager
    async def recording(self, fence: Fence) -> AsyncIterator[Recording]:
        """Open a recording: everything in it commits together, or nothing (rule R3).

        Protocol rule 2: its first statement locks the lease row and compares the token; await
        nothing but the database inside. Raises `LeaseLost` and `StoreUnavailable`.
        """
        async with writing(self._engine) as connection:
            await lock_and_verify(connection, fence)
            recording = await Recording.begin(
                connection, self._clock(), self._new_event_id(), self._traceparent()
            )
            yield recording
            recording.check_announced()

    async def restart_timeline(self, fence: Fence, above: int) -> Head:
        """Continue in a new timeline, above `above`, and announce it (protocol rule 9).

        A record without any event has nothing to announce: its timeline alone is raised. Raises
        `LeaseLost` and `StoreUnavailable`.
        """
        async with self.recording(fence) as recording:
            return await recording.restart_timeline(above)
