"""Whose values a database holds."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_sync.errors import WrongUpstream
from rates_sync.store.origin import claim

pytestmark = pytest.mark.integration


async def test_the_first_to_claim_owns_the_database(engine: AsyncEngine) -> None:
    """Claiming again for the same upstream is nothing new, for another it is refused."""
    await claim(engine, "simulator")
    await claim(engine, "simulator")
    with pytest.raises(WrongUpstream, match="fed by simulator, not by banxico"):
        await claim(engine, "banxico")


async def test_of_two_that_claim_together_one_is_refused(engine: AsyncEngine) -> None:
    """Simulated and real values never meet in one database, however the instances start."""
    claims = (claim(engine, name) for name in ("simulator", "banxico"))
    results = await asyncio.gather(*claims, return_exceptions=True)
    assert [type(result) for result in results if result] == [WrongUpstream]
