"""`historical`, `average`, `gaps`: windows, means and what is missing."""

import csv
import io
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from rates_contracts.averages import Average

Ask = Callable[..., Awaitable[httpx.Response]]

HISTORICAL = "/api/v1/rates/historical"


async def test_ten_calendar_days_end_today(ask: Ask) -> None:
    """`days=N` counts calendar days with both ends; without any form it is ten of them."""
    answer = (await ask(f"{HISTORICAL}?days=10")).json()
    assert (answer["from"], answer["to"], answer["count"]) == ("2026-08-05", "2026-08-14", 7)
    assert [row["date"] for row in answer["observations"]][-1] == "2026-08-13"
    assert (await ask(HISTORICAL)).json() == answer
    assert (await ask(f"{HISTORICAL}?days=1")).json()["count"] == 0


@pytest.mark.parametrize("last", [1, 10, 3660])
async def test_last_counts_observations(ask: Ask, last: int) -> None:
    """`last=N` gives N values, whatever days they are of."""
    answer = (await ask(f"{HISTORICAL}?last={last}")).json()
    assert answer["count"] == len(answer["observations"]) == last
    assert answer["to"] == "2026-08-13"


async def test_settlement_lists_end_today(ask: Ask) -> None:
    """What applies only ahead of today is no last value yet, but a span reaches it."""
    answer = (await ask(f"{HISTORICAL}?kind=settlement&last=1")).json()
    assert answer["observations"][0]["date"] == "2026-08-14"
    ahead = f"{HISTORICAL}?kind=settlement&from=2026-08-14&to=2026-08-31"
    assert (await ask(ahead)).json()["count"] == 4


async def test_an_empty_window_is_an_answer(ask: Ask) -> None:
    """Where nothing was recorded the list is empty and the status 200."""
    for span in (
        "from=2024-03-02&to=2024-03-03",
        "from=0001-01-01&to=0001-01-02",
        "from=2030-01-01",
    ):
        answer = await ask(f"{HISTORICAL}?{span}")
        assert (answer.status_code, answer.json()["count"]) == (200, 0)


