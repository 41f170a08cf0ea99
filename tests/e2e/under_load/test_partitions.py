"""Networks that break between one service and one server, and servers that hang."""

import contextlib
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from driver.plan import Plan
from driver.platform import Build, Platform
from driver.services import Connectivity
from driver.sights import CURRENT, correct, dependency, everywhere, level, rate, warned, well

pytestmark = pytest.mark.e2e

PATHS = (CURRENT, "/api/v1/rates/historical?days=10", "/api/v1/rates/average/15d", "/health")
PER_SECOND = 100
P95 = 0.2
HOW = ["cut", "hang"]


@contextlib.contextmanager
def broken(platform: Platform, way: Connectivity, how: str, levels: set[str]) -> Iterator[None]:
    """Break the way under load for as long as the block lasts and 3 s more: nobody has waited.

    Afterwards the platform has to become well by itself.
    """
    with platform.api.load(*PATHS, per_second=PER_SECOND) as load:
        getattr(way, how)()
        yield
        seen = load.answered
        platform.until(lambda: load.answered > seen + 3 * PER_SECOND)
        way.restore()
        platform.until(lambda: well(platform), within=20)
    sys.stdout.write(f"{load}\n")
    assert load.failures == []
    assert load.p95 < P95
    assert load.levels.keys() <= levels


@pytest.mark.parametrize("how", HOW)
def test_rates_api_without_redis(mended: Platform, how: str) -> None:
    """It is degraded, says why, and follows the record."""
    with broken(mended, mended.ways["api", "redis"], how, {"healthy", "degraded"}):
        answer = mended.until(lambda: warned(mended))
        assert "not_fed_by_redis" in answer["warnings"]
        value = correct(mended)
        mended.sync[0].poll()
        mended.until(lambda: everywhere(mended, value))


def test_rates_sync_without_redis(mended: Platform) -> None:
    """It records on; the workers see that the stream lags, and find the value in the record."""
    with broken(mended, mended.ways["sync", "redis"], "cut", {"healthy", "degraded"}):
        value = correct(mended)
        mended.sync[0].poll()
        mended.until(lambda: everywhere(mended, value) and level(mended) == "degraded")


def test_rates_api_without_mysql(mended: Platform) -> None:
    """It says so and stays healthy: the stream brings a new value."""
    with broken(mended, mended.ways["api", "mysql"], "cut", {"healthy"}):
        mended.until(lambda: dependency(mended, "database") == "unhealthy")
        value = correct(mended)
        mended.sync[0].poll()
        mended.until(lambda: everywhere(mended, value))
    mended.until(lambda: dependency(mended, "database") == "healthy")


@pytest.mark.parametrize("how", HOW)
def test_rates_sync_without_mysql(start: Build, how: str) -> None:
    """Nothing is verified any more: past `fresh_until` every answer says so, and is still given."""
    platform = start(Plan(settings={"RATES_SYNC_POLL_REGULAR": "1"}))
    with broken(platform, platform.ways["sync", "mysql"], how, {"healthy", "degraded"}):
        platform.until(lambda: polls_without_record(platform) >= 1, within=20)
        value = correct(platform)
        platform.clock.advance(timedelta(minutes=6))
        answer = platform.until(lambda: warned(platform))
        assert "unverified" in answer["warnings"]
    assert rate(platform) == value


def polls_without_record(platform: Platform) -> float:
    """Return how many polls could not be recorded."""
    polls = platform.sync[0].metrics()
    return polls.value("rates_sync_polls_total", outcome="store_unavailable")
