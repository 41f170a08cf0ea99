"""Scenario 9: weekend, bank holiday and night are healthy and quiet; a late FIX warns."""

import pytest
from driver.clock import mexico
from driver.plan import FIX_OF_TODAY, TODAY, Plan
from driver.platform import Build, Platform
from driver.sights import CURRENT, rate, well

pytestmark = pytest.mark.e2e

QUIET = {
    "weekend": ("2026-08-14", "2026-08-16 12:05:00"),
    "bank holiday": ("2026-09-15", "2026-09-16 12:05:00"),
    "night": ("2026-08-13", "2026-08-14 03:00:00"),
}


@pytest.mark.parametrize("when", QUIET)
def test_when_the_market_sleeps_all_is_healthy_and_nobody_asks(start: Build, when: str) -> None:
    """After a day that closed verified all stays healthy and no call is made."""
    day, quiet = QUIET[when]
    platform = start(Plan(at=mexico(f"{day} 17:00:30")))
    asked = platform.banxico.requests
    platform.clock.set(mexico(quiet))
    state = "fresh" if when == "night" else "closed_day"
    answer = platform.until(
        lambda: (found := platform.api.get(CURRENT))["freshness"]["state"] == state and found
    )
    assert (answer.status, answer["level"]) == (200, "healthy")
    platform.sync[0].kill()
    platform.sync[0].start()
    platform.until(platform.sync[0].leads, within=20)
    platform.until(lambda: well(platform))
    assert platform.banxico.requests == asked


def test_a_late_fix_warns_and_does_not_degrade(platform: Platform) -> None:
    """At 13:00 without a FIX the state is `late` with a warning, the level stays healthy."""
    platform.banxico.schedule(TODAY, mexico(f"{TODAY} 13:30:00"))
    platform.clock.set(mexico(f"{TODAY} 13:05:00"))
    platform.sync[0].poll()
    answer = platform.until(
        lambda: (found := platform.api.get(CURRENT))["freshness"]["state"] == "late" and found
    )
    assert answer["level"] == "healthy"
    assert "late_publication" in answer["warnings"]
    platform.clock.set(mexico(f"{TODAY} 13:30:01"))
    platform.sync[0].poll()
    platform.until(lambda: rate(platform) == FIX_OF_TODAY)
    platform.until(lambda: "late_publication" not in platform.api.get(CURRENT)["warnings"])
