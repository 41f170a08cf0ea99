"""`{date}`, its revisions and the batch."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rates_api.endpoints import ENDPOINTS

Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        ("2024-01-02", "17.0297"),
        ("2020-03-24", "25.1185"),
        ("1991-11-12", "3.0735"),
        ("2024-02-29", "17.0633"),
    ],
)
async def test_a_banking_day_has_its_own_fix(ask: Ask, day: str, rate: str) -> None:
    """A determined day answers for itself, with the digits as published."""
    answer = (await ask(f"/api/v1/rates/{day}")).json()
    assert (answer["rate"], answer["resolved"], answer["reason"]) == (rate, day, None)


@pytest.mark.parametrize(
    ("day", "resolved"),
    [
        ("2024-03-02", "2024-03-01"),
        ("2024-02-05", "2024-02-02"),
        ("2024-03-31", "2024-03-27"),
        ("1991-11-16", "1991-11-15"),
    ],
)
async def test_a_closed_day_rolls_back(ask: Ask, day: str, resolved: str) -> None:
    """Weekends and bank holidays get the FIX of the banking day before, and say so."""
    answer = (await ask(f"/api/v1/rates/{day}")).json()
    assert (answer["requested"], answer["resolved"]) == (day, resolved)
    assert answer["reason"] == "closed_day"
    refused = await ask(f"/api/v1/rates/{day}?roll=none")
    assert (refused.status_code, refused.json()["code"]) == (404, "no-fix-on-closed-day")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("1991-11-11", "before-first-observation"),
        ("0001-01-01", "before-first-observation"),
        ("2026-08-15", "not-yet-known"),
        ("9999-12-31", "not-yet-known"),
        ("9999-12-31?kind=settlement", "not-yet-known"),
        ("2026-08-18?kind=settlement", "not-yet-known"),
        ("0001-01-01?kind=settlement", "before-first-observation"),
        ("1991-11-13?kind=settlement", "before-first-observation"),
    ],
)
async def test_a_day_without_a_value_says_why(ask: Ask, path: str, code: str) -> None:
    """Too early and too late are told apart, and are 404 problems."""
    answer = await ask(f"/api/v1/rates/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, code)


async def test_today_before_noon_is_not_yet_published(ask: Ask, worker: Any, world: Any) -> None:
    """The banking day that is still to come says when to ask again."""
    answer = await ask("/api/v1/rates/2026-08-14")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-yet-published")
    assert answer.json()["expected_at"] == "2026-08-14T18:00:00Z"
    assert answer.headers["retry-after"] == "7200"
    worker.now = world.mexico(world.TODAY, 12, 30)
    assert (await ask("/api/v1/rates/2026-08-14")).headers["retry-after"] == "60"


async def test_what_was_not_yet_published_then_has_no_retry(ask: Ask) -> None:
    """An instant of the past gives the same answer for ever: nothing to wait for."""
    answer = await ask("/api/v1/rates/2024-01-02?as_of=2024-01-02T15:00:00Z")
    assert answer.json()["code"] == "not-yet-published"
    assert "retry-after" not in answer.headers


async def test_a_missing_banking_day_is_a_gap_and_never_rolled_over(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Neither the missing Friday nor the weekend after it gets Thursday's FIX."""
    worker.current.replace(world.snapshot(without=(world.date(2024, 3, 1),)))
    for day in ("2024-03-01", "2024-03-02", "2024-03-03"):
        answer = await ask(f"/api/v1/rates/{day}")
        assert (answer.status_code, answer.json()["code"]) == (404, "gap")
        assert "2024-03-01" in answer.json()["detail"]
    assert (await ask("/api/v1/rates/2024-03-04")).status_code == 200


async def test_a_declared_closure_rolls_back(ask: Ask, worker: Any, world: Any) -> None:
    """Once an operator has declared the day closed, the day before answers for it."""
    closed = world.date(2026, 8, 13)
    closure = world.DeclaredClosure(closed, "decree", world.NOW)
    calendar = world.msgspec.structs.replace(world.calendar(), declared=(closure,))
    worker.current.replace(world.snapshot(without=(closed,), bank_calendar=calendar))
    answer = (await ask("/api/v1/rates/2026-08-13")).json()
    assert (answer["resolved"], answer["reason"]) == ("2026-08-12", "closed_day")


async def test_settlement_never_rolls(ask: Ask) -> None:
    """A weekend has its own settlement rate, also ahead of today as far as determined."""
    for day in ("2024-03-02", "2024-03-03", "2026-08-17"):
        answer = (await ask(f"/api/v1/rates/{day}?kind=settlement&roll=none")).json()
        assert (answer["resolved"], answer["reason"], answer["derived"]) == (day, None, False)


