"""A load sees what its head announced, nothing else (protocol rule 26): rates-api's reader, too."""

from datetime import date as Day
from datetime import timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.contract

JAN_2 = Day(2024, 1, 2)


async def test_two_loads_at_one_position_are_the_same(sides: Any) -> None:
    """Though a chunk of a backfill was recorded between them, which no event has told of."""
    sync, reader = sides
    await sync.declare_closed(Day(2023, 12, 12))
    await sync.observe({JAN_2: "17.0297"})
    before = await reader.load()
    documents = (await sync.outbox.read(None, history=None, averages=None)).history
    await sync.chunk({Day(1995, 6, 15): "6.2000", JAN_2 + timedelta(days=1): "17.1000"})
    assert await reader.load() == before
    assert (await sync.outbox.read(None, history=None, averages=None)).history == documents
    await sync.announce_reload()
    assert await reader.load() != before
