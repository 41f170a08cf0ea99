"""Redis is a carrier, not a witness: what rates-sync has not signed changes no answer (rule 45)."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from types import ModuleType, SimpleNamespace
from typing import Any

import fakeredis
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rates_api.consume.signatures import Signatures
from rates_api.consume.stream import MAX_ENTRIES_PER_READ, MAX_VERIFIED_PER_TURN, Stream
from rates_api.errors import DocumentsUnusable, FallbackUnavailable
from rates_api.worker import Worker
from rates_contracts.answers import PublicKey
from rates_contracts.documents import AVERAGES, CURRENT, HISTORY
from rates_contracts.events import Position, encode_event, stored_event
from rates_contracts.signatures.carrier import (
    SIGNATURES,
    Signature,
    encode_signatures,
    signed_content,
)
from rates_contracts.signatures.jose import base64url, key_id
from rates_contracts.stream import EVENTS, entry_fields

NOW = datetime(2026, 8, 13, 18, tzinfo=UTC)


class Key:
    """A signing key, and its public half as the record has it."""

    def __init__(self) -> None:
        self._private = Ed25519PrivateKey.generate()
        self.x = base64url(self._private.public_key().public_bytes_raw())
        self.public = PublicKey(kid=key_id(self.x), x=self.x, created_at=NOW)
        self.revoked = PublicKey(kid=key_id(self.x), x=self.x, created_at=NOW, revoked_at=NOW)

    def sign(self, name: str, body: bytes) -> str:
        """Return the signature of `body` under `name`."""
        return Signature(key_id(self.x), self._private.sign(signed_content(name, body))).text


class Record:
    """The keys of a record; where `newest` is set the writer has these, and a replica lags."""

    def __init__(self) -> None:
        self.keys: tuple[PublicKey, ...] = ()
        self.newest: tuple[PublicKey, ...] | None = None
        self.away = False
        self.asked = 0

    async def read(self) -> tuple[PublicKey, ...]:
        """Return what a replica has."""
        if self.away:
            raise FallbackUnavailable("away")
        return self.keys

    async def read_newest(self) -> tuple[PublicKey, ...]:
        """Return what the writer has."""
        self.asked += 1
        replicated = await self.read()
        return replicated if self.newest is None else self.newest


@pytest.fixture
def key() -> Key:
    """Give rates-sync's key."""
    return Key()


@pytest.fixture
def made() -> Callable[..., Any]:
    """Give a function that makes what a worker verifies with."""

    def make(*pinned: Key) -> Any:
        record, time = Record(), SimpleNamespace(now=0.0)
        refused: list[str] = []
        signatures = Signatures(
            [key.x for key in pinned],
            record.read,
            lambda: time.now,
            read_newest=record.read_newest,
            on_unverified=refused.append,
        )
        return SimpleNamespace(signatures=signatures, record=record, time=time, refused=refused)

    return make


async def verify(worker: Any, signature: str | None, body: bytes = b"{}") -> bool:
    """Tell whether an event is taken."""
    taken: bool = await worker.signatures.verify("event", EVENTS, body, signature)
    return taken


async def test_where_nothing_is_signed_everything_is_taken(made: Callable[..., Any]) -> None:
    """An older rates-sync, or one without a key, signs nothing, and the record names no key."""
    worker = made()
    await worker.signatures.learn()
    assert await verify(worker, None)
    assert worker.refused == []


async def test_what_a_key_of_the_record_has_signed_is_taken(
    made: Callable[..., Any], key: Key
) -> None:
    """And nothing else from then on: nothing unsigned, changed, moved or by another key."""
    worker = made()
    worker.record.keys = (key.public,)
    await worker.signatures.learn()
    assert await verify(worker, key.sign(EVENTS, b"{}"))
    forged = (None, "", "x.y", key.sign(CURRENT, b"{}"), Key().sign(EVENTS, b"{}"))
    assert [await verify(worker, signature) for signature in forged] == [False] * len(forged)
    assert not await verify(worker, key.sign(EVENTS, b"{}"), body=b"{ }")
    assert worker.refused == ["event"] * (len(forged) + 1)


async def test_a_new_key_is_asked_of_whoever_can_not_lag(
    made: Callable[..., Any], key: Key
) -> None:
    """After a rotation the first event by the new key is taken, though a replica lags behind."""
    worker = made()
    worker.record.keys = (key.public,)
    await worker.signatures.learn()
    new = Key()
    worker.record.newest = (key.public, new.public)
    assert await verify(worker, new.sign(EVENTS, b"{}"))
    assert (worker.record.asked, worker.refused) == (1, [])


