"""Scenario 6: the database locked, gone, restored to an earlier state."""

import pytest
from driver.plan import FIX_BEFORE, FIX_OF_TODAY, TODAY, Plan
from driver.platform import Build, Platform
from driver.sights import CURRENT, dependency, everywhere, followed, rate, well

pytestmark = pytest.mark.e2e

FIX = "SF43718"


BUSY = Plan(settings={"RATES_SYNC_POLL_REGULAR": "1"})
"""rates-sync asks every second, told by nobody."""


def polls_without_record(platform: Platform) -> float:
    """Return how many polls could not be recorded."""
    polls = platform.sync[0].metrics()
    return polls.value("rates_sync_polls_total", outcome="store_unavailable")


def test_a_locked_database_delays_the_record_and_loses_nothing(start: Build) -> None:
    """While another holds the lock rates-api serves on; afterwards the new FIX is recorded once."""
    platform = start(BUSY)
    with platform.database.locked(), platform.api.load(CURRENT) as load:
        platform.banxico.publish(TODAY)
        platform.until(lambda: polls_without_record(platform) >= 1, within=20)
        platform.until(lambda: load.answered > 50)
        assert platform.database.revisions(FIX, TODAY) == []
    assert load.failures == []
    platform.until(lambda: rate(platform) == FIX_OF_TODAY and well(platform), within=20)
    assert platform.database.revisions(FIX, TODAY) == [FIX_OF_TODAY]


def test_without_the_database_the_api_serves_on_and_sync_catches_up(start: Build) -> None:
    """The database gone and back: no failed request, and the FIX of the meantime is recorded."""
    platform = start(BUSY)
    with platform.api.load(CURRENT) as load:
        platform.database.take_away()
        platform.banxico.publish(TODAY)
        platform.until(lambda: polls_without_record(platform) >= 1, within=20)
        platform.until(lambda: dependency(platform, "database") == "unhealthy")
        assert platform.api.get(CURRENT)["rate"] == FIX_BEFORE
        platform.database.bring_back()
        platform.until(lambda: rate(platform) == FIX_OF_TODAY and well(platform), within=20)
    assert load.failures == []
    assert platform.database.revisions(FIX, TODAY) == [FIX_OF_TODAY]


@pytest.mark.parametrize("redis", ["reachable", "away meanwhile"])
def test_a_restored_database_begins_a_new_timeline(platform: Platform, redis: str) -> None:
    """Set back to an earlier state, the record goes on in a new timeline and lost days heal."""
    earlier, timeline = platform.database.remember(), platform.database.at.timeline
    platform.banxico.publish(TODAY)
    platform.sync[0].poll()
    platform.until(lambda: rate(platform) == FIX_OF_TODAY and well(platform))
    ways = [platform.sync[0].redis, platform.api.redis] if redis != "reachable" else []
    for way in ways:
        way.cut()
    platform.database.restore(earlier)
    assert platform.database.revisions(FIX, TODAY) == []
    platform.sync[0].poll()
    for way in ways:
        way.restore()
    platform.until(lambda: platform.database.at.timeline > timeline, within=15)
    platform.until(lambda: well(platform), within=15)
    platform.sync[0].poll()
    platform.until(lambda: rate(platform) == FIX_OF_TODAY, within=15)
    platform.until(lambda: followed(platform))
    assert platform.database.revisions(FIX, TODAY) == [FIX_OF_TODAY]
    assert everywhere(platform, FIX_OF_TODAY)


def test_a_restore_shows_though_redis_is_lost_with_it(platform: Platform) -> None:
    """Protocol rule 42: rates-sync remembers what it has written, and asks Banxico at once."""
    earlier, timeline = platform.database.remember(), platform.database.at.timeline
    platform.banxico.publish(TODAY)
    platform.sync[0].poll()
    platform.until(lambda: rate(platform) == FIX_OF_TODAY and well(platform))
    platform.database.restore(earlier)
    platform.redis.flush()
    platform.until(lambda: platform.database.at.timeline > timeline, within=15)
    platform.until(lambda: everywhere(platform, FIX_OF_TODAY) and well(platform), within=15)
    assert platform.database.revisions(FIX, TODAY) == [FIX_OF_TODAY]


def test_a_standby_keeps_the_documents_while_the_database_is_away(start: Build) -> None:
    """Protocol rule 43: with the leader dead as well, workers can still start from Redis."""
    platform = start(Plan(syncs=2))
    leader, _ = sorted(platform.sync, key=lambda sync: not sync.leads())
    platform.database.take_away()
    leader.kill()
    platform.redis.age_documents(60)
    platform.until(lambda: platform.redis.lives() > 20 * 60, within=20)
    platform.database.bring_back()
