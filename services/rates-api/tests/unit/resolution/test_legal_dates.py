"""The legal dates: over every day of the real series, and where calendar and values disagree."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest

from rates_api.resolution.legal_dates import dates_of_fix, dates_of_settlement
from rates_api.resolution.resolution import resolve
from rates_api.resolution.view import View, present
from rates_api.snapshot.level import assess

Ask = Callable[..., Awaitable[httpx.Response]]

ONE_DAY = timedelta(days=1)


def everything(world: Any, **changes: Any) -> View:
    """Return all that the two files hold: the FIX to 2026-09-29, the settlement to 08-21."""
    newest = max(world.fix())
    now = world.mexico(newest, 13)
    snapshot = world.snapshot(now=now, today=newest, newest=newest, **changes)
    return present(snapshot, assess(snapshot, now), now)


def with_closed(world: Any, *closed: date) -> Any:
    """Return the bank calendar with exactly these closed days."""
    return world.msgspec.structs.replace(world.calendar(), closed=tuple(sorted(closed)))


@pytest.fixture(scope="module")
def view(world: Any) -> View:
    """Give all that the two files hold."""
    return everything(world)


def test_the_rule_names_the_fix_of_every_settlement_day(view: View, world: Any) -> None:
    """On each of 2,425 real days SF60653 is the FIX of the day that the rule determines."""
    for day, rate in world.settlement().items():
        determined = view.banking_days.determination_for(day)
        assert determined is not None
        assert world.fix()[determined] == rate, day


def test_dates_are_right_on_every_day_that_sf60653_covers(view: View, world: Any) -> None:
    """Each FIX is confirmed, and applies exactly on the days on which SF60653 shows it."""
    spans = {}
    for day in world.settlement():
        found = resolve(view, "settlement", day)
        dates = found.dates
        assert dates.confirmed
        assert dates.determined is not None
        assert dates.applies_from is not None
        assert dates.applies_to is not None
        assert dates.applies_from <= day <= dates.applies_to
        assert dates == dates_of_fix(view, dates.determined)
        spans[dates.determined] = (dates.applies_from, dates.applies_to)
    ordered = [spans[determined] for determined in sorted(spans)]
    for (_, ended), (begins, _) in pairwise(ordered):
        assert begins == ended + ONE_DAY


def test_a_fix_is_published_on_the_next_day_that_has_one(view: View, world: Any) -> None:
    """From 1991 to 2026 the DOF day of each FIX is the day of the next FIX, and the law follows."""
    days = sorted(world.fix())
    for determined, published, following in zip(days, days[1:], days[2:], strict=False):
        dates = dates_of_fix(view, determined)
        assert dates.dof_published == published
        assert dates.applies_from == published + ONE_DAY
        assert dates.applies_to == following


def test_every_calendar_day_has_a_settlement_rate(view: View, world: Any) -> None:
    """From the first settlement on, stored or derived, no day is without a rate."""
    day, last = min(world.fix()) + 2 * ONE_DAY, max(world.settlement())
    while day <= last:
        found = resolve(view, "settlement", day)
        assert found.derived is (day < min(world.settlement()))
        day += ONE_DAY


def test_dates_beyond_the_calendar_are_null(view: View) -> None:
    """Where the calendar ends nothing is promised."""
    dates = dates_of_fix(view, view.calendar.last)
    assert (dates.dof_published, dates.applies_from, dates.applies_to) == (None, None, None)
    assert not dates.confirmed


def test_the_values_find_each_determination_without_the_holidays(view: View, world: Any) -> None:
    """A calendar that knows weekends alone misleads on no real day (protocol rule 31)."""
    weekends_alone = everything(world, bank_calendar=with_closed(world))
    for day in world.settlement():
        determined = view.banking_days.determination_for(day)
        assert dates_of_settlement(weekends_alone, day).determined == determined, day


def test_of_equal_neighbours_none_is_guessed(world: Any) -> None:
    """2023-01-17 and 18 have one value: the newest equal FIX would be wrong for the 19th (31)."""
    settled, tuesday, wednesday = date(2023, 1, 19), date(2023, 1, 17), date(2023, 1, 18)
    assert world.fix()[tuesday] == world.fix()[wednesday] == world.settlement()[settled]
    assert dates_of_settlement(everything(world), settled).determined == tuesday
    monday, same = date(2023, 1, 16), world.fix()[tuesday]
    corrected = (
        world.observation("SF43718", monday, same, world.NEWEST, 2),
        world.observation("SF43718", tuesday, "18.0000", world.NEWEST, 2),
    )
    assert dates_of_settlement(everything(world, extra=corrected), settled).determined is None


def test_an_older_equal_fix_is_ruled_out_by_the_settlement_before(world: Any) -> None:
    """Determinations go forward: Thursday's settlement rests on Monday's FIX or a later one."""
    friday, monday, tuesday = date(2026, 8, 7), date(2026, 8, 10), date(2026, 8, 11)
    settled, same = date(2026, 8, 13), world.fix()[monday]
    corrected = (
        world.observation("SF43718", friday, same, world.NEWEST, 2),
        world.observation("SF60653", settled, same, world.NEWEST, 2),
    )
    misled = everything(world, extra=corrected)
    assert misled.banking_days.determination_for(settled) == tuesday
    assert dates_of_settlement(misled, settled).determined == monday


def test_a_fix_refutes_a_calendar_that_closes_its_day(world: Any) -> None:
    """The calendar predicts: with a FIX of Tuesday the dates around it are right (rule 29)."""
    monday, tuesday = date(2026, 8, 10), date(2026, 8, 11)
    misled = everything(world, bank_calendar=with_closed(world, tuesday))
    right = everything(world)
    for day in (monday, tuesday):
        assert misled.banking_days.legal_dates(day) == right.banking_days.legal_dates(day)
        assert dates_of_fix(misled, day) == dates_of_fix(right, day)


@pytest.mark.parametrize(
    ("listed", "count"), [(date(2023, 1, 19), 1), (date(2026, 8, 12), 2)], ids=["listed", "counted"]
)
def test_a_fix_under_review_doubts_a_calendar_that_closes_its_day(
    world: Any, listed: date, count: int
) -> None:
    """2023-01-17 and 18 are equal: with the 19th in doubt either may settle the 20th (rule 31)."""
    thursday, settled = date(2023, 1, 19), date(2023, 1, 20)
    misled = everything(
        world,
        without=(thursday,),
        bank_calendar=with_closed(world, thursday),
        series=world.series(fix={"under_review": (listed,), "under_review_count": count}),
    )
    assert misled.banking_days.determination_for(settled) == date(2023, 1, 17)
    assert dates_of_settlement(misled, settled).determined is None
    assert dates_of_settlement(misled, date(2023, 1, 18)).determined == date(2023, 1, 16)


def test_a_rate_that_applies_on_its_day_of_publication_is_not_confirmed(world: Any) -> None:
    """A closure is declared, and the settlements published ahead know nothing of it."""
    tuesday, wednesday = date(2026, 8, 11), date(2026, 8, 12)
    surprised = everything(
        world,
        kept=lambda row: (row.series, row.date) != ("SF43718", tuesday),
        bank_calendar=with_closed(world, tuesday),
    )
    dates = dates_of_settlement(surprised, wednesday)
    assert (dates.dof_published, dates.applies_from) == (wednesday, wednesday)
    assert not dates.confirmed


UNDECLARED = date(2026, 8, 7)
"""A Friday on which, in `closed_unannounced`, banks were closed and nobody knows it."""


def closed_unannounced(world: Any) -> Any:
    """Return the record after a closure that no calendar has: Wednesday's FIX ruled to Monday."""
    wednesday, thursday = (world.fix()[date(2026, 8, day)] for day in (5, 6))
    values = {date(2026, 8, day): wednesday for day in (7, 8, 9, 10)}
    values[date(2026, 8, 11)] = thursday
    settled = tuple(
        world.observation("SF60653", day, value, world.NEWEST, 2) for day, value in values.items()
    )
    return world.snapshot(
        extra=settled, kept=lambda row: (row.series, row.date) != ("SF43718", UNDECLARED)
    )


