"""A load sees what its head announced, nothing else (protocol rule 26): rates-api's reader, too."""

from datetime import date as Day
from datetime import timedelta
from typing import Any

import pytest

from rates_api.consume.projection import project

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


async def test_data_status_is_the_same_by_event_by_documents_and_by_views(sides: Any) -> None:
    """Whichever way a worker came to a position, it has the same ninety days (protocol rule 47)."""
    sync, reader = sides
    await sync.declare_closed(Day(2023, 12, 12))
    followed: Any = await reader.load()
    for ahead in range(0, 96, 4):
        await sync.end_days(JAN_2 + timedelta(days=ahead), 4)
        followed = project(followed, (await sync.events())[-1])
        assert followed == await reader.load() == await sync.documents_load()
    assert [day.date for day in followed.data_status] == [
        JAN_2 + timedelta(days=ahead) for ahead in range(7, 97)
    ]


async def test_no_load_has_days_while_an_older_release_leads(sides: Any) -> None:
    """Its status counts none, though the rows are kept; the next leader tells them again."""
    sync, reader = sides
    await sync.declare_closed(Day(2023, 12, 12))
    await sync.end_days(JAN_2, 4)
    followed: Any = await reader.load()
    followed = project(followed, await sync.poll())
    assert followed == await reader.load() == await sync.documents_load()
    assert followed.data_status == ()
    await sync.end_days(JAN_2 + timedelta(days=4), 0)
    followed = project(followed, (await sync.events())[-1])
    assert followed == await reader.load() == await sync.documents_load()
    assert len(followed.data_status) == 5
