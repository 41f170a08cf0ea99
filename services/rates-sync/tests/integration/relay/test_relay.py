"""The stream mirrors the outbox exactly (rules R4, 6, 7, 8)."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis

from rates_contracts.documents import CURRENT
from rates_contracts.events import Position
from rates_contracts.stream import EVENTS, event_id_of
from rates_sync.errors import RelayError
from rates_sync.relay.relay import Relay, RelayStep
from rates_sync.store.outbox import Outbox

pytestmark = pytest.mark.integration


async def test_a_position_in_the_record_is_the_stream_id(
    relay: Relay, mirror: Any, leader: Any
) -> None:
    """Protocol rule 6: the entry ID is `<timeline>-<position>`, event_id and previous beside."""
    first = await leader.change_status()
    second = await leader.change_status()
    await relay.step()
    entries = await mirror.redis.xrange(EVENTS)
    assert [id_ for id_, _ in entries] == [b"1-1", b"1-2"]
    assert event_id_of(entries[1][1]) == second.event_id
    assert entries[1][1][b"previous"].decode() == f"1-1 {first.event_id}"
    assert await mirror.is_exact()


async def test_a_step_adds_what_is_new_and_nothing_twice(
    relay: Relay, mirror: Any, week: Any, leader: Any
) -> None:
    """Rule R4: the stream's own cursor says what is new, so that a second step adds nothing."""
    await week()
    assert (await relay.step()).relayed == 4
    assert await relay.step() == RelayStep(0, ())
    await leader.change_status()
    assert await relay.step() == RelayStep(1, (CURRENT,))
    assert await mirror.is_exact()


async def test_a_step_whose_answer_was_lost_is_not_repeated(
    relay: Relay, relay_of: Callable[[Any], Relay], mirror: Any, week: Any, leader: Any
) -> None:
    """Protocol rule 6: a repeat is known by its `event_id`: dying after EXEC harms nothing."""
    await week()
    await relay.step()
    assert await relay_of(leader).step() == RelayStep(0, ())
    assert await mirror.is_exact()


async def test_two_relays_at_once_leave_each_event_once(
    relay: Relay, relay_of: Callable[[Any], Relay], mirror: Any, week: Any, leader: Any
) -> None:
    """Protocol rule 7: of relays in the same step one wins, the other fails as a whole."""
    await week()
    steps = (each.step() for each in (relay, relay_of(leader), relay_of(leader)))
    results = await asyncio.gather(*steps, return_exceptions=True)
    assert all(isinstance(result, RelayStep | RelayError) for result in results)
    assert sum(isinstance(result, RelayStep) and result.relayed == 4 for result in results) == 1
    assert await mirror.is_exact()


class _Paused(Outbox):
    """A record whose reader is paused after the read, while `meanwhile` happens."""

    meanwhile: Callable[[], Any]

    async def read(self, *args: Any, **kwargs: Any) -> Any:
        view = await super().read(*args, **kwargs)
        await self.meanwhile()
        return view


async def test_an_old_relay_cannot_write_an_old_document_over_a_new_one(
    redis: Redis, relay: Relay, relay_of: Any, mirror: Any, week: Any, leader: Any, instance: Any
) -> None:
    """Protocol rule 7: a relay paused between reading and writing fails, its documents with it."""
    await week()
    await relay.step()
    await leader.change_status()
    record = _Paused(leader.engine, leader.record, leader.fence)

    async def takeover() -> None:
        successor = await instance("second").lead()
        await successor.publish({"2026-08-14": "17.1000"})
        await relay_of(successor).step()

    record.meanwhile = takeover
    with pytest.raises(RelayError, match="WatchError"):
        await Relay(redis, record, interval=5).step()
    assert await mirror.is_exact()
    assert (await mirror.current()).head.position == 6
    assert len((await mirror.history()).series["SF43718"]) == 4


async def test_a_flushed_redis_is_refilled(
    relay: Relay, mirror: Any, week: Any, redis: Redis
) -> None:
    """Protocol rule 8: after a flush the outbox gives every event back, the documents too."""
    await week()
    await relay.step()
    await redis.flushall()
    step = await relay.step()
    assert (step.refilled, step.restarted, step.relayed) == (True, False, 4)
    assert await mirror.is_exact()
    assert await mirror.fits()


async def test_a_deleted_stream_is_refilled(
    relay: Relay, mirror: Any, week: Any, redis: Redis
) -> None:
    """Protocol rule 8: the stream alone gone is refilled alike."""
    await week()
    await relay.step()
    await redis.delete(EVENTS)
    assert (await relay.step()).refilled
    assert await mirror.is_exact()


@pytest.mark.parametrize("left", [0, 1, 3])
async def test_a_trimmed_stream_is_refilled(
    relay: Relay, mirror: Any, week: Any, redis: Redis, left: int
) -> None:
    """Protocol rule 8: a stream trimmed by another hand gets its entries back."""
    await week()
    await relay.step()
    await redis.xtrim(EVENTS, maxlen=left, approximate=False)
    assert (await relay.step()).refilled
    assert await mirror.is_exact()


