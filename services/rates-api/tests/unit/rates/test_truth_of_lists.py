"""What lists say they know, and what counts as current: each row of the rules is a case."""

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from rates_api.rates import day, gaps
from rates_api.resolution import spans
from rates_api.snapshot.snapshot import histories
from rates_contracts.observation import FIX, SETTLEMENT
from rates_contracts.status import Transition

Ask = Callable[..., Awaitable[httpx.Response]]
Situation = Callable[[Any], tuple[Any, datetime]]
"""What holds in the world: from its builders to a snapshot and the clock of the worker."""

TODAY = date(2026, 8, 14)
HISTORICAL = "/api/v1/rates/historical"
GAPS = "/api/v1/rates/gaps"
AVERAGE = "/api/v1/rates/average/15d"
CURRENT = "/api/v1/rates/current"
LOADED_FROM = date(2026, 7, 1)
LOADS = "503 history-loading"
OF_FIX_ROWS = (
    f"{HISTORICAL}?last=10",
    f"{HISTORICAL}?from=2026-08-01&to=2026-08-14",
    AVERAGE,
    "/api/v1",
)
"""Answers that rest on the rows of the FIX, whatever day they are of."""


def all_known(world: Any) -> Any:
    """Ten o'clock of a banking day, everything loaded and verified."""
    return world.snapshot(series=world.known_series()), world.NOW


def history_loads(world: Any) -> Any:
    """The days since July have been asked for, what lies before has not."""
    series = world.known_series(complete_from=LOADED_FROM, complete_at=None)
    return world.since(world.snapshot(series=series), LOADED_FROM), world.NOW


def nothing_complete(world: Any) -> Any:
    """A first answer is recorded, no day has been asked for whole."""
    series = world.known_series(complete_from=None, complete_at=None)
    return world.since(world.snapshot(series=series), LOADED_FROM), world.NOW


def due_and_stale(world: Any) -> Any:
    """Past noon the source has not been heard for an hour, today's FIX is due."""
    now = world.mexico(TODAY, 12, 30)
    series = world.known_series(now, fresh_until=now - timedelta(hours=1))
    return world.snapshot(now=now, series=series), now


def before_noon_and_stale(world: Any) -> Any:
    """The source has not been heard since seven, but nothing is due."""
    return world.snapshot(series=world.known_series(fresh_until=world.mexico(TODAY, 7))), world.NOW


def late(world: Any) -> Any:
    """Today's FIX is missing at two, the source answers without it."""
    now = world.mexico(TODAY, 14)
    return world.snapshot(now=now, series=world.known_series(now)), now


def late_over_midnight(world: Any) -> Any:
    """It is Saturday and Friday's FIX is still missing; the source answers."""
    now = world.mexico(TODAY + timedelta(days=1), 10)
    row = Transition(world.mexico(TODAY, 13), "late", world.mexico(TODAY, 12), False, 3600)
    return world.snapshot(now=now, transitions=(row,), series=world.known_series(now)), now


def late_and_stale(world: Any) -> Any:
    """It is Saturday, Friday's FIX is missing, and the source is silent."""
    found, now = late_over_midnight(world)
    series = world.known_series(now, fresh_until=now - timedelta(minutes=1))
    return with_status(found, series=series), now


def missed(world: Any) -> Any:
    """A day of 2024 has no FIX though later ones are recorded."""
    return world.snapshot(series=world.known_series(), without=(date(2024, 3, 1),)), world.NOW


def under_review(world: Any) -> Any:
    """Today's FIX was published at noon and is set aside."""
    now = world.mexico(TODAY, 12, 30)
    return world.snapshot(now=now, series=world.known_series(now, under_review=(TODAY,))), now


def corrected_under_review(world: Any) -> Any:
    """A correction of a day of July is set aside."""
    series = world.known_series(under_review=(date(2026, 7, 15),))
    return world.snapshot(series=series), world.NOW


def weekend_under_review(world: Any) -> Any:
    """A FIX of last Saturday is set aside: the day is closed all the same."""
    return world.snapshot(series=world.known_series(under_review=(date(2026, 8, 8),))), world.NOW


def withdrawn(world: Any) -> Any:
    """The newest FIX is no longer published."""
    return world.snapshot(series=world.known_series(withdrawn=(world.NEWEST,))), world.NOW


def declared(world: Any) -> Any:
    """An operator has declared that banks stay closed today."""
    closure = world.DeclaredClosure(TODAY, "decree", world.NOW)
    calendar = msgspec.structs.replace(world.calendar(), declared=(closure,))
    return world.snapshot(series=world.known_series(), bank_calendar=calendar), world.NOW


def settlement_stale(world: Any) -> Any:
    """The FIX is verified, the settlement series has not been confirmed since yesterday."""
    stale = {"fresh_until": world.NOW - timedelta(days=1)}
    return world.snapshot(series=world.known_series(settlement=stale)), world.NOW


def settlement_stale_past_noon(world: Any) -> Any:
    """The same at half past twelve, when what Friday's FIX settles is due; it has come."""
    now = world.mexico(TODAY, 12, 30)
    series = world.known_series(now, settlement={"fresh_until": now - timedelta(days=1)})
    found = world.snapshot(now=now, newest=TODAY, series=series)
    settled = list(found.settlement.between(date.min, date(2026, 8, 17)))
    rows = {FIX: [*found.fix.between(date.min, date.max)], SETTLEMENT: settled}
    return dataclasses.replace(found, series=histories(rows)), now


def fix_stale(world: Any) -> Any:
    """The settlement series is verified, the FIX has not been confirmed since yesterday."""
    stale = {"fresh_until": world.NOW - timedelta(days=1)}
    return world.snapshot(series=world.known_series(settlement={}, **stale)), world.NOW


def settlement_unusable(world: Any) -> Any:
    """The settlement series has missed three publications."""
    unusable = {"fresh_until": None, "usable_until": world.NOW - timedelta(days=1)}
    return world.snapshot(series=world.known_series(settlement=unusable)), world.NOW


