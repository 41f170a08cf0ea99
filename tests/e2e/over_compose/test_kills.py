"""`kill -9` of each container in turn, and of MySQL in the middle of a backfill."""

import threading

import pytest
from driver.answers import Unreachable
from driver.plan import TODAY, YESTERDAY, Plan
from driver.platform import Build, Platform
from driver.sights import CURRENT, correct, everywhere, published, rate, unbroken, well, whole

pytestmark = pytest.mark.e2e

FIX = "SF43718"
PARTS = ("mysql", "redis", "banxico", "sync-0", "api-0", "api-1", "edge")


def poll(platform: Platform) -> str | None:
    """Have rates-sync ask, and return how that ended as far as it was heard."""
    try:
        outcome: str | None = platform.sync[0].poll().json.get("outcome")
    except Unreachable:
        return None
    return outcome


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_container_loses_nothing(mended: Platform, part: str) -> None:
    """Killed while a value is asked for, and started again: it arrives everywhere, exactly once."""
    before = mended.database.revisions(FIX, YESTERDAY)
    killed, value = mended.part(part), correct(mended)
    asking = threading.Thread(target=poll, args=[mended])
    asking.start()
    killed.kill()
    asking.join()
    if part != "edge":
        mended.until(lambda: mended.api.get(CURRENT).status == 200)
    killed.start()
    mended.until(mended.banxico.answers)
    mended.banxico.correct(YESTERDAY, value)  # it remembers nothing when it was the one
    mended.until(lambda: poll(mended) == "success", within=40)
    mended.until(lambda: everywhere(mended, value) and well(mended), within=20)
    mended.until(lambda: mended.api.get(CURRENT)["rate"] == value)
    assert mended.database.revisions(FIX, YESTERDAY) == [*before, value]
    assert unbroken(mended)


def test_a_killed_leader_is_followed_by_the_other(start: Build) -> None:
    """The standby takes over after its patience and goes on: the value arrives exactly once."""
    platform = start(Plan(syncs=2))
    before = platform.database.revisions(FIX, YESTERDAY)
    leader, follower = sorted(platform.sync, key=lambda sync: not sync.leads())
    value = correct(platform)
    leader.kill()
    platform.until(follower.leads, within=15)
    follower.poll()
    platform.until(lambda: rate(platform) == value and well(platform))
    leader.start()
    platform.until(leader.ready, within=20)
    assert follower.leads()
    assert platform.database.revisions(FIX, YESTERDAY) == [*before, value]
    assert unbroken(platform)


def test_mysql_killed_in_the_middle_of_a_backfill(build: Build) -> None:
    """The backfill goes on where it was, within a minute: each value since 1991, recorded once."""
    platform = build(Plan(empty=True))
    platform.banxico.start()
    platform.until(platform.banxico.answers)
    platform.banxico.fault("latency", latency_ms=400)
    platform.launch()
    platform.until(lambda: platform.database.count(FIX) > 1000, within=30)
    platform.part("mysql").kill()
    platform.part("mysql").start()
    platform.until(lambda: platform.database.count(FIX) > 0, within=40)
    assert platform.database.count(FIX) < len(published(before=TODAY))
    platform.banxico.recover()
    platform.until(lambda: whole(platform) and well(platform), within=75)
    assert platform.database.count(FIX) == len(published(before=TODAY))
    assert unbroken(platform)


def test_a_restarted_leader_keeps_the_documents_while_mysql_is_away(platform: Platform) -> None:
    """Protocol rule 43: an instance that can't even prepare the database extends their lives."""
    platform.database.take_away()
    (leader,) = platform.sync
    leader.kill()
    platform.redis.age_documents(60)
    leader.start()
    platform.until(lambda: platform.redis.lives() > 20 * 60, within=30)
    platform.database.bring_back()
    platform.until(lambda: well(platform), within=40)
