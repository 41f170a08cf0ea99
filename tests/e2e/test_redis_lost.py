"""Scenarios 3, 4 and 5: Redis killed under load, emptied, set back, and cut off from rates-sync."""

from collections.abc import Callable

import pytest
from driver.plan import FIX_OF_TODAY, TODAY
from driver.platform import Platform
from driver.redis import RedisServer, RedisState
from driver.sights import CURRENT, correct, everywhere, followed, level, rate, relayed, warned, well

pytestmark = pytest.mark.e2e

PATHS = (CURRENT, "/api/v1/rates/historical?days=10", "/api/v1/rates/average/15d", "/health")


def record_another_value(platform: Platform) -> str:
    """Let a poll record another value, and return it once it is served."""
    value = correct(platform)
    platform.sync[0].poll()
    platform.until(lambda: rate(platform) == value)
    return value


def test_redis_killed_under_load_costs_no_request(platform: Platform) -> None:
    """Without Redis every request is answered, degraded; with it again all is well, no restart."""
    with platform.api.load(*PATHS) as load:
        platform.until(lambda: load.answered > 50)
        platform.redis.kill()
        platform.until(lambda: warned(platform))
        assert "not_fed_by_redis" in platform.api.get(CURRENT)["warnings"]
        platform.banxico.publish(TODAY)
        platform.sync[0].poll()
        platform.until(lambda: rate(platform) == FIX_OF_TODAY)
        platform.redis.start()
        platform.until(lambda: well(platform), within=15)
    assert load.failures == []
    assert load.levels.keys() == {"healthy", "degraded"}
    assert relayed(platform)


def test_a_hung_redis_costs_no_request(mended: Platform) -> None:
    """A Redis that accepts and never answers is a lost Redis: degraded, and well afterwards."""
    with mended.api.load(*PATHS) as load:
        mended.api.redis.hang()
        mended.until(lambda: warned(mended), within=15)
        mended.api.redis.restore()
        mended.until(lambda: well(mended), within=15)
    assert load.failures == []


DAMAGE: dict[str, Callable[[RedisServer, RedisState], None]] = {
    "flushed": lambda redis, _: redis.flush(),
    "stream deleted": lambda redis, _: redis.delete_stream(),
    "trimmed": lambda redis, _: redis.trim(1),
    "emptied": lambda redis, _: redis.trim(0),
    "set back": lambda redis, earlier: redis.set_back(earlier),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_stream_is_refilled_with_the_next_event(mended: Platform, damage: str) -> None:
    """Flushed, deleted, trimmed or set back, the stream is whole again and no worker misses any."""
    timeline, earlier = mended.database.at.timeline, mended.redis.remember()
    record_another_value(mended)
    mended.until(lambda: relayed(mended))

    DAMAGE[damage](mended.redis, earlier)
    value = record_another_value(mended)
    mended.until(lambda: well(mended), within=15)
    assert everywhere(mended, value)
    assert mended.database.at.timeline == timeline


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_stream_is_refilled_at_rest(mended: Platform, damage: str) -> None:
    """Also while nothing is recorded the relay's own timer brings the stream back."""
    timeline, earlier = mended.database.at.timeline, mended.redis.remember()
    value = record_another_value(mended)
    mended.until(lambda: relayed(mended))
    DAMAGE[damage](mended.redis, earlier)
    mended.until(lambda: well(mended), within=15)
    assert everywhere(mended, value)
    assert mended.database.at.timeline == timeline


@pytest.mark.parametrize("how", ["cut", "hang"])
def test_a_new_value_reaches_every_worker_without_the_stream(mended: Platform, how: str) -> None:
    """Redis cut off from rates-sync alone: the workers find the new value in the record."""
    getattr(mended.sync[0].redis, how)()
    value = record_another_value(mended)
    mended.until(lambda: followed(mended), within=20)
    assert everywhere(mended, value)
    mended.until(lambda: level(mended) == "degraded")
    mended.sync[0].redis.restore()
    mended.until(lambda: well(mended), within=15)


@pytest.mark.parametrize("how", ["cut", "hang"])
def test_workers_without_redis_follow_the_record(mended: Platform, how: str) -> None:
    """Redis cut off from rates-api alone: it serves from the database, then from Redis again."""
    getattr(mended.api.redis, how)()
    mended.until(lambda: warned(mended))
    record_another_value(mended)
    mended.until(lambda: followed(mended), within=20)
    mended.api.redis.restore()
    mended.until(lambda: well(mended), within=15)
