"""What goes at night, and what never does (protocol rule 8, retention)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_contracts.events import Position
from rates_sync.store.cursors import NoticeCursor
from rates_sync.store.engine import reading
from rates_sync.store.pruning import Pruned, prune
from rates_sync.store.schema import audit, observations, outbox, payloads

pytestmark = pytest.mark.integration

A_WEEK = timedelta(days=7, seconds=1).total_seconds()
THREE_YEARS = timedelta(days=3 * 366).total_seconds()


async def test_outbox_rows_go_after_seven_days_but_not_the_heads(leader: Any, clock: Any) -> None:
    """The stream's tail is compared with the head's row (rule 9), so that one stays however old."""
    events = [await leader.change_status() for _ in range(3)]
    clock.advance(A_WEEK)
    pruned = await prune(leader.engine, leader.fence, clock.now, relayed=events[-1].at)
    assert pruned == Pruned(payloads=0, audit=0, outbox=2)
    assert await _positions(leader.engine) == [3]


async def test_younger_rows_stay(leader: Any, clock: Any) -> None:
    """The stream holds what happened in the last seven days."""
    await leader.change_status()
    clock.advance(A_WEEK - 2)
    newest = await leader.change_status()
    await prune(leader.engine, leader.fence, clock.now, relayed=newest.at)
    assert await _positions(leader.engine) == [1, 2]


async def test_rows_above_the_relays_cursor_are_never_pruned(leader: Any, clock: Any) -> None:
    """Protocol rule 8: what a Redis away for a week has not got yet stays in the outbox."""
    events = [await leader.change_status() for _ in range(4)]
    clock.advance(A_WEEK)
    await prune(leader.engine, leader.fence, clock.now, relayed=events[0].at)
    assert await _positions(leader.engine) == [2, 3, 4]


async def test_an_unknown_cursor_prunes_no_outbox(leader: Any, clock: Any) -> None:
    """Protocol rule 8: without Redis nobody knows what the stream lacks."""
    await leader.change_status()
    await leader.change_status()
    clock.advance(A_WEEK)
    assert (await prune(leader.engine, leader.fence, clock.now, relayed=None)).outbox == 0


async def test_rows_that_a_notice_has_not_passed_stay(leader: Any, clock: Any) -> None:
    """Protocol rule 21: a notice that could not go out for a week still goes out."""
    events = [await leader.change_status() for _ in range(3)]
    await NoticeCursor(leader.engine, leader.fence, "alerts").advance(events[0].at)
    clock.advance(A_WEEK)
    await prune(leader.engine, leader.fence, clock.now, relayed=events[-1].at)
    assert await _positions(leader.engine) == [2, 3]


async def test_rows_of_an_earlier_timeline_go_too(leader: Any, clock: Any) -> None:
    """Timelines compare first: all of an earlier one lies below the cursor."""
    await leader.change_status()
    head = await leader.record.restart_timeline(leader.fence, 1)
    clock.advance(A_WEEK)
    await prune(leader.engine, leader.fence, clock.now, relayed=head.at)
    assert head.at == Position(2, 2)
    assert await _positions(leader.engine) == [2]


async def test_observations_and_the_answers_behind_them_stay_for_good(
    leader: Any, clock: Any
) -> None:
    """After three years the unused answer and the audit entry go, the observation's answer not."""
    await leader.publish({"2026-08-13": "17.0530"})
    async with leader.record.recording(leader.fence) as recording:
        await recording.keep_payload("cd" * 32, b"nothing new", clock.now)
        await recording.audit("operator", "sync", "by hand")
    clock.advance(THREE_YEARS)
    pruned = await prune(leader.engine, leader.fence, clock.now, relayed=None)
    assert pruned == Pruned(payloads=1, audit=1, outbox=0)
    async with reading(leader.engine) as connection:
        assert (await connection.scalars(select(payloads.c.body))).all() == [b"{}"]
        assert len((await connection.execute(select(observations))).all()) == 1
        assert (await connection.execute(select(audit))).all() == []


async def test_two_years_are_kept_whole(leader: Any, clock: Any) -> None:
    """Compliance: an entry two years old to the day is still there, a leap day counted."""
    async with leader.record.recording(leader.fence) as recording:
        await recording.audit("operator", "sync", "by hand")
    two_years_on = clock.now.replace(year=clock.now.year + 2)
    assert (await prune(leader.engine, leader.fence, two_years_on, relayed=None)).audit == 0


async def _positions(engine: AsyncEngine) -> list[int]:
    async with reading(engine) as connection:
        return list(await connection.scalars(select(outbox.c.position).order_by("position")))
