"""The receipts of observations, one for each; one by a revoked key counts as none."""

from collections.abc import Sequence
from datetime import date as Day
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, or_
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from rates_contracts.observation import Observation
from rates_sync.store.rows import NEWEST_ANNOUNCED
from rates_sync.store.schema import observations, receipts, signing_keys


class Receipt(NamedTuple):
    """A signed receipt of an observation, as a compact JWS."""

    series: str
    date: Day
    revision: int
    kid: str
    jws: str
    signed_at: datetime


async def write_receipts(connection: AsyncConnection, signed: Sequence[Receipt]) -> None:
    """Write receipts, each in place of an earlier one of its observation, in one statement."""
    rows = [receipt._asdict() for receipt in signed]
    if connection.dialect.name == "mysql":
        adding = mysql.insert(receipts).values(rows)
        new = adding.inserted
        await connection.execute(
            adding.on_duplicate_key_update(kid=new.kid, jws=new.jws, signed_at=new.signed_at)
        )
        return
    keeping = sqlite.insert(receipts).values(rows)
    changed = {name: keeping.excluded[name] for name in ("kid", "jws", "signed_at")}
    key = [column.name for column in receipts.primary_key]
    await connection.execute(keeping.on_conflict_do_update(index_elements=key, set_=changed))


async def read_unsigned(
    connection: AsyncConnection, after: Observation | None, limit: int
) -> tuple[Observation, ...]:
    """Return the next days without a valid receipt of their newest revision, at most `limit`.

    Ascending by series and date, after the day of `after`; only what the head has announced.
    """
    c = observations.c
    query = NEWEST_ANNOUNCED.where(~_is_signed()).order_by(c.series, c.date).limit(limit)
    if after is not None:
        same = (c.series == after.series) & (c.date > after.date)
        query = query.where(or_(c.series > after.series, same))
    return tuple(Observation(*row) for row in await connection.execute(query))


def _is_signed() -> ColumnElement[bool]:
    o, r, k = observations.c, receipts.c, signing_keys.c
    same = (r.series == o.series, r.date == o.date, r.revision == o.revision)
    return exists().where(*same, k.kid == r.kid, k.revoked_at.is_(None))