async def test_settlement_before_the_stored_series_is_derived(ask: Ask) -> None:
    """The FIX of two publication steps earlier stands in, marked, with its own provenance."""
    answer = (await ask("/api/v1/rates/2015-06-01?kind=settlement")).json()
    assert answer["derived"] is True
    assert answer["dates"]["determined"] == "2015-05-28"
    assert answer["provenance"]["series"] == "SF43718"
    first = (await ask("/api/v1/rates/1991-11-14?kind=settlement")).json()
    assert (first["rate"], first["dates"]["determined"]) == ("3.0735", "1991-11-12")


async def test_a_hole_in_the_stored_settlement_series_is_a_gap(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Only what lies before the stored series is derived; a hole in it is told as one."""
    worker.current.replace(world.snapshot(without=(world.date(2024, 3, 2),)))
    answer = await ask("/api/v1/rates/2024-03-02?kind=settlement")
    assert (answer.status_code, answer.json()["code"]) == (404, "gap")


async def test_a_batch_answers_each_day_by_itself(ask: Ask) -> None:
    """Results stand in the order asked, repeats included, each with its rate or its problem."""
    days = ["2024-02-29", "2024-01-02", "1991-01-02", "2024-03-02", "2024-01-02"]
    answer = (await ask(f"/api/v1/rates?dates={','.join(days)}")).json()
    assert [result["requested"] for result in answer["results"]] == days
    assert answer["count"] == 5
    assert answer["results"][1]["rate"] == "17.0297"
    assert answer["results"][2]["problem"]["code"] == "before-first-observation"
    assert "rate" not in answer["results"][2]
    assert answer["results"][3]["resolved"] == "2024-03-01"
    refused = (await ask("/api/v1/rates?dates=2024-03-02&roll=none")).json()
    assert refused["results"][0]["problem"]["code"] == "no-fix-on-closed-day"


async def test_a_batch_says_what_a_single_day_says(ask: Ask) -> None:
    """The batch and the day's own path can't disagree."""
    single = (await ask("/api/v1/rates/2024-03-02")).json()
    [result] = (await ask("/api/v1/rates?dates=2024-03-02")).json()["results"]
    assert all(single[name] == value for name, value in result.items())


async def test_a_batch_as_csv_has_a_line_for_each_day(ask: Ask) -> None:
    """Accountants get rates and problem codes in one table."""
    answer = await ask("/api/v1/rates?dates=2024-01-02,1991-01-02&format=csv")
    header, first, second = answer.text.splitlines()
    assert answer.headers["content-type"].startswith("text/csv")
    rows = [dict(zip(header.split(","), line.split(","), strict=True)) for line in (first, second)]
    assert (rows[0]["rate"], rows[0]["derived"], rows[0]["problem"]) == ("17.0297", "false", "")
    assert (rows[1]["rate"], rows[1]["problem"]) == ("", "before-first-observation")


async def test_a_day_never_recorded_has_no_revisions(ask: Ask) -> None:
    """An empty list is an answer: nothing was ever recorded for that day."""
    answer = (await ask("/api/v1/rates/2024-03-02/revisions")).json()
    assert (answer["count"], answer["observations"]) == (0, [])


@settings(max_examples=50, deadline=None)
@given(value=st.from_regex(r"(0|[1-9][0-9]{0,5})\.[0-9]{1,6}", fullmatch=True))
def test_the_value_out_is_the_string_in(world: Any, value: str) -> None:
    """Whatever decimal is published, the answer has the same digits, to the last zero (rule R8)."""
    endpoint = next(endpoint for endpoint in ENDPOINTS if endpoint.name == "day")
    corrected = world.observation("SF43718", world.date(2026, 8, 12), value, world.NEWEST, 2)
    worker = world.Worker(world.snapshot(extra=(corrected,)))
    asked = world.request("/", {"date": "2026-08-12"})
    body = world.responded(endpoint, worker, asked).content
    assert f'"rate":"{value}"'.encode() in body


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("2026-08-15", "In Mexico City it is still 2026-08-14."),
        ("2024-01-03?as_of=2024-01-03T05:00:00Z", "In Mexico City it was still 2024-01-02."),
    ],
)
async def test_tomorrow_is_told_what_day_it_is_in_mexico_city(
    ask: Ask, path: str, said: str
) -> None:
    """East of it that day has begun."""
    answer = await ask(f"/api/v1/rates/{path}")
    assert answer.json()["code"] == "not-yet-known"
    assert answer.json()["detail"].endswith(said)


async def test_a_recorded_at_is_never_in_the_future(ask: Ask, worker: Any, world: Any) -> None:
    """A worker whose clock is behind the record takes its own answer's instant as `as_of`."""
    recorded_at = world.NOW + timedelta(seconds=30)
    worker.current.replace(world.snapshot(recorded_at=recorded_at))
    instant = recorded_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = await ask(f"/api/v1/rates/2024-01-02?as_of={instant}")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    later = (recorded_at + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (await ask(f"/api/v1/rates/2024-01-02?as_of={later}")).status_code == 422
