"""Scenario 2: a publication and a correction on their way to the clients."""

import time

import pytest
from driver.clock import mexico
from driver.plan import FIX_BEFORE, FIX_OF_TODAY, TODAY, Plan
from driver.platform import Build, Platform
from driver.sights import CURRENT, everywhere, followed, rate, well

pytestmark = pytest.mark.e2e

DAY = f"/api/v1/rates/{TODAY}"


def test_a_publication_is_current_within_2_seconds_of_its_poll(platform: Platform) -> None:
    """The poll that sees the day's FIX puts it before every worker's clients within 2 s."""
    assert rate(platform) == FIX_BEFORE
    platform.banxico.publish(TODAY)
    polled = time.monotonic()
    platform.sync[0].poll()
    platform.until(lambda: rate(platform) == FIX_OF_TODAY, within=2)
    assert time.monotonic() - polled < 2
    platform.until(lambda: followed(platform), within=2)
    for answer in platform.api.every_worker(CURRENT):
        assert answer["rate"] == FIX_OF_TODAY
        assert answer["dates"]["determined"] == TODAY.isoformat()
    platform.until(lambda: well(platform))


def test_at_noon_the_schedule_sees_a_publication_by_itself(start: Build) -> None:
    """From 11:59:30 on rates-sync polls every 15 s, told by nobody, and the new FIX is served."""
    platform = start(Plan(at=mexico(f"{TODAY} 11:59:35")))
    platform.banxico.publish(TODAY)
    platform.until(lambda: rate(platform) == FIX_OF_TODAY, within=20)


def test_a_correction_becomes_revision_2_and_the_old_value_stays_reachable(
    platform: Platform,
) -> None:
    """A corrected day has a new value, revision and ETag; `as_of` before it gives the old one."""
    platform.banxico.publish(TODAY)
    platform.sync[0].poll()
    platform.until(lambda: everywhere(platform, FIX_OF_TODAY))
    before = platform.api.get(DAY)
    known = platform.clock().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    platform.banxico.correct(TODAY, "17.1000")
    platform.sync[0].poll()
    platform.until(lambda: everywhere(platform, "17.1000"))

    after = platform.until(lambda: platform.api.get(DAY, if_none_match=before.headers["etag"]))
    assert after.status == 200
    assert after.headers["etag"] != before.headers["etag"]
    assert (after["rate"], after["provenance"]["revision"]) == ("17.1000", 2)
    assert platform.api.get(DAY, if_none_match=after.headers["etag"]).status == 304
    then = platform.api.get(f"{DAY}?as_of={known}")
    assert (then["rate"], then["provenance"]["revision"]) == (FIX_OF_TODAY, 1)
    revisions = platform.api.get(f"{DAY}/revisions")["observations"]
    assert [row["rate"] for row in revisions] == [FIX_OF_TODAY, "17.1000"]
