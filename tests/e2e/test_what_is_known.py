"""Scenario 10: what is not known is never told as the source's silence (protocol rule 25)."""

from collections.abc import Callable
from datetime import date as Day
from datetime import timedelta

import pytest
from driver.answers import Answer, Unreachable
from driver.clock import mexico
from driver.plan import FIX_BEFORE, FIX_OF_TODAY, TODAY, YESTERDAY, Plan
from driver.platform import Build, Platform
from driver.sights import CURRENT, everywhere, level, rate, well, whole

from rates_contracts.observation import FIRST_FIX_DAY

pytestmark = pytest.mark.e2e

DAY = "/api/v1/rates"
SEEN_TWICE = timedelta(minutes=5, seconds=5)
"""Two answers this far apart settle what one alone does not."""
NEVER_COMES = [FIRST_FIX_DAY.isoformat(), "2026-06-20"]
"""Days of a history that is asked for and does not arrive."""


def refused(answer: Answer) -> tuple[int, str]:
    """Return an answer's status and problem code."""
    return answer.status, answer.json.get("code", "")


def chunks(platform: Platform) -> float:
    """Return how many chunks of history rates-sync has recorded."""
    return platform.sync[0].metrics().value("rates_sync_backfill_chunks_total")


def get_when(platform: Platform, path: str, met: Callable[[Answer], bool]) -> Answer:
    """Return the answer to `path` once it is as it is to be."""

    def look() -> Answer | None:
        found = platform.api.get(path)
        return found if met(found) else None

    return platform.until(look)


def later(platform: Platform, by: timedelta = SEEN_TWICE) -> str:
    """Have rates-sync ask again after a while and return the outcome."""
    platform.clock.advance(by)
    outcome: str = platform.sync[0].poll()["outcome"]
    return outcome


def test_history_that_has_not_come_is_not_missing(build: Build) -> None:
    """Until the history is there its days answer 503, lists `known: false`, and /health says so."""
    platform = build(Plan(empty=True))
    platform.redis.start()
    platform.banxico.start()
    platform.until(platform.banxico.answers, within=15)
    platform.banxico.fault("hang", days=NEVER_COMES)
    for instance in (*platform.sync, *platform.api.instances):
        instance.start()
    platform.until(lambda: everywhere(platform, FIX_BEFORE), within=20)
    api = platform.api
    assert refused(api.get(f"{DAY}/2024-01-02")) == (503, "history-loading")
    assert "retry-after" in api.get(f"{DAY}/2024-01-02").headers
    assert refused(api.get(f"{DAY}/1995-06-15?kind=settlement")) == (503, "history-loading")
    january = api.get(f"{DAY}/historical?from=2024-01-01&to=2024-01-31")
    assert (january["count"], january["known"]) == (0, False)
    gaps = api.get(f"{DAY}/gaps")
    assert (gaps["count"], gaps["known"]) == (0, False)
    fix = api.get("/api/v1")["kinds"][0]
    assert (fix["first_date"], fix["known"]) == (None, False)
    assert "history_loading" in api.get("/health")["warnings"]
    assert api.get(CURRENT)["level"] == "healthy"
    now = platform.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    assert refused(api.get(f"{CURRENT}?as_of={now}")) == (404, "before-first-record")
    platform.banxico.recover()
    platform.sync[0].poll()
    platform.until(lambda: whole(platform), within=30)
    assert api.get(f"{DAY}/2024-01-02")["rate"] == "17.0297"
    assert api.get(f"{DAY}/gaps")["known"]


def test_400_days_off_leave_the_rate_right_at_once(platform: Platform) -> None:
    """A Banxico that times out for the days between keeps nobody waiting for the newest ones."""
    assert platform.sync[0].stop() == 0
    platform.banxico.fault("hang", days=["2026-08-20", "2027-07-15"])
    platform.clock.set(mexico("2027-09-17 10:00:00"))
    newest = platform.banxico.publish(Day(2027, 9, 15))
    platform.sync[0].start()
    platform.until(lambda: rate(platform) == newest, within=20)
    platform.until(lambda: platform.api.get(CURRENT)["level"] == "healthy")
    lost = platform.api.get(f"{DAY}/2027-03-16")
    assert refused(lost) == (503, "history-loading")


