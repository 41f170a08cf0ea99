"""Answers share what was found in the same rows, and nothing with those of other rows."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import httpx
import msgspec
import pytest

Ask = Callable[..., Awaitable[httpx.Response]]

CORRECTED, SETTLED = date(2024, 2, 29), date(2024, 3, 2)
PATHS = (
    "/api/v1/rates/2024-02-29",
    "/api/v1/rates/2024-03-02?kind=settlement",
    "/api/v1/rates?dates=2024-02-28,2024-02-29,2024-03-02,2024-03-05,2026-08-10&kind=settlement",
    "/api/v1/rates/historical?from=2019-12-20&to=2020-01-10&kind=settlement",
    "/api/v1/rates/historical?from=1991-11-12&to=2024-03-05&kind=settlement",
    "/api/v1/rates/historical?last=3&kind=settlement",
    "/api/v1/convert?from=USD&to=MXN&amount=10&date=2024-03-02&kind=settlement",
)


def changing(world: Any) -> Any:
    """Return a record in which a FIX, its settlement and a closure came late, one after another."""
    hours = {"fix": 1, "settlement": 2, "old": 3}
    at = {name: world.NOW - timedelta(days=1, hours=-hour) for name, hour in hours.items()}
    late = [
        world.observation("SF43718", CORRECTED, "17.2", world.NEWEST, 2),
        world.observation("SF60653", SETTLED, "17.2", world.NEWEST, 2),
        world.observation("SF43718", date(2019, 12, 27), "18.5", world.NEWEST, 2),
    ]
    extra = tuple(
        msgspec.structs.replace(row, recorded_at=at[name])
        for row, name in zip(late, hours, strict=True)
    )
    closure = world.DeclaredClosure(date(2026, 8, 6), "flood", world.NOW - timedelta(hours=1))
    calendar = msgspec.structs.replace(world.calendar(), declared=(closure,))
    return world.snapshot(extra=extra, bank_calendar=calendar)


def instants(world: Any) -> list[datetime]:
    """Return instants around each of its changes."""
    hours = (-23.5, -22.5, -21.5, -20.5, -0.5)
    return [world.NOW + timedelta(hours=hour) for hour in hours]


@pytest.mark.parametrize("path", PATHS)
async def test_each_state_of_the_past_answers_as_if_it_were_alone(
    ask: Ask, worker: Any, world: Any, path: str
) -> None:
    """In any order, and again once each of them was asked about."""
    record = changing(world)
    worker.current.replace(record)
    seen = {}
    for instant, _ in product([*instants(world), *reversed(instants(world))], range(2)):
        text = instant.isoformat().replace("+00:00", "Z")
        asked = f"{path}{'&' if '?' in path else '?'}as_of={text}"
        shared = await ask(asked)
        async with world.client(world.Worker(record)) as client:
            alone = await client.get(asked)
        assert shared.content == alone.content
        seen[instant] = shared.content.replace(text.encode(), b"")
    if "19" in path.partition("from=")[2] or "2024-02-29" in path:
        assert len(set(seen.values())) > 1


async def test_days_of_one_state_of_the_past_know_what_had_come_by_then(
    ask: Ask, worker: Any, world: Any
) -> None:
    """A FIX that is recorded ahead of its day answers from that day on, in a long list as well."""
    early = world.observation("SF43718", world.NEWEST, "17.0530", date(2026, 8, 11))
    kept = world.snapshot(extra=(early,), kept=lambda row: row.recorded_at <= early.recorded_at)
    worker.current.replace(kept)
    listed = {}
    for instant in ("2026-08-12T20:00:00Z", "2026-08-14T12:00:00Z"):
        span = f"/api/v1/rates/historical?from=2020-01-01&to=2026-08-31&kind=dof&as_of={instant}"
        listed[instant] = (await ask(span)).json()["observations"][-1]["date"]
    assert listed == {
        "2026-08-12T20:00:00Z": "2026-08-12",
        "2026-08-14T12:00:00Z": "2026-08-14",
    }


async def test_the_present_answers_anew_where_it_says_something_else(
    ask: Ask, worker: Any, world: Any
) -> None:
    """What was assessed once holds until then, and not a microsecond longer."""
    limit = worker.current.snapshot.status.fresh_until
    said: list[Any] = []
    for now in (world.NOW, limit, limit + timedelta(microseconds=1), world.NOW):
        worker.now = now
        convert = f"/api/v1/convert?from=USD&to=MXN&amount={len(said) + 1}"
        said.append((await ask(convert)).json().get("warnings"))

    assert said == [None, None, ["unverified"], None]


async def test_a_fix_recorded_ahead_converts_nothing_before_its_day(
    ask: Ask, worker: Any, world: Any
) -> None:
    """At midnight nothing is recorded: the rows are the same, only today is another day."""
    day = date(2026, 8, 11)
    ahead = world.observation("SF43718", day, "17.2", world.NEWEST, 2)
    evening = datetime(2026, 8, 10, 20, tzinfo=UTC)
    extra = (msgspec.structs.replace(ahead, recorded_at=evening),)
    worker.current.replace(world.snapshot(extra=extra))
    statuses = []
    for text in ("06:00:01", "05:59:59", "06:00:02"):
        path = f"/api/v1/convert?from=USD&to=MXN&amount=1&date={day}&as_of={day}T{text}Z"
        statuses.append((await ask(path)).status_code)
    assert statuses == [200, 404, 200]


async def test_the_wait_of_a_problem_runs_down_while_what_is_known_stays(
    ask: Ask, worker: Any, world: Any
) -> None:
    """The FIX of today is asked for again and again: each time it is less far away."""
    day = worker.now.date().isoformat()
    waits = []
    for seconds in (0, 0.5, 10):
        worker.now = world.NOW + timedelta(seconds=seconds)
        answer = await ask(f"/api/v1/convert?from=USD&to=MXN&amount=1&date={day}")
        waits.append(int(answer.headers["retry-after"]))
    assert waits[0] - 1 <= waits[1] <= waits[0]
    assert waits[2] == waits[0] - 10


@pytest.mark.parametrize(
    ("path", "threaded"),
    [
        ("/api/v1/rates/historical?days=1000", 0),
        ("/api/v1/rates/historical?days=1001", 1),
        ("/api/v1/rates/historical?last=1001", 1),
        ("/api/v1/rates/historical?from=2024-01-01&to=2024-12-31", 0),
        ("/api/v1/rates/historical?from=1991-11-12&to=2024-12-31", 1),
        ("/api/v1/rates/historical?from=1991-11-12&to=2024-12-31&format=csv", 1),
        ("/api/v1/rates/historical?from=2024-01-01", 0),
        ("/api/v1/rates/historical?from=2023-11-18", 0),
        ("/api/v1/rates/historical?from=2023-11-17", 1),
        ("/api/v1/rates/historical?from=1991-11-12&as_of=1994-08-01T00:00:00Z", 0),
        ("/api/v1/rates/historical?from=1991-11-12&as_of=1994-09-01T00:00:00Z", 1),
        ("/api/v1/rates/historical?last=1001&month=2024-01", 0),
        ("/api/v1/rates/summary?from=2023-11-18", 0),
        ("/api/v1/rates/summary?from=2023-11-17", 1),
        ("/api/v1/rates/monthly?from=2024-01", 0),
        ("/api/v1/rates/monthly?from=2023-11", 1),
        ("/api/v1/rates/gaps?from=2023-11-18", 0),
        ("/api/v1/rates/gaps", 1),
        ("/api/v1/rates/gaps?from=2024-01-01&to=2024-12-31", 0),
        ("/api/v1/rates/current", 0),
    ],
)
async def test_what_takes_long_is_rendered_in_a_thread_once(
    ask: Ask, worker: Any, path: str, threaded: int
) -> None:
    """Whoever asks for one rate does not wait for whoever asks for thirty years."""
    for _ in range(2):
        assert (await ask(path)).status_code == 200

    assert worker.threaded == threaded


async def test_a_large_answer_is_compressed_in_a_thread_once(ask: Ask, worker: Any) -> None:
    """A small one costs less than to send it there."""
    for days, expected in ((900, 0), (3660, 2)):
        for _ in range(2):
            path = f"/api/v1/rates/historical?days={days}"
            answer = await ask(path, accept_encoding="gzip")
            assert answer.headers["content-encoding"] == "gzip"
        assert worker.threaded == expected


LONG = "/api/v1/rates/historical?from=1991-11-12"


def interrupted(world: Any, happenings: list[Callable[[Any], None]]) -> Any:
    """Return a worker to which the next of `happenings` happens during each work in a thread."""

    class Interrupted(world.Worker):  # type: ignore[misc]
        async def run_in_thread(self, work: Callable[[], Any]) -> Any:
            done = work()
            if happenings:
                happenings.pop(0)(self)
            return done

    return Interrupted(world.snapshot())


async def test_what_was_replaced_while_a_thread_was_at_work_is_answered_anew(world: Any) -> None:
    """A shared cache would keep the old values after the purge (protocol rule 16)."""
    corrected = world.observation("SF43718", CORRECTED, "17.2", world.NEWEST, 2)

    def correct(worker: Any) -> None:
        worker.current.replace(world.snapshot(extra=(corrected,)))

    async with world.client(interrupted(world, [correct])) as client:
        answer = await client.get(LONG)

    told = {row["date"]: row["rate"] for row in answer.json()["observations"]}
    assert told[str(CORRECTED)] == "17.2"
    assert "s-maxage" in answer.headers["cache-control"]


async def test_what_ran_out_while_a_thread_was_at_work_is_answered_anew(world: Any) -> None:
    """It would say of after noon what was so before, and be kept for longer than it holds."""

    def wait(worker: Any) -> None:
        worker.now = world.mexico(world.TODAY, 13)

    async with world.client(interrupted(world, [wait])) as late:
        answer = await late.get(LONG)
    worker = world.Worker(world.snapshot())
    worker.now = world.mexico(world.TODAY, 13)
    async with world.client(worker) as client:
        expected = await client.get(LONG)

    assert answer.content == expected.content
    assert answer.headers == expected.headers


async def test_what_keeps_being_replaced_is_kept_by_nobody(world: Any) -> None:
    """The answer is of a moment ago, and says so to caches."""

    def replace(worker: Any) -> None:
        worker.current.replace(world.snapshot())

    async with world.client(interrupted(world, [replace] * 9)) as client:
        answer = await client.get(LONG)

    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
