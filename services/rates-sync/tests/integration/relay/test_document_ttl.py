"""The documents: what is rewritten, what is renewed, what outlives the database (rules 10, 11)."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from datetime import date as Day
from decimal import Decimal
from typing import Any

import pytest
from redis.asyncio import Redis

from rates_contracts.averages import Average
from rates_contracts.documents import AVERAGES, CURRENT, HISTORY, TTL_OF
from rates_contracts.stream import EVENTS
from rates_sync.errors import RelayError
from rates_sync.relay.document_ttl import extend_ttls
from rates_sync.relay.relay import Relay

pytestmark = pytest.mark.integration

HALF_AN_HOUR = timedelta(minutes=30)
AVERAGE = Average(
    "15d", datetime(2026, 8, 14, 6, tzinfo=UTC), Day(2026, 7, 31), Day(2026, 8, 14), 0, 0
)
Week = Callable[[], Awaitable[None]]


async def test_the_documents_are_a_set_at_the_records_head(
    relay: Relay, mirror: Any, week: Week
) -> None:
    """Protocol rule 10: `current` names the head and the versions of the two others."""
    await week()
    assert set((await relay.step()).documents) == set(TTL_OF)
    assert await mirror.fits()


async def test_the_history_has_every_revision_and_the_calendar(
    relay: Relay, mirror: Any, week: Week, leader: Any
) -> None:
    """What a worker warms up from is all that was ever recorded, digits as published."""
    await week()
    await relay.step()
    history = await mirror.history()
    assert [(row.date.day, row.revision) for row in history.series["SF43718"]] == [
        (11, 1),
        (12, 1),
        (13, 1),
    ]
    assert str(history.series["SF43718"][0].value) == "17.0530"
    assert [batch.recorded_at for batch in history.batches] == sorted(
        {event.recorded_at for event in (await mirror.outbox())[1:]}
    )
    assert history.calendar == await leader.calendar()


async def test_only_what_changed_is_rewritten(relay: Relay, week: Week, leader: Any) -> None:
    """Protocol rule 10: a status event rewrites the manifest, never the history."""
    await week()
    await relay.step()
    await leader.change_status()
    assert (await relay.step()).documents == (CURRENT,)
    await leader.publish({"2026-08-14": "17.1000"})
    assert set((await relay.step()).documents) == {CURRENT, HISTORY}
    await leader.publish({"2026-08-17": "17.1000"}, averages=[AVERAGE])
    assert set((await relay.step()).documents) == {CURRENT, AVERAGES, HISTORY}
    await leader.change_calendar()
    assert set((await relay.step()).documents) == {CURRENT, HISTORY}


async def test_a_backfill_rewrites_the_history_once(
    relay: Relay, mirror: Any, week: Week, leader: Any
) -> None:
    """Protocol rule 2: chunks leave the history as it is, the one `history_reload` renews it."""
    await week()
    await relay.step()
    await leader.chunk("1991-11-12", "3.0735")
    await leader.chunk("1991-11-13", "3.0712")
    assert (await relay.step()).documents == ()
    await leader.reload()
    assert HISTORY in (await relay.step()).documents
    assert (await mirror.history()).series["SF43718"][0].value == Decimal("3.0735")
    assert [event.position for event in await mirror.events()] == [1, 2, 3, 4, 5]


async def test_documents_live_as_long_as_the_protocol_says(
    relay: Relay, week: Week, redis: Redis
) -> None:
    """Protocol rule 10: five minutes, one hour, six hours."""
    await week()
    await relay.step()
    for key, ttl in TTL_OF.items():
        assert ttl - timedelta(seconds=10) < await _left(redis, key) <= ttl


@pytest.mark.parametrize("key", sorted(TTL_OF))
async def test_a_document_past_half_its_life_is_renewed_without_any_news(
    relay: Relay, week: Week, redis: Redis, key: str
) -> None:
    """Protocol rule 10: nights and weekends bring nothing new and still keep the documents warm."""
    await week()
    await relay.step()
    await redis.pexpire(key, TTL_OF[key] / 2 - timedelta(seconds=1))
    assert (await relay.step()).documents == ()
    assert await _left(redis, key) > TTL_OF[key] - timedelta(seconds=10)


async def test_a_document_before_half_its_life_is_left_alone(
    relay: Relay, week: Week, redis: Redis
) -> None:
    """A renewal at each step would be a write every five seconds for nothing."""
    await week()
    await relay.step()
    almost = TTL_OF[HISTORY] / 2 + timedelta(minutes=1)
    await redis.pexpire(HISTORY, almost)
    await relay.step()
    assert await _left(redis, HISTORY) <= almost


@pytest.mark.parametrize("key", sorted(TTL_OF))
async def test_a_lost_document_is_written_anew(
    relay: Relay, mirror: Any, week: Week, redis: Redis, key: str
) -> None:
    """Protocol rule 10: a set with a document missing is made whole at the next step."""
    await week()
    await relay.step()
    await redis.delete(key)
    assert key in (await relay.step()).documents
    assert await mirror.fits()


async def test_a_manifest_that_cannot_be_read_is_written_anew(
    relay: Relay, mirror: Any, week: Week, redis: Redis
) -> None:
    """Whatever lies under the manifest's name, the record decides."""
    await week()
    await relay.step()
    await redis.set(CURRENT, b"not a manifest")
    await relay.step()
    assert await mirror.fits()


async def test_a_refill_trusts_no_document(
    relay: Relay, mirror: Any, week: Week, redis: Redis
) -> None:
    """Protocol rule 9: a Redis that lost its stream may hold another history under our versions."""
    await week()
    await relay.step()
    await redis.delete(EVENTS)
    await redis.set(HISTORY, b"of another history", ex=3600)
    await relay.step()
    assert await mirror.fits()


async def test_before_the_first_calendar_there_is_nothing_to_warm_up_from(
    relay: Relay, mirror: Any, leader: Any, redis: Redis
) -> None:
    """Events travel all the same; workers load the record."""
    await leader.change_status()
    assert (await relay.step()).documents == ()
    assert await redis.exists(*TTL_OF) == 0
    assert await mirror.is_exact()


async def test_without_a_database_the_documents_outlive_it(
    relay: Relay, week: Week, redis: Redis
) -> None:
    """Protocol rule 11: the short-lived get 30 min, the long-lived keep what they have."""
    await week()
    await relay.step()
    await extend_ttls(redis)
    assert HALF_AN_HOUR - timedelta(seconds=10) < await _left(redis, CURRENT) <= HALF_AN_HOUR
    assert await _left(redis, AVERAGES) > HALF_AN_HOUR
    assert await _left(redis, HISTORY) > HALF_AN_HOUR


async def test_lengthening_makes_no_document(redis: Redis) -> None:
    """Protocol rule 11: what is gone stays gone; nothing empty is written."""
    await extend_ttls(redis)
    assert await redis.exists(*TTL_OF) == 0


async def test_lengthening_needs_redis(no_redis: Redis) -> None:
    """Without either there is nothing to be done, and the caller hears of it."""
    with pytest.raises(RelayError):
        await extend_ttls(no_redis)


async def _left(redis: Redis, key: str) -> timedelta:
    return timedelta(milliseconds=await redis.pttl(key))
