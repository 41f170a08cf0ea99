"""The record restored to an earlier time: a new timeline (protocol rule 9)."""

from collections.abc import Callable
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from rates_contracts.documents import TTL_OF
from rates_contracts.events import Position, TimelineChanged
from rates_contracts.stream import EVENTS
from rates_sync.errors import LeaseLost, RelayError
from rates_sync.relay.relay import Relay, RelayStep
from rates_sync.store.engine import writing
from rates_sync.store.outbox import Outbox

pytestmark = pytest.mark.integration


@pytest.fixture
async def restored(database: Any, relay: Relay, leader: Any, week: Callable[[], Any]) -> None:
    """Relay four events, save, relay two more and lose them in the record alone.

    The process was started again: only the stream remembers more.
    """
    await week()
    await relay.step()
    database.save()
    await leader.publish({"2026-08-14": "17.1000"})
    await leader.publish({"2026-08-17": "17.2000"})
    await relay.step()
    database.restore()
    leader.record.written = None


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


@pytest.fixture
async def restored_without_redis(
    database: Any, relay: Relay, leader: Any, week: Callable[[], Any], redis: Redis
) -> None:
    """Lose the last two events in the record, and all of Redis with them; the process goes on."""
    await week()
    database.save()
    await leader.publish({"2026-08-14": "17.1000"})
    await leader.publish({"2026-08-17": "17.2000"})
    await relay.step()
    database.restore()
    await redis.flushall()


async def test_restore_is_noticed_though_redis_is_lost_with_it(
    restored_without_redis: None, relay: Relay, leader: Any, mirror: Any
) -> None:
    """Protocol rule 42: the process remembers what it has written, also while nothing is due."""
    step = await relay.step()
    assert step.restarted
    assert (await leader.record.head()).at == Position(2, 5)
    assert isinstance((await mirror.events())[-1], TimelineChanged)
    assert await mirror.is_exact()
    assert await relay.step() == RelayStep(0, ())


async def test_restore_is_noticed_while_redis_is_away(
    restored_without_redis: None, leader: Any, mirror: Any
) -> None:
    """Protocol rule 42: before a recording too; what it announces comes after the new timeline."""
    event = await leader.publish({"2026-08-14": "18.0000"})
    assert event.at == Position(2, 6)
    changed, published = (await mirror.outbox())[-2:]
    assert isinstance(changed, TimelineChanged)
    assert published.previous.at == changed.at == Position(2, 5)


class _Disturbed(Outbox):
    """A record beside which somebody writes to Redis, just as the new timeline is committed."""

    redis: Redis

    async def restart_timeline(self, above: int) -> None:
        await super().restart_timeline(above)
        await self.redis.flushall()


async def test_a_new_timeline_is_told_though_its_step_fails(
    restored: None, leader: Any, redis: Redis, relay: Relay
) -> None:
    """Protocol rule 42: only the step that begins it knows, and Banxico is asked after it."""
    told: list[int] = []
    record = _Disturbed(leader.engine, leader.record, leader.fence)
    record.redis = redis
    disturbed = Relay(redis, record, interval=5, on_restart=lambda: told.append(1))

    with pytest.raises(RelayError):
        await disturbed.step()

    assert told == [1]
    assert (await leader.record.head()).at == Position(2, 5)
    assert not (await relay.step()).restarted


async def test_restore_by_hand_raises_the_timeline(
    restored_without_redis: None, leader: Any, instance: Any, mirror: Any
) -> None:
    """Protocol rule 42: whoever restores raises the timeline; the next leader announces that."""
    async with writing(leader.engine) as connection:
        await connection.execute(text("UPDATE head SET timeline = timeline + 1"))
    leader.clock.advance(20)
    standby = instance("standby")
    standby.fence = leader.fence
    event = await standby.change_status()
    assert event.at == Position(3, 6)
    earlier, changed, _ = (await mirror.outbox())[-3:]
    assert isinstance(changed, TimelineChanged)
    assert changed.previous.at == earlier.at == Position(1, 4)
    assert (await standby.change_status()).at == Position(3, 7)


async def test_nothing_lost_restarts_nothing(leader: Any, instance: Any, relay: Relay) -> None:
    """Protocol rule 42: another leader's events, and a new timeline of its own, are no restore."""
    await leader.change_status()
    other = instance("other")
    other.fence = leader.fence
    await other.change_status()
    assert (await leader.change_status()).at == Position(1, 3)
    await other.record.restart_timeline(other.fence, 1)
    assert (await leader.change_status()).at == Position(2, 5)
    assert not (await relay.step()).restarted
