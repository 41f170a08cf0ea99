"""`summary` and `monthly`, recomputed from the published values; `calendar`."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

import httpx
import pytest

Ask = Callable[..., Awaitable[httpx.Response]]

SUMMARY = "/api/v1/rates/summary"
MONTHLY = "/api/v1/rates/monthly"
DAY = timedelta(days=1)


def fixed(world: Any) -> Mapping[date, str]:
    """Return the FIX by its own day."""
    return {day: rate for day, rate in world.fix().items() if day <= world.NEWEST}


def published(world: Any) -> Mapping[date, str]:
    """Return the FIX by the day of the next one, which the Gazette is of."""
    days = sorted(fixed(world))
    following = [*days[1:], world.TODAY]
    return {after: world.fix()[day] for day, after in zip(days, following, strict=True)}


def applied(world: Any) -> Mapping[date, str]:
    """Return what applies on each calendar day: what the Gazette had last on the day before."""
    rates: dict[date, str] = {}
    in_gazette = published(world)
    day = min(in_gazette)
    while day <= date(2026, 8, 17):
        rates[day + DAY] = in_gazette.get(day) or rates[day]
        day += DAY
    return {day: rate for day, rate in rates.items() if day <= date(2026, 8, 17)}


RATES = {"fix": fixed, "dof": published, "settlement": applied}


def by_month(rates: Mapping[date, str]) -> Mapping[str, list[date]]:
    """Return the days with a rate of each month."""
    months: dict[str, list[date]] = {}
    for day in sorted(rates):
        months.setdefault(str(day)[:7], []).append(day)
    return months


def mean(rates: list[Decimal]) -> str:
    """Return the mean to six places, half-even, without decimal arithmetic."""
    exact = sum(map(Fraction, rates), Fraction(0)) / len(rates) * 10**6
    return str(Decimal(round(exact)).scaleb(-6).quantize(Decimal("0.000001"), ROUND_HALF_EVEN))


@pytest.mark.parametrize("kind", RATES)
async def test_every_month_since_1991_is_recomputed(ask: Ask, world: Any, kind: str) -> None:
    """Mean, last, low and high of each month, to the last digit, and no month is left out."""
    rates = RATES[kind](world)
    answer = (await ask(f"{MONTHLY}?from=1991-11&to=2026-08&kind={kind}")).json()
    assert answer["count"] == len(answer["months"]) == 12 * 35 - 2
    months = by_month(rates)
    for row in answer["months"]:
        days = months[row["month"]]
        values = [Decimal(rates[day]) for day in days]
        assert row == {
            "month": row["month"],
            "mean": mean(values),
            "last": rates[days[-1]],
            "last_date": str(days[-1]),
            "low": str(min(values)),
            "high": str(max(values)),
            "count": len(days),
            "complete": True,
            "known": True,
        }


@pytest.mark.parametrize("kind", RATES)
async def test_a_summary_of_each_month_is_recomputed(worker: Any, world: Any, kind: str) -> None:
    """First and last, low and high with their first days, and the change between the ends."""
    rates = RATES[kind](world)
    async with world.client(worker) as client:
        for month, days in by_month(rates).items():
            answer = (await client.get(f"{SUMMARY}?month={month}&kind={kind}")).json()
            assert answer["count"] == answer["expected"] == len(days)
            _is_recomputed(answer, {day: rates[day] for day in days})


def _is_recomputed(answer: Any, rates: Mapping[date, str]) -> None:
    values = {day: Decimal(rate) for day, rate in rates.items()}
    first, last = min(values), max(values)
    low, high = min(values, key=values.__getitem__), max(values, key=values.__getitem__)
    assert answer["mean"] == mean(list(values.values()))
    for name, day in (("first", first), ("last", last), ("low", low), ("high", high)):
        assert answer[name] == {"date": str(day), "rate": rates[day]}
    change = values[last] - values[first]
    assert Decimal(answer["change"]) == change
    percent = round(Fraction(change) / Fraction(values[first]) * 10**6)
    assert Decimal(answer["change_percent"]) == Decimal(percent).scaleb(-4)


async def test_a_summary_equals_its_list(ask: Ask) -> None:
    """Of 35 years, too, it is of what `historical` lists."""
    for kind in RATES:
        span = f"from=1991-11-12&to=2026-08-14&kind={kind}"
        listed = (await ask(f"/api/v1/rates/historical?{span}")).json()["observations"]
        answer = (await ask(f"{SUMMARY}?{span}")).json()
        assert answer["count"] == len(listed)
        assert answer["mean"] == mean([Decimal(row["rate"]) for row in listed])


async def test_what_is_missing_makes_a_month_incomplete(ask: Ask, worker: Any, world: Any) -> None:
    """A day that should have a value and has none is expected all the same."""
    worker.current.replace(world.snapshot(without=(date(2026, 7, 15),)))
    answer = (await ask(f"{SUMMARY}?month=2026-07")).json()
    assert (answer["count"], answer["expected"], answer["complete"]) == (22, 23, False)
    rows = (await ask(f"{MONTHLY}?from=2026-06&to=2026-08")).json()["months"]
    assert [row["complete"] for row in rows] == [True, False, True]


async def test_a_span_without_values_has_nulls(ask: Ask) -> None:
    """Before the first FIX there is nothing to average."""
    answer = (await ask(f"{SUMMARY}?from=1990-01-01&to=1990-12-31")).json()
    assert (answer["count"], answer["mean"], answer["low"]) == (0, None, None)
    rows = (await ask(f"{MONTHLY}?year=1990")).json()["months"]
    assert [row["mean"] for row in rows] == [None] * 12


@pytest.mark.parametrize(
    "path",
    [
        SUMMARY,
        f"{SUMMARY}?to=2024-01-01",
        f"{SUMMARY}?month=2024-01&year=2024",
        MONTHLY,
        f"{MONTHLY}?from=2024-02&to=2024-01",
        f"{MONTHLY}?from=1950-01&to=2000-01",
        f"{MONTHLY}?year=2024&from=2024-01",
        f"{MONTHLY}?from=0000-01",
        f"{MONTHLY}?from=2024-1",
        "/api/v1/calendar?year=0",
        "/api/v1/calendar?year=2024&month=2024-01",
    ],
)
async def test_a_senseless_span_is_refused(ask: Ask, path: str) -> None:
    """Without a beginning, in two forms, backwards or too long."""
    assert (await ask(path)).status_code == 422


@pytest.mark.parametrize("path", [f"{MONTHLY}?from=9999-12", f"{MONTHLY}?from=0001-01"])
async def test_a_span_without_an_end_has_room(ask: Ask, path: str) -> None:
    """However early or late it begins."""
    assert (await ask(path)).status_code == 200


async def test_tables_have_the_same_figures(ask: Ask) -> None:
    """CSV has an empty cell where there is no value."""
    table = (await ask(f"{SUMMARY}?month=2026-07&format=csv")).text.splitlines()
    assert table[0].startswith("kind,from,to,count,expected,complete,mean")
    assert table[1].startswith("fix,2026-07-01,2026-07-31,23,23,true,")
    table = (await ask(f"{MONTHLY}?from=1991-10&to=1991-11&format=csv")).text.splitlines()
    assert table[1] == "1991-10,,,,,,0,true,true,"


async def test_a_calendar_tells_the_days_of_a_year(ask: Ask) -> None:
    """Banking days with their FIX and Gazette, closed weekdays with their name."""
    answer = (await ask("/api/v1/calendar?year=2026")).json()
    assert answer["count"] == 365
    days = {day["date"]: day for day in answer["days"]}
    assert days["2026-09-15"] == {
        "date": "2026-09-15",
        "banking_day": True,
        "name": None,
        "fix_expected_at": "2026-09-15T18:00:00Z",
        "dof_published": "2026-09-17",
    }
    assert days["2026-09-16"]["banking_day"] is False
    assert days["2026-09-16"]["name"] == "Día de la Independencia"
    assert days["2026-09-19"]["name"] is None


async def test_outside_of_its_years_a_calendar_tells_nothing(ask: Ask) -> None:
    """Neither that banks open nor that they are closed."""
    for year in (1, 1999, 2029, 9999):
        days = (await ask(f"/api/v1/calendar?year={year:04}")).json()["days"]
        assert {day["banking_day"] for day in days} == {None}


async def test_a_month_that_is_not_loaded_is_not_complete(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Nothing is missing there that one could count; the month itself says that it is not known."""
    since = date(2015, 6, 15)
    series = world.known_series(complete_from=since, complete_at=None)
    worker.current.replace(world.since(world.snapshot(series=series), since))
    rows = (await ask(f"{MONTHLY}?from=2015-05&to=2015-07")).json()["months"]
    assert [(row["known"], row["complete"]) for row in rows] == [
        (False, False),
        (False, False),
        (True, True),
    ]
    answer = (await ask(f"{SUMMARY}?year=2010")).json()
    assert (answer["known"], answer["complete"]) == (False, False)


