"""A load sees what its head announced, nothing else (protocol rule 26)."""

from typing import Any

import pytest
from sqlalchemy import text

from rates_sync.store.engine import reading
from rates_sync.store.outbox import Outbox

pytestmark = pytest.mark.integration


async def _views(leader: Any) -> list[tuple[object, ...]]:
    """Return what rates-api reads: every revision, and the newest of each series."""
    async with reading(leader.engine) as connection:
        return [
            tuple(row)
            for view in ("rate_history_v1", "current_rates_v1")
            for row in await connection.execute(text(f"SELECT * FROM {view} ORDER BY date"))
        ]


async def _history(leader: Any) -> Any:
    """Return what the relay writes into the history document."""
    outbox = Outbox(leader.engine, leader.record, leader.fence)
    return (await outbox.read(None, history=None, averages=None)).history


async def test_chunk_that_no_event_has_told_of_is_invisible(leader: Any) -> None:
    """Two loads at one position see the same, whoever loads, until the reload is announced."""
    await leader.publish({"2026-08-12": "17.0297"})
    views, history = await _views(leader), await _history(leader)
    leader.clock.advance(1)
    await leader.chunk("2026-08-13", "17.1000")
    await leader.chunk("1995-06-15", "6.2000")
    assert (await _views(leader), await _history(leader)) == (views, history)
    await leader.reload()
    assert len(await _history(leader)) == 3
    assert len(await _views(leader)) == 3 + 1
