"""Scenario 11: whatever else an answer of Banxico's holds, the FIX in it arrives (rule 34)."""

import pytest
from driver.plan import FIX_BEFORE, FIX_OF_TODAY, TODAY, Plan
from driver.platform import Build, Platform
from driver.services import Sync
from driver.sights import level, rate, well

pytestmark = pytest.mark.e2e

FIX, SETTLEMENT = "SF43718", "SF60653"
GARBAGE = (
    {"kind": "foreign_series", "series": FIX},
    {"kind": "null_title", "series": FIX},
    {"kind": "null_datos", "series": SETTLEMENT},
    {"kind": "latin_1", "charset": ""},
    {"kind": "byte_order_mark"},
)
"""All in one answer: a series with an ID longer than its column, nulls, bad bytes, a BOM."""

PLAN = Plan(syncs=2, settings={"RATES_SYNC_REQUEST_TIMEOUT": "15"})
"""The answers without end take the simulator a second."""


def leader_of(platform: Platform) -> Sync:
    """Return the instance that leads."""
    (leader,) = (sync for sync in platform.sync if sync.leads())
    return leader


def test_the_fix_arrives_beside_garbage(start: Build) -> None:
    """Two instances live on, the same leads, and the FIX is served from the poll that saw it."""
    platform = start(PLAN)
    leader = leader_of(platform)
    platform.banxico.faults(*GARBAGE)
    platform.banxico.publish(TODAY)
    assert leader.poll()["outcome"] == "success"
    platform.until(lambda: rate(platform) == FIX_OF_TODAY)
    assert platform.database.revisions(FIX, TODAY) == [FIX_OF_TODAY]
    assert leader_of(platform) is leader
    assert all(sync.alive and sync.ready() for sync in platform.sync)
    platform.banxico.recover()
    leader.poll()
    platform.until(lambda: well(platform))


@pytest.mark.parametrize("kind", ["big_body", "gzip_bomb"])
def test_an_answer_without_end_is_a_failure(start: Build, kind: str) -> None:
    """It is cut off: nothing of it is kept, the instances live on, the next answer is as always."""
    platform = start(PLAN)
    leader, kept = leader_of(platform), payloads(platform)
    platform.banxico.fault(kind)
    assert leader.poll()["outcome"] == "malformed"
    assert payloads(platform) == kept
    assert (rate(platform), level(platform)) == (FIX_BEFORE, "healthy")
    assert all(sync.alive and sync.ready() for sync in platform.sync)
    platform.banxico.recover()
    assert leader.poll()["outcome"] == "success"
    assert leader_of(platform) is leader


def payloads(platform: Platform) -> int:
    """Return how many raw answers are kept."""
    ((count,),) = platform.database.rows("SELECT COUNT(*) FROM payloads")
    return int(count)