async def test_the_whole_record_comes_as_published(ask: Ask, world: Any) -> None:
    """Every FIX ever published comes out as the string that went in, to the last zero."""
    answer = (await ask(f"{HISTORICAL}?from=1991-01-01")).json()
    rates = {row["date"]: row["rate"] for row in answer["observations"]}
    expected = {str(day): rate for day, rate in world.fix().items() if day <= world.NEWEST}
    assert rates == expected
    table = await ask(f"{HISTORICAL}?from=1991-01-01&format=csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert {row["date"]: row["rate"] for row in rows} == expected


async def test_a_past_span_keeps_its_tag_when_freshness_moves(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Past days carry only what changes with their rows, so that a poll costs clients nothing."""
    path = f"{HISTORICAL}?from=2024-01-01&to=2024-01-31"
    before = await ask(path)
    worker.current.replace(world.snapshot(now=world.NOW + timedelta(minutes=4)))
    assert (await ask(path)).headers["etag"] == before.headers["etag"]


@pytest.mark.parametrize(("window", "days"), [("15d", 15), ("30d", 30)])
async def test_an_average_is_recomputable_from_historical(ask: Ask, window: str, days: int) -> None:
    """The mean of the listed values, rounded half-even to six places, to the last digit."""
    average = (await ask(f"/api/v1/rates/average/{window}")).json()
    listed = (await ask(f"{HISTORICAL}?days={days}")).json()
    values = [Decimal(row["rate"]) for row in listed["observations"]]
    mean = (sum(values, Decimal(0)) / len(values)).quantize(Decimal("0.000001"))
    assert average["mean"] == str(mean)
    assert (average["from"], average["to"]) == (listed["from"], listed["to"])
    assert (average["count"], average["complete"]) == (len(values), True)
    assert (Decimal(average["low"]), Decimal(average["high"])) == (min(values), max(values))


async def test_the_shipped_average_of_today_answers(ask: Ask, worker: Any, world: Any) -> None:
    """What sync shipped for this moment is served as it is; rows of the future wait."""
    today = world.TODAY
    first = today - timedelta(days=14)
    shipped = [
        Average("15d", world.mexico(today, 0), first, today, 10, 11, Decimal("17.000001")),
        Average("15d", world.mexico(today, 13), first, today, 10, 11, Decimal("17.000002")),
    ]
    worker.current.replace(world.snapshot(averages=tuple(shipped)))
    answer = (await ask("/api/v1/rates/average/15d")).json()
    assert (answer["mean"], answer["complete"]) == ("17.000001", False)


async def test_a_shipped_average_of_another_day_does_not_answer(
    ask: Ask, worker: Any, world: Any
) -> None:
    """A table that ends before today leaves the mean to be worked out, never an old one."""
    yesterday = world.NEWEST
    shipped = Average("15d", world.mexico(yesterday, 0), yesterday, yesterday, 1, 1, Decimal(1))
    worker.current.replace(world.snapshot(averages=(shipped,)))
    answer = (await ask("/api/v1/rates/average/15d")).json()
    assert (answer["to"], answer["mean"]) == ("2026-08-14", "17.188780")


@pytest.mark.parametrize(("hour", "expected"), [((12, 59), 10), ((13, 0), 11)])
async def test_today_is_expected_once_it_is_late(
    ask: Ask, worker: Any, world: Any, hour: tuple[int, int], expected: int
) -> None:
    """A FIX still to come is not missing; from 13:00 on it is."""
    worker.now = world.mexico(world.TODAY, *hour)
    worker.current.replace(world.snapshot(now=worker.now))
    answer = (await ask("/api/v1/rates/average/15d")).json()
    assert (answer["expected"], answer["complete"]) == (expected, expected == 10)


async def test_an_average_as_of_an_instant_is_worked_out(ask: Ask) -> None:
    """The window ends on the instant's day in Mexico City and knows what was known then."""
    answer = (await ask("/api/v1/rates/average/15d?as_of=2024-01-03T05:00:00Z")).json()
    assert (answer["from"], answer["to"]) == ("2023-12-19", "2024-01-02")
    assert answer["last_used"] == "2024-01-02"
    assert "freshness" not in answer


async def test_an_unknown_average_names_the_known_ones(ask: Ask) -> None:
    """Another window is a 404, not a 422: there is no such thing."""
    answer = await ask("/api/v1/rates/average/7d")
    assert (answer.status_code, answer.json()["known"]) == (404, ["15d", "30d"])


async def test_the_real_record_has_no_gap(ask: Ask) -> None:
    """Since 1991 every day that should have a FIX has one."""
    answer = (await ask("/api/v1/rates/gaps")).json()
    assert (answer["from"], answer["to"]) == ("1991-11-12", "2026-08-14")
    assert (answer["count"], answer["gaps"]) == (0, [])


async def test_gaps_are_late_absent_or_declared(ask: Ask, worker: Any, world: Any) -> None:
    """A missing day is late on its day from 13:00, absent later, and settled by a closure."""
    missing, closed = world.date(2024, 3, 1), world.date(2026, 8, 13)
    closure = world.DeclaredClosure(closed, "decree", datetime(2026, 8, 13, 20, tzinfo=UTC))
    calendar = world.msgspec.structs.replace(world.calendar(), declared=(closure,))
    worker.now = world.mexico(world.TODAY, 13)
    worker.current.replace(
        world.snapshot(now=worker.now, without=(missing, closed), bank_calendar=calendar)
    )
    answer = (await ask("/api/v1/rates/gaps?from=2024-01-01&to=2030-01-01")).json()
    assert answer["gaps"] == [
        {"date": "2024-03-01", "since": "2024-03-01T19:00:00Z", "status": "absent"},
        {"date": "2026-08-13", "since": "2026-08-13T20:00:00Z", "status": "declared_closed"},
        {"date": "2026-08-14", "since": "2026-08-14T19:00:00Z", "status": "late"},
    ]
    table = await ask("/api/v1/rates/gaps?from=2024-01-01&to=2024-12-31&format=csv")
    assert table.text == "date,since,status\r\n2024-03-01,2024-03-01T19:00:00Z,absent\r\n"


@pytest.mark.parametrize("day", [(2026, 8, 12), (2026, 8, 20)])
async def test_a_closure_is_a_gap_only_where_a_value_is_missing(
    ask: Ask, worker: Any, world: Any, day: tuple[int, int, int]
) -> None:
    """A closure of a day that has its FIX after all, or that is still to come, is none."""
    closure = world.DeclaredClosure(world.date(*day), "decree", world.NOW)
    calendar = world.msgspec.structs.replace(world.calendar(), declared=(closure,))
    worker.current.replace(world.snapshot(bank_calendar=calendar))
    assert (await ask("/api/v1/rates/gaps?to=2026-12-31")).json()["gaps"] == []


async def test_before_2001_no_day_is_a_gap(ask: Ask, worker: Any, world: Any) -> None:
    """Where the bank calendar is not known, the FIX's own days are the calendar."""
    worker.current.replace(world.snapshot(without=(world.date(1995, 3, 1),)))
    assert (await ask("/api/v1/rates/gaps?to=2000-12-31")).json()["count"] == 0
    answer = (await ask("/api/v1/rates/1995-03-01")).json()
    assert answer["reason"] == "closed_day"
