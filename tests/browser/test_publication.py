"""A publication on its way through the whole platform into a browser."""

from collections.abc import Iterator

import pytest
from driver.native import NativeDriver
from driver.plan import FIX_BEFORE, FIX_OF_TODAY, TODAY, Plan
from driver.platform import Platform
from playwright.sync_api import Browser, expect

from browser.opened import opened

NEWEST = "#rate-newest"


@pytest.fixture
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Give a platform of processes at 11:50 of a banking day, its FIX not yet published."""
    driver = NativeDriver(
        tmp_path_factory.getbasetemp(), lambda: tmp_path_factory.mktemp("platform")
    )
    with driver.platform(Plan()) as platform:
        platform.launch()
        platform.until_healthy(within=60)
        yield platform


def test_a_publication_is_seen_within_two_seconds_of_its_recording(
    chromium: Browser, platform: Platform
) -> None:
    """Nobody loads the page again; the simulator is named."""
    home = f"http://127.0.0.1:{platform.api.port}"
    with opened(chromium, home, at=platform.clock()) as page:
        expect(page.locator(NEWEST)).to_have_text(FIX_BEFORE)
        expect(page.locator("#simulated")).to_contain_text("Datos simulados")
        platform.banxico.publish(TODAY)
        platform.sync[0].poll()
        expect(page.locator(NEWEST)).to_have_text(FIX_OF_TODAY, timeout=2_000)