def silent_for_two_weeks(world: Any) -> Any:
    """For two weeks no answer confirmed anything: today is the last of ten days without a FIX."""
    now = world.mexico(TODAY, 14)
    heard = world.mexico(date(2026, 7, 31), 18)
    series = world.known_series(now, verified_at=heard, fresh_until=heard, usable_until=heard)
    newest = date(2026, 7, 31)
    return world.snapshot(now=now, newest=newest, series=series), now


def nothing_recorded(world: Any) -> Any:
    """The first warm-up found a record without a value."""
    return world.since(world.snapshot(), date.max), world.NOW


def with_status(snapshot: Any, **changes: Any) -> Any:
    """Return the snapshot with another status."""
    return dataclasses.replace(snapshot, status=msgspec.structs.replace(snapshot.status, **changes))


def said(world: Any, answer: httpx.Response) -> tuple[Any, ...]:
    """Return status or code, `known`, warnings, and how long shared caches may keep it."""
    body = answer.json()
    code = body.get("code", answer.status_code)
    return code, body.get("known"), body.get("warnings", []), world.cache_class(answer)


LOADING, UNVERIFIED, REVIEW = ["history_loading"], ["unverified"], ["value_under_review"]
AS_OF = "as_of=2026-08-13T18:01:07Z"