@pytest.mark.parametrize(
    ("day", "determined", "span"),
    [
        ("2026-08-08", "2026-08-05", ("2026-08-07", "2026-08-10")),
        ("2026-08-10", "2026-08-05", ("2026-08-07", "2026-08-10")),
        ("2026-08-11", "2026-08-06", ("2026-08-11", "2026-08-11")),
        ("2026-08-12", "2026-08-10", ("2026-08-12", "2026-08-12")),
    ],
)
async def test_after_an_undeclared_closure_the_values_tell_what_settles(
    ask: Ask, worker: Any, world: Any, day: str, determined: str, span: tuple[str, str]
) -> None:
    """Settlement and FIX name the same dates, and these are the values' (protocol rule 31)."""
    worker.current.replace(closed_unannounced(world))
    settlement = (await ask(f"/api/v1/rates/{day}?kind=settlement")).json()
    assert settlement["dates"]["determined"] == determined
    assert (settlement["dates"]["applies_from"], settlement["dates"]["applies_to"]) == span
    assert settlement["dates"]["confirmed"] is True
    fix = (await ask(f"/api/v1/rates/{determined}")).json()
    assert fix["dates"] == settlement["dates"]
    assert "warnings" not in fix


async def test_a_fix_corrected_alone_is_confirmed_no_more(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Neither it nor the settlement that still shows the old value claims the other (rule 31)."""
    corrected = world.observation("SF43718", date(2024, 2, 29), "17.0634", world.NEWEST, 2)
    worker.current.replace(world.snapshot(extra=(corrected,)))
    fix = (await ask("/api/v1/rates/2024-02-29")).json()
    assert (fix["rate"], fix["dates"]["confirmed"]) == ("17.0634", False)
    assert fix["dates"]["applies_from"] == "2024-03-02"
    assert fix["warnings"] == ["dates_unconfirmed"]
    settlement = (await ask("/api/v1/rates/2024-03-02?kind=settlement")).json()
    assert settlement["rate"] == "17.0633"
    assert set(settlement["dates"].values()) == {None, False}
    assert settlement["warnings"] == ["dates_unconfirmed"]
    before = (await ask("/api/v1/rates/2024-02-28")).json()
    assert (before["dates"]["confirmed"], before["dates"]["applies_to"]) == (True, "2024-03-01")


async def test_until_when_a_fix_applies_is_null_where_one_of_its_days_has_another_value(
    ask: Ask, worker: Any, world: Any
) -> None:
    """The FIX may have been corrected as well, and not be asked for again yet (rule 31)."""
    corrected = world.observation("SF60653", date(2024, 3, 3), "17.2", world.NEWEST, 2)
    worker.current.replace(world.snapshot(extra=(corrected,)))
    dates = (await ask("/api/v1/rates/2024-02-29")).json()["dates"]
    assert (dates["applies_from"], dates["applies_to"]) == ("2024-03-02", None)
    assert dates["confirmed"]


async def test_a_fix_applies_from_the_calendars_day_though_that_has_another_value(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Its other days show it, but none of them is the first: not confirmed (rule 31)."""
    corrected = world.observation("SF60653", date(2024, 3, 2), "17.2", world.NEWEST, 2)
    worker.current.replace(world.snapshot(extra=(corrected,)))
    fix = (await ask("/api/v1/rates/2024-02-29")).json()
    settlement = (await ask("/api/v1/rates/2024-03-03?kind=settlement")).json()
    for told in (fix, settlement):
        dates = told["dates"]
        assert (dates["applies_from"], dates["applies_to"]) == ("2024-03-02", "2024-03-04")
        assert not dates["confirmed"]
        assert told["warnings"] == ["dates_unconfirmed"]


async def test_a_fix_whose_settlement_is_not_stored_yet_has_the_dates_of_the_rule(
    ask: Ask, worker: Any, world: Any
) -> None:
    """They are a forecast, not a contradiction: unconfirmed without a warning (rule 31)."""
    worker.current.replace(
        world.snapshot(kept=lambda row: row.series == "SF43718" or row.date < world.TODAY)
    )
    answer = (await ask("/api/v1/rates/2026-08-13")).json()
    assert answer["dates"] == {
        "determined": "2026-08-13",
        "dof_published": "2026-08-14",
        "applies_from": "2026-08-15",
        "applies_to": "2026-08-17",
        "confirmed": False,
    }
    assert "warnings" not in answer


async def test_a_fix_of_a_day_that_the_calendar_closes_settles_what_it_settles(
    ask: Ask, worker: Any, world: Any
) -> None:
    """After a Monday that became a banking day Friday's FIX applies on Tuesday alone (rule 31)."""
    monday = date(2026, 2, 2)
    friday_rate = world.fix()[date(2026, 1, 30)]
    rows = (
        world.observation("SF43718", monday, "17.5001", monday),
        world.observation("SF60653", date(2026, 2, 3), friday_rate, monday, 2),
        world.observation("SF60653", date(2026, 2, 4), "17.5001", monday, 2),
    )
    worker.current.replace(world.snapshot(extra=rows))
    found = {}
    for day in ("2026-02-03", "2026-02-04"):
        dates = (await ask(f"/api/v1/rates/{day}?kind=settlement")).json()["dates"]
        found[day] = (dates["determined"], dates["applies_from"], dates["applies_to"])
    assert found == {
        "2026-02-03": ("2026-01-30", "2026-02-03", "2026-02-03"),
        "2026-02-04": ("2026-02-02", "2026-02-04", "2026-02-04"),
    }


async def test_as_of_dates_are_those_of_the_calendar_known_then(
    ask: Ask, worker: Any, world: Any
) -> None:
    """A new version of the calendar changes no answer about the past (protocol rule 31)."""
    last_of_year, decreed = date(2026, 12, 31), date(2026, 8, 14)
    newer = with_closed(world, *world.calendar().closed, decreed, last_of_year)
    edited_at = world.mexico(world.TODAY, 9)
    calendar = world.calendar().replaced_by(newer, edited_at)
    worker.current.replace(world.snapshot(bank_calendar=calendar, recorded_at=edited_at))
    then = await ask("/api/v1/rates/2026-08-13?as_of=2026-08-14T14:59:59Z")
    assert then.json()["dates"]["dof_published"] == "2026-08-14"
    assert world.cache_class(then) == "I"
    since = await ask("/api/v1/rates/2026-08-13?as_of=2026-08-14T15:00:00Z")
    assert since.json()["dates"]["dof_published"] == "2026-08-17"


def test_at_the_edge_of_what_is_loaded_no_dates_are_invented(world: Any) -> None:
    """Before 2001 the next FIX is the day in the Gazette: not one that lies years ahead."""
    edge = date(1995, 6, 15)
    loading = everything(world, kept=lambda row: not edge < row.date < date(2001, 1, 1))
    dates = dates_of_fix(loading, edge)
    assert (dates.dof_published, dates.applies_from, dates.applies_to) == (None, None, None)


def test_a_fix_from_before_a_hole_in_the_history_is_not_taken_for_a_near_one(world: Any) -> None:
    """The five observed days before may lie months back while the history loads (rule 31)."""
    settled, june, august = date(2026, 7, 15), date(2026, 6, 5), date(2026, 8, 3)
    same = world.observation("SF60653", settled, world.fix()[june], world.NEWEST, 2)
    loading = everything(
        world,
        extra=(same,),
        kept=lambda row: row.series != "SF43718" or not june < row.date < august,
        series=world.series(fix={"complete_from": august}),
    )
    assert dates_of_settlement(loading, settled).determined is None


async def test_until_when_a_fix_applies_is_null_where_the_calendar_ends(
    ask: Ask, worker: Any, world: Any
) -> None:
    """The next banking day is not known: neither is the last day on which the FIX applies."""
    calendar = world.msgspec.structs.replace(world.calendar(), last=world.TODAY)
    worker.current.replace(world.snapshot(bank_calendar=calendar))
    dates = (await ask("/api/v1/rates/2026-08-17?kind=settlement")).json()["dates"]
    assert (dates["determined"], dates["applies_from"]) == ("2026-08-13", "2026-08-15")
    assert (dates["applies_to"], dates["confirmed"]) == (None, True)


async def test_an_equal_fix_confirms_no_settlement_whose_own_is_not_loaded(
    ask: Ask, worker: Any, world: Any
) -> None:
    """Its FIX may be among the days not asked for, however well a neighbour fits (rule 31)."""
    since = date(2024, 2, 24)
    own, neighbour = date(2024, 2, 23), date(2024, 2, 26)
    assert world.fix()[own] == world.fix()[neighbour]
    series = world.series(fix={"complete_from": since, "complete_at": None})
    loading = world.snapshot(
        kept=lambda row: row.series != "SF43718" or row.date >= since, series=series
    )
    worker.current.replace(loading)
    answer = (await ask("/api/v1/rates/2024-02-27?kind=settlement")).json()
    assert (answer["dates"]["determined"], answer["dates"]["confirmed"]) == (None, False)
    assert answer["warnings"] == ["history_loading", "dates_unconfirmed"]


async def test_the_fix_of_the_day_before_is_never_that_of_a_settlement(
    ask: Ask, worker: Any, world: Any
) -> None:
    """It applies from the day after its DOF, however equal it is to one corrected (rule 31)."""
    own, neighbour = date(2024, 2, 23), date(2024, 2, 26)
    assert world.fix()[own] == world.fix()[neighbour]
    correction = world.observation("SF43718", own, "17.1999", neighbour, 2)
    worker.current.replace(world.snapshot(extra=(correction,)))
    dates = (await ask("/api/v1/rates/2024-02-27?kind=settlement")).json()["dates"]
    assert (dates["determined"], dates["confirmed"]) == (None, False)
