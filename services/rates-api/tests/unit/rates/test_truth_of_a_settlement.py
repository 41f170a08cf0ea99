"""What is answered for a settlement day: each row of the table is a case (rules 25, 28 and 31).

`cache` is how long shared caches keep the answer: A up to the next transition, B at most 15 s,
N not at all, I for good.
"""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any, NamedTuple

import httpx
import pytest

from rates_contracts.observation import FIX, SETTLEMENT

Ask = Callable[..., Awaitable[httpx.Response]]


class Row(NamedTuple):
    """A situation, what is asked in it, and what must be answered; `record` makes a snapshot."""

    situation: str
    path: str
    says: str
    cache: str = "N"
    warnings: tuple[str, ...] = ()
    record: Callable[[Any], Any] = lambda world: world.snapshot()
    at: Callable[[Any], datetime] = lambda world: world.NOW


def day(text: str) -> date:
    """Return a day."""
    return date.fromisoformat(text)


def known(series: str, **changes: Any) -> Callable[[Any], Any]:
    """Return the record with `changes` of what is known of a series, "fix" or "settlement"."""
    return lambda world: world.snapshot(series=world.series(**{series: changes}))


def without(
    series: str, first: str, last: str, *, reviewed: tuple[str, ...] = (), hour: int = 10
) -> Callable[[Any], Any]:
    """Return the record without a span of a series, verified at an hour of Friday 2026-08-14."""
    gone = {"fix": FIX, "settlement": SETTLEMENT}[series]
    changes = {series: {"under_review": tuple(map(day, reviewed))}}

    def record(world: Any) -> Any:
        now = world.mexico(world.TODAY, hour)
        return world.snapshot(
            now=now,
            kept=lambda row: row.series != gone or not day(first) <= row.date <= day(last),
            series=world.series(now, **changes),
        )

    return record


def misled(
    *closed: str, last: str | None = None, reviewed: tuple[str, ...] = ()
) -> Callable[[Any], Any]:
    """Return the record without the settlements since Friday 2026-08-14.

    Its bank calendar closes days that have a FIX and ends on `last`; FIX are under review.
    """

    def record(world: Any) -> Any:
        calendar = world.calendar()
        calendar = world.msgspec.structs.replace(
            calendar,
            closed=tuple(sorted({*calendar.closed, *map(day, closed)})),
            last=day(last) if last else calendar.last,
        )
        return world.snapshot(
            kept=lambda row: row.series != SETTLEMENT or row.date < world.TODAY,
            bank_calendar=calendar,
            series=world.series(fix={"under_review": tuple(map(day, reviewed))}),
        )

    return record


def friday(hour: int) -> Callable[[Any], datetime]:
    """Return an hour of Friday 2026-08-14."""
    return lambda world: world.mexico(world.TODAY, hour)


def settled_first(world: Any) -> Any:
    """Return the record of a first start: all settlements are loaded, and the FIX of August."""
    loading = {"complete_from": day("2026-08-03"), "complete_at": None}
    known_of_both = world.series(fix=loading)
    return world.snapshot(
        kept=lambda row: row.series != FIX or row.date >= day("2026-08-03"), series=known_of_both
    )


def corrected(*rows: tuple[str, str, str]) -> Callable[[Any], Any]:
    """Return the record with a second revision of values: series, day, value."""
    return lambda world: world.snapshot(
        extra=tuple(
            world.observation(series, day(text), value, world.NEWEST, 2)
            for series, text, value in rows
        )
    )


