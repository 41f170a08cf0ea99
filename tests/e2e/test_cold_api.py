"""Scenario 7: rates-api started without Redis, without the database, without both."""

import pytest
from driver.platform import FIX_BEFORE, FIX_OF_TODAY, TODAY, Platform
from driver.sights import CURRENT, level, rate, well

pytestmark = pytest.mark.e2e


def test_with_redis_empty_the_api_starts_from_the_record(platform: Platform) -> None:
    """Without stream and documents rates-api warms up from the database."""
    platform.sync[0].pause()
    platform.redis.flush()
    platform.api.kill()
    platform.api.start()
    platform.until(lambda: rate(platform) == FIX_BEFORE, within=15)
    platform.sync[0].resume()
    platform.until(lambda: well(platform), within=20)


def test_with_the_database_gone_the_api_starts_from_redis(platform: Platform) -> None:
    """Without the database rates-api warms up from the documents and follows the stream."""
    platform.api.kill()
    platform.database.take_away()
    platform.api.start()
    platform.until(lambda: rate(platform) == FIX_BEFORE, within=15)
    assert platform.api.health()["dependencies"]["database"] == "unhealthy"
    platform.database.bring_back()
    platform.banxico.publish(TODAY)
    platform.sync[0].poll()
    platform.until(lambda: rate(platform) == FIX_OF_TODAY and well(platform), within=20)


def test_with_both_gone_the_api_is_critical_and_recovers_by_itself(platform: Platform) -> None:
    """With nothing to serve every rate is a 503 problem with `Retry-After`, until there is."""
    platform.api.kill()
    platform.redis.kill()
    platform.database.take_away()
    platform.api.start()
    platform.until(lambda: level(platform) == "critical", within=15)
    for path in (CURRENT, "/api/v1/rates/average/15d", "/api/v1/rates/historical"):
        answer = platform.api.get(path)
        assert answer.status == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["retry-after"]) > 0
        assert "no-store" in answer.headers["cache-control"]
    platform.until(platform.api.ready, within=15)
    platform.redis.start()
    platform.database.bring_back()
    platform.until(lambda: well(platform), within=20)
    assert rate(platform) == FIX_BEFORE
