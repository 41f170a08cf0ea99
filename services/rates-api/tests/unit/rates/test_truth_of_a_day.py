"""What is answered for a FIX day: each row of the table is a case (protocol rules 25, 28 and 29).

`cache` is how long shared caches keep the answer: A up to the next transition, B at most 15 s,
5 at most 5 s, N not at all, I for good.
"""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
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


def days(*texts: str) -> tuple[date, ...]:
    """Return days."""
    return tuple(date.fromisoformat(text) for text in texts)


def missing(*texts: str, **changes: Any) -> Callable[[Any], Any]:
    """Return the record without days, and with `changes` of what is known of the FIX."""
    return lambda world: world.snapshot(without=days(*texts), series=world.series(fix=changes))


def without(*texts: str) -> Callable[[Any], Any]:
    """Return the record without days, as it is told by an older sync: nothing of each series."""
    return lambda world: world.snapshot(without=days(*texts))


def completed_in_january(world: Any) -> Any:
    """Return the record whose FIX were all recorded on the 5th, its settlements on the 20th."""
    fix, settlement = world.mexico(date(2026, 1, 5), 12), world.mexico(date(2026, 1, 20), 12)
    known = world.series(fix={"complete_at": fix}, settlement={"complete_at": settlement})
    return world.snapshot(series=known)


def never_completed(world: Any) -> Any:
    """Return the record whose settlements have never been complete."""
    return world.snapshot(series=world.series(settlement={"complete_at": None}))


def closed_by_decree(world: Any) -> Any:
    """Return the record without Wednesday, declared closed that evening, reopened a day later."""
    [wednesday] = days("2026-08-12")
    declared = world.mexico(wednesday, 18)
    closure = world.DeclaredClosure(wednesday, "decree", declared, declared + timedelta(days=1))
    calendar = world.msgspec.structs.replace(world.calendar(), reopened=(closure,))
    return world.snapshot(without=(wednesday,), bank_calendar=calendar)