NOW = [
    Row("before the first FIX", "1991-11-11", "404 before-first-observation"),
    Row("stored", "2024-03-02", "200 17.0633", "A"),
    Row("stored ahead of today", "2026-08-17", "200 17.0530", "A"),
    Row(
        "stored, withdrawn",
        "2024-03-02",
        "200 17.0633",
        "B",
        ("withdrawn_at_source",),
        known("settlement", withdrawn=(day("2024-03-02"),)),
    ),
    Row(
        "stored, a correction of it in quarantine",
        "2024-03-02",
        "200 17.0633",
        "B",
        ("value_under_review",),
        known("settlement", under_review=(day("2024-03-02"),)),
    ),
    Row(
        "stored, its FIX withdrawn: it stands by itself",
        "2024-03-02",
        "200 17.0633",
        "A",
        record=known("fix", withdrawn=(day("2024-02-29"),)),
    ),
    Row(
        "stored, no FIX fits",
        "2024-03-02",
        "200 17.0633",
        "A",
        ("dates_unconfirmed",),
        corrected((FIX, "2024-02-29", "17.0634")),
    ),
    Row(
        "stored, several FIX fit",
        "2024-03-02",
        "200 17.0217",
        "A",
        ("dates_unconfirmed",),
        corrected(
            (SETTLEMENT, "2024-03-02", "17.0217"),
            (FIX, "2024-02-28", "17.0217"),
        ),
    ),
    Row(
        "stored, its FIX is not loaded",
        "2026-06-29",
        "200 17.5260",
        "B",
        ("history_loading", "dates_unconfirmed"),
        settled_first,
    ),
    Row(
        "not stored, under review",
        "2024-03-02",
        "503 under-review",
        record=without("settlement", "2024-03-02", "2024-03-02", reviewed=("2024-03-02",)),
    ),
    Row(
        "not stored, its FIX under review",
        "2026-08-18",
        "503 under-review",
        record=known("fix", under_review=(day("2026-08-14"),)),
    ),
    Row(
        "not stored, its FIX under review, before the first stored day",
        "2015-06-01",
        "503 under-review",
        record=known("fix", under_review=(day("2015-05-28"),)),
    ),
    Row(
        "not stored, history loading",
        "2015-06-01",
        "503 history-loading",
        record=known("settlement", complete_from=day("2020-01-01")),
    ),
    Row(
        "not stored, not asked for any day yet",
        "2026-08-18",
        "503 history-loading",
        record=known("settlement", complete_from=None),
    ),
    Row(
        "before the first stored day, FIX history loading there",
        "2015-06-01",
        "503 history-loading",
        record=known("fix", complete_from=day("2015-06-02")),
    ),
    Row(
        "before the first stored day, FIX history loading at its determination",
        "2015-06-01",
        "503 history-loading",
        record=known("fix", complete_from=day("2015-05-29")),
    ),
    Row(
        "before the first stored day, FIX known from its determination on",
        "2015-06-01",
        "200 15.3737",
        "A",
        record=known("fix", complete_from=day("2015-05-28")),
    ),
    Row("before the first stored day", "2015-06-01", "200 15.3737", "A"),
    Row(
        "before the first stored day, its FIX withdrawn",
        "2015-06-01",
        "200 15.3737",
        "B",
        ("withdrawn_at_source",),
        known("fix", withdrawn=(day("2015-05-28"),)),
    ),
    Row("no two banking days before", "1991-11-13", "404 before-first-observation"),
    Row("the first that is derived", "1991-11-14", "200 3.0735", "A"),
    Row(
        "before the first stored day, its FIX missing",
        "2015-06-01",
        "404 gap",
        record=without("fix", "2015-05-28", "2015-05-28"),
    ),
    Row("its FIX not due", "2026-08-18", "404 not-yet-known"),
    Row("its FIX not due, past fresh_until", "2026-08-18", "404 not-yet-known", at=friday(11)),
    Row("beyond the calendar", "9999-12-31", "404 not-yet-known", at=friday(15)),
    Row(
        "a later settlement stored",
        "2024-03-02",
        "404 gap",
        record=without("settlement", "2024-03-02", "2024-03-02"),
    ),
    Row(
        "a later settlement stored, past fresh_until",
        "2024-03-02",
        "404 gap",
        record=without("settlement", "2024-03-02", "2024-03-02"),
        at=friday(15),
    ),
    Row("its FIX due, past fresh_until", "2026-08-18", "503 not-verified", at=friday(12)),
    Row(
        "today's, past fresh_until",
        "2026-08-14",
        "503 not-verified",
        record=without("settlement", "2026-08-14", "2026-08-31"),
        at=friday(11),
    ),
    Row(
        "its FIX due, fresh, in the future",
        "2026-08-18",
        "404 not-yet-known",
        record=without("settlement", "2026-08-18", "2026-08-31", hour=13),
        at=friday(13),
    ),
    Row(
        "today's, fresh",
        "2026-08-14",
        "404 gap",
        record=without("settlement", "2026-08-14", "2026-08-31"),
    ),
    Row(
        "today's, fresh, its FIX refutes a calendar that closes its day",
        "2026-08-14",
        "404 gap",
        record=misled("2026-08-12"),
    ),
    Row(
        "today's, past fresh_until, its FIX refutes a calendar that closes its day",
        "2026-08-14",
        "503 not-verified",
        record=misled("2026-08-12"),
        at=friday(11),
    ),
    Row(
        "past the calendar, its FIX under review refutes a calendar that closes its day",
        "2026-08-14",
        "503 under-review",
        record=misled("2026-08-12", last="2026-08-12", reviewed=("2026-08-12",)),
    ),
]


@pytest.mark.parametrize("row", NOW, ids=lambda row: row.situation)
async def test_a_settlement_day_is_answered_as_the_table_says(
    ask: Ask, worker: Any, world: Any, row: Row
) -> None:
    """Whatever is known of the day and of its FIX (protocol rules 25, 28 and 31)."""
    worker.now = row.at(world)
    worker.current.replace(row.record(world))
    answer = await ask(f"/api/v1/rates/{row.path}?kind=settlement")
    body = answer.json()
    assert (world.said(answer), world.cache_class(answer)) == (row.says, row.cache)
    assert tuple(body.get("warnings", ())) == row.warnings
    assert not {"freshness", "level"} & body.keys()
    assert ("retry-after" in answer.headers) == (answer.status_code == 503)
    if answer.status_code == 200:
        assert body["derived"] == (row.path < "2020")
        assert (body["dates"]["determined"] is None) == ("dates_unconfirmed" in row.warnings)


