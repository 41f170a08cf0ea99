"""From nothing to answers, and an orderly end."""

import time

import pytest
from driver.plan import FIX_BEFORE, Plan
from driver.platform import Build, Platform
from driver.sights import CURRENT, rate, well, whole

pytestmark = pytest.mark.e2e


def test_a_first_start_from_nothing_answers_within_20_seconds(build: Build) -> None:
    """With no database and an empty Redis the rate is served within 20 s, then all history."""
    platform = build(Plan(empty=True))
    begun = time.monotonic()
    platform.launch()
    platform.until(lambda: rate(platform) == FIX_BEFORE, within=20)
    assert time.monotonic() - begun < 20
    platform.until(lambda: whole(platform), within=20)
    for day, value in [
        ("2024-01-02", "17.0297"),
        ("2020-03-24", "25.1185"),
        ("1991-11-12", "3.0735"),
    ]:
        assert platform.api.get(f"/api/v1/rates/{day}")["rate"] == value
    platform.until(lambda: well(platform))


def test_starting_again_continues_from_the_record(platform: Platform) -> None:
    """A restart of rates-sync asks for days, not for the history, and changes no recorded value."""
    before = platform.database.at
    assert platform.sync[0].stop() == 0
    asked = platform.banxico.requests
    platform.sync[0].start()
    platform.until(lambda: platform.database.at > before and well(platform), within=15)
    assert platform.banxico.requests - asked <= 2


def test_sigterm_drains_rates_api(platform: Platform) -> None:
    """Told to end, rates-api first says so, answers what still comes, and exits with 0."""
    instance = platform.api.instances[0]
    with instance.kept_connection() as connection:
        instance.ask_to_stop()
        platform.until(lambda: connection.ask("GET", "/readyz").status == 503, within=5)
        assert connection.ask("GET", CURRENT).status == 200
    assert instance.wait() == 0


def test_sigterm_hands_the_lease_over_at_once(start: Build) -> None:
    """When the leader is told to end, the other instance leads long before the lease runs out."""
    platform = start(Plan(syncs=2))
    leader, follower = sorted(platform.sync, key=lambda sync: not sync.leads())
    assert leader.leads()
    assert not follower.leads()
    assert leader.stop() == 0
    platform.until(follower.leads, within=5)
    platform.until(lambda: well(platform))
