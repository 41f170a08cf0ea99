"""The record restored to an earlier time: a new timeline (protocol rule 9)."""

from collections.abc import Callable
from typing import Any

import pytest
from redis.asyncio import Redis

from rates_contracts.documents import TTL_OF
from rates_contracts.events import Position, TimelineChanged
from rates_contracts.stream import EVENTS
from rates_sync.errors import LeaseLost
from rates_sync.relay.relay import Relay, RelayStep

pytestmark = pytest.mark.integration


@pytest.fixture
async def restored(database: Any, relay: Relay, leader: Any, week: Callable[[], Any]) -> None:
    """Relay four events, save, relay two more and lose them in the record alone."""
    await week()
    await relay.step()
    database.save()
    await leader.publish({"2026-08-14": "17.1000"})
    await leader.publish({"2026-08-17": "17.2000"})
    await relay.step()
    database.restore()


async def test_a_stream_ahead_of_the_record_starts_a_new_timeline(
    restored: None, relay: Relay, mirror: Any, leader: Any
) -> None:
    """Protocol rule 9: the timeline goes above the stream's; all of Redis is rewritten."""
    step = await relay.step()
    assert step.restarted
    head = await leader.record.head()
    assert head.at == Position(2, 5)
    assert isinstance((await mirror.events())[-1], TimelineChanged)
    assert await mirror.is_exact()
    assert await mirror.fits()
    assert len((await mirror.history()).series["SF43718"]) == 3


async def test_one_restore_makes_one_timeline(
    restored: None, relay: Relay, leader: Any, mirror: Any
) -> None:
    """Protocol rule 9: the steps after are ordinary ones, and the record goes on from there."""
    await relay.step()
    assert await relay.step() == RelayStep(0, ())
    event = await leader.publish({"2026-08-14": "17.1000"})
    assert event.at == Position(2, 6)
    assert not (await relay.step()).restarted
    assert await mirror.is_exact()


async def test_a_record_that_went_on_while_redis_was_away_is_noticed(
    restored: None, relay: Relay, leader: Any, mirror: Any
) -> None:
    """Protocol rule 9: with the stream's tail passed again, the other `event_id` there tells."""
    for day in ("2026-08-14", "2026-08-17", "2026-08-18"):
        await leader.publish({day: "18.0000"})
    assert (await leader.record.head()).at == Position(1, 7)
    step = await relay.step()
    assert step.restarted
    assert (await leader.record.head()).at == Position(2, 8)
    assert await mirror.is_exact()
    assert await mirror.fits()


async def test_a_record_at_the_same_place_with_another_event_is_noticed(
    restored: None, relay: Relay, leader: Any, mirror: Any
) -> None:
    """Rules 6 and 9: a refused repeat with another `event_id` is no repeat."""
    await leader.publish({"2026-08-14": "18.0000"})
    await leader.publish({"2026-08-17": "18.0000"})
    assert await relay.cursor() == (await leader.record.head()).at
    assert (await relay.step()).restarted
    assert await mirror.is_exact()


async def test_a_reader_of_the_lost_future_hears_of_the_new_timeline(
    restored: None, relay: Relay, redis: Redis
) -> None:
    """Protocol rule 9: the next entry after a lost position is the change itself."""
    await relay.step()
    entries: Any = await redis.xrange(EVENTS, min="(1-6")
    assert [id_ for id_, _ in entries] == [b"2-5"]


async def test_a_crash_between_new_timeline_and_stream_is_healed(
    restored: None, relay: Relay, leader: Any, mirror: Any
) -> None:
    """Protocol rule 9: with the timeline raised already, the next step only refills."""
    await leader.record.restart_timeline(leader.fence, 1)
    step = await relay.step()
    assert (step.refilled, step.restarted) == (True, False)
    assert (await leader.record.head()).timeline == 2
    assert await mirror.is_exact()


async def test_a_redis_of_another_record_makes_a_new_timeline(
    relay: Relay, leader: Any, mirror: Any, week: Any
) -> None:
    """Protocol rule 9: an entry of another history at a place that the record has."""
    await week()
    await mirror.forge((await mirror.outbox())[-1])
    assert (await relay.step()).restarted
    assert await mirror.is_exact()


async def test_an_empty_record_behind_a_full_redis_begins_above_it(
    relay: Relay, leader: Any, mirror: Any, week: Any, database: Any, redis: Redis
) -> None:
    """Protocol rule 9: a record without events has none to announce, yet repeats no ID."""
    database.save()
    await week()
    await relay.step()
    database.restore()
    assert (await relay.step()).restarted
    assert await redis.exists(EVENTS, *TTL_OF) == 0
    event = await leader.change_calendar()
    assert event.at == Position(2, 1)
    await relay.step()
    assert await mirror.is_exact()


async def test_only_the_holder_of_the_lease_starts_a_timeline(
    restored: None, relay: Relay, instance: Any, leader: Any, mirror: Any
) -> None:
    """Rules 2, 9: a stale leader that sees the stream ahead changes neither record nor stream."""
    before = await mirror.events()
    successor = await instance("second").lead()
    with pytest.raises(LeaseLost):
        await relay.step()
    assert (await successor.record.head()).at == Position(1, 4)
    assert await mirror.events() == before
