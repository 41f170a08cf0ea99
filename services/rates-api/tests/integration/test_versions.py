"""A whole worker of today on what every shipped rates-sync wrote, and on what a later one writes.

Documents, rows and events are the contracts' golden bytes; the later version is played on the raw
bytes, with members and an event type that nobody knows today. No encoder of today takes part.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from rates_api.app import create_app
from rates_api.bootstrap import Overrides, bootstrap
from rates_api.settings import Settings
from rates_api.worker import Worker
from rates_contracts import views
from rates_contracts.environment import Secret

pytestmark = pytest.mark.integration

GOLDEN = Path(__file__).parents[4] / "libs" / "contracts" / "tests" / "golden"
EDITIONS = sorted(
    path
    for path in GOLDEN.iterdir()
    if all((path / f"view_{view}.json").is_file() for view in views.SNAPSHOT_VIEWS)
)
"""Those with all views that are read today: a view is there before anything reads it (ADR 0011)."""


class LaterSync:
    """A rates-sync that goes on from an edition's state in its own, later version."""

    def __init__(self, edition: Path, client: Any, database: Any) -> None:
        self._edition, self._redis, self._database = edition, client, database
        self.head = self.golden("document_current")["head"]
        self._rows = {view: self.golden(f"view_{view}")["rows"] for view in views.SNAPSHOT_VIEWS}
        for view in views.OPTIONAL_VIEWS:
            if (edition / f"view_{view}.json").is_file():
                self._rows[view] = self.golden(f"view_{view}")["rows"]
            else:
                database.execute(f"DROP TABLE {view}")
        self._unsent: list[Any] = []
        if not self._says_positions:
            database.execute(f"ALTER TABLE {views.RATE_HISTORY} DROP COLUMN position")
        self._write_views()

    @property
    def _says_positions(self) -> bool:
        """Whether its record is of schema 0005 or later."""
        columns: list[str] = self.golden(f"view_{views.RATE_HISTORY}")["columns"]
        return "position" in columns

    @property
    def place(self) -> str:
        """Where its record stands."""
        return _place(self.head)

    def golden(self, name: str) -> Any:
        """Return what a golden file of the edition holds."""
        return json.loads((self._edition / f"{name}.json").read_bytes())

    def observe(self, day: str, value: str) -> list[Any]:
        """Put a FIX into the record; return it as events carry it, with an element more."""
        rows = self._rows[views.RATE_HISTORY]
        series, _, revision, _, recorded_at, sha256, *position = rows[0]
        rows.append([series, day, revision, value, recorded_at, sha256, *position])
        return [series, day, revision, value, self.head["recorded_at"], sha256, 1, "invented"]

    def announce(self, name: str, **members: Any) -> None:
        """Record one event more: a golden one, each of its objects with a member more."""
        previous = {key: self.head[key] for key in ("timeline", "position", "event_id")}
        self.head["position"] += 1
        self.head["event_id"] = f"later-{self.head['position']}"
        event = self.golden(f"event_{name}")
        event |= {**self.head, "previous": {**previous, "invented": 1}, "invented": [{}], **members}
        event["status"] |= {"invented": {"more": True}}
        self._unsent.append(event)
        self._write_views()

    def relay(self) -> None:
        """Send what is recorded; the documents stay those of the edition, byte for byte."""
        for event in self._unsent:
            fields = {
                "event": json.dumps(event, ensure_ascii=False),
                "event_id": event["event_id"],
                "previous": f"{_place(event['previous'])} {event['previous']['event_id']}",
                "invented": "more",
            }
            self._redis.xadd("{rates:v1}:events", fields, id=_place(event))
        self._unsent = []
        for name in ("current", "averages", "history"):
            body = (self._edition / f"document_{name}.json").read_bytes()
            self._redis.set(f"{{rates:v1}}:{name}", body)

    def _write_views(self) -> None:
        at = datetime.fromisoformat(self.head["recorded_at"])
        place = (self.head["timeline"], self.head["position"], self.head["event_id"])
        self._rows[views.HEAD] = [(*place, f"{at:%Y-%m-%d %H:%M:%S.%f}")]
        rows = {view: [tuple(row) for row in rows] for view, rows in self._rows.items()}
        self._database.write(rows)


def _place(where: Any) -> str:
    return f"{where['timeline']}-{where['position']}"


@pytest.fixture(params=EDITIONS, ids=lambda path: path.name)
def later(request: pytest.FixtureRequest, redis_server: Any, database: Any) -> Iterator[LaterSync]:
    """Give a later version's rates-sync over each edition."""
    with redis.Redis(host=redis_server.host, port=redis_server.port, protocol=2) as client:
        yield LaterSync(request.param, client, database)


