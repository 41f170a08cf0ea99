"""Cursors of alerts and purges over the outbox (protocol rule 21)."""

from typing import Any

import pytest

from rates_contracts.events import Event, Position, decode_event
from rates_sync.store.cursors import NoticeCursor

pytestmark = pytest.mark.integration


async def test_a_notice_is_pending_until_it_went_out(leader: Any) -> None:
    """Protocol rule 21: at least once: an event stays pending until the cursor passes it."""
    events = [await leader.change_status() for _ in range(3)]
    cursor = NoticeCursor(leader.engine, leader.fence, "alerts")
    assert _decoded(await cursor.pending()) == events
    await cursor.advance(events[1].at)
    assert _decoded(await cursor.pending()) == events[2:]


async def test_cursors_are_apart_and_survive_a_takeover(leader: Any, instance: Any) -> None:
    """Protocol rule 21: purges and alerts have a cursor each; the next leader goes on from it."""
    events = [await leader.change_status() for _ in range(2)]
    await NoticeCursor(leader.engine, leader.fence, "alerts").advance(events[1].at)
    successor = await instance("second").lead()
    assert await NoticeCursor(leader.engine, successor.fence, "alerts").pending() == ()
    purges = NoticeCursor(leader.engine, successor.fence, "purges")
    assert _decoded(await purges.pending()) == events


async def test_a_cursor_never_goes_back(leader: Any) -> None:
    """A late confirmation of an older notice repeats nothing; timelines compare first."""
    await leader.change_status()
    cursor = NoticeCursor(leader.engine, leader.fence, "alerts")
    await cursor.advance(Position(2, 1))
    await cursor.advance(Position(1, 9))
    await leader.record.restart_timeline(leader.fence, 1)
    assert [event.at for event in await cursor.pending()] == [Position(2, 2)]


async def test_the_event_at_the_cursor_can_be_asked_for(leader: Any) -> None:
    """What follows is compared with it; nothing before the first notice."""
    events = [await leader.change_status() for _ in range(2)]
    cursor = NoticeCursor(leader.engine, leader.fence, "alerts")
    assert await cursor.passed() is None
    await cursor.advance(events[0].at)
    assert _decoded([await cursor.passed()]) == events[:1]


def _decoded(stored: Any) -> list[Event]:
    return [decode_event(event.body) for event in stored]
