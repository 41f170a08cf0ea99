"""`current`: levels, warnings, settlement, `as_of`."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

Ask = Callable[..., Awaitable[httpx.Response]]


async def test_settlement_is_the_rate_that_applies_today(ask: Ask, world: Any) -> None:
    """The settlement rate of today answers, though later ones are known already."""
    answer = (await ask("/api/v1/rates/current?kind=settlement")).json()
    assert answer["rate"] == world.settlement()[world.TODAY]
    assert answer["dates"]["applies_from"] <= str(world.TODAY) <= answer["dates"]["applies_to"]
    assert answer["kind"] == "settlement"


@pytest.mark.parametrize("path", ["/api/v1/rates/current", "/api/v1/rates/current?kind=settlement"])
async def test_past_usable_until_nothing_passes_as_current(
    ask: Ask, worker: Any, world: Any, path: str
) -> None:
    """In `limited` the current rate is a 503 with a link to the past, which is served."""
    worker.current.replace(world.snapshot(usable_until=world.NOW - timedelta(seconds=1)))
    answer = await ask(path)
    assert (answer.status_code, answer.json()["code"]) == (503, "no-current-rate")
    assert int(answer.headers["retry-after"]) > 0
    history = await ask(answer.json()["links"]["historical"])
    assert history.json()["count"] == 10
    assert (await ask("/api/v1/convert?from=USD&to=MXN&amount=1")).status_code == 503
    assert (await ask("/api/v1/rates/2026-08-13")).status_code == 200
    average = (await ask("/api/v1/rates/average/15d")).json()
    assert (average["level"], average["warnings"]) == ("limited", ["past_usable_until"])


async def test_a_missing_settlement_rate_of_today_is_no_current_rate(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Where today's settlement rate is not recorded, none passes as current."""
    worker.current.replace(world.snapshot(without=(world.TODAY,)))
    answer = await ask("/api/v1/rates/current?kind=settlement")
    assert (answer.status_code, answer.json()["code"]) == (503, "no-current-rate")


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"feed": "database"}, "not_fed_by_redis"),
        ({"breaker": "open"}, "breaker_open"),
        ({"breaker": "half_open"}, "breaker_half_open"),
        ({"fresh_until": None}, "unverified"),
    ],
)
async def test_degraded_answers_name_the_cause_and_pass_the_edge_soon(
    ask: Ask, worker: Any, world: Any, changes: dict[str, Any], warning: str
) -> None:
    """A degraded worker answers with a warning, for 15 s at the edge (protocol rule 21)."""
    worker.current.replace(world.snapshot(**changes))
    answer = await ask("/api/v1/rates/current")
    assert (answer.json()["level"], answer.json()["warnings"]) == ("degraded", [warning])
    assert answer.headers["cache-control"].endswith("s-maxage=15")


async def test_a_late_fix_warns_and_does_not_degrade(ask: Ask, worker: Any, world: Any) -> None:
    """Banxico's silence is not our fault: `late`, a warning, still healthy."""
    now = world.mexico(world.TODAY, 14)
    worker.current.replace(world.snapshot(now=now))
    worker.now = now
    answer = (await ask("/api/v1/rates/current")).json()
    assert answer["freshness"]["state"] == "late"
    assert (answer["level"], answer["warnings"]) == ("healthy", ["late_publication"])


async def test_the_simulators_rates_say_so(ask: Ask, worker: Any, world: Any) -> None:
    """Values of the simulator can't pass for Banco de México's."""
    worker.current.replace(world.snapshot(source="simulator"))
    answer = (await ask("/api/v1/rates/current")).json()
    assert answer["provenance"]["source"] == "simulator"
    assert answer["warnings"] == ["simulated_data"]


@pytest.mark.parametrize(
    ("changes", "hour", "seconds"),
    [
        ({}, (8, 0), 240),
        ({"edge_purged": False, "fresh_until": None}, (8, 0), 15),
        ({}, (12, 0), 15),
        ({"newest": "today"}, (12, 30), 240),
    ],
)
async def test_the_edge_keeps_it_until_it_can_change(
    ask: Ask, worker: Any, world: Any, changes: dict[str, Any], hour: Any, seconds: int
) -> None:
    """15 s from 11:59 until the day's FIX is seen, else until the next transition (rule 21)."""
    now = world.mexico(world.TODAY, *hour)
    if changes.get("newest") == "today":
        changes = {"newest": world.TODAY}
    worker.current.replace(world.snapshot(now=now, **changes))
    worker.now = now
    answer = await ask("/api/v1/rates/current")
    assert answer.headers["cache-control"].endswith(f"s-maxage={seconds}")