async def test_a_new_key_outlives_a_replica_that_lags(made: Callable[..., Any], key: Key) -> None:
    """The next regular look at a replica without it makes nobody forget it, or load anew."""
    worker = made()
    worker.record.keys = (key.public,)
    await worker.signatures.learn()
    new = Key()
    worker.record.newest = (key.public, new.public)
    assert await verify(worker, new.sign(EVENTS, b"{}"))
    await worker.signatures.learn()
    assert await verify(worker, new.sign(EVENTS, b"{}"))
    assert worker.record.asked == 1


async def test_a_flood_of_unknown_keys_costs_one_look_a_second(
    made: Callable[..., Any], key: Key
) -> None:
    """Each is counted, and the record is asked again only once the second is over."""
    worker = made(key)
    forgeries = [Key().sign(EVENTS, b"{}") for _ in range(3)]
    for now in (0.0, 0.5, 0.99, 1.0):
        worker.time.now = now
        assert [await verify(worker, forged) for forged in forgeries] == [False] * 3
    assert worker.record.asked == 2
    assert worker.refused == ["event"] * 12


async def test_a_regular_look_delays_none_for_an_unknown_key(
    made: Callable[..., Any], key: Key
) -> None:
    """What came just before the rotation does not make the first event by the new key a forgery."""
    worker, new = made(key), Key()
    await worker.signatures.learn()
    worker.record.keys = (key.public, new.public)
    assert await verify(worker, new.sign(EVENTS, b"{}"))


async def test_what_no_new_key_could_verify_is_counted_at_once(
    made: Callable[..., Any], key: Key
) -> None:
    """Unsigned, by a known key but changed, or by a revoked one: the record is not asked."""
    worker, revoked = made(key), Key()
    worker.record.keys = (key.public, revoked.revoked)
    await worker.signatures.learn()
    for signature in (None, "x.y", key.sign(EVENTS, b"{ }"), revoked.sign(EVENTS, b"{}")):
        assert not await verify(worker, signature)
    assert (worker.record.asked, worker.refused) == (0, ["event"] * 4)


async def test_a_revoked_key_verifies_nothing(made: Callable[..., Any], key: Key) -> None:
    """Also where it is pinned; and what is unsigned is not taken instead."""
    worker = made(key)
    assert await verify(worker, key.sign(EVENTS, b"{}"))
    worker.record.keys = (key.revoked,)
    await worker.signatures.learn()
    assert not await verify(worker, key.sign(EVENTS, b"{}"))
    assert not await verify(worker, None)


async def test_a_key_is_revoked_whatever_the_record_calls_it(
    made: Callable[..., Any], key: Key
) -> None:
    """As it is trusted by its own thumbprint, it is refused by that."""
    worker = made(key)
    worker.record.keys = (key.public, msgspec.structs.replace(key.revoked, kid="another"))
    await worker.signatures.learn()
    assert worker.signatures.trusted == frozenset()


async def test_a_revoked_key_stays_refused_after_a_restore(
    made: Callable[..., Any], key: Key
) -> None:
    """A record of before the revocation names the key as if nothing had happened."""
    worker = made()
    worker.record.keys = (key.revoked,)
    await worker.signatures.learn()
    worker.record.keys = (key.public,)
    await worker.signatures.learn()
    assert not await verify(worker, key.sign(EVENTS, b"{}"))
    assert worker.signatures.trusted == frozenset()


async def test_a_pinned_key_needs_no_record(made: Callable[..., Any], key: Key) -> None:
    """While the database is away a worker with the setting takes what is signed, and that alone."""
    worker = made(key)
    worker.record.away = True
    await worker.signatures.learn()
    assert await verify(worker, key.sign(EVENTS, b"{}"))
    assert not await verify(worker, None)


async def test_known_keys_outlive_the_record(made: Callable[..., Any], key: Key) -> None:
    """What was learnt stays known while the database is away."""
    worker = made()
    worker.record.keys = (key.public,)
    await worker.signatures.learn()
    worker.record.away = True
    await worker.signatures.learn()
    assert await verify(worker, key.sign(EVENTS, b"{}"))
    assert not await verify(worker, None)


class Carried:
    """A Redis in memory with the documents and events of a record, signed by a key."""

    def __init__(self, record: Any, key: Key, signatures: Signatures) -> None:
        self.record, self.key = record, key
        self.redis: Any = fakeredis.FakeAsyncRedis(server=fakeredis.FakeServer(), version=(7,))
        self.stream = Stream(self.redis, block=0.01, timeout=2, signatures=signatures)

    async def relay(self) -> None:
        """Write what the record holds."""
        for event in self.record.outbox:
            stored = stored_event(encode_event(event))
            fields: Any = entry_fields(stored, self.key.sign(EVENTS, stored.body))
            await self.redis.xadd(EVENTS, fields, id=event.at.stream_id)
        bodies = dict(zip((CURRENT, AVERAGES, HISTORY), self.record.documents(), strict=True))
        signed = {name: self.key.sign(name, body) for name, body in bodies.items()}
        await self.redis.mset({**bodies, SIGNATURES: encode_signatures(signed)})