@pytest.fixture
def settings(relay: Any, database: Any, tmp_path: Path) -> Settings:
    """Give settings with short times, and a head monitor that does not step in."""
    return Settings(
        database_url=Secret(database.url),
        redis_url=Secret(relay.url),
        stream_block=0.1,
        watch_interval=3600.0,
        retry_pause=0.05,
        reload_spread=0.05,
        instance_dir=str(tmp_path),
        workers=1,
    )


@asynccontextmanager
async def serving(settings: Settings, later: LaterSync) -> AsyncIterator[tuple[Worker, Any]]:
    """Run a worker a day after the edition's head; give it and a client of its API."""
    now = datetime.fromisoformat(later.head["recorded_at"]) + timedelta(days=1)
    worker = bootstrap(settings, Overrides(clock=lambda: now))
    running = asyncio.create_task(worker.run())
    transport = httpx.ASGITransport(create_app(worker))  # type: ignore[arg-type]
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://worker") as client:
            yield worker, client
    finally:
        running.cancel()
        await asyncio.wait({running})
        await worker.close()
    assert running.cancelled()


async def until(true: Callable[[], bool]) -> None:
    """Wait until something is so, for some seconds at most."""
    deadline = time.monotonic() + 8
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def stands_with(worker: Worker, later: LaterSync) -> Callable[[], bool]:
    """Return whether the worker has followed the later version to its head, fed by Redis."""

    def there() -> bool:
        snapshot = worker.current.snapshot
        return snapshot is not None and (snapshot.head.at.stream_id, snapshot.feed) == (
            later.place,
            "redis",
        )

    return there


async def rate(client: httpx.AsyncClient, day: str) -> str:
    """Return the rate that the API answers with."""
    answer = await client.get(f"/api/v1/rates/{day}")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["rate"])


def counted(worker: Worker, what: str, **labels: str) -> float:
    """Return a counter of the worker."""
    value = worker.metrics.registry.get_sample_value(f"rates_api_{what}_total", labels)
    assert value is not None
    return value


def golden_rate(later: LaterSync) -> tuple[str, str]:
    """Return the day and the value of an edition's newest FIX."""
    row = later.golden(f"view_{views.CURRENT_RATES}")["rows"][0]
    return row[1], row[3]


async def test_an_edition_is_served_from_its_documents(
    settings: Settings, later: LaterSync
) -> None:
    """What a shipped relay left in Redis is what clients get from today's worker."""
    later.announce("status_changed")
    later.relay()
    async with serving(settings, later) as (worker, client):
        await until(stands_with(worker, later))
        day, value = golden_rate(later)
        assert await rate(client, day) == value
        assert counted(worker, "reloads", source="documents", reason="warm_up") == 1


async def test_an_edition_is_served_from_its_views(settings: Settings, later: LaterSync) -> None:
    """With nothing in Redis, the rows of a shipped migration are what clients get."""
    async with serving(settings, later) as (worker, client):
        await until(lambda: worker.current.snapshot is not None)
        day, value = golden_rate(later)
        assert await rate(client, day) == value
        assert counted(worker, "reloads", source="database", reason="warm_up") == 1


async def test_events_of_a_later_version_are_applied(settings: Settings, later: LaterSync) -> None:
    """Members that nobody knows today are passed over, and the event counts without a reload."""
    later.announce("status_changed")
    later.relay()
    async with serving(settings, later) as (worker, client):
        await until(stands_with(worker, later))
        later.announce(
            "observations_recorded", observations=[later.observe("2026-08-14", "17.1000")]
        )
        later.announce("calendar_changed")
        later.relay()
        await until(stands_with(worker, later))
        assert await rate(client, "2026-08-14") == "17.1000"
        assert counted(worker, "events", outcome="applied") == 3
        assert counted(worker, "events", outcome="undecodable") == 0


async def test_an_unknown_event_type_is_answered_by_one_load(
    settings: Settings, later: LaterSync
) -> None:
    """Protocol rule 13: the record holds what the event can't tell; the stream is followed on."""
    later.announce("status_changed")
    later.relay()
    async with serving(settings, later) as (worker, client):
        await until(stands_with(worker, later))
        later.observe("2026-08-14", "17.1000")
        later.announce("status_changed", type="observations_recorded.v9", observations={})
        later.announce("status_changed", type="status_changed.v9")
        later.relay()
        await until(stands_with(worker, later))
        assert await rate(client, "2026-08-14") == "17.1000"
        assert counted(worker, "reloads", source="database", reason="undecodable") == 1

        later.announce("status_changed")
        later.relay()
        await until(stands_with(worker, later))
        assert counted(worker, "events", outcome="applied") == 2
        assert counted(worker, "events", outcome="undecodable") == 1
        assert counted(worker, "events", outcome="gap") == 0
