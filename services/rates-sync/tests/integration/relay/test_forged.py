"""What looks like the relay's, and is not as the key has signed it, is written over (rule 45)."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from redis.asyncio import Redis

from rates_contracts.documents import AVERAGES, CURRENT, HISTORY, TTL_OF
from rates_contracts.events import Position
from rates_contracts.stream import EVENT, EVENTS, SIGNATURE
from rates_sync.errors import StoreUnavailable
from rates_sync.relay.relay import Relay, RelayStep
from rates_sync.relay.scrub import SCRUBBED_EVERY
from rates_sync.store.outbox import Outbox

pytestmark = pytest.mark.integration

Fields = dict[Any, Any]
HEAD = Position(1, 4)
IDLE = RelayStep(0, ())
LAST, MIDDLE = 3, 1


@pytest.fixture
async def relayed(signed_relay: Relay, week: Callable[[], Awaitable[None]]) -> None:
    """Relay four events with their documents, all signed."""
    await week()
    await signed_relay.step()


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return a list: while something is in it the record can't be read."""
    outages: list[bool] = []
    read = Outbox.read

    async def read_unless_away(self: Outbox, *args: Any, **kwargs: Any) -> Any:
        if outages:
            raise StoreUnavailable("away")
        return await read(self, *args, **kwargs)

    monkeypatch.setattr(Outbox, "read", read_unless_away)
    return outages


def _forged(at: int) -> Callable[[int, Fields], Fields]:
    """Return the change that another body under the old signature is to one entry."""

    def change(number: int, fields: Fields) -> Fields:
        return {**fields, EVENT: fields[EVENT] + b" "} if number == at else fields

    return change


async def _forge_document(redis: Redis, key: str) -> None:
    """Write another body of the same version, beside the signature of the one before."""
    body: Any = await redis.get(key)
    await redis.set(key, body + b" ", keepttl=True)


async def _is_refilled(relay: Relay, mirror: Any, leader: Any) -> bool:
    """Tell whether a step deletes the stream as foreign, refills it, and leaves the record."""
    step = await relay.step()
    assert step.foreign, step
    assert (step.refilled, step.restarted, step.relayed) == (True, False, 4)
    assert (await leader.record.head()).at == HEAD
    assert await relay.step() == IDLE
    return bool(await mirror.is_exact() and await mirror.fits())


async def test_a_forged_tail_is_foreign(
    relayed: None, signed_relay: Relay, mirror: Any, leader: Any
) -> None:
    """Its ID and event ID are right, and its signature names the current key."""
    await mirror.rewrite(_forged(LAST))
    assert await _is_refilled(signed_relay, mirror, leader)


async def test_a_stream_forged_before_its_tail_is_foreign_within_five_minutes(
    relayed: None, signed_relay: Relay, mirror: Any, leader: Any, monotonic: Any
) -> None:
    """To look at each entry in each step would cost more than all the rest of it."""
    await mirror.rewrite(_forged(MIDDLE))
    monotonic.now += SCRUBBED_EVERY - 1
    assert await signed_relay.step() == IDLE
    monotonic.now += 1
    assert await _is_refilled(signed_relay, mirror, leader)


async def test_a_new_leader_looks_at_each_entry_at_once(
    relayed: None, signed_relay_of: Callable[[Any], Relay], mirror: Any, leader: Any
) -> None:
    """Nobody knows how long ago the one before has looked."""
    await mirror.rewrite(_forged(MIDDLE))
    assert await _is_refilled(signed_relay_of(leader), mirror, leader)