async def test_without_purge_the_edge_keeps_it_for_five_minutes(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Without a configured purge `s-maxage` is at most 300, with it at most an hour (rule 21)."""
    now = world.mexico(world.TODAY, 18)
    far = world.mexico(world.TODAY + timedelta(days=3), 7, 5)
    for purged, seconds in ((False, 300), (True, 3600)):
        changes = {"edge_purged": purged, "fresh_until": far, "newest": world.TODAY}
        worker.current.replace(world.snapshot(now=now, **changes))
        worker.now = now
        answer = await ask("/api/v1/rates/current")
        assert answer.headers["cache-control"].endswith(f"s-maxage={seconds}")


async def test_a_correction_is_a_new_tag_and_as_of_keeps_the_old_value(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Revision 2 answers from its recording on; `as_of` before it still gives revision 1."""
    before = await ask("/api/v1/rates/2026-08-12")
    seen = world.observation("SF43718", world.date(2026, 8, 12), "17.1000", world.NEWEST, 2)
    worker.current.replace(world.snapshot(extra=(seen,)))
    after = await ask("/api/v1/rates/2026-08-12")
    assert (after.json()["rate"], after.json()["provenance"]["revision"]) == ("17.1000", 2)
    assert after.headers["etag"] != before.headers["etag"]
    assert after.json()["dates"]["confirmed"] is False
    old = await ask("/api/v1/rates/2026-08-12?as_of=2026-08-13T18:01:06Z")
    assert (old.json()["rate"], old.json()["provenance"]["revision"]) == ("17.0627", 1)
    both = (await ask("/api/v1/rates/2026-08-12/revisions")).json()
    assert [row["rate"] for row in both["observations"]] == ["17.0627", "17.1000"]


async def test_as_of_is_what_was_known_and_never_goes_stale(ask: Ask) -> None:
    """The answer carries its instant, no freshness and no level, and may be cached permanently."""
    answer = await ask("/api/v1/rates/current?as_of=2024-01-02T18:30:00Z")
    assert answer.json()["rate"] == "17.0297"
    assert answer.json()["as_of"] == "2024-01-02T18:30:00Z"
    assert not {"freshness", "level", "warnings"} & answer.json().keys()
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    earlier = await ask("/api/v1/rates/current?as_of=2024-01-02T18:00:00Z")
    assert earlier.json()["dates"]["determined"] == "2023-12-29"


async def test_as_of_later_than_the_head_is_not_stored(ask: Ask) -> None:
    """A record may still come that was known by then: `no-store` (protocol rule 4)."""
    answer = await ask("/api/v1/rates/current?as_of=2026-08-13T18:01:07.000001Z")
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers
    assert "x-request-id" in answer.headers
    at_head = await ask("/api/v1/rates/current?as_of=2026-08-13T18:01:07Z")
    assert "immutable" in at_head.headers["cache-control"]


async def test_before_the_first_record_names_its_instant(ask: Ask) -> None:
    """`as_of` before anything was recorded is a 404 that says from when on there is something."""
    for path in ("current", "2024-01-02", "historical", "gaps", "average/15d"):
        answer = await ask(f"/api/v1/rates/{path}?as_of=0001-01-01T00:00:00Z")
        assert (answer.status_code, answer.json()["code"]) == (404, "before-first-record")
        assert answer.json()["complete_at"] == "1991-11-12T18:01:07Z"


async def test_the_first_record_is_known_at_its_own_instant(ask: Ask) -> None:
    """What was recorded at `as_of` itself counts as known."""
    answer = await ask("/api/v1/rates/current?as_of=1991-11-12T18:01:07Z")
    assert answer.json()["rate"] == "3.0735"


def test_members_that_do_not_apply_are_absent(world: Any) -> None:
    """`as_of` and freshness never stand side by side, so that clients can tell them apart."""
    from rates_api.rates.current import CurrentQuery, answer
    from rates_api.resolution.view import as_known_at

    view = as_known_at(world.snapshot(), world.mexico(world.NEWEST, 13), world.NOW)
    query = CurrentQuery(as_of=view.at)
    assert answer(query, view).freshness is msgspec.UNSET
