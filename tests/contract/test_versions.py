"""rates-api's code of today under every edition that rates-sync ever shipped, and a later one.

During a deployment, and after a rollback, an older rates-api reads what a newer rates-sync writes,
and the other way round. Each folder of golden bytes is an edition; a new one is taken in by itself.
"""

import dataclasses
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import date as Day
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from rates_api.consume.documents import snapshot_of
from rates_api.consume.projection import Reload, project
from rates_api.fallback.engine import open_engine
from rates_api.fallback.reader import DatabaseReader
from rates_api.snapshot.snapshot import Snapshot
from rates_contracts.events import (
    Event,
    Head,
    HistoryReload,
    ObservationsRecorded,
    TimelineChanged,
    decode_event,
)
from rates_contracts.status import DataStatusDay
from rates_contracts.views import (
    CURRENT_RATES,
    DATA_STATUS,
    HEAD,
    OPTIONAL_VIEWS,
    RATE_AVERAGES,
    RATE_HISTORY,
    SNAPSHOT_VIEWS,
)
from support.modules import load_module

pytestmark = pytest.mark.contract

GOLDEN = Path(__file__).parents[2] / "libs" / "contracts" / "tests" / "golden"
EDITIONS = sorted(GOLDEN.iterdir())
EVENTS = sorted(GOLDEN.glob("v*/event_*.json"))
DOCUMENTS = ("document_current.json", "document_averages.json", "document_history.json")
ROWS = {"observations", "transitions", "batches", "of one series", "ended_days"}
"""Where objects travel as arrays, which grow at their end."""
PLACED = {"observations": 7, "batches": 3}
"""Those that have grown by a position since the first edition, and how long they are today."""


def later(document: Any, name: str = "") -> Any:
    """Return a golden document as a later version may write it: everything has a member more."""
    if isinstance(document, dict) and name == "series":
        return {series: later(rows, "of one series") for series, rows in document.items()}
    if isinstance(document, dict):
        return {**{key: later(value, key) for key, value in document.items()}, "invented": {"x": 1}}
    if isinstance(document, list) and name in ROWS:
        width = PLACED.get(name, 0)
        return [[*row, *[1] * (width - len(row)), "invented"] for row in document]
    return [later(item) for item in document] if isinstance(document, list) else document


def as_is(document: Any) -> Any:
    """Return a golden document as it is."""
    return document


FORMS = pytest.mark.parametrize("form", [as_is, later], ids=["as shipped", "with more members"])
IN_EACH_EDITION = pytest.mark.parametrize("edition", EDITIONS, ids=lambda path: path.name)


def has_every_view(edition: Path) -> bool:
    """Tell whether an edition has all views that are read today."""
    return all((edition / f"view_{view}.json").is_file() for view in SNAPSHOT_VIEWS)


def views_of(edition: Path) -> list[str]:
    """Return the views of an edition: those that are read today, and of the optional its own."""
    optional = [view for view in OPTIONAL_VIEWS if (edition / f"view_{view}.json").is_file()]
    return [*SNAPSHOT_VIEWS, *optional]


def read(path: Path) -> Any:
    """Return what a golden file holds."""
    return json.loads(path.read_bytes())


def written(document: Any) -> bytes:
    """Return the bytes of a document."""
    return json.dumps(document, ensure_ascii=False).encode()


def loaded(edition: Path, form: Any = as_is) -> Snapshot:
    """Return the snapshot that an edition's documents make."""
    current, averages, history = (written(form(read(edition / name))) for name in DOCUMENTS)
    return snapshot_of(current, averages, history)


def before(event: Event, edition: Path) -> Snapshot:
    """Return an edition's snapshot, standing at the event before `event`."""
    last = event.previous
    head = Head(last.timeline, last.position, last.event_id, event.recorded_at)
    return dataclasses.replace(loaded(edition), head=head)


