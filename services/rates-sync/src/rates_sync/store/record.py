"""The record: plain reads, and recordings under a fence.

Never decides what is new; never connects to Redis.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rates_contracts.events import Head
from rates_contracts.status import SyncStatus
from rates_sync.clock import Clock
from rates_sync.errors import StoreUnavailable
from rates_sync.store.coverage import Coverage, read_coverage
from rates_sync.store.engine import distance, reading, writing
from rates_sync.store.fence import Fence, lock_and_verify
from rates_sync.store.recording import Recording
from rates_sync.store.review import Withdrawal, read_withdrawals
from rates_sync.store.rows import read_head, read_status

log = structlog.get_logger(__name__)


class Record:
    """The record; `clock` returns aware UTC, `traceparent` the current trace or None.

    It remembers the newest head that this process has written, across its terms as leader: a record
    that is behind it was restored to an earlier time (protocol rule 42). `on_outcome` is called
    after each recording, with the error if the database refused it.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Clock,
        new_event_id: Callable[[], str],
        traceparent: Callable[[], str | None] = lambda: None,
        *,
        on_outcome: Callable[[StoreUnavailable | None], None] = lambda _: None,
    ) -> None:
        self._engine, self._clock = engine, clock
        self._new_event_id, self._traceparent = new_event_id, traceparent
        self._on_outcome = on_outcome
        self.written: Head | None = None

    @property
    def distance(self) -> float:
        """The measured seconds of a round trip to the database."""
        return distance(self._engine)

    async def head(self) -> Head:
        """Return the newest event's place. Raises `StoreUnavailable`."""
        async with reading(self._engine) as connection:
            return await read_head(connection)

    async def status(self) -> SyncStatus | None:
        """Return the newest status, None before the first event. Raises `StoreUnavailable`."""
        async with reading(self._engine) as connection:
            return await read_status(connection)

    async def coverage(self) -> Coverage:
        """Return the days that were asked for. Raises `StoreUnavailable`."""
        async with reading(self._engine) as connection:
            return await read_coverage(connection)

    async def withdrawals(self) -> tuple[Withdrawal, ...]:
        """Return the known days that answers lack. Raises `StoreUnavailable`."""
        async with reading(self._engine) as connection:
            return await read_withdrawals(connection)

    @asynccontextmanager
    async def recording(self, fence: Fence) -> AsyncIterator[Recording]:
        """Open a recording: everything in it commits together, or nothing does (rule R3).

        Protocol rule 2: its first statement locks the lease row and compares the token; await
        only the database inside. If the record was restored, a new timeline begins first, in the
        same transaction. Raises `LeaseLost` and `StoreUnavailable`.
        """
        try:
            async with writing(self._engine) as connection:
                await lock_and_verify(connection, fence)
                recording = await self._begin(connection)
                yield recording
                recording.check_announced()
        except StoreUnavailable as error:
            self._on_outcome(error)
            raise
        self._on_outcome(None)
        self._remember(recording.head_after)

    async def restart_timeline(self, fence: Fence, above: int) -> Head:
        """Continue in a new timeline, above `above`, and announce it (protocol rule 9).

        Without any event there is nothing to announce: only the timeline is raised. Raises
        `LeaseLost` and `StoreUnavailable`.
        """
        async with self.recording(fence) as recording:
            if recording.restarted and recording.head.timeline > above:
                return recording.head
            return await recording.restart_timeline(above)

    def _remember(self, head: Head) -> None:
        """Keep the newest: of two recordings that ended together the earlier may come last."""
        if self.written is None or self.written.at < head.at:
            self.written = head

    async def _begin(self, connection: AsyncConnection) -> Recording:
        recording = await self._open(connection)
        if not self._was_restored(recording):
            return recording
        written = None if self.written is None else self.written.at
        log.error("timeline_restarted", written=written, record=recording.head.at)
        await recording.restart_timeline(written.timeline if written else 0)
        return await self._open(connection, restarted=True)

    def _was_restored(self, recording: Recording) -> bool:
        """Compare with what was written; whoever restores the record raises its timeline."""
        head, written = recording.head, self.written
        if written is None or written.timeline < head.timeline:
            return recording.is_raised
        return is_behind(head, written)

    async def _open(self, connection: AsyncConnection, *, restarted: bool = False) -> Recording:
        return await Recording.begin(
            connection,
            self._clock(),
            self._new_event_id(),
            self._traceparent(),
            restarted=restarted,
        )


def is_behind(head: Head, written: Head) -> bool:
    """Tell whether a record that ends at `head` lacks `written`; timeline first.

    Another event in the same place is another history.
    """
    return head.at < written.at or (head.at == written.at and head.event_id != written.event_id)
