"""The page that tells clients what states, levels and warnings mean: what it says is so."""

import re
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, get_args

import httpx
import pytest

from rates_contracts.answers import GapStatus, Level
from rates_contracts.status import FreshnessState, Transition
from rates_contracts.warnings import WARNINGS

Ask = Callable[..., Awaitable[httpx.Response]]

PAGE = (Path(__file__).parents[5] / "docs" / "freshness.md").read_text(encoding="utf-8")
FRIDAY, SATURDAY = date(2026, 8, 14), date(2026, 8, 15)
LOADED_FROM = date(2026, 7, 1)


class Row(NamedTuple):
    """A row of the page's last table."""

    world: str
    asked: str
    answer: str
    state: str
    level: str
    warnings: str


ROWS = [
    Row(*(cell.strip() for cell in line.strip("|").split("|")))
    for line in PAGE.partition("## What is said, case by case")[2].splitlines()
    if line.startswith("| ")
][1:]


def codes(cell: str) -> list[str]:
    """Return what a cell has in code font."""
    return re.findall(r"`([^`]+)`", cell)


def first_column(title: str) -> list[str]:
    """Return the codes in the first column of a section's table."""
    section = PAGE.partition(f"## {title}")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


def saturday(world: Any, state: Any) -> Any:
    """Return Saturday at ten, in `state` since midnight."""
    now = world.mexico(SATURDAY, 10)
    row = Transition(world.mexico(SATURDAY, 0), state, world.mexico(FRIDAY, 12), False, 3600)
    return now, {"transitions": (row,), "series": world.known_series(now)}


def at(world: Any, hour: int, minute: int = 0, **known: Any) -> Any:
    """Return a time of the Friday, with what is known of both series then."""
    now = world.mexico(FRIDAY, hour, minute)
    return now, {"series": world.known_series(now, **known)}


def history_loads(world: Any) -> tuple[datetime, Any]:
    """Return ten o'clock with only what is recorded since July."""
    series = world.known_series(complete_from=LOADED_FROM, complete_at=None)
    return world.NOW, world.since(world.snapshot(series=series), LOADED_FROM)


WORLDS: dict[str, Callable[[Any], tuple[datetime, Any]]] = {
    "At 10:00 all is well": lambda world: at(world, 10),
    "At 12:05 the FIX is not out yet": lambda world: at(world, 12, 5),
    "At 14:00 the FIX is not out yet": lambda world: at(world, 14),
    "On Saturday Friday's FIX is not out yet": lambda world: saturday(world, "late"),
    "On Saturday all is well": lambda world: saturday(world, "closed_day"),
    "At 12:30 the source is silent": lambda world: at(
        world, 12, 30, fresh_until=world.mexico(FRIDAY, 12)
    ),
    "The source shows the FIX, but no settlement rates": lambda world: at(
        world, 10, settlement={"fresh_until": world.mexico(FRIDAY, 9)}
    ),
    "Three publications were missed": lambda world: at(
        world, 10, fresh_until=None, usable_until=None
    ),
    "Today's FIX is unlikely and under review": lambda world: (
        world.mexico(FRIDAY, 15),
        {
            "transitions": (Transition(world.NOW, "fresh", world.NOW, True, 3600),),
            "series": world.known_series(world.mexico(FRIDAY, 15), under_review=(FRIDAY,)),
        },
    ),
    "The source no longer shows Thursday's FIX": lambda world: at(
        world, 10, withdrawn=(world.NEWEST,)
    ),
    "Days before July are not loaded yet": history_loads,
    "A FIX of March is missing for good": lambda world: (
        world.NOW,
        {"without": (date(2024, 3, 1),)},
    ),
    "The source fails repeatedly": lambda world: (world.NOW, {"breaker": "open"}),
    "Redis is lost": lambda world: (world.NOW, {"feed": "database"}),
    "The clocks disagree": lambda world: (world.NOW, {"clock_suspect": True}),
    "A simulator is the source": lambda world: (world.NOW, {"source": "simulator"}),
    "Nothing was recorded for two weeks": lambda world: (
        world.NOW + timedelta(days=14),
        world.snapshot(),
    ),
    "Nothing is recorded at all": lambda world: (
        world.NOW,
        world.since(world.snapshot(), date.max),
    ),
}
"""Each world of the table: the clock, and a snapshot or what differs from a usual one."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.world}: {row.asked}")
async def test_the_page_is_right(ask: Ask, worker: Any, world: Any, row: Row) -> None:
    """What clients are told to expect is what they get."""
    worker.now, changes = WORLDS[row.world](world)
    found = world.snapshot(now=worker.now, **changes) if isinstance(changes, dict) else changes
    worker.current.replace(found)
    (asked,) = codes(row.asked)

    answer = await ask(asked)

    assert expected(row) == said(answer)


def expected(row: Row) -> tuple[Any, ...]:
    """Return status, code or `known`, state, level and warnings as the page has them."""
    status = int(row.answer[:3])
    detail = [code for code in codes(row.answer) if not code.startswith("known")]
    known = {"`known: true`": True, "`known: false`": False}.get(row.answer[5:])
    state, level = codes(row.state), codes(row.level)
    return status, detail, known, state, level, codes(row.warnings)


def said(answer: httpx.Response) -> tuple[Any, ...]:
    """Return the same of an answer; of a list's `known` only where the page speaks of it."""
    body = answer.json()
    code = [body["code"]] if "code" in body else []
    freshness = body.get("freshness") or {}
    state = [freshness["state"]] if freshness else []
    level = [body["level"]] if "level" in body else []
    known = None if "freshness" in body else body.get("known")
    return answer.status_code, code, known, state, level, body.get("warnings", [])


def test_the_page_shows_every_world() -> None:
    """No case is prepared that the page does not have."""
    assert {row.world for row in ROWS} == WORLDS.keys()


def test_the_page_explains_every_word() -> None:
    """All states, levels, warnings and statuses of gaps; levels and warnings in their order."""
    assert set(first_column("State")) == set(get_args(FreshnessState))
    assert first_column("Level") == list(get_args(Level))
    assert first_column("Warnings") == list(WARNINGS)
    assert set(first_column("`known`")) == set(get_args(GapStatus))


def test_the_page_tells_which_warnings_shorten_caching() -> None:
    """ "The last three" do not, and no other code."""
    assert [code for code, warning in WARNINGS.items() if not warning.passing] == list(WARNINGS)[
        -3:
    ]
