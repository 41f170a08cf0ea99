"""How far the leader's work has come, so that the next leader goes on from there.

A notice's cursor through the outbox advances after the notice was sent, so that each is sent at
least once, even across restarts (protocol rule 21). Beside it: the alerts whose end was not sent
yet (rule 44), and the last night whose work is finished (rule 46).
"""

from collections.abc import Mapping
from datetime import date as Day
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rates_contracts.events import Position, StoredEvent
from rates_sync.store.engine import reading, writing
from rates_sync.store.fence import Fence, lock_and_verify
from rates_sync.store.outbox import BEFORE_ALL, read_event, read_events
from rates_sync.store.schema import finished_nights, notice_cursor, open_alerts

PENDING = 100
"""The most events read at a time."""

_SELECT_CURSOR = select(notice_cursor).where(notice_cursor.c.name == bindparam("cursor"))


class NoticeCursor:
    """The cursor called `name`, moved by the instance that holds `fence`."""

    def __init__(self, engine: AsyncEngine, fence: Fence, name: str) -> None:
        self._engine, self._fence, self._name = engine, fence, name

    async def pending(self) -> tuple[StoredEvent, ...]:
        """Return the oldest events after the cursor, ascending. Raises `StoreUnavailable`."""
        async with reading(self._engine) as connection:
            cursor = await read_cursor(connection, self._name)
            return await read_events(connection, cursor or BEFORE_ALL, limit=PENDING)

    async def passed(self) -> StoredEvent | None:
        """Return the event at the cursor, None before the first or if it is pruned.

        The next event is compared with it: a breaker has opened only if it was closed. Raises
        `StoreUnavailable`.
        """
        async with reading(self._engine) as connection:
            cursor = await read_cursor(connection, self._name)
            return None if cursor is None else await read_event(connection, cursor)

    async def advance(self, to: Position) -> None:
        """Move on to `to`, never back.

        Raises `LeaseLost`, `StoreUnavailable`.
        """
        place = {"timeline": to.timeline, "position": to.position}
        async with writing(self._engine) as connection:
            await lock_and_verify(connection, self._fence)
            cursor = await read_cursor(connection, self._name)
            if cursor is None:
                await connection.execute(insert(notice_cursor).values(name=self._name, **place))
            elif cursor < to:
                moved = update(notice_cursor).where(notice_cursor.c.name == self._name)
                await connection.execute(moved.values(place))


class OpenAlertsTable:
    """The alerts whose end was not sent yet, by name, changed by the holder of `fence`."""

    def __init__(self, engine: AsyncEngine, fence: Fence) -> None:
        self._engine, self._fence = engine, fence

    async def read(self) -> dict[str, datetime]:
        """Return when each began (aware UTC). Raises `StoreUnavailable`."""
        async with reading(self._engine) as connection:
            rows = await connection.execute(select(open_alerts))
            return {row.name: row.opened_at for row in rows}

    async def replace(self, opened: Mapping[str, datetime]) -> None:
        """Record these and no others. Raises `LeaseLost`, `StoreUnavailable`."""
        rows = [{"name": name, "opened_at": at} for name, at in opened.items()]
        async with writing(self._engine) as connection:
            await lock_and_verify(connection, self._fence)
            await connection.execute(delete(open_alerts))
            if rows:
                await connection.execute(insert(open_alerts), rows)


class FinishedNights:
    """The last night that each nightly task has finished, by name of the task."""

    def __init__(self, engine: AsyncEngine, fence: Fence) -> None:
        self._engine, self._fence = engine, fence

    async def read(self) -> dict[str, Day]:
        """Return the last night (Mexico City) of each task. Raises `StoreUnavailable`."""
        async with reading(self._engine) as connection:
            rows = await connection.execute(select(finished_nights))
            return {row.task: row.night for row in rows}

    async def finish(self, task: str, night: Day) -> None:
        """Record that `task` has finished `night`. Raises `LeaseLost`, `StoreUnavailable`."""
        here = finished_nights.c.task == task
        async with writing(self._engine) as connection:
            await lock_and_verify(connection, self._fence)
            await connection.execute(delete(finished_nights).where(here))
            await connection.execute(insert(finished_nights).values(task=task, night=night))


async def read_cursor(connection: AsyncConnection, name: str) -> Position | None:
    """Return the place of the cursor called `name`, None before its first event."""
    row = (await connection.execute(_SELECT_CURSOR, {"cursor": name})).one_or_none()
    return None if row is None else Position(row.timeline, row.position)
