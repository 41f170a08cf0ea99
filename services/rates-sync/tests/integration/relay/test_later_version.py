"""After a rollback this version relays what a later one recorded."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis
from sqlalchemy import update

from rates_contracts.events import Event, encode_event
from rates_contracts.stream import EVENTS
from rates_sync.relay.relay import Relay, RelayStep
from rates_sync.store.engine import writing
from rates_sync.store.schema import outbox

pytestmark = pytest.mark.integration

Rewrite = Callable[..., Awaitable[bytes]]


@pytest.fixture
def rewrite(leader: Any) -> Rewrite:
    """Let the record hold an event in bytes that no encoder of today would write."""

    async def rewrite(event: Event, **members: Any) -> bytes:
        later = msgspec.json.decode(encode_event(event)) | {"invented": ["é", {"x": 1.50}]}
        document = json.dumps(later | members, indent=1, ensure_ascii=False)
        here = (outbox.c.timeline == event.timeline) & (outbox.c.position == event.position)
        async with writing(leader.engine) as connection:
            await connection.execute(update(outbox).where(here).values(document=document))
        return document.encode()

    return rewrite


@pytest.fixture
async def recorded(leader: Any, rewrite: Rewrite) -> list[bytes]:
    """Record three events as a later version: known with more members, unknown, known."""
    await leader.change_calendar()
    first = await leader.publish({"2026-08-13": "17.0530"})
    second = await leader.change_status()
    return [
        await rewrite(first),
        await rewrite(second, type="status_changed.v9", traceparent="00-later"),
        await rewrite(await leader.change_status()),
    ]


async def test_bytes_of_a_later_version_travel_as_they_were_recorded(
    recorded: list[bytes], relay: Relay, redis: Redis, mirror: Any
) -> None:
    """Protocol rule 6: outbox and stream hold the same bytes, whoever wrote and whoever relays."""
    await relay.step()
    entries: Any = await redis.xrange(EVENTS, min="1-2")
    assert [fields[b"event"] for _, fields in entries] == recorded
    assert await mirror.is_exact()


async def test_an_unknown_event_has_its_whole_entry(
    recorded: list[bytes], relay: Relay, redis: Redis
) -> None:
    """Protocol rule 6: place, event_id, previous and trace come from the envelope alone."""
    await relay.step()
    entries: Any = await redis.xrange(EVENTS, min="1-2", max="1-3")
    (_, before), (at, fields) = entries
    assert at == b"1-3"
    assert fields[b"event_id"].decode() == msgspec.json.decode(recorded[1])["event_id"]
    assert fields[b"previous"] == b"1-2 " + before[b"event_id"]
    assert fields[b"traceparent"] == b"00-later"


async def test_the_relay_goes_on_after_an_unknown_event(
    recorded: list[bytes], relay: Relay, leader: Any, redis: Redis, mirror: Any
) -> None:
    """Protocol rules 7 and 8: repeats, news and refills are what they are among known events."""
    await relay.step()
    assert await relay.step() == RelayStep(0, ())
    await leader.publish({"2026-08-14": "17.1000"})
    assert (await relay.step()).relayed == 1
    assert await mirror.is_exact()
    await redis.flushall()
    assert (await relay.step()).refilled
    assert await mirror.is_exact()
    assert await mirror.fits()
