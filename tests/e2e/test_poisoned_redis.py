"""Scenario 12: whoever writes to Redis without rates-sync's key changes no answer (rule 45)."""

import time

import pytest
from driver.plan import FIX_BEFORE
from driver.platform import Platform
from driver.sights import CURRENT, everywhere, rate, well

pytestmark = pytest.mark.e2e

FORGED = "99.9999"
LONG_ENOUGH = 2.0
"""Seconds in which every worker has read the stream, and looked at the record."""
BEFORE = "/api/v1/rates/historical?days=10"


def refused(platform: Platform, carrier: str) -> bool:
    """Tell whether each instance has counted something of that kind as not signed."""
    return all(
        sum(instance.metrics().all("rates_api_unverified_total", carrier=carrier)) > 0
        for instance in platform.api.instances
    )


def is_served(platform: Platform, value: str) -> bool:
    """Tell whether any worker has `value` in an answer."""
    paths = (CURRENT, BEFORE, f"{CURRENT}?kind=settlement")
    return any(value in answer.text for path in paths for answer in platform.api.every_worker(path))


def test_a_poisoned_stream_changes_no_answer(mended: Platform) -> None:
    """An event that nobody signed is counted, taken by no worker, and gone a moment later."""
    before = rate(mended)
    assert before is not None
    mended.redis.append_forged(before, FORGED)
    until = time.monotonic() + LONG_ENOUGH
    while time.monotonic() < until:
        assert not is_served(mended, FORGED)
    mended.until(lambda: refused(mended, "event"))
    mended.until(lambda: well(mended), within=15)
    assert everywhere(mended, before)


def test_poisoned_documents_change_no_answer(platform: Platform) -> None:
    """Workers that start beside them load the record; a leader that starts writes its own again."""
    platform.sync[0].kill()
    platform.redis.forge_documents(FIX_BEFORE, FORGED)
    platform.api.kill()
    platform.api.start()
    platform.until(platform.api.ready, within=30)
    assert everywhere(platform, FIX_BEFORE)
    assert not is_served(platform, FORGED)
    platform.until(lambda: refused(platform, "document"))
    platform.sync[0].start()
    platform.until(lambda: not platform.redis.holds(FORGED), within=15)
    platform.until(lambda: well(platform), within=15)
