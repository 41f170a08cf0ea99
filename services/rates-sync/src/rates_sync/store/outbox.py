"""The relay's reads of the record, each one consistent state (protocol rules 7 to 10).

Never connects to Redis; the stream's cursor is an argument. Events are returned as the recorded
bytes: after a rollback some are of a later version.
"""

from collections.abc import Iterable
from operator import attrgetter

from sqlalchemy import BigInteger, BindParameter, ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rates_contracts.calendar import BankCalendar
from rates_contracts.events import Head, Position, StoredEvent, stored_event
from rates_contracts.status import SyncStatus
from rates_sync.committed_state import CommittedState
from rates_sync.store.engine import reading
from rates_sync.store.fence import Fence
from rates_sync.store.record import Record, is_behind
from rates_sync.store.rows import (
    SELECT_CALENDAR,
    SELECT_HEAD,
    SELECT_STATUS,
    ReadTogether,
    decoded,
    only,
    read_averages,
    read_ended_days,
    read_history,
)
from rates_sync.store.schema import outbox, sync_status

BEFORE_ALL = Position(0, 0)


def _after(
    timeline: int | BindParameter[int], position: int | BindParameter[int]
) -> ColumnElement[bool]:
    same = and_(outbox.c.timeline == timeline, outbox.c.position > position)
    return or_(outbox.c.timeline > timeline, same)


# Built once: a leader without news runs each of them every few seconds.
_TIMELINE = bindparam("at_timeline", type_=BigInteger)
_POSITION = bindparam("at_position", type_=BigInteger)
_HERE = and_(outbox.c.timeline == _TIMELINE, outbox.c.position == _POSITION)
_PLACES = (outbox.c.timeline, outbox.c.position)
_LATER = select(outbox.c.document).where(_after(_TIMELINE, _POSITION))
_FIRST_LATER = _LATER.order_by(*_PLACES).limit(bindparam("most"))
_DOCUMENT = select(outbox.c.document).where(_HERE)
_EVENT_ID = select(outbox.c.event_id).where(_HERE)
_FIRST = select(*_PLACES).order_by(*_PLACES).limit(1)
_COUNT = select(func.count().label("count")).select_from(outbox)
_VERSIONS = select(sync_status.c.averages_version, sync_status.c.history_version)
_STATE = ReadTogether(
    SELECT_HEAD,
    _FIRST,
    _COUNT,
    _EVENT_ID,
    _LATER,
    SELECT_STATUS,
    SELECT_CALENDAR,
    _VERSIONS,
)


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
            heads, firsts, counts, here, later, statuses, calendars, versions = await _STATE.read(
                connection, **_parameters(cursor or BEFORE_ALL)
            )
            *place, _ = only(heads)
            head = Head(*place)
            averages_version, history_version = versions[0] if versions else ("", "")
            stale_averages = averages_version != averages
            stale_history = history_version != history
            return CommittedState(
                head=head,
                first=Position(*firsts[0]) if firsts else None,
                count=counts[0][0],
                event_id_at_cursor=here[0][0] if here else None,
                events=_ascending(document for (document,) in later),
                status=decoded(statuses, SyncStatus),
                calendar=decoded(calendars, BankCalendar),
                averages_version=averages_version,
                history_version=history_version,
                averages=await read_averages(connection) if stale_averages else None,
                ended_days=await read_ended_days(connection) if stale_averages else (),
                history=await read_history(connection) if stale_history else None,
                lost=written is not None and is_behind(head, written),
            )

    async def restart_timeline(self, above: int) -> None:
        """Continue in a timeline above `above` (rule 9). Raises `LeaseLost`, `StoreUnavailable`."""
        await self._record.restart_timeline(self._fence, above)


async def read_events(
    connection: AsyncConnection, cursor: Position, *, limit: int
) -> tuple[StoredEvent, ...]:
    """Return the outbox after `cursor`, ascending, at most `limit` events."""
    rows = await connection.scalars(_FIRST_LATER, {**_parameters(cursor), "most": limit})
    return tuple(stored_event(document.encode()) for document in rows)


async def read_event(connection: AsyncConnection, at: Position) -> StoredEvent | None:
    """Return the outbox's event at `at`, None without one."""
    document = await connection.scalar(_DOCUMENT, _parameters(at))
    return None if document is None else stored_event(document.encode())


def _ascending(documents: Iterable[str]) -> tuple[StoredEvent, ...]:
    """Return the events in their order, which one statement for several queries does not keep."""
    events = (stored_event(document.encode()) for document in documents)
    return tuple(sorted(events, key=attrgetter("at")))


def _parameters(at: Position) -> dict[str, int]:
    return {"at_timeline": at.timeline, "at_position": at.position}


def later_than(at: Position) -> ColumnElement[bool]:
    """Select the outbox rows after `at`, timeline first (protocol rule 9)."""
    return _after(at.timeline, at.position)
