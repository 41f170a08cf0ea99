"""Rows that are kept once: raw answers, and what could not be used (rule R10).

`recording` inserts them under the lease row's lock, so that looking first is enough.
"""

import hashlib
from collections.abc import Mapping
from datetime import date as Day
from typing import Any

import msgspec
from sqlalchemy import Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection


def quarantine_key(series: str, day: Day | None, raw: str, reason: str) -> str:
    """Return what makes two rejected data the same: all but the answer they came in."""
    return hashlib.sha256(msgspec.json.encode((series, day, raw, reason))).hexdigest()


async def insert_if_new(connection: AsyncConnection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert `row` unless its primary key is there; tell whether it was new."""
    (key,) = table.primary_key.columns
    if await connection.scalar(select(key).where(key == row[key.name])) is not None:
        return False
    await connection.execute(insert(table).values(dict(row)))
    return True
