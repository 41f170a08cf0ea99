"""`/health`: its shape, its levels, and that it speaks for the whole instance (rule 24)."""

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from rates_contracts.observation import FIX, SETTLEMENT
from rates_contracts.status import SeriesStatus

MICROSECOND = timedelta(microseconds=1)
Ask = Callable[..., Awaitable[httpx.Response]]


async def test_health_has_the_documented_shape(ask: Ask) -> None:
    """Status, dependencies and performance stand where they always stand; nobody stores it."""
    answer = await ask("/health")
    health = answer.json()
    assert health["status"] == "healthy"
    assert health["dependencies"] == {
        "database": "healthy",
        "redis": "healthy",
        "banxico_api": "healthy",
        "circuit_breaker": "closed",
    }
    assert health["performance"] == {"response_time_p95": 3.2, "cache_hit_ratio": 0.98}
    assert health["position"] == "1-42"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("level", "status", "code"),
    [("degraded", "degraded", 200), ("limited", "degraded", 200), ("critical", "unhealthy", 503)],
)
async def test_the_worst_worker_speaks(
    ask: Ask, worker: Any, level: str, status: str, code: int
) -> None:
    """One worker in trouble shows, whichever worker answers; 503 only when unhealthy (rule 24)."""
    worker.health = dataclasses.replace(worker.health, level=level)
    answer = await ask("/health")
    assert (answer.status_code, answer.json()["status"]) == (code, status)
    assert answer.json()["level"] == level
    assert ("retry-after" in answer.headers) is (code == 503)


async def test_the_level_of_another_worker_has_its_cause(ask: Ask, worker: Any) -> None:
    """What degrades any worker is named, whichever worker answers (protocol rule 24)."""
    worker.health = dataclasses.replace(
        worker.health, level="degraded", warnings=("not_fed_by_redis",)
    )
    health = (await ask("/health")).json()
    assert (health["level"], health["warnings"]) == ("degraded", ["not_fed_by_redis"])


async def test_its_own_level_counts_at_this_moment(ask: Ask, worker: Any, world: Any) -> None:
    """The instance's figures may be seconds old; what this worker knows now weighs in."""
    worker.now = world.NOW + timedelta(minutes=5)
    health = (await ask("/health")).json()
    assert (health["level"], health["warnings"]) == ("degraded", ["unverified"])


async def test_without_data_it_is_unhealthy(ask: Ask, worker: Any, world: Any) -> None:
    """Without a snapshot there is no freshness and no position, and the status is 503."""
    worker.current = world.Worker(None).current
    answer = await ask("/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "unhealthy")
    assert (answer.json()["freshness"], answer.json()["position"]) == (None, None)


async def test_figures_are_null_without_traffic(ask: Ask, worker: Any) -> None:
    """No request in five minutes is no latency, not one of zero."""
    figures = {"response_time_p95": None, "cache_hit_ratio": None}
    worker.health = dataclasses.replace(worker.health, **figures)
    assert (await ask("/health")).json()["performance"] == figures


@pytest.mark.parametrize(
    ("upstream", "shown"),
    [("failing", "unhealthy"), ("rate_limited", "degraded"), ("bad_token", "unhealthy")],
)
async def test_banxico_is_as_the_last_question_ended(
    ask: Ask, worker: Any, world: Any, upstream: str, shown: str
) -> None:
    """The breaker's state and the last answer come from sync's status; nothing is asked now."""
    worker.current.replace(world.snapshot(upstream=upstream, breaker="half_open"))
    dependencies = (await ask("/health")).json()["dependencies"]
    assert (dependencies["banxico_api"], dependencies["circuit_breaker"]) == (shown, "half_open")


async def test_banxico_that_confirms_nothing_is_degraded(ask: Ask, worker: Any, world: Any) -> None:
    """Protocol rule 27: it answers, but an exchange alone says nothing about the FIX."""
    series = {FIX: SeriesStatus(unconfirmed_since=world.NOW), SETTLEMENT: SeriesStatus()}
    worker.current.replace(world.snapshot(upstream="ok", series=series))
    assert (await ask("/health")).json()["dependencies"]["banxico_api"] == "degraded"


async def test_capabilities_say_what_is_there(ask: Ask) -> None:
    """Kinds, spans, limits, calendar, window and links; none of it goes stale unseen."""
    answer = (await ask("/api/v1")).json()
    assert [kind["first_date"] for kind in answer["kinds"]] == [
        "1991-11-12",
        "2020-01-01",
        "1991-11-13",
    ]
    assert answer["limits"] == {
        "days": 3660,
        "last": 3660,
        "dates": 366,
        "scale": 10,
        "months": 600,
    }
    assert answer["polling_window"]["opens"] == "07:00"
    assert answer["next_publication_at"] == "2026-08-14T18:00:00Z"
    for name in ("current", "historical", "gaps", "health"):
        assert (await ask(answer["links"][name])).status_code == 200


async def test_it_ends_being_fresh_to_the_microsecond(ask: Ask, worker: Any) -> None:
    """What was rendered a moment ago is said again only as long as it is true."""
    limit = worker.current.snapshot.status.fresh_until
    said = []
    for now in (limit - MICROSECOND, limit, limit + MICROSECOND, limit):
        worker.now = now
        said.append((await ask("/health")).json()["freshness"]["state"])
    assert said == ["fresh", "fresh", "unverified", "fresh"]
