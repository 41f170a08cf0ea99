"""What is answered for a FIX day: each row of the table is a case (protocol rules 25, 28 and 29).

`cache` is how long shared caches keep the answer: A up to the next transition, B at most 15 s,
5 at most 5 s, N not at all, I for good.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, NamedTuple

import httpx
import pytest

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


def known_of_fix(**changes: Any) -> Callable[[Any], Any]:
    """Return the record with `changes` of what is known of the FIX."""
    return lambda world: world.snapshot(series=world.series(fix=changes))


def days(*texts: str) -> tuple[Any, ...]:
    """Return days."""
    from datetime import date

    return tuple(date.fromisoformat(text) for text in texts)


def missing(*texts: str, **changes: Any) -> Callable[[Any], Any]:
    """Return the record without days, and with `changes` of what is known of the FIX."""
    return lambda world: world.snapshot(without=days(*texts), series=world.series(fix=changes))


def since_august(world: Any) -> Any:
    """Return the record of a first start: August 2026 is loaded, nothing before it."""
    [begin] = days("2026-08-03")
    loading = {"complete_from": begin, "complete_at": None}
    known = world.series(fix=loading, settlement=loading)
    return world.snapshot(kept=lambda row: row.date >= begin, series=known)


def friday(hour: int, minute: int = 0) -> Callable[[Any], datetime]:
    """Return a wall time of Friday 2026-08-14, whose FIX is not recorded."""
    return lambda world: world.mexico(world.TODAY, hour, minute)


def verified_on_friday(hour: int, minute: int = 0) -> Callable[[Any], Any]:
    """Return the record without Friday's FIX, verified at that time."""
    return lambda world: world.snapshot(
        series=world.series(world.mexico(world.TODAY, hour, minute)),
        now=world.mexico(world.TODAY, hour, minute),
    )


def saturday(world: Any) -> datetime:
    """Return ten o'clock on the day after."""
    return world.mexico(*days("2026-08-15"), 10)  # type: ignore[no-any-return]


def verified_on_saturday(world: Any) -> Any:
    """Return the record without Friday's FIX, verified on Saturday."""
    return world.snapshot(now=saturday(world), series=world.series(saturday(world)))


