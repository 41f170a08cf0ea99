"""The worker's questions to a real Redis."""

from collections.abc import AsyncIterator
from datetime import date
from types import ModuleType
from typing import Any

import pytest

from rates_api.consume.documents import Documents
from rates_api.consume.stream import Stream, Tail, open_redis
from rates_api.errors import DocumentsUnusable, StreamUnavailable
from rates_contracts.events import Position
from rates_contracts.stream import event_of

pytestmark = pytest.mark.integration


@pytest.fixture
async def stream(relay: Any) -> AsyncIterator[Stream]:
    """Give the worker's view of the Redis under test."""
    client = open_redis(relay.url, timeout=2, connect_timeout=1)
    yield Stream(client, block=0.05, timeout=1)
    await client.aclose()


@pytest.fixture
def record(fakes: ModuleType) -> Any:
    """Give a record of two events."""
    record = fakes.Record()
    record.observe(fakes.observation(date(2024, 1, 2)))
    record.poll(breaker="open")
    return record


async def test_entries_come_from_the_position_on(stream: Stream, relay: Any, record: Any) -> None:
    """Rule R5: XREAD from a position gives every later event, and none where there is none."""
    relay.relay(record)

    after_first = await stream.after(Position(1, 1))

    assert [event_of(entry.fields) for entry in after_first] == record.outbox[1:]
    assert [entry.at for entry in await stream.after(Position(0, 0))] == [
        Position(1, 1),
        Position(1, 2),
    ]
    assert await stream.after(Position(1, 2)) == []


async def test_the_tail_is_the_last_entry(stream: Stream, relay: Any, record: Any) -> None:
    """Protocol rule 15: the stream's end is told by position and event id, or by nothing."""
    assert await stream.tail() is None
    relay.relay(record)

    assert await stream.tail() == Tail(Position(1, 2), record.state.head.event_id)


async def test_the_documents_are_a_snapshot(stream: Stream, relay: Any, record: Any) -> None:
    """Protocol rule 12: manifest and documents are read together."""
    with pytest.raises(DocumentsUnusable):
        await Documents(stream).load()
    relay.relay(record)

    assert await Documents(stream).load() == record.snapshot


async def test_a_redis_that_is_away_is_told_at_once(stream: Stream, redis_server: Any) -> None:
    """No retries of the client: the loop decides when to ask again."""
    redis_server.stop()

    with pytest.raises(StreamUnavailable):
        await stream.tail()
    with pytest.raises(StreamUnavailable):
        await stream.after(Position(1, 1))

    redis_server.start()
    assert await stream.tail() is None
