"""A relay over the real store and the real stream, and what it should leave in Redis."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from redis.asyncio import Redis

from rates_contracts.documents import (
    AVERAGES,
    CURRENT,
    HISTORY,
    AveragesDocument,
    CurrentDocument,
    HistoryDocument,
    decode_document,
)
from rates_contracts.events import (
    Event,
    Position,
    StoredEvent,
    decode_event,
    encode_event,
    stored_event,
)
from rates_contracts.stream import EVENT, EVENTS, entry_fields, event_of
from rates_sync.relay.relay import Relay
from rates_sync.relay.signing import CarrierSigning
from rates_sync.signing import SigningKey
from rates_sync.store.engine import reading
from rates_sync.store.outbox import Outbox, read_events


class Mirror:
    """Reads the stream and the documents, and damages them as outages do."""

    def __init__(self, redis: Redis, leader: Any) -> None:
        self.redis, self._leader = redis, leader

    async def events(self) -> list[Event]:
        """Return what the stream holds; each entry's ID is its event's place."""
        entries: Any = await self.redis.xrange(EVENTS)
        events = [event_of(fields) for _, fields in entries]
        assert [event.at.stream_id.encode() for event in events] == [id_ for id_, _ in entries]
        return events

    async def outbox(self) -> list[Event]:
        """Return what the record has."""
        return [decode_event(stored.body) for stored in await self._stored()]

    async def is_exact(self) -> bool:
        """Tell whether the stream holds each event of the outbox once, in order, byte for byte."""
        entries: Any = await self.redis.xrange(EVENTS)
        recorded = [(stored.at.stream_id.encode(), stored.body) for stored in await self._stored()]
        return [(id_, fields[EVENT]) for id_, fields in entries] == recorded

    async def current(self) -> CurrentDocument:
        """Return the manifest."""
        return decode_document(await self._body(CURRENT), CurrentDocument)

    async def averages(self) -> AveragesDocument:
        """Return the averages document."""
        return decode_document(await self._body(AVERAGES), AveragesDocument)

    async def history(self) -> HistoryDocument:
        """Return the history document."""
        return decode_document(await self._body(HISTORY), HistoryDocument)

    async def fits(self) -> bool:
        """Tell whether the documents are a set and stand at the record's head."""
        current = await self.current()
        return (
            current.head == await self._leader.record.head()
            and (await self.averages()).version == current.averages_version
            and (await self.history()).version == current.history_version
        )

    async def write(self, events: list[Event]) -> None:
        """Replace the stream by `events`, as a replica that lags or another record would."""
        await self.redis.delete(EVENTS)
        for event in events:
            await self._add(event)

    async def forge(self, event: Event) -> None:
        """Append another history's entry: the place is the event's, the `event_id` is not."""
        foreign = msgspec.structs.replace(event, event_id="of-another-history")
        await self._add(foreign)

    async def rewrite(self, change: Callable[[int, dict[Any, Any]], dict[Any, Any]]) -> None:
        """Write the stream anew under the same IDs; `change` gets each entry's number, fields."""
        entries: Any = await self.redis.xrange(EVENTS)
        await self.redis.delete(EVENTS)
        for number, (stream_id, fields) in enumerate(entries):
            await self.redis.xadd(EVENTS, change(number, fields), id=stream_id)

    async def _add(self, event: Event) -> None:
        fields: dict[Any, Any] = dict(entry_fields(stored_event(encode_event(event))))
        await self.redis.xadd(EVENTS, fields, id=event.at.stream_id)

    async def _stored(self) -> tuple[StoredEvent, ...]:
        async with reading(self._leader.engine) as connection:
            return await read_events(connection, Position(0, 0), limit=1000)

    async def _body(self, key: str) -> bytes:
        body: Any = await self.redis.get(key)
        assert body is not None, f"{key} is missing"
        return bytes(body)


class Signing(CarrierSigning):
    """Signs with a key that can be replaced or lost."""

    def __init__(self) -> None:
        self.key: SigningKey | None = None
        super().__init__(lambda: self.key)
        self.rotate()

    def rotate(self) -> None:
        """Take a key that nobody has seen."""
        self.key = SigningKey(Ed25519PrivateKey.generate())


class Monotonic:
    """A monotonic clock, in seconds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def mirror(redis: Redis, leader: Any) -> Mirror:
    """What Redis holds."""
    return Mirror(redis, leader)


@pytest.fixture
def relay_of(redis: Redis) -> Callable[[Any], Relay]:
    """Return the relay of an instance that holds (or held) the lease."""
    return lambda holder: Relay(
        redis, Outbox(holder.engine, holder.record, holder.fence), interval=5
    )


@pytest.fixture
def relay(relay_of: Callable[[Any], Relay], leader: Any) -> Relay:
    """The leader's relay."""
    return relay_of(leader)


@pytest.fixture
def signing() -> Signing:
    """The leader's signing."""
    return Signing()


@pytest.fixture
def monotonic() -> Monotonic:
    """The signing relay's clock."""
    return Monotonic()


@pytest.fixture
def signed_relay_of(redis: Redis, signing: Signing, monotonic: Monotonic) -> Callable[[Any], Relay]:
    """Return the signing relay of an instance that holds (or held) the lease."""
    return lambda holder: Relay(
        redis,
        Outbox(holder.engine, holder.record, holder.fence),
        interval=5,
        signing=signing,
        monotonic=monotonic,
    )


@pytest.fixture
def signed_relay(signed_relay_of: Callable[[Any], Relay], leader: Any) -> Relay:
    """The leader's relay, which signs."""
    return signed_relay_of(leader)


@pytest.fixture
def week(leader: Any) -> Callable[[], Awaitable[None]]:
    """Record a calendar and three values: four events, documents included."""

    async def record() -> None:
        await leader.change_calendar()
        for day in ("2026-08-11", "2026-08-12", "2026-08-13"):
            await leader.publish({day: "17.0530"})

    return record
