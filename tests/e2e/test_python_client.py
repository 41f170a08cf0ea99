"""Scenario 14: whoever uses the Python client has what Banxico published, as it is published."""

import asyncio
from decimal import Decimal

import pytest
from driver.plan import YESTERDAY
from driver.platform import Platform
from driver.sights import correct, everywhere, rate

from usdmxn import AsyncClient, Client
from usdmxn.events import Changed, State

pytestmark = pytest.mark.e2e


def test_both_clients_read_the_rate_that_is_served(shared: Platform) -> None:
    """To the last digit, over a real connection, which is kept for the next question."""
    address = f"http://127.0.0.1:{shared.api.port}"

    async def current() -> Decimal:
        async with AsyncClient(address) as rates:
            return (await rates.current(kind="fix")).rate

    with Client(address) as rates:
        known = [rates.current(kind="fix").rate, rates.on(YESTERDAY, kind="fix").rate]
        assert rates.health().status == "healthy"
    assert [str(value) for value in [*known, asyncio.run(current())]] == [rate(shared)] * 3


def test_a_follower_is_told_of_a_correction(mended: Platform) -> None:
    """While it waits for it: the state first, then the change, then what it asks for is new."""
    with Client(f"http://127.0.0.1:{mended.api.port}") as rates:
        before = rates.on(YESTERDAY, kind="fix")
        events = rates.watch()
        assert isinstance(next(events), State)
        value = correct(mended)
        mended.sync[0].poll()
        told = next(event for event in events if isinstance(event, Changed))
        mended.until(lambda: everywhere(mended, value))
        after = rates.on(YESTERDAY, kind="fix")
    changes = [(str(each.rate), each.replaces) for each in told.changes if each.kind == "fix"]
    assert changes == [(value, before.rate)]
    assert str(after.rate) == value
