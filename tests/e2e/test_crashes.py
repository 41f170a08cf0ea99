"""Scenario 8: rates-sync killed at every step, and two instances that both believe they lead."""

import contextlib
import threading
from operator import sub

import pytest
from driver.answers import Unreachable
from driver.crash import POINTS, Point
from driver.plan import FIX_OF_TODAY, TODAY, YESTERDAY, Plan
from driver.platform import Build, Platform
from driver.services import Sync
from driver.sights import correct, followed, rate, relayed, well

pytestmark = pytest.mark.e2e

FIX = "SF43718"


# What was done before it died: Banxico asked, the value recorded, its event on the stream.
DONE: dict[Point, tuple[int, int, int]] = {
    "requested": (0, 0, 0),
    "answered": (1, 0, 0),
    "before_commit": (1, 0, 0),
    "committed": (1, 1, 0),
    "before_exec": (1, 1, 0),
    "executed": (1, 1, 1),
}


def counts(platform: Platform) -> tuple[int, int, int]:
    """Return how many requests, recorded events and relayed events there are."""
    recorded, relayed = platform.database.events(), platform.redis.events()
    return platform.banxico.requests, len(recorded), len(relayed)


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_step_a_value_arrives_exactly_once(mended: Platform, point: Point) -> None:
    """Killed between request, commit, relay and documents, rates-sync goes on where it was."""
    sync, before = mended.sync[0], mended.database.revisions(FIX, YESTERDAY)
    value, counted = correct(mended), counts(mended)
    sync.die_at(point)
    with contextlib.suppress(Unreachable):
        sync.poll()
    mended.until(lambda: not sync.alive)
    assert tuple(map(sub, counts(mended), counted)) == DONE[point]
    sync.start()
    mended.until(lambda: rate(mended) == value and well(mended), within=25)
    assert mended.database.revisions(FIX, YESTERDAY) == [*before, value]


def pause_in_a_question(platform: Platform, leader: Sync) -> None:
    """Pause the leader while Banxico thinks about its question.

    Not while it writes: SQLite lets a paused process keep its lock for good, where MySQL ends the
    session after 5 s (protocol rule 2).
    """
    platform.banxico.fault("latency", latency_ms=1000)

    def paused() -> bool:
        asked = platform.banxico.requests
        threading.Thread(target=poll_in_vain, args=[leader]).start()
        platform.until(lambda: platform.banxico.requests > asked)
        leader.pause()
        if platform.database.writable():
            return True
        leader.resume()
        return False

    platform.until(paused)
    platform.banxico.recover()


def poll_in_vain(leader: Sync) -> None:
    """Have an instance poll that will not live to answer."""
    with contextlib.suppress(Unreachable):
        leader.poll()


def test_a_paused_leader_wakes_after_the_take_over_and_writes_nothing(start: Build) -> None:
    """A leader that slept through its take-over loses the lease: no stale write, nothing twice."""
    platform = start(Plan(syncs=2))
    leader, follower = sorted(platform.sync, key=lambda sync: not sync.leads())
    pause_in_a_question(platform, leader)
    platform.until(follower.leads, within=20)
    platform.banxico.publish(TODAY)
    follower.poll()
    platform.until(lambda: rate(platform) == FIX_OF_TODAY)
    taken_over = platform.database.events()
    leader.resume()
    platform.until(lambda: not leader.leads(), within=15)
    assert leader.poll().status == 409
    assert platform.database.events() == taken_over
    assert platform.database.revisions(FIX, TODAY) == [FIX_OF_TODAY]
    platform.until(lambda: relayed(platform) and followed(platform))
    assert follower.leads()