CASES: dict[str, tuple[Situation, str, tuple[Any, ...]]] = {
    "historical: only known days": (all_known, HISTORICAL, (200, True, [], "A")),
    "historical: only known days, none with a value": (
        all_known,
        f"{HISTORICAL}?from=2026-08-08&to=2026-08-09",
        (200, True, [], "A"),
    ),
    "historical: known days while history loads": (
        history_loads,
        f"{HISTORICAL}?from=2026-07-01",
        (200, True, [], "A"),
    ),
    "historical: some days before complete_from": (
        history_loads,
        f"{HISTORICAL}?from=2026-06-30",
        (200, False, LOADING, "B"),
    ),
    "historical: all days before complete_from": (
        history_loads,
        f"{HISTORICAL}?from=2024-01-01&to=2024-01-31",
        (200, False, LOADING, "B"),
    ),
    "historical: nothing is complete": (
        nothing_complete,
        f"{HISTORICAL}?days=1",
        (200, False, LOADING, "B"),
    ),
    "historical: a due day past fresh_until": (
        due_and_stale,
        HISTORICAL,
        (200, False, UNVERIFIED, "B"),
    ),
    "historical: past fresh_until, nothing due": (
        before_noon_and_stale,
        HISTORICAL,
        (200, True, [], "B"),
    ),
    "historical: late, the source answers": (late, HISTORICAL, (200, True, [], "A")),
    "historical: a day under review": (under_review, HISTORICAL, (200, False, REVIEW, "B")),
    "historical: a weekend's under review": (
        weekend_under_review,
        HISTORICAL,
        (200, True, [], "A"),
    ),
    "historical: a correction under review": (
        corrected_under_review,
        f"{HISTORICAL}?from=2026-07-01",
        (200, True, REVIEW, "B"),
    ),
    "historical: no day of the span is under review": (
        corrected_under_review,
        f"{HISTORICAL}?from=2026-07-16",
        (200, True, [], "A"),
    ),
    "historical: a withdrawn day": (
        withdrawn,
        HISTORICAL,
        (200, True, ["withdrawn_at_source"], "B"),
    ),
    "historical: the series asked for is verified": (
        settlement_stale,
        HISTORICAL,
        (200, True, [], "A"),
    ),
    "settlement: past its fresh_until, nothing due": (
        settlement_stale,
        f"{HISTORICAL}?kind=settlement&from=2026-08-01&to=2026-08-31",
        (200, True, [], "B"),
    ),
    "settlement: past its fresh_until, a day due": (
        settlement_stale_past_noon,
        f"{HISTORICAL}?kind=settlement&from=2026-08-01&to=2026-08-31",
        (200, False, UNVERIFIED, "B"),
    ),
    "settlement: no day of the span is due": (
        settlement_stale_past_noon,
        f"{HISTORICAL}?kind=settlement&from=2026-08-01&to=2026-08-17",
        (200, True, [], "B"),
    ),
    "last=N: enough where all is known": (
        history_loads,
        f"{HISTORICAL}?last=10",
        (200, True, [], "A"),
    ),
    "last=N: reaches history": (
        history_loads,
        f"{HISTORICAL}?last=400",
        (200, False, LOADING, "B"),
    ),
    "last=N: more than there ever were": (
        all_known,
        f"{HISTORICAL}?last=3660",
        (200, True, [], "A"),
    ),
    "last=N: a due day past fresh_until": (
        due_and_stale,
        f"{HISTORICAL}?last=1",
        (200, False, UNVERIFIED, "B"),
    ),
    "gaps: due, no later FIX, fresh": (late, GAPS, (200, True, [], "A")),
    "gaps: late over midnight": (late_over_midnight, GAPS, (200, True, [], "A")),
    "gaps: a later FIX recorded": (missed, GAPS, (200, True, [], "A")),
    "gaps: due, no later FIX, past fresh_until": (
        due_and_stale,
        GAPS,
        (200, False, UNVERIFIED, "B"),
    ),
    "gaps: before complete_from": (history_loads, GAPS, (200, False, LOADING, "B")),
    "gaps: under review": (under_review, GAPS, (200, False, REVIEW, "B")),
    "gaps: declared": (declared, GAPS, (200, True, [], "A")),
    "revisions of an unknown day": (
        history_loads,
        "/api/v1/rates/2024-01-02/revisions",
        (200, False, LOADING, "B"),
    ),
    "revisions of a known day": (
        history_loads,
        "/api/v1/rates/2026-08-12/revisions",
        (200, True, [], "A"),
    ),
    "average: all days known": (all_known, AVERAGE, (200, True, [], "A")),
    "average: while history loads elsewhere": (history_loads, AVERAGE, (200, True, [], "A")),
    "average: a due day past fresh_until": (due_and_stale, AVERAGE, (200, False, UNVERIFIED, "B")),
    "average: a day under review": (under_review, AVERAGE, (200, False, REVIEW, "B")),
    "average: a withdrawn day": (withdrawn, AVERAGE, (200, True, ["withdrawn_at_source"], "B")),
    "average: late": (late, AVERAGE, (200, True, ["late_publication"], "A")),
    "average: settlement alone is stale": (settlement_stale, AVERAGE, (200, True, [], "A")),
    "batch: all known": (
        all_known,
        "/api/v1/rates?dates=2024-01-02,2026-08-08",
        (200, True, [], "A"),
    ),
    "batch: a day of a 503": (
        history_loads,
        "/api/v1/rates?dates=2024-01-02,2026-08-12",
        (200, False, LOADING, "B"),
    ),
    "batch: a day that is still to come": (
        all_known,
        "/api/v1/rates?dates=2026-08-12,2026-08-14",
        (200, True, [], "B"),
    ),
    "capabilities: all complete": (all_known, "/api/v1", (200, True, [], "A")),
    "capabilities: series not complete": (history_loads, "/api/v1", (200, False, LOADING, "B")),
    "capabilities: a due day past fresh_until": (
        due_and_stale,
        "/api/v1",
        (200, False, UNVERIFIED, "B"),
    ),
    "as_of: historical": (
        withdrawn,
        f"{HISTORICAL}?from=2026-08-01&{AS_OF}",
        (200, True, [], "I"),
    ),
    "as_of: historical while a value is under review": (
        corrected_under_review,
        f"{HISTORICAL}?from=2026-07-01&{AS_OF}",
        (200, True, [], "I"),
    ),
    "as_of: gaps": (missed, f"{GAPS}?{AS_OF}", (200, True, [], "I")),
    "as_of: an absence that was not known then": (
        all_known,
        f"{HISTORICAL}?from=2024-01-01&as_of=2024-01-02T18:00:00Z",
        (200, False, [], "I"),
    ),
    "as_of: average whose last day was not known then": (
        all_known,
        f"{AVERAGE}?as_of=2024-01-02T18:00:00Z",
        (200, False, [], "I"),
    ),
    "as_of: average before noon": (
        all_known,
        f"{AVERAGE}?as_of=2024-01-02T17:59:59Z",
        (200, True, [], "I"),
    ),
    "as_of: after the head": (
        all_known,
        f"{HISTORICAL}?as_of=2026-08-14T15:59:59Z",
        (200, True, [], "N"),
    ),
    "as_of: before the history was complete": (
        history_loads,
        f"{HISTORICAL}?{AS_OF}",
        ("before-first-record", None, [], "N"),
    ),
    "current fix: within usable_until": (all_known, CURRENT, (200, None, [], "A")),
    "current fix: while history loads": (history_loads, CURRENT, (200, None, [], "A")),
    "current fix: a newer day is under review": (under_review, CURRENT, (200, None, REVIEW, "B")),
    "current fix: an older correction is under review": (
        corrected_under_review,
        CURRENT,
        (200, None, [], "A"),
    ),
    "current fix: the newest is withdrawn": (
        withdrawn,
        CURRENT,
        (200, None, ["withdrawn_at_source"], "B"),
    ),
    "current fix: unverified": (due_and_stale, CURRENT, (200, None, UNVERIFIED, "B")),
    "current fix: the other series is stale": (settlement_stale, CURRENT, (200, None, [], "A")),
    "current settlement: its own series is stale": (
        settlement_stale,
        f"{CURRENT}?kind=settlement",
        (200, None, UNVERIFIED, "B"),
    ),
    "current settlement: the other series is stale": (
        fix_stale,
        f"{CURRENT}?kind=settlement",
        (200, None, [], "A"),
    ),
    "current settlement: past its usable_until": (
        settlement_unusable,
        f"{CURRENT}?kind=settlement",
        ("no-current-rate", None, [], "N"),
    ),
    "current fix: past the other's usable_until": (
        settlement_unusable,
        CURRENT,
        (200, None, [], "A"),
    ),
    "current fix: past usable_until": (
        silent_for_two_weeks,
        CURRENT,
        ("no-current-rate", None, [], "N"),
    ),
    "no data at all": (nothing_recorded, CURRENT, ("no-data", None, [], "N")),
    "no data at all, a list": (nothing_recorded, HISTORICAL, ("no-data", None, [], "N")),
    "health while history loads": (history_loads, "/health", (200, None, LOADING, "N")),
    "health while a value is under review": (under_review, "/health", (200, None, REVIEW, "N")),
    "health while settlement is stale": (settlement_stale, "/health", (200, None, UNVERIFIED, "N")),
}


@pytest.mark.parametrize("name", CASES)
async def test_an_answer_says_what_it_knows(ask: Ask, worker: Any, world: Any, name: str) -> None:
    """Protocol rules 25, 27, 28, 29: each situation is answered as it says."""
    situation, path, expected = CASES[name]
    found, worker.now = situation(world)
    worker.current.replace(found)

    assert said(world, await ask(path)) == expected


LEVELS: dict[str, tuple[Situation, str, tuple[str, str]]] = {
    "current, all known": (all_known, CURRENT, ("fresh", "healthy")),
    "current, history loads": (history_loads, CURRENT, ("fresh", "healthy")),
    "current, a newer day is under review": (
        under_review,
        CURRENT,
        ("awaiting_publication", "degraded"),
    ),
    "current, late": (late, CURRENT, ("late", "healthy")),
    "current, late over midnight": (late_over_midnight, CURRENT, ("late", "healthy")),
    "current, late and stale": (late_and_stale, CURRENT, ("unverified", "degraded")),
    "current, withdrawn": (withdrawn, CURRENT, ("fresh", "healthy")),
    "current settlement, stale": (
        settlement_stale,
        f"{CURRENT}?kind=settlement",
        ("unverified", "degraded"),
    ),
    "current fix, settlement stale": (settlement_stale, CURRENT, ("fresh", "healthy")),
    "average, settlement stale": (settlement_stale, AVERAGE, ("fresh", "healthy")),
    "average, FIX stale": (fix_stale, AVERAGE, ("unverified", "degraded")),
    "average, past usable_until": (silent_for_two_weeks, AVERAGE, ("unverified", "limited")),
    "health, settlement stale": (settlement_stale, "/health", ("unverified", "degraded")),
    "health, settlement unusable": (settlement_unusable, "/health", ("unverified", "limited")),
    "health, history loads": (history_loads, "/health", ("fresh", "degraded")),
}