async def test_a_settlement_is_missing_while_older_history_loads(
    ask: Ask, worker: Any, world: Any
) -> None:
    """What is known of the month does not depend on what lies before it."""
    since, missing = date(2005, 7, 1), date(2026, 7, 15)
    series = world.known_series(complete_from=since, complete_at=None)
    snapshot = world.snapshot(series=series, without=(missing,))
    worker.current.replace(world.since(snapshot, since))
    answer = (await ask(f"{SUMMARY}?month=2026-07&kind=settlement")).json()
    assert (answer["expected"], answer["complete"], answer["known"]) == (31, False, True)


async def test_a_month_says_what_is_doubtful_in_it(ask: Ask, worker: Any, world: Any) -> None:
    """In its row, in CSV as well."""
    series = world.known_series(withdrawn=(date(2026, 7, 15),), settlement={})
    worker.current.replace(world.snapshot(series=series))
    rows = (await ask(f"{MONTHLY}?from=2026-06&to=2026-07")).json()["months"]
    assert [row.get("warnings") for row in rows] == [None, ["withdrawn_at_source"]]
    table = (await ask(f"{MONTHLY}?from=2026-07&to=2026-07&format=csv")).text
    assert table.endswith(",withdrawn_at_source\r\n")


async def test_a_month_is_asked_for_where_one_is_missing(ask: Ask) -> None:
    """The refusal says what to write: a month, not a day."""
    detail = (await ask(f"{MONTHLY}?to=2026-01")).json()["detail"]
    assert "YYYY-MM" in detail
    assert "YYYY-MM-DD" not in detail


