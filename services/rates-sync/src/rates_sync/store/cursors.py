"""How far alerts and purges have followed the outbox (protocol rule 21).

A cursor advances after its notice was sent, so that each is sent at least once, also across
restarts. Pruning keeps what a cursor has not passed.
"""

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rates_contracts.events import Position, StoredEvent
from rates_sync.store.engine import reading, writing
from rates_sync.store.fence import Fence, lock_and_verify
from rates_sync.store.outbox import BEFORE_ALL, read_event, read_events
from rates_sync.store.schema import notice_cursor

PENDING = 100
"""As many events are read at a time."""


class NoticeCursor:
    """The cursor called `name`, moved by the instance that holds `fence`."""

    def __init__(self, engine: AsyncEngine, fence: Fence, name: str) -> None:
        self._engine, self._fence, self._name = engine, fence, name

    async def pending(self) -> tuple[StoredEvent, ...]:
        """Return the oldest events after the cursor, ascending. Raises `StoreUnavailable`."""
        async with reading(self._engine) as connection:
            cursor = await _cursor(connection, self._name)
            return await read_events(connection, cursor or BEFORE_ALL, limit=PENDING)

    async def passed(self) -> StoredEvent | None:
        """Return the event at the cursor, None before the first or if it is pruned.

        What follows is compared with it: a breaker has opened only if it was closed. Raises
        `StoreUnavailable`.
        """
        async with reading(self._engine) as connection:
            cursor = await _cursor(connection, self._name)
            return None if cursor is None else await read_event(connection, cursor)

    async def advance(self, to: Position) -> None:
        """Move on to `to`, never back.

        Raises `LeaseLost`, `StoreUnavailable`.
        """
        place = {"timeline": to.timeline, "position": to.position}
        async with writing(self._engine) as connection:
            await lock_and_verify(connection, self._fence)
            cursor = await _cursor(connection, self._name)
            if cursor is None:
                await connection.execute(insert(notice_cursor).values(name=self._name, **place))
            elif cursor < to:
                moved = update(notice_cursor).where(notice_cursor.c.name == self._name)
                await connection.execute(moved.values(place))


async def read_slowest(connection: AsyncConnection) -> Position | None:
    """Return the cursor that is farthest behind, None without any."""
    rows = await connection.execute(select(notice_cursor.c.timeline, notice_cursor.c.position))
    return min((Position(*row) for row in rows), default=None)


async def _cursor(connection: AsyncConnection, name: str) -> Position | None:
    query = select(notice_cursor).where(notice_cursor.c.name == name)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else Position(row.timeline, row.position)