async def test_a_long_stream_is_looked_at_to_its_end(
    relayed: None,
    signed_relay: Relay,
    mirror: Any,
    leader: Any,
    monotonic: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is read in pages; each begins after the last entry of the one before."""
    monkeypatch.setattr("rates_sync.relay.scrub.PAGE", 2)
    monotonic.now += SCRUBBED_EVERY
    assert await signed_relay.step() == IDLE
    await mirror.rewrite(_forged(2))
    monotonic.now += SCRUBBED_EVERY
    assert await _is_refilled(signed_relay, mirror, leader)


async def test_a_signed_event_in_anothers_place_is_foreign(
    relayed: None, signed_relay: Relay, mirror: Any, leader: Any, redis: Redis, monotonic: Any
) -> None:
    """What verifies is an event that rates-sync has announced once, not where."""
    entries: Any = await redis.xrange(EVENTS)
    copied = entries[0][1]
    await mirror.rewrite(lambda number, fields: copied if number == MIDDLE else fields)
    monotonic.now += SCRUBBED_EVERY
    assert await _is_refilled(signed_relay, mirror, leader)


async def test_a_forged_entry_is_foreign_after_one_that_is_only_unsigned(
    relayed: None, signed_relay: Relay, mirror: Any, leader: Any, monotonic: Any
) -> None:
    """The one is an older version's, perhaps; the other is alerted."""

    def change(number: int, fields: Fields) -> Fields:
        return _unsigned(number, fields) if number == 0 else _forged(MIDDLE)(number, fields)

    await mirror.rewrite(change)
    monotonic.now += SCRUBBED_EVERY
    assert await _is_refilled(signed_relay, mirror, leader)


def _unsigned(_number: int, fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if name != SIGNATURE}


@pytest.mark.parametrize("unsigned", [{LAST}, {MIDDLE}, {0, 1, 2, 3}])
async def test_an_unsigned_stream_is_refilled_under_the_current_key(
    relayed: None,
    signed_relay: Relay,
    mirror: Any,
    redis: Redis,
    monotonic: Any,
    unsigned: set[int],
) -> None:
    """As a version that signs nothing leaves it: nobody is alerted."""

    def change(number: int, fields: Fields) -> Fields:
        return _unsigned(number, fields) if number in unsigned else fields

    await mirror.rewrite(change)
    monotonic.now += SCRUBBED_EVERY
    assert await signed_relay.step() == RelayStep(4, (AVERAGES, HISTORY), refilled=True)
    entries: Any = await redis.xrange(EVENTS)
    assert all(SIGNATURE in fields for _, fields in entries)
    assert await mirror.is_exact()
    assert await signed_relay.step() == IDLE


async def test_a_rotation_is_no_forgery(
    relayed: None, signed_relay: Relay, signing: Any, redis: Redis
) -> None:
    """Stream and documents are written again under the new key: nobody is alerted."""
    signing.rotate()
    step = await signed_relay.step()
    assert (step.foreign, step.unreadable) == (None, ())
    assert step.refilled
    assert set(step.documents) == set(TTL_OF)
    entries: Any = await redis.xrange(EVENTS)
    assert all(fields[SIGNATURE].startswith(signing.kid.encode()) for _, fields in entries)
    assert await signed_relay.step() == IDLE


async def test_a_forged_manifest_is_written_again_in_the_next_step(
    relayed: None, signed_relay: Relay, mirror: Any, redis: Redis
) -> None:
    """It is read in each step."""
    before = await redis.get(CURRENT)
    await _forge_document(redis, CURRENT)
    assert (await signed_relay.step()).unreadable == (CURRENT,)
    assert await redis.get(CURRENT) == before
    assert await mirror.fits()
    assert await signed_relay.step() == IDLE


@pytest.mark.parametrize("key", [AVERAGES, HISTORY])
async def test_a_forged_document_is_written_again_within_five_minutes(
    relayed: None, signed_relay: Relay, redis: Redis, monotonic: Any, key: str
) -> None:
    """Workers refuse it, whose version is right, and load the record instead until then."""
    before = await redis.get(key)
    await _forge_document(redis, key)
    assert await signed_relay.step() == IDLE
    monotonic.now += SCRUBBED_EVERY
    step = await signed_relay.step()
    assert (step.unreadable, step.documents) == ((key,), (key,))
    assert await redis.get(key) == before
    assert await signed_relay.step() == IDLE


@pytest.mark.parametrize("key", [AVERAGES, HISTORY])
async def test_a_forged_document_is_not_renewed(
    relayed: None, signed_relay: Relay, redis: Redis, key: str
) -> None:
    """It is read before its time to live is."""
    await _forge_document(redis, key)
    await redis.pexpire(key, TTL_OF[key] / 3)
    assert (await signed_relay.step()).documents == (key,)


async def test_without_a_key_nothing_is_looked_at(
    relayed: None, signed_relay: Relay, signing: Any, mirror: Any, redis: Redis, monotonic: Any
) -> None:
    """Who signs nothing can't tell who did: workers that know a key follow the record."""
    signing.key = None
    await mirror.rewrite(_forged(MIDDLE))
    await _forge_document(redis, HISTORY)
    monotonic.now += SCRUBBED_EVERY
    assert await signed_relay.step() == IDLE


async def test_a_sound_stream_is_not_looked_at_again_while_the_record_is_away(
    relayed: None, signed_relay: Relay, mirror: Any, monotonic: Any, away: list[bool]
) -> None:
    """A step that fails for another reason has looked at everything all the same."""
    monotonic.now += SCRUBBED_EVERY
    await _fail(signed_relay, away)
    await mirror.rewrite(_forged(MIDDLE))
    assert await signed_relay.step() == IDLE


async def test_what_is_found_while_the_record_is_away_is_mended_afterwards(
    relayed: None, signed_relay: Relay, mirror: Any, leader: Any, monotonic: Any, away: list[bool]
) -> None:
    """What has to be written anew is looked for until it was."""
    await mirror.rewrite(_forged(MIDDLE))
    monotonic.now += SCRUBBED_EVERY
    await _fail(signed_relay, away)
    assert await _is_refilled(signed_relay, mirror, leader)


async def _fail(relay: Relay, away: list[bool]) -> None:
    """Make a step while the record is away."""
    away.append(True)
    with pytest.raises(StoreUnavailable):
        await relay.step()
    away.clear()