@pytest.fixture
async def carried(fakes: ModuleType, made: Callable[..., Any], key: Key) -> Carried:
    """Give what rates-sync has written, and a worker's stream that knows its key."""
    record = fakes.Record()
    record.observe(fakes.observation(date(2024, 1, 2)))
    carried = Carried(record, key, made(key).signatures)
    await carried.relay()
    return carried


async def test_what_is_signed_is_read(carried: Carried) -> None:
    """Documents and entries by the known key arrive as they are."""
    assert await carried.stream.documents() == carried.record.documents()
    entries = await carried.stream.after(Position(0, 0))
    assert [entry.verified for entry in entries] == [True] * len(carried.record.outbox)


async def test_a_poisoned_document_is_not_used(carried: Carried) -> None:
    """Another rate in the history, under the signature of the true one: the record is loaded."""
    body = await carried.redis.get(HISTORY)
    await carried.redis.set(HISTORY, body.replace(b"17.0297", b"99.9999"))
    with pytest.raises(DocumentsUnusable, match="not signed"):
        await carried.stream.documents()


async def test_documents_without_signatures_are_not_used(carried: Carried) -> None:
    """Whoever deletes the signatures makes nobody take the documents."""
    await carried.redis.delete(SIGNATURES)
    with pytest.raises(DocumentsUnusable, match="not signed"):
        await carried.stream.documents()


async def test_a_poisoned_event_is_marked(carried: Carried, fakes: ModuleType) -> None:
    """One that fits the chain to the last member, but for the signature."""
    event = carried.record.observe(fakes.observation(date(2024, 1, 3), "99.9999"))
    fields: Any = entry_fields(stored_event(encode_event(event)))
    before = carried.record.outbox[-2].at
    await carried.redis.xadd(EVENTS, fields, id=event.at.stream_id)
    assert [entry.verified for entry in await carried.stream.after(before)] == [False]


async def test_nothing_is_taken_after_what_does_not_verify(
    carried: Carried, fakes: ModuleType
) -> None:
    """A flood of forged entries costs one look at the record, not one each."""
    before = carried.record.outbox[-1].at
    for day in (3, 4, 5):
        event = carried.record.observe(fakes.observation(date(2024, 1, day), "99.9999"))
        fields: Any = entry_fields(stored_event(encode_event(event)))
        await carried.redis.xadd(EVENTS, fields, id=event.at.stream_id)
    assert [entry.verified for entry in await carried.stream.after(before)] == [False]


class Turns:
    """Counts the turns of the event loop, and how many entries are verified in each."""

    def __init__(self) -> None:
        self.now = 0
        self.verified: Counter[int] = Counter()

    async def count(self) -> None:
        """Count turns until cancelled, as a request that is always ready would get them."""
        while True:
            self.now += 1
            await asyncio.sleep(0)

    async def verify(self, *_: object) -> bool:
        """Take every entry, without ever waiting."""
        self.verified[self.now] += 1
        return True


async def test_requests_have_their_turn_while_a_backlog_is_verified() -> None:
    """To verify 200 entries takes 20 ms, in which nobody would be answered."""
    redis: Any = fakeredis.FakeAsyncRedis(server=fakeredis.FakeServer(), version=(7,))
    for number in range(MAX_ENTRIES_PER_READ):
        await redis.xadd(EVENTS, {"event": "{}"}, id=f"1-{number + 1}")
    turns: Any = Turns()
    stream = Stream(redis, block=0.01, timeout=2, signatures=turns)
    request = asyncio.create_task(turns.count())
    entries = await stream.after(Position(0, 0))
    request.cancel()
    assert len(entries) == MAX_ENTRIES_PER_READ
    assert max(turns.verified.values()) <= MAX_VERIFIED_PER_TURN


async def test_what_a_revoked_key_has_signed_is_loaded_anew(
    made: Callable[..., Any], key: Key
) -> None:
    """A worker drops what it took by a key that counts no more, and once only."""
    worker = made()
    rounds, distrusted = iter(((key.public,), (key.revoked,), (key.revoked,))), []

    async def sleep(_: float) -> None:
        worker.record.keys = next(rounds)

    following: Any = SimpleNamespace(
        sleep=sleep,
        signatures=worker.signatures,
        reader=SimpleNamespace(distrust=lambda: distrusted.append(worker.record.keys)),
    )
    with pytest.raises(RuntimeError):  # What a coroutine makes of the end of the rounds.
        await Worker._learn_forever(following)
    assert distrusted == [(key.public,), (key.revoked,)]
