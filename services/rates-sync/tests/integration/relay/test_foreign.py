"""What others write to Redis is written over and never reaches the record (protocol rule 38)."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis

from rates_contracts.documents import AVERAGES, CURRENT, HISTORY, TTL_OF
from rates_contracts.events import Position
from rates_contracts.stream import EVENTS, entry_fields
from rates_sync.assembly import follow_restart
from rates_sync.relay.relay import Relay, RelayStep
from rates_sync.relay.repair import Restarts
from rates_sync.store.engine import reading
from rates_sync.store.outbox import read_events

pytestmark = pytest.mark.integration

HEAD = Position(1, 4)


@pytest.fixture
async def relayed(relay: Relay, week: Callable[[], Awaitable[None]]) -> None:
    """Relay four events with their documents."""
    await week()
    await relay.step()


async def _is_deleted_and_refilled(relay: Relay, mirror: Any, leader: Any) -> bool:
    """Tell whether a step deletes the stream as foreign, refills it, and leaves the record."""
    step = await relay.step()
    assert step.foreign, step
    assert (step.refilled, step.restarted, step.relayed) == (True, False, 4)
    assert (await leader.record.head()).at == HEAD
    assert await relay.step() == RelayStep(0, ())
    return bool(await mirror.is_exact() and await mirror.fits())


@pytest.mark.parametrize(
    "entry_id",
    [
        "18446744073709551614-1",
        "9223372036854775806-1",
        "9223372036854775808-1",
        "1002-1",
        "1-5",
        "2-1",
        "1-18446744073709551615",
    ],
)
async def test_an_entry_of_nobodys_is_foreign_wherever_it_stands(
    relayed: None, relay: Relay, mirror: Any, leader: Any, redis: Redis, entry_id: str
) -> None:
    """One XADD ended rates-sync at every start, or left its timeline in the record."""
    await redis.xadd(EVENTS, {"a": "b"}, id=entry_id)
    assert await _is_deleted_and_refilled(relay, mirror, leader)


async def test_an_event_of_ours_at_another_id_is_foreign(
    relayed: None, relay: Relay, mirror: Any, leader: Any, redis: Redis
) -> None:
    """A copied entry is no place that the stream ever had."""
    async with reading(leader.engine) as connection:
        event = (await read_events(connection, Position(0, 0), limit=1000))[-1]
    fields: dict[Any, Any] = dict(entry_fields(event))
    await redis.xadd(EVENTS, fields, id="1-7")
    assert await _is_deleted_and_refilled(relay, mirror, leader)


async def test_a_last_id_far_ahead_without_an_entry_is_foreign(
    relayed: None, relay: Relay, mirror: Any, leader: Any, redis: Redis
) -> None:
    """A timeline more than 1,000 ahead was never relayed from here, whatever was deleted since."""
    await redis.xadd(EVENTS, {"a": "b"}, id="1002-1")
    await redis.xdel(EVENTS, "1002-1")
    assert await _is_deleted_and_refilled(relay, mirror, leader)


async def test_a_last_id_a_little_ahead_starts_a_new_timeline(
    relayed: None, relay: Relay, mirror: Any, leader: Any, redis: Redis
) -> None:
    """Rule 9: with its entry gone nobody knows; a restored record must not repeat an id."""
    await redis.xadd(EVENTS, {"a": "b"}, id="3-1")
    await redis.xdel(EVENTS, "3-1")
    assert (await relay.step()).restarted
    assert (await leader.record.head()).at == Position(4, 5)
    assert await mirror.is_exact()


@pytest.mark.parametrize("command", [("SET", "text"), ("RPUSH", "a"), ("HSET", "a", "b")])
async def test_a_key_of_another_type_in_the_streams_place_is_foreign(
    relayed: None, relay: Relay, mirror: Any, leader: Any, redis: Redis, command: tuple[str, ...]
) -> None:
    """The relay failed permanently on a string at the stream's key."""
    await redis.delete(EVENTS)
    client: Any = redis
    await client.execute_command(command[0], EVENTS, *command[1:])
    assert await _is_deleted_and_refilled(relay, mirror, leader)


@pytest.mark.parametrize("key", sorted(TTL_OF))
async def test_a_list_in_a_documents_place_is_written_over(
    relayed: None, relay: Relay, mirror: Any, redis: Redis, key: str
) -> None:
    """The relay failed permanently on a list at a document's key."""
    await redis.delete(key)
    await redis.rpush(key, "a")
    await redis.expire(key, TTL_OF[key])
    step = await relay.step()
    assert step.unreadable == (key,)
    assert key in step.documents
    assert await mirror.fits()
    assert await relay.step() == RelayStep(0, ())


@pytest.mark.parametrize("key", [AVERAGES, HISTORY])
@pytest.mark.parametrize("body", [b"not a document", b'{"version": "0-0"}'])
async def test_a_document_in_pieces_is_not_renewed_but_written_again(
    relayed: None, relay: Relay, mirror: Any, redis: Redis, key: str, body: bytes
) -> None:
    """A set that no worker can read would otherwise live for as long as nothing changes."""
    await redis.set(key, body, px=TTL_OF[key] / 3)
    step = await relay.step()
    assert step.unreadable == (key,)
    assert key in step.documents
    assert await mirror.fits()


async def test_a_manifest_in_pieces_is_counted(
    relayed: None, relay: Relay, mirror: Any, redis: Redis
) -> None:
    """It is read in each step."""
    await redis.set(CURRENT, b"not a manifest", px=TTL_OF[CURRENT])
    assert (await relay.step()).unreadable == (CURRENT,)
    assert await mirror.fits()


class Consequences:
    """Notes the alerts and the questions to Banxico that steps lead to."""

    def __init__(self) -> None:
        self.noted: list[str] = []

    def on_foreign_stream(self, _reason: str) -> None:
        """Note an alert."""
        self.noted.append("alert")

    def ask_now(self) -> None:
        """Note a question."""
        self.noted.append("question")


async def test_another_record_on_the_same_redis_costs_one_question(
    relayed: None, relay: Relay, mirror: Any, leader: Any
) -> None:
    """Each answers the other's new timeline with one of its own, at every step, for ever."""
    consequences: Any = Consequences()
    restarts = Restarts(lambda: 0.0)
    event = await leader.publish({"2026-08-14": "17.1000"})
    await relay.step()
    for _ in range(4):
        at = (await leader.record.head()).at
        theirs = msgspec.structs.replace(event, timeline=at.timeline + 1, position=at.position)
        await mirror.forge(theirs)
        step = await relay.step()
        assert step.restarted
        follow_restart(restarts, consequences, consequences)

    assert consequences.noted == ["question", "alert"]
