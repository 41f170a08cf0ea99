"""Two minutes of the soak, its faults one right after the other; `./dev soak` runs all of it."""

import sys

import pytest
from driver.compose import ComposeDriver
from driver.platform import Build
from soak.faults import faults, lasting
from soak.footprint import Footprints
from soak.soak import SOAKED, Soak

pytestmark = pytest.mark.e2e

MINUTES = 2.0
PER_SECOND = 150
"""A machine that all parts share must have time left: an instance loads the record by itself."""


@pytest.mark.deadline(300)
def test_two_minutes_of_faults_go_unnoticed(start: Build, driver: ComposeDriver) -> None:
    """Under load no rate is wrong or older than it may be, and no request fails."""
    platform = start(SOAKED)
    soak = Soak(platform, faults(platform, driver), Footprints(lasting(platform)))
    found = soak.run(MINUTES, lambda _: None, every=0, per_second=PER_SECOND)
    sys.stdout.write(f"{found}\n")
    assert found.violations == []