NOW = [
    Row("before the first FIX", "1991-11-11", "404 before-first-observation"),
    Row("in the future", "2026-08-15", "404 not-yet-known"),
    Row("a value", "2026-08-12", "200 17.0627", "A"),
    Row(
        "a value, withdrawn",
        "2026-08-12",
        "200 17.0627",
        "B",
        ("withdrawn_at_source",),
        known_of_fix(withdrawn=days("2026-08-12")),
    ),
    Row(
        "a value, a correction of it in quarantine",
        "2026-08-12",
        "200 17.0627",
        "B",
        ("value_under_review",),
        known_of_fix(under_review=days("2026-08-12")),
    ),
    Row(
        "the newest value, a correction of it in quarantine",
        "2026-08-13",
        "200 17.0530",
        "B",
        ("value_under_review",),
        known_of_fix(under_review=days("2026-08-13")),
    ),
    Row(
        "no value, under review",
        "2024-03-01",
        "503 under-review",
        record=missing("2024-03-01", under_review=days("2024-03-01")),
    ),
    Row(
        "no value, under review on a weekday that the calendar closes",
        "2026-02-02",
        "503 under-review",
        record=missing("2026-02-02", under_review=days("2026-02-02")),
    ),
    Row(
        "a Saturday with a FIX in quarantine",
        "2026-08-08",
        "200 17.1387",
        "B",
        ("value_under_review",),
        known_of_fix(under_review=days("2026-08-08")),
    ),
    Row(
        "a Saturday with a FIX in quarantine, roll=none",
        "2026-08-08?roll=none",
        "404 no-fix-on-closed-day",
        record=known_of_fix(under_review=days("2026-08-08")),
    ),
    Row(
        "the Sunday after a Saturday with a FIX in quarantine",
        "2026-08-09",
        "200 17.1387",
        "A",
        record=known_of_fix(under_review=days("2026-08-08")),
    ),
    Row("no value, history loading", "2024-01-02", "503 history-loading", record=since_august),
    Row(
        "no value, history loading, closed",
        "2024-03-02",
        "503 history-loading",
        record=since_august,
    ),
    Row(
        "no value, history loading, closed, roll=none",
        "2024-03-02?roll=none",
        "503 history-loading",
        record=since_august,
    ),
    Row(
        "no value, history loading, before 2001",
        "1995-06-15",
        "503 history-loading",
        record=since_august,
    ),
    Row(
        "no value, not asked for any day yet",
        "2026-08-14",
        "503 history-loading",
        record=known_of_fix(complete_from=None),
    ),
    Row(
        "a value, history loading",
        "2026-08-12",
        "200 17.0627",
        "A",
        record=known_of_fix(complete_from=None),
    ),
    Row("closed, roll=none", "2026-08-09?roll=none", "404 no-fix-on-closed-day"),
    Row("closed, rolls back", "2026-08-09", "200 17.1387", "A"),
    Row("a holiday rolls back over its weekend", "2024-02-05", "200 17.1447", "A"),
    Row(
        "rolls back to a value that is withdrawn",
        "2026-08-09",
        "200 17.1387",
        "B",
        ("withdrawn_at_source",),
        known_of_fix(withdrawn=days("2026-08-07")),
    ),
    Row(
        "rolls back to a day that is under review",
        "2024-03-03",
        "503 under-review",
        record=missing("2024-03-01", under_review=days("2024-03-01")),
    ),
    Row(
        "rolls back to where the history is loading",
        "2026-08-02",
        "503 history-loading",
        record=since_august,
    ),
    Row("before 2001, a day without a FIX", "1995-03-05", "200 6.0725", "A"),
    Row(
        "before 2001, a day without a FIX, roll=none",
        "1995-03-05?roll=none",
        "404 no-fix-on-closed-day",
    ),
    Row("today, not due", "2026-08-14", "404 not-yet-published", "5"),
    Row(
        "today, not due, past fresh_until",
        "2026-08-14",
        "404 not-yet-published",
        "5",
        at=friday(11),
    ),
    Row("a later FIX recorded", "2024-03-01", "404 gap", record=missing("2024-03-01")),
    Row("rolls back to a gap", "2024-03-03", "404 gap", record=missing("2024-03-01")),
    Row(
        "a later FIX recorded, past fresh_until",
        "2024-03-01",
        "404 gap",
        record=missing("2024-03-01"),
        at=friday(15),
    ),
    Row("due, past fresh_until", "2026-08-14", "503 not-verified", at=friday(12)),
    Row(
        "due, never verified",
        "2026-08-14",
        "503 not-verified",
        record=known_of_fix(fresh_until=None),
        at=friday(12),
    ),
    Row(
        "due since Friday, past fresh_until, asked for the weekend",
        "2026-08-15",
        "503 not-verified",
        at=saturday,
    ),
    Row(
        "due, fresh, today",
        "2026-08-14",
        "404 not-yet-published",
        "5",
        record=verified_on_friday(12, 30),
        at=friday(12, 30),
    ),
    Row(
        "late, fresh, today",
        "2026-08-14",
        "404 not-yet-published",
        "5",
        record=verified_on_friday(15),
        at=friday(15),
    ),
    Row(
        "late over midnight, fresh",
        "2026-08-14",
        "404 not-yet-published",
        record=verified_on_saturday,
        at=saturday,
    ),
    Row(
        "late over midnight, fresh, asked for the weekend",
        "2026-08-15",
        "404 not-yet-published",
        record=verified_on_saturday,
        at=saturday,
    ),
]


@pytest.mark.parametrize("row", NOW, ids=lambda row: row.situation)
async def test_a_fix_day_is_answered_as_the_table_says(
    ask: Ask, worker: Any, world: Any, row: Row
) -> None:
    """Whatever is known of the day: protocol rules 25, 28 and 29, without `as_of`."""
    worker.now = row.at(world)
    worker.current.replace(row.record(world))
    answer = await ask(f"/api/v1/rates/{row.path}")
    body = answer.json()
    assert (world.said(answer), world.cache_class(answer)) == (row.says, row.cache)
    assert tuple(body.get("warnings", ())) == row.warnings
    assert not {"freshness", "level"} & body.keys()
    assert ("retry-after" in answer.headers) >= (answer.status_code == 503)
