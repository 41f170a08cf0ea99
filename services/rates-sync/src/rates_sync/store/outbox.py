"""The relay's reads of the record, each one consistent state (protocol rules 7 to 10).

Never connects to Redis; the stream's cursor is an argument. Events are returned as the recorded
bytes: after a rollback some are of a later version.
"""

from sqlalchemy import BigInteger, BindParameter, ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rates_contracts.events import Position, StoredEvent, stored_event
from rates_sync.committed_state import CommittedState
from rates_sync.store.engine import reading
from rates_sync.store.fence import Fence
from rates_sync.store.record import Record, is_behind
from rates_sync.store.rows import read_averages, read_calendar, read_head, read_history, read_status
from rates_sync.store.schema import outbox, sync_status

BEFORE_ALL = Position(0, 0)


def _after(
    timeline: int | BindParameter[int], position: int | BindParameter[int]
) -> ColumnElement[bool]:
    same = and_(outbox.c.timeline == timeline, outbox.c.position > position)
    return or_(outbox.c.timeline > timeline, same)


# Built once: a leader without news runs each of them every few seconds.
_TIMELINE, _POSITION = (
    bindparam("at_timeline", type_=BigInteger),
    bindparam("at_position", type_=BigInteger),
)
_HERE = and_(outbox.c.timeline == _TIMELINE, outbox.c.position == _POSITION)
_PLACES = (outbox.c.timeline, outbox.c.position)
_LATER = select(outbox.c.document).order_by(*_PLACES).where(_after(_TIMELINE, _POSITION))
_FIRST_LATER = _LATER.limit(bindparam("most"))
_DOCUMENT = select(outbox.c.document).where(_HERE)
_EVENT_ID = select(outbox.c.event_id).where(_HERE)
_FIRST = select(*_PLACES).order_by(*_PLACES).limit(1)
_COUNT = select(func.count()).select_from(outbox)
_VERSIONS = select(sync_status.c.averages_version, sync_status.c.history_version)


class Outbox:
    """The record as the relay sees it, for the instance that holds `fence`."""

    def __init__(self, engine: AsyncEngine, record: Record, fence: Fence) -> None:
        self._engine, self._record, self._fence = engine, record, fence

    async def read(
        self, cursor: Position | None, *, history: str | None, averages: str | None
    ) -> CommittedState:
        """Return one state of the record; all events without a cursor.

        `history` and `averages` are the versions that Redis holds. Raises `StoreUnavailable`.
        """
        written = self._record.written  # before the read: meanwhile it may grow
        async with reading(self._engine) as connection:
            versions = await _versions(connection)
            stale_averages, stale_history = versions[0] != averages, versions[1] != history
            head = await read_head(connection)
            return CommittedState(
                head=head,
                first=await _first(connection),
                count=await connection.scalar(_COUNT) or 0,
                event_id_at_cursor=await _event_id(connection, cursor),
                events=await read_events(connection, cursor or BEFORE_ALL),
                status=await read_status(connection),
                calendar=await read_calendar(connection),
                averages_version=versions[0],
                history_version=versions[1],
                averages=await read_averages(connection) if stale_averages else None,
                history=await read_history(connection) if stale_history else None,
                lost=written is not None and is_behind(head, written),
            )

    async def restart_timeline(self, above: int) -> None:
        """Continue in a timeline above `above` (rule 9). Raises `LeaseLost`, `StoreUnavailable`."""
        await self._record.restart_timeline(self._fence, above)


async def read_events(
    connection: AsyncConnection, cursor: Position, *, limit: int | None = None
) -> tuple[StoredEvent, ...]:
    """Return the outbox after `cursor`, ascending, at most `limit` events."""
    query = _LATER if limit is None else _FIRST_LATER
    rows = await connection.scalars(
        query, _parameters(cursor) | ({} if limit is None else {"most": limit})
    )
    return tuple(stored_event(document.encode()) for document in rows)


async def read_event(connection: AsyncConnection, at: Position) -> StoredEvent | None:
    """Return the outbox's event at `at`, None without one."""
    document = await connection.scalar(_DOCUMENT, _parameters(at))
    return None if document is None else stored_event(document.encode())


def _parameters(at: Position) -> dict[str, int]:
    return {"at_timeline": at.timeline, "at_position": at.position}


def later_than(at: Position) -> ColumnElement[bool]:
    """Select the outbox rows after `at`, timeline first (protocol rule 9)."""
    return _after(at.timeline, at.position)


async def _first(connection: AsyncConnection) -> Position | None:
    row = (await connection.execute(_FIRST)).one_or_none()
    return None if row is None else Position(row.timeline, row.position)


async def _event_id(connection: AsyncConnection, at: Position | None) -> str | None:
    if at is None:
        return None
    event_id: str | None = await connection.scalar(_EVENT_ID, _parameters(at))
    return event_id


async def _versions(connection: AsyncConnection) -> tuple[str, str]:
    """Return the versions of averages and history, empty before the first event."""
    row = (await connection.execute(_VERSIONS)).one_or_none()
    return ("", "") if row is None else (row.averages_version, row.history_version)