async def test_no_text_breaks_the_table_of_a_calendar(ask: Ask, worker: Any, world: Any) -> None:
    """A name may hold what a CSV would need quotes for; a decree's reason is not told."""
    names = tuple(f'{name}, "[{name}]"' for name in world.calendar().names)
    closure = world.DeclaredClosure(date(2026, 9, 18), '=1+1,"x"', world.NOW)
    calendar = world.msgspec.structs.replace(world.calendar(), names=names, declared=(closure,))
    worker.current.replace(world.snapshot(bank_calendar=calendar))
    lines = (await ask("/api/v1/calendar?month=2026-09&format=csv")).text.splitlines()
    assert {len(line.split(",")) for line in lines} == {5}
    assert "1+1" not in "".join(lines)


async def test_gaps_are_of_a_month_or_a_year_too(ask: Ask, worker: Any, world: Any) -> None:
    """As wherever a span is taken."""
    worker.current.replace(world.snapshot(without=(date(2024, 3, 1),)))
    for span, count in (("month=2024-03", 1), ("year=2024", 1), ("month=2024-04", 0)):
        assert (await ask(f"/api/v1/rates/gaps?{span}")).json()["count"] == count
    assert (await ask("/api/v1/rates/gaps?month=2024-03&from=2024-01-01")).status_code == 422