def recorded_ahead(world: Any) -> Any:
    """Return the record of a clock that was an hour ahead: its head lies after now."""
    return world.snapshot(recorded_at=world.NOW + timedelta(hours=1))


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
    Row(
        "in the future, a value recorded all the same",
        "2026-08-17",
        "404 not-yet-known",
        record=lambda world: world.snapshot(
            extra=(world.observation("SF43718", date(2026, 8, 17), "17.1", world.NEWEST),)
        ),
    ),
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
        warnings=("value_under_review",),
        record=known_of_fix(under_review=days("2026-08-08")),
    ),
    Row(
        "a Saturday that rolls to a gap, with a FIX in quarantine",
        "2024-03-02",
        "404 gap",
        warnings=("value_under_review",),
        record=missing("2024-03-01", under_review=days("2024-03-02")),
    ),
    Row(
        "a later FIX recorded, which is withdrawn",
        "2026-08-12",
        "404 gap",
        warnings=("withdrawn_at_source",),
        record=missing("2026-08-12", withdrawn=days("2026-08-13")),
    ),
    Row(
        "later FIX recorded, of which the newest is withdrawn",
        "2026-08-11",
        "404 gap",
        record=missing("2026-08-11", withdrawn=days("2026-08-13")),
    ),
    Row(
        "a value, older than the withdrawn days that are listed",
        "2026-08-11",
        "200 17.1092",
        "B",
        ("withdrawn_at_source",),
        known_of_fix(withdrawn=days("2026-08-12"), withdrawn_count=2),
    ),
    Row(
        "a value, newer than the withdrawn days that are listed",
        "2026-08-13",
        "200 17.0530",
        "A",
        record=known_of_fix(withdrawn=days("2026-08-12"), withdrawn_count=2),
    ),
    Row(
        "a value, older than the corrections in quarantine that are listed",
        "2024-01-02",
        "200 17.0297",
        "B",
        ("value_under_review",),
        known_of_fix(under_review=days("2026-08-12"), under_review_count=2),
    ),
    Row(
        "a Saturday older than the days under review that are listed, roll=none",
        "2024-03-02?roll=none",
        "404 no-fix-on-closed-day",
        warnings=("value_under_review",),
        record=known_of_fix(under_review=days("2026-08-12"), under_review_count=2),
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


AS_OF = [
    Row(
        "never complete",
        "2024-01-02?as_of=2026-08-13T00:00:00Z",
        "404 before-first-record",
        record=never_completed,
    ),
    Row(
        "before both series were complete",
        "2024-01-02?as_of=2026-01-15T00:00:00Z",
        "404 before-first-record",
        record=completed_in_january,
    ),
    Row(
        "at the instant at which both series were complete",
        "2024-01-02?as_of=2026-01-20T18:00:00Z",
        "200 17.0297",
        "I",
        record=completed_in_january,
    ),
    Row(
        "before the first FIX",
        "1991-11-11?as_of=2026-08-13T00:00:00Z",
        "404 before-first-observation",
    ),
    Row(
        "after the day of as_of",
        "2026-08-12?as_of=2026-08-12T05:59:59Z",
        "404 not-yet-known",
    ),
    Row(
        "a value, now withdrawn",
        "2024-01-02?as_of=2026-08-13T00:00:00Z",
        "200 17.0297",
        "I",
        record=known_of_fix(withdrawn=days("2024-01-02")),
    ),
    Row(
        "a value, now under review, not verified, history loading",
        "2024-01-02?as_of=2026-08-13T00:00:00Z",
        "200 17.0297",
        "I",
        record=known_of_fix(under_review=days("2024-01-02"), fresh_until=None, complete_from=None),
    ),
    Row(
        "no value, now under review",
        "2024-03-01?as_of=2026-08-13T00:00:00Z",
        "404 gap",
        record=missing("2024-03-01", under_review=days("2024-03-01")),
    ),
    Row("closed", "2024-03-02?as_of=2026-08-13T00:00:00Z", "200 17.0217", "I"),
    Row(
        "closed, roll=none",
        "2024-03-02?as_of=2026-08-13T00:00:00Z&roll=none",
        "404 no-fix-on-closed-day",
    ),
    Row(
        "not yet declared closed",
        "2026-08-12?as_of=2026-08-12T23:59:59Z",
        "404 not-known-then",
        record=closed_by_decree,
    ),
    Row(
        "declared closed",
        "2026-08-12?as_of=2026-08-13T00:00:00Z",
        "200 17.1092",
        "I",
        # The settlements published ahead know nothing of the closure.
        warnings=("dates_unconfirmed",),
        record=closed_by_decree,
    ),
    Row(
        "no longer declared closed",
        "2026-08-12?as_of=2026-08-14T00:00:00Z",
        "404 gap",
        record=closed_by_decree,
    ),
    Row(
        "the day of as_of, not due",
        "2026-08-13?as_of=2026-08-13T17:59:59Z",
        "404 not-yet-published",
    ),
    Row(
        "the day of as_of, due",
        "2026-08-13?as_of=2026-08-13T18:00:00Z",
        "404 not-known-then",
    ),
    Row(
        "a later FIX recorded",
        "2024-03-01?as_of=2024-03-04T18:01:07Z",
        "404 gap",
        record=without("2024-03-01"),
    ),
    Row(
        "no later FIX recorded then",
        "2024-03-01?as_of=2024-03-04T18:01:06Z",
        "404 not-known-then",
        record=without("2024-03-01"),
    ),
    Row(
        "rolls back to what was not known then",
        "2024-03-03?as_of=2024-03-04T18:01:06Z",
        "404 not-known-then",
        record=without("2024-03-01"),
    ),
    Row("after the head", "2024-01-02?as_of=2026-08-13T18:01:08Z", "200 17.0297", "N"),
    Row(
        "before a head that was recorded ahead of now",
        "2024-01-02?as_of=2026-08-14T15:00:00Z",
        "200 17.0297",
        "N",
        record=recorded_ahead,
    ),
]


@pytest.mark.parametrize("row", AS_OF, ids=lambda row: row.situation)
async def test_a_fix_day_as_of_an_instant_is_answered_as_the_table_says(
    ask: Ask, worker: Any, world: Any, row: Row
) -> None:
    """Rows and versions of the calendar alone tell what was known (protocol rules 25 and 33)."""
    worker.current.replace(row.record(world))
    answer = await ask(f"/api/v1/rates/{row.path}")
    assert (world.said(answer), world.cache_class(answer)) == (row.says, row.cache)
    assert not {"freshness", "level"} & answer.json().keys()
    assert tuple(answer.json().get("warnings", ())) == row.warnings
    assert "retry-after" not in answer.headers


async def test_the_instant_from_which_as_of_answers_is_named(
    ask: Ask, worker: Any, world: Any
) -> None:
    """It is the later of both series', and none while a series is not complete (rule 25)."""
    path = "/api/v1/rates/2024-01-02?as_of=2026-01-15T00:00:00Z"
    worker.current.replace(completed_in_january(world))
    answer = (await ask(path)).json()
    assert answer["complete_at"] == "2026-01-20T18:00:00Z"
    assert "2026-01-20T18:00:00Z" in answer["detail"]
    worker.current.replace(never_completed(world))
    answer = (await ask(path)).json()
    assert "complete_at" not in answer
    assert "without `as_of`" in answer["detail"]


async def test_history_that_loads_says_since_when_days_are_known(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Whoever asks for 2024 during a first start can tell what may be asked for now (rule 25)."""
    worker.current.replace(since_august(world))
    answer = await ask("/api/v1/rates/2024-01-02")
    assert answer.json()["known_from"] == "2026-08-03"
    worker.current.replace(known_of_fix(complete_from=None)(world))
    assert "known_from" not in (await ask("/api/v1/rates/2026-08-14")).json()


async def test_what_is_not_due_is_not_said_past_noon(ask: Ask, worker: Any, world: Any) -> None:
    """Noon of a banking day is a transition: no cache keeps what was said before it (rule 25)."""
    worker.now = world.mexico(world.TODAY, 11, 59) + timedelta(seconds=58)
    answer = await ask("/api/v1/rates/2026-08-14")
    assert answer.json()["expected_at"] == "2026-08-14T18:00:00Z"
    assert answer.headers["cache-control"].endswith("s-maxage=2")


async def test_late_over_midnight_still_says_when_it_was_expected(
    ask: Ask, worker: Any, world: Any
) -> None:
    """On Saturday Friday's FIX is still the one that is due (protocol rule 29)."""
    worker.now = saturday(world)
    worker.current.replace(verified_on_saturday(world))
    answer = await ask("/api/v1/rates/2026-08-14")
    assert answer.json()["expected_at"] == "2026-08-14T18:00:00Z"
    assert int(answer.headers["retry-after"]) > 0


async def test_a_fix_of_a_weekend_answers_for_no_day(ask: Ask, worker: Any, world: Any) -> None:
    """A row of a Saturday is a mistake: neither it nor the Sunday nor `current` shows it."""
    wrong = [
        world.observation("SF43718", day, "99.9999", world.NEWEST)
        for day in days("2024-03-02", "1995-03-04", "2026-08-15")
    ]
    worker.now = world.mexico(date(2026, 8, 16), 10)
    worker.current.replace(
        world.snapshot(newest=world.TODAY, extra=tuple(wrong), series=world.series(worker.now))
    )
    answers = {}
    for day in ("2024-03-02", "2024-03-03", "1995-03-05", "2026-08-16", "current"):
        answer = (await ask(f"/api/v1/rates/{day}")).json()
        answers[day] = (answer["rate"], answer["dates"]["determined"])
    assert answers == {
        "2024-03-02": ("17.0217", "2024-03-01"),
        "2024-03-03": ("17.0217", "2024-03-01"),
        "1995-03-05": ("6.0725", "1995-03-03"),
        "2026-08-16": ("17.0218", "2026-08-14"),
        "current": ("17.0218", "2026-08-14"),
    }


async def test_a_fix_of_a_weekend_makes_no_absence_known(ask: Ask, worker: Any, world: Any) -> None:
    """A row of Saturday is no later FIX: Friday's is still due, not missing."""
    wrong = world.observation("SF43718", date(2026, 8, 15), "99.9999", world.NEWEST)
    worker.now = saturday(world)
    worker.current.replace(world.snapshot(extra=(wrong,), series=world.series(worker.now)))
    assert world.said(await ask("/api/v1/rates/2026-08-14")) == "404 not-yet-published"
    worker.now += timedelta(hours=1)
    assert world.said(await ask("/api/v1/rates/2026-08-14")) == "503 not-verified"


async def test_a_weekday_that_the_calendar_closes_answers_with_its_fix(
    ask: Ask, worker: Any, world: Any
) -> None:
    """The calendar is a prediction: a Monday made a banking day has its own FIX (rule 29)."""
    [monday] = days("2026-02-02")
    assert not world.calendar().is_banking_day(monday)
    opened = world.observation("SF43718", monday, "17.5001", monday)
    worker.current.replace(world.snapshot(extra=(opened,)))
    answer = (await ask("/api/v1/rates/2026-02-02")).json()
    assert (answer["rate"], answer["resolved"], answer["reason"]) == ("17.5001", "2026-02-02", None)


def beyond(world: Any, **changes: Any) -> Any:
    """Return the record of a calendar that ended on Wednesday."""
    calendar = world.msgspec.structs.replace(world.calendar(), last=date(2026, 8, 12))
    return world.snapshot(bank_calendar=calendar, **changes)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("2026-08-13", "200 17.0530"),
        ("2026-08-14", "404 not-yet-known"),
        ("2026-08-14?roll=none", "404 not-yet-known"),
        ("2026-08-14?as_of=2026-08-14T15:00:00Z", "404 not-yet-known"),
        ("2026-08-20?kind=settlement", "404 not-yet-known"),
    ],
)
async def test_past_the_calendar_nothing_is_claimed(
    ask: Ask, worker: Any, world: Any, path: str, says: str
) -> None:
    """Whether banks open there nobody knows: no gap, no closed day, no hour (protocol rule 29)."""
    worker.current.replace(beyond(world))
    answer = await ask(f"/api/v1/rates/{path}")
    assert world.said(answer) == says
    assert "expected_at" not in answer.json()


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("2026-08-14", "503 not-verified"),
        ("2026-08-14?as_of=2026-08-14T19:00:00Z", "404 not-known-then"),
        ("2026-08-15?kind=settlement", "200 17.0530"),
        ("2026-08-18?kind=settlement", "503 not-verified"),
        ("2026-08-19?kind=settlement", "404 not-yet-known"),
    ],
)
async def test_past_the_calendar_a_silent_source_is_said(
    ask: Ask, worker: Any, world: Any, path: str, says: str
) -> None:
    """A weekday there may have its FIX since noon: unheard, nobody knows (rules 25 and 29)."""
    worker.now = world.mexico(world.TODAY, 14)
    worker.current.replace(beyond(world))
    assert world.said(await ask(f"/api/v1/rates/{path}")) == says