@FORMS
@pytest.mark.parametrize("path", EVENTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_event_of_every_edition_is_followed(path: Path, form: Any) -> None:
    """The projection goes on to the event, or loads what covers it where it says so."""
    golden = read(path)
    event = decode_event(written(form(golden)))
    outcome = project(before(event, path.parent), event)
    if isinstance(event, HistoryReload | TimelineChanged):
        assert isinstance(outcome, Reload)
        assert (outcome.at_least, outcome.reason) == (event.at, path.stem.removeprefix("event_"))
    else:
        assert isinstance(outcome, Snapshot)
        assert (outcome.head.at.stream_id, outcome.head.event_id) == (
            f"{golden['timeline']}-{golden['position']}",
            golden["event_id"],
        )
        assert outcome.status.source == golden["status"]["source"]
        if isinstance(event, ObservationsRecorded):
            assert [shown(outcome, row[0], row[1]) for row in golden["observations"]] == [
                row[3] for row in golden["observations"]
            ]


def shown(snapshot: Snapshot, series: str, day: str) -> str:
    """Return the value that a snapshot has for a day, with its digits."""
    found = snapshot.series[series].on(Day.fromisoformat(day))
    return str(found and found.value)


@FORMS
@IN_EACH_EDITION
def test_the_documents_of_every_edition_are_loaded(edition: Path, form: Any) -> None:
    """A worker warms up from a set that any shipped relay, or a later one, has written."""
    current, averages, history = (read(edition / name) for name in DOCUMENTS)
    snapshot = loaded(edition, form)
    assert snapshot.head.event_id == current["head"]["event_id"]
    assert snapshot.calendar.version == history["calendar"]["version"]
    assert [str(one.mean) for one in snapshot.averages] == [
        one["mean"] for one in averages["averages"]
    ]
    assert snapshot.ended_days == days(averages.get("ended_days", []))
    for series, rows in history["series"].items():
        assert [shown(snapshot, series, row[0]) for row in rows] == [row[2] for row in rows]


@FORMS
@pytest.mark.parametrize(
    "edition", [one for one in EDITIONS if has_every_view(one)], ids=lambda path: path.name
)
async def test_the_views_of_every_edition_are_read(
    edition: Path, form: Any, tmp_path: Path
) -> None:
    """The fallback loads rows as the views of any shipped migration, or of a later one, give them.

    Views under a new name are there before anything reads them (ADR 0011), so that editions
    without a view that is read today are past.
    """
    golden = {view: read(edition / f"view_{view}.json") for view in views_of(edition)}
    hold(golden, form, tmp_path / "rates.db")
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path / 'rates.db'}", pool_size=1, timeout=5)
    try:
        snapshot = await DatabaseReader(engine, name="database", timeout=5).load()
    finally:
        await engine.dispose()
    (head,) = golden[HEAD]["rows"]
    assert [snapshot.head.timeline, snapshot.head.position, snapshot.head.event_id] == head[:3]
    assert len(snapshot.averages) == len(golden[RATE_AVERAGES]["rows"])
    for view in (RATE_HISTORY, CURRENT_RATES):
        rows = golden[view]["rows"]
        assert [shown(snapshot, row[0], row[1]) for row in rows] == [row[3] for row in rows]
    ended = golden[DATA_STATUS]["rows"] if DATA_STATUS in golden else []
    assert snapshot.ended_days == days(ended)


def days(rows: list[Any]) -> tuple[DataStatusDay, ...]:
    """Return the data status that rows of a golden file tell of."""
    return tuple(DataStatusDay(Day.fromisoformat(row[0]), *row[1:4]) for row in rows)


def hold(views: Mapping[str, Any], form: Any, path: Path) -> None:
    """Write each view's rows into a table of its name, as `form` would have them."""
    more = ["invented"] if form is later else []
    with closing(sqlite3.connect(path)) as connection, connection:
        for view, golden in views.items():
            columns = [*golden["columns"], *more]
            connection.execute(f"CREATE TABLE {view} ({', '.join(columns)})")
            marks = ", ".join("?" * len(columns))
            rows = [[*(formed(cell, form) for cell in row), *more] for row in golden["rows"]]
            connection.executemany(f"INSERT INTO {view} VALUES ({marks})", rows)


def formed(cell: Any, form: Any) -> Any:
    """Return a cell, its document as `form` has it."""
    is_document = isinstance(cell, str) and cell.startswith("{")
    return written(form(json.loads(cell))).decode() if is_document else cell


async def test_the_views_of_today_give_what_the_newest_edition_says(
    golden_views: ModuleType, tmp_path: Path
) -> None:
    """Whoever changes what a view gives sees it here, and ships a new edition."""
    newest = golden_views.load_samples().NEWEST
    for view, rows in (await golden_views.view_rows(tmp_path)).items():
        assert golden_views.text_of(rows) == (newest / f"view_{view}.json").read_text("utf-8")


@pytest.fixture(scope="module")
def golden_views() -> ModuleType:
    """Give what writes the golden rows; by path, since test folders are no packages."""
    return load_module(Path(__file__).parent / "golden_views.py")
