"""Every instance is replaced in turn, and nobody notices."""

import sys
from functools import partial

import pytest
from driver.compose import ComposeDriver
from driver.plan import YESTERDAY, Plan
from driver.platform import Build, Platform
from driver.services import ApiInstance
from driver.sights import CURRENT, correct, rate, unbroken, well

pytestmark = pytest.mark.e2e

PER_SECOND = 500
FIX = "SF43718"


def serves(instance: ApiInstance) -> bool:
    """Tell whether an instance has had its share of the load for a second or so."""
    answered = instance.metrics().all("rates_api_requests_total", route=CURRENT)
    return sum(answered) > PER_SECOND


def says_that_it_drains(instance: ApiInstance) -> bool:
    """Tell whether it still answers, and says that it is no longer ready (protocol rule 22)."""
    return not instance.ready()


def test_each_instance_of_rates_api_is_replaced_under_load(
    platform: Platform, driver: ComposeDriver
) -> None:
    """Under 500 requests a second each is drained, removed and made anew: no request fails."""
    with platform.api.load(CURRENT, per_second=PER_SECOND + 20) as load:
        platform.until(lambda: load.answered > PER_SECOND)
        for instance in platform.api.instances:
            instance.ask_to_stop()
            platform.until(partial(says_that_it_drains, instance))
            assert instance.wait() == 0
            driver.renew(instance.process)
            platform.until(partial(serves, instance), within=20)
        platform.until(lambda: well(platform))
    sys.stdout.write(f"{load}\n")
    assert load.failures == []
    assert load.per_second >= PER_SECOND


def test_each_instance_of_rates_sync_is_replaced_while_values_come(
    start: Build, driver: ComposeDriver
) -> None:
    """The lease moves to the other one, and every value is recorded and relayed exactly once."""
    platform = start(Plan(syncs=2, settings={"RATES_SYNC_POLL_REGULAR": "1"}))
    before, values = platform.database.revisions(FIX, YESTERDAY), []
    for instance in sorted(platform.sync, key=lambda sync: not sync.leads()):
        values.append(correct(platform))
        assert instance.leads()
        assert instance.stop() == 0
        driver.renew(instance.process)
        other = next(sync for sync in platform.sync if sync is not instance)
        platform.until(other.leads, within=5)
        platform.until(lambda: rate(platform) == values[-1] and well(platform))
        platform.until(instance.ready, within=20)
    assert platform.database.revisions(FIX, YESTERDAY) == [*before, *values]
    assert unbroken(platform)