def test_an_operator_who_hangs_up_ends_nothing(platform: Platform) -> None:
    """A correction of long ago that a backfill has found is told, and the backfill goes on."""
    platform.banxico.correct(Day(2024, 1, 2), "17.1111")
    platform.banxico.fault("latency", latency_ms=1000)
    before = chunks(platform)
    span = {"from": FIRST_FIX_DAY.isoformat(), "to": YESTERDAY.isoformat()}
    with pytest.raises(Unreachable):
        platform.sync[0].operate("backfill", span, patience=0.3)
    platform.until(lambda: platform.api.get(f"{DAY}/2024-01-02")["rate"] == "17.1111", within=30)
    platform.until(lambda: chunks(platform) == before + 9, within=30)


def test_days_that_nobody_asked_for_are_not_verified(platform: Platform) -> None:
    """With Banxico away the days since are unknown, not missing; afterwards they are answered."""
    platform.banxico.kill()
    platform.clock.set(mexico("2026-08-18 13:05:00"))
    day = f"{DAY}/{TODAY}"
    answer = get_when(platform, day, lambda answer: answer.status == 503)
    assert answer["code"] == "not-verified"
    gaps = platform.api.get(f"{DAY}/gaps?from=2026-08-01")
    assert {gap["status"] for gap in gaps["gaps"]} == {"unverified"}
    assert gaps["known"] is False
    platform.banxico.start()
    platform.until(lambda: platform.sync[0].poll()["outcome"] == "success", within=20)
    platform.until(lambda: platform.api.get(day).json.get("rate") == FIX_OF_TODAY)


@pytest.mark.parametrize("kind", ["iso_dates", "no_observation", "missing_datos", "cached"])
def test_an_exchange_confirms_nothing(platform: Platform, kind: str) -> None:
    """Answers without a usable FIX, or of yesterday, leave `verified_at`; in time: unverified."""
    before = platform.api.get(CURRENT)["freshness"]["verified_at"]
    platform.banxico.fault(kind)
    assert later(platform) == "unconfirmed"
    answer = get_when(platform, CURRENT, lambda answer: "unverified" in answer["warnings"])
    assert (answer["rate"], answer["level"]) == (FIX_BEFORE, "degraded")
    assert answer["freshness"]["verified_at"] == before
    assert platform.sync[0].metrics().value("rates_sync_breaker_state", state="closed") == 1
    platform.banxico.recover()
    assert platform.sync[0].poll()["outcome"] == "success"
    platform.until(lambda: well(platform))


def test_a_value_in_doubt_is_said_to_be_under_review(platform: Platform) -> None:
    """A FIX that moved too far answers 503; agreed by both series and seen twice it is the rate."""
    platform.banxico.move(TODAY, "15")
    moved = platform.banxico.publish(TODAY)
    platform.sync[0].poll()
    day = f"{DAY}/{TODAY}"
    answer = get_when(platform, day, lambda answer: answer.status == 503)
    assert answer["code"] == "under-review"
    current = platform.api.get(CURRENT)
    assert (current["rate"], current["level"]) == (FIX_BEFORE, "degraded")
    assert "value_under_review" in current["warnings"]
    assert later(platform) == "success"
    platform.until(lambda: rate(platform) == moved)
    platform.until(lambda: well(platform))


def test_a_withdrawn_day_warns_until_it_is_back(platform: Platform) -> None:
    """Missing in two answers the newest FIX stays, with a warning; shown again it warns no more."""
    platform.banxico.withdraw(YESTERDAY)
    assert platform.sync[0].poll()["outcome"] == "unconfirmed"
    assert later(platform) == "success"
    day = f"{DAY}/{YESTERDAY}"

    def warned() -> bool:
        return "withdrawn_at_source" in platform.api.get(day).json.get("warnings", ())

    platform.until(warned)
    assert platform.api.get(day)["rate"] == FIX_BEFORE
    platform.banxico.withdraw(YESTERDAY, withdrawn=False)
    assert platform.sync[0].poll()["outcome"] == "success"
    platform.until(lambda: not warned())
    platform.until(lambda: level(platform) == "healthy")
