"""Scenario 1: Banxico down, slow, speaking nonsense, refusing; the breaker and the quota."""

import pytest
from driver.platform import FIX_BEFORE, TODAY, Build, Plan, Platform
from driver.sights import CURRENT, level, rate, warned, well

pytestmark = pytest.mark.e2e

FAILURES = {
    "down": ("drop_connection", {}),
    "slow": ("hang", {}),
    "server error": ("status", {"status": 500}),
    "html": ("html", {"status": 200}),
    "truncated": ("truncated", {}),
    "not json": ("non_json", {}),
}


def breaker(platform: Platform) -> str:
    """Return the state of the breaker as /health gives it."""
    state: str = platform.api.health()["dependencies"]["circuit_breaker"]
    return state


def fail_until_open(platform: Platform) -> int:
    """Poll until the breaker is open and return how many requests that took."""
    asked = platform.banxico.requests

    def opened() -> bool:
        platform.sync[0].poll()
        return breaker(platform) == "open"

    platform.until(opened, within=20)
    return platform.banxico.requests - asked


@pytest.mark.parametrize("failure", FAILURES)
def test_the_breaker_opens_at_the_third_failure_and_closes_on_success(
    platform: Platform, failure: str
) -> None:
    """Three failures open the breaker, answers stay 200 with a warning, success closes it."""
    kind, details = FAILURES[failure]
    platform.banxico.fault(kind, **details)
    assert fail_until_open(platform) == 3
    answer = platform.until(lambda: warned(platform))
    assert answer["rate"] == FIX_BEFORE
    assert "breaker_open" in answer["warnings"] or "breaker_half_open" in answer["warnings"]
    assert platform.sync[0].metrics().value("rates_sync_breaker_state", state="open") == 1
    platform.banxico.recover()
    platform.until(lambda: breaker(platform) == "closed")
    platform.until(lambda: well(platform))


def test_a_dead_banxico_degrades_and_heals(platform: Platform) -> None:
    """With nobody at Banxico's address the answers stay, degraded; when it is back all is well."""
    platform.banxico.kill()
    fail_until_open(platform)
    assert platform.until(lambda: warned(platform))["rate"] == FIX_BEFORE
    platform.banxico.start()
    platform.until(lambda: well(platform))


@pytest.mark.parametrize("kind", ["bad_token", "rate_limit"])
def test_a_neutral_outcome_changes_nothing(platform: Platform, kind: str) -> None:
    """A wrong token and Banxico's rate limit neither open the breaker nor change an answer."""
    platform.banxico.fault(kind, **({"seconds_to_reset": 1} if kind == "rate_limit" else {}))
    asked = platform.banxico.requests
    for _ in range(5):
        platform.sync[0].poll()
    platform.until(lambda: platform.banxico.requests > asked)
    assert breaker(platform) == "closed"
    assert level(platform) == "healthy"
    assert rate(platform) == FIX_BEFORE


def test_a_neutral_outcome_does_not_close_a_half_open_breaker(platform: Platform) -> None:
    """A trial that meets a wrong token leaves the breaker open (protocol rule 19)."""
    platform.banxico.fault("status", status=500)
    fail_until_open(platform)
    platform.banxico.fault("bad_token")
    asked = platform.banxico.requests
    platform.until(lambda: platform.banxico.requests >= asked + 2)
    assert breaker(platform) != "closed"
    platform.banxico.recover()
    platform.until(lambda: well(platform))


def test_the_quota_is_never_exceeded_also_across_restarts(start: Build) -> None:
    """With a budget of 70 requests Banxico gets no more than 70, and the answers stay."""
    platform = start(Plan(settings={"RATES_SYNC_DAILY_QUOTA": "70"}))

    def spent() -> bool:
        platform.sync[0].poll()
        return platform.database.quota_used(TODAY) == 70

    platform.until(spent, within=20)
    platform.sync[0].kill()
    platform.sync[0].start()
    platform.until(platform.sync[0].leads, within=15)
    platform.sync[0].poll()
    assert platform.database.quota_used(TODAY) == 70
    assert platform.banxico.requests <= 70
    assert platform.api.get(CURRENT).status == 200
