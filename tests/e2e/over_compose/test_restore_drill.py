"""The runbook for a restore, block by block as it is written."""

import re

import pytest
from driver.compose import ComposeDriver
from driver.plan import FIX_OF_TODAY, TODAY, YESTERDAY, Plan
from driver.platform import Build
from driver.sights import correct, everywhere, rate, unbroken, well
from driver.stack import ROOT

pytestmark = pytest.mark.e2e

FIX = "SF43718"
RUNBOOK = ROOT / "docs/runbooks/restore.md"


def test_the_restore_runbook(start: Build, driver: ComposeDriver) -> None:
    """An older dump is restored: the stream is reset, the API follows, the lost days heal."""
    dump, *restore = re.findall(r"```sh\n(.*?)```", RUNBOOK.read_text(encoding="utf-8"), re.DOTALL)
    platform = start(Plan(syncs=2))
    before, timeline = platform.database.revisions(FIX, YESTERDAY), platform.database.at.timeline
    driver.run(dump)

    leader = next(sync for sync in platform.sync if sync.leads())
    value = correct(platform)
    platform.banxico.publish(TODAY)
    leader.poll()
    platform.until(lambda: rate(platform) == FIX_OF_TODAY and well(platform))

    with platform.api.load("/api/v1/rates/current") as load:
        for block in restore:
            driver.run(block)
        platform.until(lambda: everywhere(platform, FIX_OF_TODAY) and well(platform), within=30)
    assert load.failures == []
    assert platform.database.at.timeline > timeline
    assert platform.database.revisions(FIX, TODAY) == [FIX_OF_TODAY]
    assert platform.database.revisions(FIX, YESTERDAY) == [*before, value]
    assert unbroken(platform)
