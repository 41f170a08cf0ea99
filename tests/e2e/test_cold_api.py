"""Scenario 7: rates-api started without Redis, without the database, without both."""

import time

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
    """With nothing to serve every rate is a 503 problem with `Retry-After`, until there is.

    It is not ready, however long it waits: after 10 s half of all requests were 503 beside a warm
    instance.
    """
    before = rate(mended)
    mended.api.kill()
    mended.redis.kill()
    mended.database.take_away()
    mended.api.start()
    mended.until(lambda: level(mended) == "critical", within=15)
    started = time.monotonic()
    mended.until(lambda: time.monotonic() - started > 12, within=15)
    assert not mended.api.ready()
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
    assert mended.api.ready()


@pytest.mark.parametrize("how", ["cut", "hang"])
def test_a_warm_api_without_both_says_that_it_has_no_source(mended: Platform, how: str) -> None:
    """Protocol rule 41: a balancer that asks `/readyz/fed` prefers a neighbour that has one.

    One instance cut off answered its old rate, labelled `fresh`, in turn with the other's new one.
    """
    getattr(mended.api.redis, how)()
    mended.database.take_away()
    within = {"cut": 5, "hang": 15}[how]
    mended.until(lambda: mended.api.get("/readyz/fed").status == 503, within=within)
    assert mended.api.ready()
    assert mended.api.get(CURRENT).status == 200
    mended.api.redis.restore()
    mended.database.bring_back()
    mended.until(lambda: mended.api.get("/readyz/fed").status == 200 and well(mended), within=20)
