"""sync's events through the API's projection: a worker ends where the database stands."""

import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import date as Day
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rates_api.consume.projection import Reload, project
from rates_api.snapshot.snapshot import Snapshot
from rates_contracts.events import Event, encode_event, stored_event
from rates_contracts.stream import entry_fields, event_of

pytestmark = pytest.mark.contract

JAN_2 = Day(2024, 1, 2)
Step = tuple[str, int, int]

steps = st.lists(
    st.tuples(
        st.sampled_from(["observe", "observe", "poll", "close", "backfill", "timeline"]),
        st.integers(0, 5),
        st.integers(0, 9999),
    ),
    min_size=1,
    max_size=8,
)


async def take(sync: Any, number: int, step: Step) -> None:
    """Record one step; each backfill has days of its own."""
    kind, day, value = step
    rate = f"17.{value:04d}"
    if kind == "observe":
        await sync.observe({JAN_2 + timedelta(days=day): rate})
    elif kind == "poll":
        await sync.poll()
    elif kind == "close":
        await sync.declare_closed(JAN_2 + timedelta(days=day))
    elif kind == "backfill":
        await sync.backfill({Day(1995, 1, 1) + timedelta(days=number): rate})
    else:
        await sync.restart_timeline()


async def deliver(
    snapshot: Snapshot, events: Sequence[Event], load: Callable[[], Awaitable[Snapshot]]
) -> Snapshot:
    """Give `events` as they travel to a worker that loads when it can't follow."""
    for event in events:
        outcome = project(snapshot, event_of(entry_fields(stored_event(encode_event(event)))))
        snapshot = await load() if isinstance(outcome, Reload) else outcome
    return snapshot


@given(history=steps, data=st.data())
@settings(max_examples=25, deadline=None)
async def test_any_order_repetition_or_loss_ends_where_the_database_stands(
    fresh: Any, history: list[Step], data: st.DataObject
) -> None:
    """However the stream mistreats events, after the last one the snapshot is the database's."""
    with tempfile.TemporaryDirectory() as directory:
        async with fresh.both_sides(Path(directory)) as (sync, reader):
            await sync.declare_closed(Day(2023, 12, 12))
            start = await reader.load()
            for number, step in enumerate(history):
                await take(sync, number, step)
            events = (await sync.events())[1:]
            chosen = st.lists(st.sampled_from(events), max_size=2 * len(events))
            mistreated = [*data.draw(chosen), events[-1]]
            assert await deliver(start, mistreated, reader.load) == await reader.load()


@given(history=steps)
@settings(max_examples=15, deadline=None)
async def test_events_in_order_need_no_load_but_where_they_say_so(
    fresh: Any, history: list[Step]
) -> None:
    """An unharmed stream builds the database's snapshot; only reload events ask for a load."""
    with tempfile.TemporaryDirectory() as directory:
        async with fresh.both_sides(Path(directory)) as (sync, reader):
            await sync.declare_closed(Day(2023, 12, 12))
            snapshot = await reader.load()
            reloads = 0
            for number, step in enumerate(history):
                await take(sync, number, step)
                outcome = project(snapshot, (await sync.events())[-1])
                reloads += isinstance(outcome, Reload)
                snapshot = await reader.load() if isinstance(outcome, Reload) else outcome
                assert snapshot == await reader.load()
            asked = [kind for kind, _, _ in history if kind in ("backfill", "timeline")]
            assert reloads == len(asked)
