"""Writes an event and everything that changes with it, except observations (rule R3)."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Insert, Table, delete, insert, update
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from rates_contracts.averages import Average
from rates_contracts.calendar import BankCalendar
from rates_contracts.events import CalendarChanged, Event, StatusChanged, TimelineChanged
from rates_contracts.status import DataStatusDay
from rates_sync.store import schema
from rates_sync.store.schema import SINGLE_ROW


async def write_announcement(connection: AsyncConnection, event: Event, *, first: bool) -> None:
    """Raise the head, save what the event carries and add it to the outbox.

    `first` tells that there was no event before.

    Protocol rule 1: the position is a row's value, not an AUTO_INCREMENT, which is assigned at
    insert and not at commit.
    """
    head = msgspec.structs.asdict(event.head)
    await connection.execute(update(schema.head).values(**head, unannounced_at=None))
    await connection.execute(insert(schema.outbox).values(**head, document=_json(event)))
    await _save_status(connection, event, first=first)
    await save_ended_days(connection, event.ended_days)
    if event.averages is not None:
        await _save_averages(connection, event.averages)
    if isinstance(event, CalendarChanged):
        await save_calendar(connection, event.calendar)


async def save_calendar(connection: AsyncConnection, calendar: BankCalendar) -> None:
    """Save the calendar, twice: an older release rewrites the one without what it does not know.

    The event that is announced next must carry it, or be a reload.
    """
    document = _json(calendar)
    row = {"version": calendar.version, "document": document, "kept": document}
    await _save_single_row(connection, schema.bank_calendar, row)


async def _save_status(connection: AsyncConnection, event: Event, *, first: bool) -> None:
    """Save the status, and the versions of the documents that the event changes.

    A new timeline gives both documents a new version: in the lost one the same version may have
    had other contents.
    """
    renewed = first or isinstance(event, TimelineChanged)
    row: dict[str, Any] = {"document": _json(event.status)}
    if renewed or not isinstance(event, StatusChanged):
        row["history_version"] = event.at.stream_id
    if renewed or event.averages is not None or event.ended_days:
        row["averages_version"] = event.at.stream_id
    await _save_single_row(connection, schema.sync_status, row)


async def _save_averages(connection: AsyncConnection, averages: tuple[Average, ...]) -> None:
    await connection.execute(delete(schema.averages))
    rows = [{"window_name": row.window, "at": row.at, "document": _json(row)} for row in averages]
    if rows:
        await connection.execute(insert(schema.averages), rows)


async def _save_single_row(connection: AsyncConnection, table: Table, row: dict[str, Any]) -> None:
    """Write a table's only row; the lease row's lock prevents another insert."""
    if (await connection.execute(update(table).values(row))).rowcount == 0:
        await connection.execute(insert(table).values(id=SINGLE_ROW, **row))


async def save_ended_days(connection: AsyncConnection, days: Sequence[DataStatusDay]) -> None:
    """Save each day's row, in one round trip; saving it again changes nothing."""
    if days:
        rows = [msgspec.structs.asdict(day) for day in days]
        await connection.execute(_saving(connection.dialect.name, rows))


def _saving(dialect: str, rows: list[dict[str, Any]]) -> Insert:
    table = schema.data_status_days
    columns = [column.name for column in table.columns if not column.primary_key]
    if dialect == "mysql":
        adding = mysql.insert(table).values(rows)
        return adding.on_duplicate_key_update({name: adding.inserted[name] for name in columns})
    saving = sqlite.insert(table).values(rows)
    return saving.on_conflict_do_update(
        index_elements=[table.c.date], set_={name: saving.excluded[name] for name in columns}
    )


def _json(document: Any) -> str:
    """Return the same JSON that `encode_event` and `encode_document` write."""
    return msgspec.json.encode(document).decode()