@pytest.mark.parametrize("name", LEVELS)
async def test_level_and_state_are_those_of_the_series(
    ask: Ask, worker: Any, world: Any, name: str
) -> None:
    """Protocol rule 27: what an answer rests on decides, `/health` says the worse."""
    situation, path, expected = LEVELS[name]
    found, worker.now = situation(world)
    worker.current.replace(found)

    answer = (await ask(path)).json()

    assert (answer["freshness"]["state"], answer["level"]) == expected


@pytest.mark.parametrize(
    ("situation", "rows"),
    [
        (late, [("2026-08-14", "2026-08-14T19:00:00Z", "late")]),
        (late_over_midnight, [("2026-08-14", "2026-08-14T19:00:00Z", "late")]),
        (late_and_stale, [("2026-08-14", "2026-08-14T18:00:00Z", "unverified")]),
        (missed, [("2024-03-01", "2024-03-01T19:00:00Z", "absent")]),
        (due_and_stale, [("2026-08-14", "2026-08-14T18:00:00Z", "unverified")]),
        (under_review, [("2026-08-14", "2026-08-14T18:00:00Z", "under_review")]),
        (declared, [("2026-08-14", "2026-08-14T16:00:00Z", "declared_closed")]),
        (history_loads, []),
        (nothing_complete, []),
        (weekend_under_review, []),
        (before_noon_and_stale, []),
    ],
)
async def test_gaps_say_why_there_is_no_fix(
    ask: Ask, worker: Any, world: Any, situation: Situation, rows: list[Any]
) -> None:
    """Protocol rules 25, 28 and 29: late stays late, and what is not known is not called absent."""
    found, worker.now = situation(world)
    worker.current.replace(found)

    answer = (await ask(GAPS)).json()

    assert [(row["date"], row["since"], row["status"]) for row in answer["gaps"]] == rows
    assert answer["count"] == len(rows)


async def test_before_one_o_clock_nothing_is_late(ask: Ask, worker: Any, world: Any) -> None:
    """A FIX that is due and awaited is no gap yet."""
    worker.now = world.mexico(TODAY, 12, 59)
    worker.current.replace(world.snapshot(now=worker.now))
    assert (await ask(GAPS)).json()["gaps"] == []


async def test_a_gap_that_was_not_known_then_is_unverified(ask: Ask) -> None:
    """Protocol rule 25: with `as_of` a day is absent once a later FIX was recorded."""
    answer = (await ask(f"{GAPS}?as_of=2024-01-02T18:00:30Z")).json()
    assert [(row["date"], row["status"]) for row in answer["gaps"]] == [
        ("2024-01-02", "unverified")
    ]
    assert (answer["known"], answer.get("warnings")) == (False, None)


async def test_a_later_fix_makes_a_late_day_absent(ask: Ask, worker: Any, world: Any) -> None:
    """Protocol rule 29: late ends with its FIX or a later one."""
    missing = world.date(2026, 8, 12)
    worker.current.replace(world.snapshot(without=(missing,)))
    assert [row["status"] for row in (await ask(GAPS)).json()["gaps"]] == ["absent"]


