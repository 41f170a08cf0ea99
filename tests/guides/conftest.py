"""A platform over the simulator, on the Monday that the guides' answers are of."""

from collections.abc import Iterator

import pytest
from driver.clock import mexico
from driver.native import NativeDriver
from driver.plan import FIX_OF_TODAY, Plan
from driver.platform import Platform
from driver.sights import everywhere, well

DAYS = (("2026-08-14", "17.0218"), ("2026-08-17", "17.0245"))
"""The banking days after the scenarios' one, and the FIX of each."""
PATIENCE = 90
"""Seconds: nothing is timed here, and a busy machine may take its time."""


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of the public API, at 12:30 of Monday 2026-08-17."""
    driver = NativeDriver(tmp_path_factory.getbasetemp(), lambda: tmp_path_factory.mktemp("guides"))
    with driver.platform(Plan(at=mexico("2026-08-13 12:30:00"))) as platform:
        platform.launch()
        platform.until(lambda: well(platform), within=PATIENCE)
        platform.until(lambda: everywhere(platform, FIX_OF_TODAY), within=PATIENCE)
        for day, fix in DAYS:
            _live_through(platform, day, fix)
        yield f"http://127.0.0.1:{platform.api.port}"


def _live_through(platform: Platform, day: str, fix: str) -> None:
    """Let the platform record a day's FIX, as it does on any day."""
    platform.clock.set(mexico(f"{day} 12:30:00"))
    platform.sync[0].poll()
    platform.until(lambda: everywhere(platform, fix), within=PATIENCE)
    platform.until(lambda: well(platform), within=PATIENCE)