async def test_past_the_calendar_a_later_fix_makes_an_absence_known(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Whether banks opened is still not claimed, but nothing is unknown any more."""
    worker.now = world.mexico(world.TODAY, 14)
    worker.current.replace(beyond(world, newest=world.TODAY, without=(world.NEWEST,)))
    assert world.said(await ask("/api/v1/rates/2026-08-13")) == "404 not-yet-known"
    listed = (await ask("/api/v1/rates/historical?from=2026-08-12&to=2026-08-14")).json()
    assert (listed["count"], listed["known"]) == (2, True)


async def test_the_longest_rest_is_no_reason_to_answer_with_an_old_rate(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Before 2001 a month without a FIX is missing, not closed."""
    worker.current.replace(
        world.snapshot(kept=lambda row: not date(1995, 5, 31) < row.date < date(1995, 7, 1))
    )
    assert world.said(await ask("/api/v1/rates/1995-06-10")) == "200 6.1808"
    assert world.said(await ask("/api/v1/rates/1995-06-30")) == "404 gap"


async def test_a_batch_says_of_each_day_what_the_day_says_and_whether_it_knows_all(
    ask: Ask, worker: Any, world: Any
) -> None:
    """`known` and the warnings of a batch are those of all its days (protocol rule 25)."""
    worker.current.replace(
        world.snapshot(series=world.series(fix={"withdrawn": days("2026-08-12")}))
    )
    answer = await ask("/api/v1/rates?dates=2026-08-11,2026-08-12,2026-08-14")
    assert (answer.json()["known"], answer.json()["warnings"]) == (True, ["withdrawn_at_source"])
    assert answer.json()["results"][1]["warnings"] == ["withdrawn_at_source"]
    assert "warnings" not in answer.json()["results"][0]
    assert world.cache_class(answer) == "B"
    worker.current.replace(since_august(world))
    answer = await ask("/api/v1/rates?dates=2024-01-02,2026-08-12")
    assert (answer.json()["known"], answer.json()["warnings"]) == (False, ["history_loading"])
    assert answer.json()["results"][0]["problem"]["code"] == "history-loading"
    assert world.cache_class(answer) == "B"


async def test_a_batch_as_of_an_instant_says_what_was_not_known_then(
    ask: Ask, worker: Any, world: Any
) -> None:
    """It warns of nothing, and is settled like every answer about the past (rule 25)."""
    worker.current.replace(world.snapshot(without=days("2024-03-01")))
    answer = await ask("/api/v1/rates?dates=2024-03-01,2024-02-29&as_of=2024-03-04T18:00:00Z")
    assert (answer.json()["known"], answer.json()["results"][0]["problem"]["code"]) == (
        False,
        "not-known-then",
    )
    assert "warnings" not in answer.json()
    assert world.cache_class(answer) == "I"


@pytest.mark.parametrize(
    ("day", "record", "known", "warnings"),
    [
        ("2024-01-02", since_august, False, ["history_loading"]),
        (
            "2024-03-01",
            missing("2024-03-01", under_review=days("2024-03-01")),
            False,
            ["value_under_review"],
        ),
        ("2026-08-12", known_of_fix(under_review=days("2026-08-12")), True, ["value_under_review"]),
        ("2026-08-12", known_of_fix(withdrawn=days("2026-08-12")), True, ["withdrawn_at_source"]),
        ("2024-03-02", known_of_fix(), True, None),
        ("2024-03-01", missing("2024-03-01"), True, None),
    ],
)
async def test_revisions_of_an_unknown_day_are_not_known(
    ask: Ask, worker: Any, world: Any, day: str, record: Any, known: bool, warnings: Any
) -> None:
    """No rows mean that there are none only where that is known (protocol rule 25)."""
    worker.current.replace(record(world))
    answer = await ask(f"/api/v1/rates/{day}/revisions")
    body = answer.json()
    assert (body["known"], body.get("warnings")) == (known, warnings)
    assert (world.cache_class(answer) == "B") == (warnings is not None)


async def test_a_conversion_warns_of_the_rate_that_it_uses(
    ask: Ask, worker: Any, world: Any
) -> None:
    """By a day or by the current rate, what is doubtful of it stands beside the result."""
    worker.current.replace(
        world.snapshot(series=world.series(fix={"withdrawn": days("2026-08-13")}))
    )
    query = "/api/v1/convert?from=USD&to=MXN&amount=1"
    for path in (query, f"{query}&date=2026-08-13"):
        assert (await ask(path)).json()["warnings"] == ["withdrawn_at_source"]
    assert "warnings" not in (await ask(f"{query}&date=2026-08-12")).json()
    worker.now = world.mexico(world.TODAY, 15)
    stale = (await ask(query)).json()
    assert stale["warnings"] == ["unverified", "withdrawn_at_source"]
    assert (await ask(f"{query}&date=2026-08-12")).status_code == 200
    assert (await ask(f"{query}&date=2026-08-14")).json()["code"] == "not-verified"


async def test_a_conversion_without_a_current_rate_says_what_current_says(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Today's settlement is missing: no other day's converts in its place, both ways alike."""
    worker.current.replace(
        world.snapshot(kept=lambda row: row.series == "SF43718" or row.date < world.TODAY)
    )
    for path in ("rates/current?", "convert?from=USD&to=MXN&amount=1&"):
        answer = await ask(f"/api/v1/{path}kind=settlement")
        assert world.said(answer) == "503 no-current-rate"