@pytest.mark.parametrize("gone", ["1-1", "1-2", "1-4"])
async def test_a_stream_with_a_hole_is_refilled(
    relay: Relay, mirror: Any, week: Any, redis: Redis, gone: str
) -> None:
    """Protocol rule 8: one entry deleted, also the last, is noticed by the length alone."""
    await week()
    await relay.step()
    await redis.xdel(EVENTS, gone)
    assert (await relay.step()).refilled
    assert await mirror.is_exact()


async def test_a_hole_is_noticed_also_when_there_is_news(
    relay: Relay, mirror: Any, week: Any, redis: Redis, leader: Any
) -> None:
    """Protocol rule 8: the length is compared up to the cursor, news does not hide a loss."""
    await week()
    await relay.step()
    await redis.xdel(EVENTS, "1-2")
    await leader.change_status()
    assert (await relay.step()).refilled
    assert await mirror.is_exact()


async def test_a_stream_set_back_by_a_lagging_replica_catches_up(
    relay: Relay, mirror: Any, week: Any
) -> None:
    """Protocol rule 7: the cursor is read in each step; one remembered would leave a hole."""
    await week()
    await relay.step()
    await mirror.write((await mirror.events())[:2])
    assert (await relay.step()).relayed == 2
    assert await mirror.is_exact()


async def test_a_reader_on_the_same_timeline_does_not_notice_a_refill(
    relay: Relay, week: Any, redis: Redis, leader: Any
) -> None:
    """Protocol rule 8: a blocked reader gets the next event and none again."""
    await week()
    await relay.step()
    waiting: Any = redis.xread({EVENTS: "1-4"}, block=4000)
    reading = asyncio.create_task(waiting)
    await redis.delete(EVENTS)
    await relay.step()
    await leader.change_status()
    await relay.step()
    ((_, entries),) = _streams(await reading)
    assert [id_ for id_, _ in _flat(entries)] == [b"1-5"]


async def test_the_stream_is_trimmed_to_what_the_outbox_keeps(
    relay: Relay, mirror: Any, week: Any, leader: Any, clock: Any
) -> None:
    """Protocol rule 8: pruned rows leave the stream by `MINID`, without a refill."""
    await week()
    clock.advance(timedelta(days=8).total_seconds())
    await leader.change_status()
    await relay.step()
    await leader.pruning().prune_outbox(clock.now, await relay.cursor())
    assert not (await relay.step()).refilled
    assert [event.position for event in await mirror.events()] == [5]
    assert not (await relay.step()).refilled
    assert await mirror.is_exact()


async def test_a_stream_pruned_past_is_refilled(
    relay: Relay, mirror: Any, week: Any, leader: Any, clock: Any
) -> None:
    """Protocol rule 8: a stream set back behind the outbox's first row can't be appended to."""
    await week()
    await relay.step()
    kept = (await mirror.events())[:1]
    clock.advance(timedelta(days=8).total_seconds())
    await leader.change_status()
    await relay.step()
    await leader.pruning().prune_outbox(clock.now, await relay.cursor())
    await mirror.write(kept)
    assert (await relay.step()).refilled
    assert await mirror.is_exact()


async def test_the_cursor_and_the_lag_are_what_operators_see(
    relay: Relay, week: Any, leader: Any
) -> None:
    """The lag is the record's position less the stream's, as it was last seen."""
    assert await relay.cursor() is None
    await week()
    assert relay.lag(await leader.record.head()) == 4
    await relay.step()
    assert await relay.cursor() == Position(1, 4)
    await leader.change_status()
    assert relay.lag(await leader.record.head()) == 1


async def test_a_redis_that_is_away_is_a_relay_error(no_redis: Redis, leader: Any) -> None:
    """An outage of Redis is expected: translated, nothing lost, the next step goes on."""
    relay = Relay(no_redis, Outbox(leader.engine, leader.record, leader.fence), interval=5)
    with pytest.raises(RelayError, match="ConnectionError"):
        await relay.step()
    with pytest.raises(RelayError):
        await relay.cursor()


async def test_events_pass_through_redis_unchanged(relay: Relay, mirror: Any, leader: Any) -> None:
    """What a reader decodes is the event that was announced, to the last zero."""
    event = await leader.publish({"2026-08-13": "17.0530"})
    await relay.step()
    (read,) = await mirror.events()
    assert msgspec.json.encode(read) == msgspec.json.encode(event)


def _streams(answer: Any) -> Any:
    """RESP2 answers with pairs, RESP3 with a map."""
    return answer.items() if isinstance(answer, dict) else answer


def _flat(entries: Any) -> Any:
    """RESP3 wraps the entries once more."""
    return entries[0] if entries and isinstance(entries[0], list) else entries
