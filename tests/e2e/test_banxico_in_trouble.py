"""Scenario 1: Banxico down, slow, speaking nonsense, refusing; the breaker and the quota."""

from functools import partial

import pytest
from driver.plan import FIX_BEFORE, TODAY, Plan
from driver.platform import Build, Platform
from driver.sights import CURRENT, dependency, level, warned, well

pytestmark = pytest.mark.e2e

FAILURES = {
    "down": ("drop_connection", {}),
    "slow": ("hang", {}),
    "server error": ("status", {"status": 500}),
    "html": ("html", {"status": 200}),
    "truncated": ("truncated", {}),
    "not json": ("non_json", {}),
}


def breaker(platform: Platform) -> str | None:
    """Return the state of the breaker as /health gives it."""
    return dependency(platform, "circuit_breaker")


def fail_until_open(platform: Platform) -> int:
    """Poll until the breaker is open and return how many requests that took."""
    asked = platform.banxico.requests

    platform.until(lambda: platform.sync[0].poll()["outcome"] == "breaker_open", within=20)
    return platform.banxico.requests - asked


@pytest.mark.parametrize("failure", FAILURES)
def test_the_breaker_opens_at_the_third_failure_and_closes_on_success(
    mended: Platform, failure: str
) -> None:
    """Three failures open the breaker, answers stay 200 with a warning, success closes it."""
    kind, details = FAILURES[failure]
    mended.banxico.fault(kind, **details)
    assert fail_until_open(mended) == 3
    answer = mended.until(lambda: warned(mended))
    assert "breaker_open" in answer["warnings"] or "breaker_half_open" in answer["warnings"]
    state = partial(mended.sync[0].metrics().value, "rates_sync_breaker_state")
    assert state(state="open") + state(state="half_open") == 1
    mended.banxico.recover()
    mended.until(lambda: breaker(mended) == "closed")
    mended.until(lambda: well(mended))


def test_a_dead_banxico_degrades_and_heals(platform: Platform) -> None:
    """With nobody at Banxico's address the answers stay, degraded; when it is back all is well."""
    platform.banxico.kill()
    platform.until(lambda: platform.sync[0].poll()["outcome"] == "breaker_open")
    platform.until(lambda: breaker(platform) != "closed")
    assert platform.until(lambda: warned(platform))["rate"] == FIX_BEFORE
    platform.banxico.start()
    platform.until(lambda: well(platform))


@pytest.mark.parametrize("kind", ["bad_token", "rate_limit"])
def test_a_neutral_outcome_changes_nothing(mended: Platform, kind: str) -> None:
    """A wrong token and Banxico's rate limit neither open the breaker nor change an answer."""
    before = mended.api.get(CURRENT)
    mended.banxico.fault(kind, **({"seconds_to_reset": 1} if kind == "rate_limit" else {}))
    outcomes = {mended.sync[0].poll()["outcome"] for _ in range(5)}
    assert outcomes == {"rate_limited" if kind == "rate_limit" else kind}
    assert breaker(mended) == "closed"
    assert level(mended) == "healthy"
    assert mended.api.get(CURRENT)["rate"] == before["rate"]
    mended.banxico.recover()
    mended.until(lambda: well(mended))


def test_a_neutral_outcome_does_not_close_a_half_open_breaker(mended: Platform) -> None:
    """A trial that meets a wrong token leaves the breaker open (protocol rule 19)."""
    mended.banxico.fault("status", status=500)
    fail_until_open(mended)
    mended.banxico.fault("bad_token")
    asked = mended.banxico.requests
    mended.until(lambda: mended.banxico.requests >= asked + 2)
    assert breaker(mended) != "closed"
    mended.banxico.recover()
    mended.until(lambda: well(mended))


def test_the_quota_is_never_exceeded_also_across_restarts(build: Build) -> None:
    """With a budget of 40 requests a day Banxico gets no more, and the answers stay."""
    platform = build(
        Plan(settings={"RATES_SYNC_DAILY_QUOTA": "40", "RATES_SYNC_QUOTA_RESERVE": "10"})
    )
    before = platform.database.quota_used(TODAY)
    platform.start()

    def spent() -> bool:
        platform.sync[0].poll()
        return platform.database.quota_used(TODAY) == 40

    platform.until(spent, within=20)
    platform.sync[0].kill()
    platform.sync[0].start()
    platform.until(lambda: platform.sync[0].poll().status == 200, within=15)
    assert platform.sync[0].poll()["outcome"] == "quota_exhausted"
    assert platform.database.quota_used(TODAY) == 40
    assert platform.banxico.requests == 40 - before
    assert platform.api.get(CURRENT).status == 200
