"""Scenarios 3, 4 and 5: Redis killed under load, emptied, set back, and cut off from rates-sync."""

from collections.abc import Callable

import pytest
from driver.platform import FIX_BEFORE, FIX_OF_TODAY, TODAY, Platform, Redis
from driver.redis import RedisState
from driver.sights import CURRENT, followed, level, rate, relayed, warned, well

pytestmark = pytest.mark.e2e

PATHS = (CURRENT, "/api/v1/rates/historical?days=10", "/api/v1/rates/average/15d", "/health")


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


def test_redis_hung_costs_no_request(platform: Platform) -> None:
    """A Redis that accepts and never answers is a lost Redis: degraded, and well afterwards."""
    with platform.api.load(*PATHS) as load:
        platform.api.redis.hang()
        platform.until(lambda: warned(platform), within=15)
        platform.api.redis.restore()
        platform.until(lambda: well(platform), within=15)
    assert load.failures == []


def later(platform: Platform, value: str) -> None:
    """Let a later poll record another value, so that the record moves on."""
    platform.banxico.correct(TODAY, value)
    platform.sync[0].poll()
    platform.until(lambda: rate(platform) == value)


DAMAGE: dict[str, Callable[[Redis, RedisState], None]] = {
    "flushed": lambda redis, _: redis.flush(),
    "stream deleted": lambda redis, _: redis.delete_stream(),
    "trimmed": lambda redis, _: redis.trim(1),
    "emptied": lambda redis, _: redis.trim(0),
    "set back": lambda redis, earlier: redis.set_back(earlier),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_stream_is_refilled(platform: Platform, damage: str) -> None:
    """Flushed, deleted, trimmed or set back, the stream is whole again and workers miss nothing."""
    platform.banxico.publish(TODAY)
    platform.sync[0].poll()
    platform.until(lambda: rate(platform) == FIX_OF_TODAY)
    platform.until(lambda: relayed(platform))
    earlier = platform.redis.remember()
    later(platform, "17.1000")
    platform.until(lambda: relayed(platform))
    timeline = platform.database.at.timeline

    DAMAGE[damage](platform.redis, earlier)
    later(platform, "17.2000")
    platform.until(lambda: well(platform), within=15)
    assert [answer["rate"] for answer in platform.api.every_worker(CURRENT)] == ["17.2000"] * 2
    assert platform.database.at.timeline == timeline


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_stream_is_refilled_while_nothing_is_recorded(
    platform: Platform, damage: str
) -> None:
    """Also without a new event the relay's own timer brings the stream back."""
    earlier = platform.redis.remember()
    platform.banxico.publish(TODAY)
    platform.sync[0].poll()
    platform.until(lambda: rate(platform) == FIX_OF_TODAY and relayed(platform))
    DAMAGE[damage](platform.redis, earlier)
    platform.until(lambda: well(platform), within=15)


@pytest.mark.parametrize("how", ["cut", "hang"])
def test_the_new_fix_reaches_every_worker_without_the_stream(platform: Platform, how: str) -> None:
    """Redis cut off from rates-sync alone: the workers find the new FIX in the record."""
    getattr(platform.sync[0].redis, how)()
    platform.banxico.publish(TODAY)
    platform.sync[0].poll()
    platform.until(lambda: followed(platform) and rate(platform) == FIX_OF_TODAY, within=20)
    answers = platform.api.every_worker(CURRENT)
    assert [answer["rate"] for answer in answers] == [FIX_OF_TODAY] * 2
    assert level(platform) == "degraded"
    platform.sync[0].redis.restore()
    platform.until(lambda: well(platform), within=15)


def test_a_worker_cut_off_from_redis_follows_the_record(platform: Platform) -> None:
    """Redis cut off from rates-api alone: it serves from the database, then from Redis again."""
    platform.api.redis.cut()
    assert platform.until(lambda: warned(platform))["rate"] == FIX_BEFORE
    platform.banxico.publish(TODAY)
    platform.sync[0].poll()
    platform.until(lambda: followed(platform) and rate(platform) == FIX_OF_TODAY, within=20)
    platform.api.redis.restore()
    platform.until(lambda: well(platform), within=15)
