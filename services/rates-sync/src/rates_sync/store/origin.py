"""Whose values the database holds, so that simulated ones can't pass for Banco de México's."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_sync.errors import WrongUpstream
from rates_sync.store.engine import writing
from rates_sync.store.schema import upstream


async def claim(engine: AsyncEngine, name: str) -> None:
    """Record permanently that `name` feeds this database.

    Raises `WrongUpstream` if another does, `StoreUnavailable`.
    """
    async with writing(engine) as connection:
        await connection.execute(update(upstream).where(upstream.c.name == "").values(name=name))
        fed_by = await connection.scalar(select(upstream.c.name))
    if fed_by != name:
        raise WrongUpstream(f"this database was fed by {fed_by}, not by {name}")
