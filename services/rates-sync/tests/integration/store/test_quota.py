"""Requests spent per day (protocol rules 20 and 35)."""

import asyncio
from datetime import date as Day
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_sync.errors import QuotaExhausted
from rates_sync.store.quota import RequestLedger

pytestmark = pytest.mark.integration

TODAY = Day(2026, 8, 13)


@pytest.fixture
def ledger(engine: AsyncEngine, leader: Any) -> RequestLedger:
    """The leader's ledger."""
    return RequestLedger(engine, leader.fence)


async def test_each_request_is_counted_before_it_is_made(ledger: RequestLedger) -> None:
    """Protocol rule 20: spending returns how many the day has had."""
    assert await ledger.used(TODAY) == 0
    assert [await ledger.spend(TODAY, limit=3) for _ in range(3)] == [1, 2, 3]
    assert await ledger.used(TODAY) == 3


async def test_the_limit_is_never_passed(ledger: RequestLedger) -> None:
    """Protocol rule 20: however many ask at once, no more than the limit are counted."""
    spending = (ledger.spend(TODAY, limit=4) for _ in range(7))
    results = await asyncio.gather(*spending, return_exceptions=True)
    assert sum(isinstance(result, QuotaExhausted) for result in results) == 3
    assert await ledger.used(TODAY) == 4


async def test_a_lower_limit_refuses_what_a_higher_one_admits(ledger: RequestLedger) -> None:
    """The reserve is the caller's: the ledger compares with the limit it is given."""
    await ledger.spend(TODAY, limit=1)
    with pytest.raises(QuotaExhausted, match="1 requests are spent on 2026-08-13"):
        await ledger.spend(TODAY, limit=1)
    assert await ledger.spend(TODAY, limit=2) == 2


async def test_the_count_survives_a_restart(leader: Any, instance: Any) -> None:
    """Protocol rule 20: the next leader goes on from what the last one spent."""
    await RequestLedger(leader.engine, leader.fence).spend(TODAY, limit=9)
    successor = await instance("second").lead()
    assert await RequestLedger(leader.engine, successor.fence).spend(TODAY, limit=9) == 2


async def test_what_can_wait_is_counted_apart(ledger: RequestLedger, leader: Any) -> None:
    """Protocol rule 35: whichever comes first on a day, neither spends of the other's count."""
    waiting = RequestLedger(leader.engine, leader.fence, "backfill_used")
    assert [await waiting.spend(TODAY, limit=2) for _ in range(2)] == [1, 2]
    assert await ledger.spend(TODAY, limit=1) == 1
    with pytest.raises(QuotaExhausted, match="2 requests are spent"):
        await waiting.spend(TODAY, limit=2)
    assert (await ledger.used(TODAY), await waiting.used(TODAY)) == (1, 2)


async def test_a_new_day_begins_at_zero(ledger: RequestLedger) -> None:
    """Days are counted apart."""
    await ledger.spend(TODAY, limit=1)
    assert await ledger.spend(Day(2026, 8, 14), limit=1) == 1