async def test_of_days_that_are_not_loaded_no_gap_is_listed(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Protocol rule 25: gaps begin at `complete_from`, also for a day under review before it."""
    reviewed = (date(2026, 6, 30), date(2026, 7, 1))
    series = world.known_series(complete_from=LOADED_FROM, under_review=reviewed)
    worker.current.replace(world.snapshot(series=series, without=reviewed))
    answer = (await ask(GAPS)).json()
    assert [row["date"] for row in answer["gaps"]] == ["2026-07-01"]
    assert answer["warnings"] == ["value_under_review", "history_loading"]


@pytest.mark.parametrize("query", ["", "?as_of=2026-08-14T20:00:00Z"])
async def test_past_the_calendar_no_day_is_a_gap(
    ask: Ask, worker: Any, world: Any, query: str
) -> None:
    """Protocol rule 29: a weekday that the calendar does not cover is no banking day."""
    calendar = msgspec.structs.replace(world.calendar(), last=world.NEWEST)
    worker.now = world.mexico(TODAY, 14)
    worker.current.replace(world.snapshot(now=worker.now, bank_calendar=calendar))
    assert (await ask(f"{GAPS}{query}")).json()["gaps"] == []


# --- a first start while Banxico stays away -----------------------------------------------------


async def test_a_first_start_tells_no_silence_of_the_source(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Protocol rule 25: nothing is missing, absent or empty that has never been asked for."""
    found, worker.now = history_loads(world)
    worker.current.replace(found)

    january = (await ask(f"{HISTORICAL}?from=2024-01-01&to=2024-01-31")).json()
    assert (january["count"], january["known"]) == (0, False)
    last = (await ask(f"{HISTORICAL}?last=400")).json()
    assert (last["count"], last["known"]) == (32, False)
    gaps = (await ask(GAPS)).json()
    assert (gaps["count"], gaps["known"]) == (0, False)
    health = (await ask("/health")).json()
    assert (health["status"], health["warnings"]) == ("degraded", ["history_loading"])


async def test_capabilities_claim_no_first_day_while_history_loads(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Protocol rule 25: `first_date` is null until the series is complete, each for itself.

    Settlements before 2020 rest on the FIX, so that they are not known either.
    """
    series = world.known_series(complete_from=LOADED_FROM, settlement={})
    worker.current.replace(world.snapshot(series=series))

    answer = (await ask("/api/v1")).json()

    fix, settlement, dof = answer["kinds"]
    assert (fix["first_date"], fix["last_date"], fix["known"]) == (None, "2026-08-13", False)
    assert (settlement["first_date"], settlement["known"]) == ("2020-01-01", False)
    assert (dof["first_date"], dof["last_date"], dof["known"]) == (None, "2026-08-14", False)


# --- two weeks of answers that confirm nothing ---------------------------------------------------


async def test_two_weeks_unheard_are_not_healthy(ask: Ask, worker: Any, world: Any) -> None:
    """Protocol rule 27: an old rate is no current one, and what is due is not called late."""
    found, worker.now = silent_for_two_weeks(world)
    worker.current.replace(found)

    assert (await ask(CURRENT)).json()["code"] == "no-current-rate"
    converted = await ask("/api/v1/convert?from=USD&to=MXN&amount=1")
    assert converted.json()["code"] == "no-current-rate"
    health = (await ask("/health")).json()
    assert (health["level"], health["freshness"]["state"]) == ("limited", "unverified")
    assert health["warnings"] == ["past_usable_until", "unverified"]
    gaps = (await ask(GAPS)).json()["gaps"]
    assert {row["status"] for row in gaps} == {"unverified"}
    assert len(gaps) == 10


# --- late stays late -----------------------------------------------------------------------------


async def test_late_over_the_weekend_is_said_everywhere(ask: Ask, worker: Any, world: Any) -> None:
    """Protocol rule 29: midnight settles nothing; the warning stays and degrades nothing."""
    found, worker.now = late_over_midnight(world)
    worker.current.replace(found)

    current = (await ask(CURRENT)).json()
    assert (current["level"], current["warnings"]) == ("healthy", ["late_publication"])
    assert current["freshness"]["state"] == "late"
    assert [row["status"] for row in (await ask(GAPS)).json()["gaps"]] == ["late"]


# --- nothing is immutable that the record may still change ---------------------------------------


async def test_nothing_is_immutable_while_the_head_lies_ahead(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Protocol rule 33: immutable only where `as_of` <= the head's instant <= now."""
    found, _ = all_known(world)
    ahead = msgspec.structs.replace(found.head, recorded_at=world.NOW + timedelta(seconds=30))
    worker.current.replace(dataclasses.replace(found, head=ahead))
    path = f"{HISTORICAL}?{AS_OF}"

    assert world.cache_class(await ask(path)) == "N"
    worker.now = world.NOW + timedelta(seconds=30)
    assert world.cache_class(await ask(path)) == "I"


async def test_a_fix_recorded_ahead_of_today_is_not_listed(
    ask: Ask, worker: Any, world: Any
) -> None:
    """A list says what its days say: a FIX of tomorrow is not known yet."""
    ahead = world.observation(FIX, date(2026, 8, 17), "17.0000", world.NEWEST)
    worker.current.replace(world.snapshot(extra=(ahead,)))
    for form in ("from=2026-08-10&to=2026-08-31", "last=1"):
        answer = (await ask(f"{HISTORICAL}?{form}")).json()
        assert answer["observations"][-1]["date"] == "2026-08-13"


# --- settlement before the stored series ---------------------------------------------------------


async def test_a_fix_of_a_weekend_is_in_no_list(ask: Ask, worker: Any, world: Any) -> None:
    """A span is what its days say, and neither a mean nor `last_date` counts what none of them has.

    An operator's `accept` records such a row (protocol rules 25 and 28).
    """
    before = [(await ask(path)).json() for path in OF_FIX_ROWS]
    wrong = world.observation("SF43718", date(2026, 8, 8), "99.9999", world.NEWEST)
    newest = world.observation("SF43718", date(2026, 8, 15), "99.9999", world.NEWEST)
    worker.current.replace(world.snapshot(extra=(wrong, newest)))
    assert [(await ask(path)).json() for path in OF_FIX_ROWS] == before


async def test_every_day_of_a_settlement_span_is_as_its_day(ask: Ask, world: Any) -> None:
    """A span from before 2020 into the stored series lists every day, the derived ones marked."""
    span = (await ask(f"{HISTORICAL}?kind=settlement&from=2019-12-01&to=2020-01-31")).json()
    assert (span["count"], span["known"]) == (62, True)
    days = ",".join(row["date"] for row in span["observations"])
    batch = (await ask(f"/api/v1/rates?kind=settlement&dates={days}")).json()["results"]

    def of(row: dict[str, Any], revision: dict[str, Any]) -> tuple[Any, ...]:
        return row["rate"], row["derived"], revision["revision"], revision["recorded_at"]

    assert [of(row, row) for row in span["observations"]] == [
        of(result, result["provenance"]) for result in batch
    ]
    assert sum(row["derived"] for row in span["observations"]) == 31


def test_all_derived_days_are_as_their_days(world: Any, friday: Any) -> None:
    """Thirty years of derived settlements in a single pass are what each day resolves to."""
    from rates_api.http.problems import Refused
    from rates_api.rates.historical import HistoricalQuery, answer
    from rates_api.resolution.resolution import resolve
    from rates_api.resolution.view import present
    from rates_api.snapshot.level import assess

    view = present(friday, assess(friday, world.NOW), world.NOW)
    first, last = date(1991, 11, 1), date(2020, 1, 2)
    query = HistoricalQuery(from_=first, to=last, kind="settlement")
    listed = {row.date: (row.rate, row.derived) for row in answer(query, view).observations}
    resolved, refusals = {}, set()
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        try:
            found = resolve(view, "settlement", day)
        except Refused as refused:
            refusals.add(refused.code)
        else:
            resolved[day] = (found.observation.value, found.derived)
    assert refusals == {"before-first-observation"}
    assert listed == resolved


async def test_last_reaches_into_derived_settlements(ask: Ask, world: Any) -> None:
    """`last=N` counts derived days too, and ends today."""
    answer = (await ask(f"{HISTORICAL}?kind=settlement&last=3660")).json()
    assert (answer["count"], answer["to"]) == (3660, str(TODAY))
    assert answer["from"] == str(TODAY - timedelta(days=3659))
    assert answer["observations"][0]["derived"]


async def test_a_row_as_csv_says_last_whether_it_is_derived(ask: Ask) -> None:
    """Columns are only ever added at the end: what a row is doubted for came later."""
    path = f"{HISTORICAL}?kind=settlement&from=2019-12-31&to=2020-01-01&format=csv"
    header, derived, stored, _ = (await ask(path)).text.split("\r\n")
    assert header == "date,rate,revision,recorded_at,derived,warnings"
    assert (derived[-6:], stored[-7:]) == (",true,", ",false,")


CSV_REFUSED: dict[str, tuple[Situation, str, str]] = {
    "history loads": (history_loads, f"{HISTORICAL}?from=2024-01-01&to=2024-01-31", LOADS),
    "history loads, gaps": (history_loads, f"{GAPS}?", LOADS),
    "history loads, revisions": (history_loads, "/api/v1/rates/2024-01-02/revisions?", LOADS),
    "due and stale": (due_and_stale, f"{HISTORICAL}?days=10", "503 not-verified"),
    "due and stale, gaps": (due_and_stale, f"{GAPS}?", "503 not-verified"),
    "under review": (under_review, f"{HISTORICAL}?days=10", "503 under-review"),
    "as_of, due": (
        all_known,
        f"{HISTORICAL}?days=10&as_of=2026-08-13T18:00:00Z",
        "404 not-known-then",
    ),
}


@pytest.mark.parametrize("name", CSV_REFUSED)
async def test_a_list_with_unknown_days_is_no_csv(
    ask: Ask, worker: Any, world: Any, name: str
) -> None:
    """A spreadsheet would take it for a whole one: it is refused as one of its days (rule 25)."""
    situation, path, says = CSV_REFUSED[name]
    found, worker.now = situation(world)
    worker.current.replace(found)

    answer = await ask(f"{path}&format=csv")

    assert world.said(answer) == says
    assert "JSON" in answer.json()["detail"]
    assert answer.headers["cache-control"] == "no-store"
    assert ("retry-after" in answer.headers) == (answer.status_code == 503)
    assert (await ask(path)).json()["known"] is False


@pytest.mark.parametrize("name", CSV_REFUSED)
async def test_a_list_is_refused_before_it_has_rows(
    ask: Ask, worker: Any, world: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A refusal is not cached: thousands of rows would be made for each (rule 40)."""
    situation, path, says = CSV_REFUSED[name]
    found, worker.now = situation(world)
    worker.current.replace(found)
    for module, makes_rows in ((spans, "Row"), (gaps, "_candidates"), (day, "RevisionRow")):
        monkeypatch.setattr(module, makes_rows, _fail)

    assert world.said(await ask(f"{path}&format=csv")) == says


def _fail(*_: Any, **__: Any) -> Any:
    raise AssertionError("a row is made")


async def test_a_list_of_known_days_is_csv_while_others_are_not(
    ask: Ask, worker: Any, world: Any
) -> None:
    """What is refused is the list that touches unknown days, and no other."""
    worker.current.replace(history_loads(world)[0])
    table = await ask(f"{HISTORICAL}?from=2026-07-01&to=2026-07-03&format=csv")
    assert (table.status_code, len(table.text.split())) == (200, 4)


async def test_a_doubtful_row_says_so_in_json_and_csv(ask: Ask, worker: Any, world: Any) -> None:
    """Which value is withdrawn, or may be corrected, its own row tells (rules 27 and 28)."""
    series = world.series(
        fix={"withdrawn": (date(2026, 8, 11),), "under_review": (date(2026, 8, 12),)}
    )
    worker.current.replace(world.snapshot(series=series))
    path = f"{HISTORICAL}?from=2026-08-11&to=2026-08-13"
    listed = (await ask(path)).json()
    assert [row.get("warnings") for row in listed["observations"]] == [
        ["withdrawn_at_source"],
        ["value_under_review"],
        None,
    ]
    assert listed["warnings"] == ["value_under_review", "withdrawn_at_source"]
    table = (await ask(f"{path}&format=csv")).text.split("\r\n")[1:4]
    assert [line.rpartition(",")[2] for line in table] == [
        "withdrawn_at_source",
        "value_under_review",
        "",
    ]


async def test_a_batch_as_csv_tells_in_each_line_what_is_known_and_doubtful(
    ask: Ask, worker: Any, world: Any
) -> None:
    """It has a place for it, so that it is never refused: `problem` and `warnings`."""
    series = world.known_series(
        complete_from=LOADED_FROM, complete_at=None, withdrawn=(date(2026, 8, 12),)
    )
    worker.current.replace(world.since(world.snapshot(series=series), LOADED_FROM))
    table = await ask("/api/v1/rates?dates=2024-01-02,2026-08-12&format=csv")
    loading, withdrawn = table.text.split("\r\n")[1:3]
    assert loading.endswith(",history-loading,,")
    assert withdrawn.endswith(",,withdrawn_at_source,false")


async def test_a_correction_of_a_day_is_told_in_its_revisions(
    ask: Ask, worker: Any, world: Any
) -> None:
    """The newest revision is the doubtful one, in CSV too."""
    series = world.series(fix={"withdrawn": (date(2026, 8, 12),)})
    worker.current.replace(world.snapshot(series=series))
    path = "/api/v1/rates/2026-08-12/revisions"
    answer = (await ask(path)).json()
    assert answer["observations"][-1]["warnings"] == answer["warnings"] == ["withdrawn_at_source"]
    assert (await ask(f"{path}?format=csv")).text.endswith(",withdrawn_at_source,false\r\n")


async def test_a_revision_that_is_derived_is_as_doubtful_as_its_fix(
    ask: Ask, worker: Any, world: Any
) -> None:
    """A settlement before the stored series warns of the FIX that it is read from, as its day."""
    fix = (await ask("/api/v1/rates/2015-06-01?kind=settlement")).json()["dates"]["determined"]
    series = world.series(fix={"withdrawn": (date.fromisoformat(fix),)})
    worker.current.replace(world.snapshot(series=series))
    path = "/api/v1/rates/2015-06-01"
    day = (await ask(f"{path}?kind=settlement")).json()
    answer = (await ask(f"{path}/revisions?kind=settlement")).json()
    assert answer["observations"][-1]["warnings"] == answer["warnings"] == day["warnings"]
    assert day["warnings"] == ["withdrawn_at_source"]


async def test_an_absence_that_only_a_withdrawn_value_tells_warns(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Protocol rule 27: lists say of it what its day says."""
    series = world.series(fix={"withdrawn": (world.NEWEST,)})
    worker.current.replace(world.snapshot(without=(date(2026, 8, 12),), series=series))
    for path in (
        f"{GAPS}?from=2026-08-10",
        f"{HISTORICAL}?from=2026-08-10&to=2026-08-12",
        "/api/v1/rates/2026-08-12/revisions",
        "/api/v1/rates?dates=2026-08-12",
        AVERAGE,
    ):
        assert "withdrawn_at_source" in (await ask(path)).json()["warnings"], path
    assert "warnings" not in (await ask(f"{GAPS}?to=2026-08-11")).json()


async def test_a_span_older_than_the_withdrawn_days_that_are_listed_warns(
    ask: Ask, worker: Any, world: Any
) -> None:
    """The status counts more than it lists: none that is older can be excluded."""
    changes = {"withdrawn": (date(2026, 8, 12),), "withdrawn_count": 2}
    worker.current.replace(world.snapshot(series=world.series(fix=changes)))
    old = (await ask(f"{HISTORICAL}?from=2024-01-01&to=2024-01-05")).json()
    new = (await ask(f"{HISTORICAL}?from=2026-08-13&to=2026-08-13")).json()
    assert (old["warnings"], new.get("warnings")) == (["withdrawn_at_source"], None)


async def test_without_a_stored_settlement_none_is_derived_from_2020_on(
    ask: Ask, worker: Any, world: Any
) -> None:
    """From then on the source has a series of its own: what it lacks is due, missing or unheard.

    Protocol rule 25: derived is what lies before the first stored day.
    """
    worker.now = world.mexico(TODAY, 10)
    worker.current.replace(world.snapshot(kept=lambda row: row.series == FIX))

    def day(text: str) -> str:
        return f"/api/v1/rates/{text}?kind=settlement"

    assert world.said(await ask(f"{CURRENT}?kind=settlement")) == "503 no-current-rate"
    assert world.said(await ask(day("2026-08-14"))) == "404 gap"
    assert world.said(await ask(day("2026-08-17"))) == "404 not-yet-known"
    assert world.said(await ask(day("2019-12-31"))) == "200 18.8452"
    listed = (await ask(f"{HISTORICAL}?kind=settlement&from=2019-12-30&to=2026-08-31")).json()
    assert (listed["count"], listed["observations"][-1]["date"]) == (2, "2019-12-31")


@pytest.mark.parametrize("minute", [0, 59])
async def test_a_fix_that_is_awaited_is_no_gap_yet(
    ask: Ask, worker: Any, world: Any, minute: int
) -> None:
    """From noon on it is due, from 13:00 on it is late: `late` has the state's one meaning."""
    worker.now = world.mexico(TODAY, 12, minute)
    series = world.known_series(worker.now)
    worker.current.replace(world.snapshot(now=worker.now, series=series))
    gaps = (await ask(GAPS)).json()
    assert (gaps["gaps"], gaps["known"]) == ([], True)
    assert (await ask(CURRENT)).json()["freshness"]["state"] == "awaiting_publication"


async def test_nothing_is_derived_while_either_series_loads(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Protocol rule 25: before both are complete a settlement that is not stored is unknown."""
    loading = {"complete_from": date(2019, 12, 15)}
    path = f"{HISTORICAL}?kind=settlement&from=2019-12-01&to=2020-01-01"
    for series in (
        world.known_series(settlement=loading),
        world.known_series(settlement={}, **loading),
    ):
        worker.current.replace(world.snapshot(series=series))
        answer = (await ask(path)).json()
        assert (answer["known"], answer["warnings"]) == (False, ["history_loading"])
        assert answer["from"] == "2019-12-01"
        assert min(row["date"] for row in answer["observations"]) >= "2019-12-15"


@pytest.mark.parametrize(
    "changes",
    [
        {"fix": {"under_review": (date(2019, 12, 2),)}},
        {"settlement": {"under_review": (date(2019, 12, 4),)}},
    ],
    ids=["FIX", "settlement"],
)
async def test_nothing_is_derived_from_what_is_under_review(
    ask: Ask, worker: Any, world: Any, changes: dict[str, Any]
) -> None:
    """Protocol rule 28: its day answers `under-review`, so the list does not have it either."""
    worker.current.replace(world.snapshot(series=world.series(**changes)))
    answer = (await ask(f"{HISTORICAL}?kind=settlement&from=2019-12-03&to=2019-12-05")).json()
    assert [row["date"] for row in answer["observations"]] == ["2019-12-03", "2019-12-05"]
    assert (answer["known"], answer["warnings"]) == (False, REVIEW)


async def test_a_settlement_derived_from_a_withdrawn_fix_warns(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Protocol rule 27: whatever uses a withdrawn value says so, derived days too."""
    worker.current.replace(
        world.snapshot(series=world.known_series(withdrawn=(date(2019, 12, 2),)))
    )
    path = f"{HISTORICAL}?kind=settlement&from={{}}&to=2019-12-10"
    assert (await ask(path.format("2019-12-04"))).json()["warnings"] == ["withdrawn_at_source"]
    assert "warnings" not in (await ask(path.format("2019-12-06"))).json()


# --- past the calendar and past a dead sync ------------------------------------------------------


async def test_past_the_calendar_no_publication_is_expected(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Protocol rule 29: the next publication is null where the calendar does not reach."""
    calendar = msgspec.structs.replace(world.calendar(), last=world.NEWEST)
    worker.current.replace(world.snapshot(bank_calendar=calendar))
    assert (await ask("/api/v1")).json()["next_publication_at"] is None
    assert (await ask(CURRENT)).json()["freshness"]["next_publication_at"] is None
    assert (await ask("/health")).json()["freshness"]["next_publication_at"] is None


async def test_past_the_calendar_lists_know_nothing_unheard(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Rules 25 and 29: a weekday there may have a FIX since noon, so that the list isn't known."""
    calendar = msgspec.structs.replace(world.calendar(), last=world.NEWEST)
    worker.now = world.mexico(TODAY, 14)
    for known, fresh_until in ((False, world.NOW), (True, worker.now + timedelta(minutes=1))):
        series = world.known_series(fresh_until=fresh_until)
        worker.current.replace(world.snapshot(bank_calendar=calendar, series=series))
        for path in (f"{HISTORICAL}?last=10", GAPS, AVERAGE, f"{HISTORICAL}?days=1"):
            answer = (await ask(path)).json()
            assert answer["known"] is known, path
            assert ("unverified" in answer.get("warnings", ())) is not known


async def test_past_the_transitions_nothing_is_verified(ask: Ask, worker: Any, world: Any) -> None:
    """Rules 17 and 29: whatever limit the last status had, lists and days agree with the state."""
    worker.now = world.mexico(date(2026, 8, 26), 14)
    series = world.known_series(fresh_until=worker.now + timedelta(days=1))
    worker.current.replace(world.snapshot(series=series))
    assert (await ask("/health")).json()["freshness"]["state"] == "unverified"
    assert (await ask(GAPS)).json()["known"] is False
    assert world.said(await ask("/api/v1/rates/2026-08-26")) == "503 not-verified"


async def test_a_dead_sync_leaves_no_state_of_the_calendar(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Protocol rules 17 and 29: past the days that sync told of nothing is claimed."""
    worker.now = world.NOW + timedelta(days=12)
    freshness = (await ask("/health")).json()["freshness"]
    assert (freshness["state"], freshness["next_publication_at"]) == ("unverified", None)


# --- caches --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hour", "seconds"),
    [((10, 0), 5), ((11, 59), 5), ((12, 1), 5), ((14, 0), 5)],
)
async def test_that_todays_fix_is_not_out_is_kept_for_5_s(
    ask: Ask, worker: Any, world: Any, hour: tuple[int, int], seconds: int
) -> None:
    """Problems are for nobody else, but many ask at noon whether the FIX is out."""
    worker.now = world.mexico(TODAY, *hour)
    worker.current.replace(world.snapshot(now=worker.now))
    for path in (
        f"/api/v1/rates/{TODAY}",
        "/api/v1/convert?from=USD&to=MXN&amount=1&date=2026-08-14",
    ):
        answer = await ask(path)
        assert answer.json()["code"] == "not-yet-published"
        control = f"public, max-age=0, must-revalidate, s-maxage={seconds}"
        assert answer.headers["cache-control"] == control
        assert "x-request-id" not in answer.headers


async def test_that_it_is_not_out_is_never_kept_past_noon(
    ask: Ask, worker: Any, world: Any
) -> None:
    """At 12:00 the FIX is due, and another answer may be."""
    noon = world.mexico(TODAY, 12)
    worker.current.replace(world.snapshot(now=noon))
    for before, kept in ((3, "s-maxage=3"), (1, "s-maxage=1")):
        worker.now = noon - timedelta(seconds=before)
        answer = await ask(f"/api/v1/rates/{TODAY}")
        assert answer.headers["cache-control"].endswith(kept)
    worker.now = noon - timedelta(milliseconds=500)
    answer = await ask(f"/api/v1/rates/{TODAY}")
    assert answer.headers["cache-control"] == "no-store"
    assert "x-request-id" in answer.headers


@pytest.mark.parametrize(
    ("situation", "path", "code"),
    [
        (late_over_midnight, "/api/v1/rates/2026-08-14", "not-yet-published"),
        (all_known, "/api/v1/rates/2026-08-14?as_of=2026-08-14T15:00:00Z", "not-yet-published"),
        (due_and_stale, "/api/v1/rates/2026-08-14", "not-verified"),
        (all_known, "/api/v1/rates/2026-08-15", "not-yet-known"),
    ],
    ids=["late over midnight", "as_of", "not verified", "not yet known"],
)
async def test_no_other_problem_is_kept(
    ask: Ask, worker: Any, world: Any, situation: Situation, path: str, code: str
) -> None:
    """Every problem is `no-store` but that today's FIX is not out yet."""
    found, worker.now = situation(world)
    worker.current.replace(found)
    answer = await ask(path)
    assert (answer.json()["code"], answer.headers["cache-control"]) == (code, "no-store")


async def test_a_suspect_clock_is_said_where_it_matters(ask: Ask, worker: Any, world: Any) -> None:
    """Protocol rule 33: what can go stale warns, everything is kept shortly; nothing degrades."""
    worker.current.replace(world.snapshot(clock_suspect=True))
    current = await ask(CURRENT)
    assert said(world, current) == (200, None, ["clock_suspect"], "B")
    assert current.json()["level"] == "healthy"
    assert said(world, await ask(HISTORICAL)) == (200, True, [], "B")


async def test_an_older_status_means_as_before(ask: Ask, worker: Any, world: Any) -> None:
    """Protocol rule 25: without `series` all since 1991 is known, and the FIX's limits hold."""
    worker.current.replace(world.snapshot(fresh_until=datetime(2026, 8, 14, 15, tzinfo=UTC)))
    assert said(world, await ask(f"{CURRENT}?kind=settlement")) == (200, None, UNVERIFIED, "B")
    assert (await ask("/api/v1")).json()["known"] is True