def completed_late(world: Any) -> Any:
    """Return the record of which the whole history was recorded in January 2026."""
    complete_at = world.mexico(day("2026-01-20"), 12)
    return world.snapshot(series=world.series(fix={"complete_at": complete_at}))


AS_OF = [
    Row(
        "before both series were complete",
        "2024-03-02&as_of=2026-01-15T00:00:00Z",
        "404 before-first-record",
        record=completed_late,
    ),
    Row("stored", "2024-03-02&as_of=2024-02-29T18:01:07Z", "200 17.0633", "I"),
    Row(
        "stored, now withdrawn and under review",
        "2024-03-02&as_of=2026-08-13T00:00:00Z",
        "200 17.0633",
        "I",
        record=known(
            "settlement", withdrawn=(day("2024-03-02"),), under_review=(day("2024-03-02"),)
        ),
    ),
    Row(
        "stored, no FIX fitted then",
        "2024-03-02&as_of=2026-08-13T18:01:07Z",
        "200 17.0633",
        "I",
        ("dates_unconfirmed",),
        corrected((FIX, "2024-02-29", "17.0634")),
    ),
    Row(
        "stored, its FIX fitted then",
        "2024-03-02&as_of=2026-08-13T18:01:06Z",
        "200 17.0633",
        "I",
        record=corrected((FIX, "2024-02-29", "17.0634")),
    ),
    Row(
        "before the first day stored by then",
        "2015-06-01&as_of=2015-05-28T18:01:07Z",
        "200 15.3737",
        "I",
        record=known("fix", withdrawn=(day("2015-05-28"),)),
    ),
    Row(
        "before the first day stored by then, its FIX not known then",
        "2015-06-01&as_of=2015-05-28T18:01:06Z",
        "404 not-yet-known",
    ),
    Row(
        "after the day of as_of, its FIX due",
        "2024-03-02&as_of=2024-02-29T18:01:06Z",
        "404 not-yet-known",
    ),
    Row(
        "a later settlement recorded",
        "2024-03-02&as_of=2024-03-02T20:00:00Z",
        "404 gap",
        record=without("settlement", "2024-03-02", "2024-03-02"),
    ),
    Row(
        "no later settlement recorded then",
        "2024-03-02&as_of=2024-03-02T20:00:00Z",
        "404 not-known-then",
        record=without("settlement", "2024-03-02", "2024-03-05"),
    ),
    Row(
        "no later settlement recorded then, now under review",
        "2024-03-02&as_of=2024-03-02T20:00:00Z",
        "404 not-known-then",
        record=without("settlement", "2024-03-02", "2024-03-05", reviewed=("2024-03-02",)),
    ),
    Row(
        "its FIX refutes a calendar that closes its day, no later settlement recorded then",
        "2026-08-14&as_of=2026-08-14T15:00:00Z",
        "404 not-known-then",
        record=misled("2026-08-12"),
    ),
]


@pytest.mark.parametrize("row", AS_OF, ids=lambda row: row.situation)
async def test_a_settlement_day_as_of_an_instant_is_answered_as_the_table_says(
    ask: Ask, worker: Any, world: Any, row: Row
) -> None:
    """Rows and versions of the calendar alone tell what was known (protocol rules 25 and 33)."""
    worker.current.replace(row.record(world))
    path, _, instant = row.path.partition("&")
    answer = await ask(f"/api/v1/rates/{path}?kind=settlement&{instant}")
    body = answer.json()
    assert (world.said(answer), world.cache_class(answer)) == (row.says, row.cache)
    assert tuple(body.get("warnings", ())) == row.warnings
    assert not {"freshness", "level"} & body.keys()
    assert "retry-after" not in answer.headers


async def test_history_that_loads_says_since_when_both_series_are_known(
    ask: Ask, worker: Any, world: Any
) -> None:
    """A settlement rests on both, so the later beginning counts (protocol rule 25)."""
    worker.current.replace(known("fix", complete_from=day("2015-06-02"))(world))
    answer = await ask("/api/v1/rates/2015-06-01?kind=settlement")
    assert answer.json()["known_from"] == "2015-06-02"


async def test_a_batch_of_settlements_says_what_their_days_say(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Unconfirmed dates alone shorten no cache; a history that loads does (rule 25, P7)."""
    worker.current.replace(corrected((FIX, "2024-02-29", "17.0634"))(world))
    answer = await ask("/api/v1/rates?dates=2024-03-02,2024-03-05&kind=settlement")
    assert (answer.json()["known"], answer.json()["warnings"]) == (True, ["dates_unconfirmed"])
    assert answer.json()["results"][0]["dates"]["determined"] is None
    assert answer.json()["results"][1]["dates"]["determined"] == "2024-03-01"
    assert world.cache_class(answer) == "A"
    worker.current.replace(settled_first(world))
    answer = await ask("/api/v1/rates?dates=2026-06-29,2015-06-01&kind=settlement")
    assert (answer.json()["known"], answer.json()["warnings"]) == (
        False,
        ["history_loading", "dates_unconfirmed"],
    )
    assert world.cache_class(answer) == "B"
