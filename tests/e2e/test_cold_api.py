"""Scenario 7: rates-api started without Redis, without the database, without both."""

import pytest
from driver.platform import Platform
from driver.sights import CURRENT, correct, dependency, level, rate, well

pytestmark = pytest.mark.e2e


def test_with_redis_empty_the_api_starts_from_the_record(mended: Platform) -> None:
    """Without stream and documents rates-api warms up from the database."""
    before = rate(mended)
    mended.sync[0].pause()
    mended.redis.flush()
    mended.api.kill()
    mended.api.start()
    mended.until(lambda: rate(mended) == before, within=15)
    mended.sync[0].resume()
    mended.until(lambda: well(mended), within=20)


def test_with_the_database_gone_the_api_starts_from_redis(mended: Platform) -> None:
    """Without the database rates-api warms up from the documents and follows the stream."""
    before = rate(mended)
    mended.api.kill()
    mended.database.take_away()
    mended.api.start()
    mended.until(lambda: rate(mended) == before, within=15)
    mended.until(lambda: dependency(mended, "database") == "unhealthy")
    mended.database.bring_back()
    value = correct(mended)
    mended.sync[0].poll()
    mended.until(lambda: rate(mended) == value and well(mended), within=20)


def test_with_both_gone_the_api_is_critical_and_recovers_by_itself(mended: Platform) -> None:
    """With nothing to serve every rate is a 503 problem with `Retry-After`, until there is."""
    before = rate(mended)
    mended.api.kill()
    mended.redis.kill()
    mended.database.take_away()
    mended.api.start()
    mended.until(lambda: level(mended) == "critical", within=15)
    mended.until(mended.api.ready, within=15)
    mended.until(lambda: mended.api.get(CURRENT).status == 503)
    for path in (CURRENT, "/api/v1/rates/average/15d", "/api/v1/rates/historical"):
        answer = mended.api.get(path)
        assert answer.status == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["retry-after"]) > 0
        assert "no-store" in answer.headers["cache-control"]
    mended.redis.start()
    mended.database.bring_back()
    mended.until(lambda: well(mended), within=20)
    assert rate(mended) == before
