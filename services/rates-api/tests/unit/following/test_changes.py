"""`changes`: a walk over all that was recorded loses and doubles nothing."""

import csv
import dataclasses
import io
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from rates_contracts.observation import FIX, SETTLEMENT
from rates_contracts.status import SeriesStatus

PATH = "/api/v1/changes"
FIRST = date(1995, 1, 2)


class Follower:
    """A client that walks over the changes of a record, which goes on meanwhile."""

    def __init__(self, world: Any, fakes: Any) -> None:
        self._world = world
        self.record = fakes.Record()
        self._fakes = fakes
        self.at = fakes.START + fakes.HOUR / 4
        self.read: list[tuple[str, str, int]] = []
        self.cursor: str | None = None

    def observe(self, *days: tuple[date, str], revision: int = 1, series: str = FIX) -> None:
        """Record values of days in one recording."""
        self.record.observe(
            *(
                self._fakes.observation(day, rate, revision=revision, series=series)
                for day, rate in days
            )
        )

    def chunk(self, count: int, series: str = FIX) -> None:
        """Record so many days at one instant, as a backfill does."""
        days = [(FIRST + timedelta(days=at), "5.0000") for at in range(count)]
        self.observe(*days, series=series)

    def displace(self, position: int) -> None:
        """Have the row that was recorded last say another position."""
        state = self.record.states[-1]
        *before, last = state.observations
        last = msgspec.structs.replace(last, position=position)
        self.record.states[-1] = dataclasses.replace(state, observations=(*before, last))

    async def ask(self, query: str = "", **headers: str) -> Any:
        """Ask for changes."""
        worker = self._world.Worker(self.record.snapshot, self.at)
        async with self._world.client(worker) as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.get(f"{PATH}?{query}", headers=named)

    async def page(self, query: str = "limit=7") -> Any:
        """Ask for the next page, and read it; what is reset is dropped."""
        cursor = "" if self.cursor is None else f"&cursor={quote(self.cursor)}"
        answer = (await self.ask(f"{query}{cursor}")).json()
        if answer["reset"]:
            self.read.clear()
        self.read += [(row["kind"], row["date"], row["revision"]) for row in answer["changes"]]
        self.cursor = answer["next"]
        return answer

    async def walk(self, query: str = "limit=7") -> None:
        """Read page by page until nothing more is there."""
        for _ in range(100):
            if not (await self.page(query))["more"]:
                return
        raise AssertionError("the walk has no end")

    @property
    def recorded(self) -> list[tuple[str, str, int]]:
        """Everything recorded, in the order of its recordings."""
        names = {FIX: "fix", SETTLEMENT: "settlement"}
        rows = sorted(
            self.record.state.observations,
            key=lambda row: (row.recorded_at, row.series, row.date, row.revision),
        )
        return [(names[row.series], str(row.date), row.revision) for row in rows]


@pytest.fixture
def follower(world: Any, fakes: Any) -> Follower:
    """Give a client of a record that begins with a chunk of both series."""
    follower = Follower(world, fakes)
    follower.chunk(20)
    follower.chunk(18, SETTLEMENT)
    return follower


@pytest.mark.parametrize("limit", [1, 7, 1000])
async def test_a_walk_reads_everything_once(follower: Follower, limit: int) -> None:
    """Pages may fall anywhere in a chunk of rows that share an instant and a position."""
    await follower.walk(f"limit={limit}")
    assert follower.read == follower.recorded


async def test_a_correction_between_two_pages_is_read_once(follower: Follower) -> None:
    """What is recorded during a walk follows at its end, also if its day was read already."""
    await follower.page()
    follower.observe((FIRST, "5.1000"), revision=2)
    await follower.walk()
    assert follower.read == follower.recorded
    assert follower.read[-1] == ("fix", str(FIRST), 2)


async def test_a_correction_says_what_it_replaces(follower: Follower) -> None:
    """`replaces` is the rate of the revision before, and null for a first one."""
    follower.observe((FIRST, "5.1000"), revision=2)
    follower.observe((FIRST, "5.2000"), revision=3)
    rows = (await follower.ask()).json()["changes"]
    replaced = [(row["rate"], row["replaces"]) for row in rows if row["date"] == str(FIRST)]
    assert replaced == [
        ("5.0000", None),
        ("5.0000", None),
        ("5.1000", "5.0000"),
        ("5.2000", "5.1000"),
    ]


async def test_one_kind_is_walked_alone(follower: Follower) -> None:
    """The other kind is neither listed nor lost to a walk that goes on without `kind`."""
    await follower.walk("limit=5&kind=settlement")
    assert follower.read == [row for row in follower.recorded if row[0] == "settlement"]
    follower.observe((date(2024, 1, 2), "17.0297"))
    await follower.walk()
    assert follower.read[-1] == ("fix", "2024-01-02", 1)


async def test_a_new_timeline_resets_the_walk(follower: Follower) -> None:
    """After a restore the cursor is of another record: everything is read anew, and said so."""
    await follower.walk()
    follower.record.change_timeline()
    answer = await follower.page()
    assert (answer["reset"], answer["count"]) == (True, 7)
    await follower.walk()
    assert follower.read == follower.recorded


async def test_what_is_recorded_after_a_restore_is_read(follower: Follower, fakes: Any) -> None:
    """A cursor of the lost record is not mistaken for a place in the new one."""
    follower.observe((date(2024, 1, 2), "17.0297"))
    await follower.walk()
    follower.record.restore(2)
    follower.record.change_timeline()
    follower.observe((date(2024, 1, 2), "17.0300"))
    await follower.walk()
    assert follower.read == follower.recorded


async def test_a_cursor_of_before_the_history_was_complete_resets(follower: Follower) -> None:
    """`complete_at` ends what was read of a history that was still loading, once."""
    loading = {name: SeriesStatus(complete_from=FIRST) for name in (FIX, SETTLEMENT)}
    follower.record.poll(series=loading)
    await follower.walk()
    assert follower.read == follower.recorded
    complete = {
        name: msgspec.structs.replace(row, complete_at=follower.at) for name, row in loading.items()
    }
    follower.record.poll(series=complete)
    assert (await follower.page())["reset"]
    await follower.walk()
    assert follower.read == follower.recorded


async def test_a_worker_that_is_behind_keeps_the_place(follower: Follower) -> None:
    """A cursor that another worker gave is answered with nothing and itself, until it is known."""
    follower.observe((date(2024, 1, 2), "17.0297"))
    await follower.walk()
    cursor, ahead = follower.cursor, follower.record.states.pop()
    answer = await follower.page()
    assert (answer["count"], answer["more"], answer["reset"]) == (0, False, False)
    assert answer["next"] == cursor
    follower.record.states.append(ahead)
    await follower.walk()
    assert follower.read == follower.recorded


@pytest.mark.parametrize("position", [0, 1, 2, 3], ids=["none", "old", "the head's", "own"])
async def test_a_cursor_is_kept_whatever_position_its_row_says(
    follower: Follower, position: int
) -> None:
    """A rates-sync that knows no positions recorded it: a worker that is behind can't tell."""
    follower.observe((date(2024, 1, 2), "17.0297"))
    follower.displace(position)
    await follower.walk()
    ahead = follower.record.states.pop()
    answer = await follower.page()
    assert (answer["count"], answer["reset"]) == (0, False)
    follower.record.states.append(ahead)
    follower.displace(4 - position)
    answer = await follower.page()
    assert (answer["count"], answer["reset"]) == (0, False)
    assert follower.read == follower.recorded


async def test_a_row_that_this_record_never_had_resets(follower: Follower) -> None:
    """A cursor of this timeline whose row should be here, and is not, is of another record."""
    answer = (await follower.ask("cursor=1-1-c-fix-2020-02-03-9&limit=1")).json()
    assert answer["reset"]


async def test_since_is_exclusive(follower: Follower) -> None:
    """A walk begins with what was recorded after the instant, and goes on by cursor."""
    recorded_at = follower.record.state.head.recorded_at
    follower.observe((date(2024, 1, 2), "17.0297"))
    answer = await _since(follower, recorded_at)
    assert [row["date"] for row in answer["changes"]] == ["2024-01-02"]
    assert (await _since(follower, follower.record.state.head.recorded_at))["count"] == 0
    assert (await _since(follower, recorded_at - timedelta(microseconds=1)))["count"] == 19


async def _since(follower: Follower, instant: datetime) -> Any:
    return (await follower.ask(f"since={quote(instant.isoformat())}")).json()


async def test_next_is_given_where_nothing_is_recorded_since(follower: Follower) -> None:
    """A client that starts now reads what comes, and nothing of before."""
    answer = await _since(follower, follower.record.state.head.recorded_at)
    follower.cursor = answer["next"]
    follower.observe((date(2024, 1, 2), "17.0297"))
    await follower.walk()
    assert follower.read == [("fix", "2024-01-02", 1)]


async def test_nothing_new_keeps_its_tag(follower: Follower) -> None:
    """A poll of Banxico's that brings nothing costs followers a 304."""
    await follower.walk("limit=1000")
    before = await follower.ask(f"cursor={follower.cursor}")
    follower.record.poll(verified_at=follower.at)
    after = await follower.ask(f"cursor={follower.cursor}")
    assert after.headers["etag"] == before.headers["etag"]
    assert after.headers["cache-control"].startswith("public, max-age=0, must-revalidate")


async def test_csv_has_the_cursor_in_its_last_line(follower: Follower) -> None:
    """A table says where it continues, as its envelope does in JSON."""
    follower.observe((FIRST, "5.1000"), revision=2)
    listed = (await follower.ask("limit=39")).json()
    table = await follower.ask("limit=39&format=csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["rate"] for row in rows] == [row["rate"] for row in listed["changes"]]
    assert [row["cursor"] for row in rows] == [""] * 38 + [listed["next"]]
    assert [row["replaces"] for row in rows] == [""] * 38 + ["5.0000"]


@pytest.mark.parametrize("form", ["json", "csv"])
async def test_a_walk_by_links_reads_everything_once(follower: Follower, form: str) -> None:
    """`Link` continues in the form that was asked for, also where a page has no rows."""
    rows, query, more = 0, f"limit=20&format={form}", "true"
    while more == "true":
        answer = await follower.ask(query)
        rows += answer.text.count("5.0000")
        query, more, reset = _link(answer)
        assert reset == "false"
    assert rows == len(follower.recorded) == 38
    assert query.endswith(f"&limit=20{'&format=csv' if form == 'csv' else ''}")
    empty = await follower.ask(query)
    assert _link(empty) == (query, "false", "false")
    follower.observe((date(2024, 1, 2), "17.0297"))
    assert "17.0297" in (await follower.ask(query)).text


async def test_csv_says_that_it_begins_anew(follower: Follower) -> None:
    """Who follows by it drops what was read, as JSON tells; a 304 says so, too."""
    query, _, _ = _link(await follower.ask("format=csv&fields=date,rate&kind=fix"))
    assert query.endswith("&kind=fix&format=csv&fields=date,rate")
    follower.record.change_timeline()
    answer = await follower.ask(query)
    assert _link(answer)[1:] == ("false", "true")
    assert answer.text.count("\r\n") == 21
    again = await follower.ask(query, if_none_match=answer.headers["etag"])
    assert (again.status_code, _link(again)) == (304, _link(answer))


def _link(answer: Any) -> tuple[str, str, str]:
    """Return the query of the link to the next page, and what it says of `more` and `reset`."""
    link = answer.links["next"]
    return link["url"].removeprefix(f"{PATH}?"), link["more"], link["reset"]


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("cursor=1-42", ["cursor"]),
        ("cursor=1-1-c-fix-2024-02-30-1", ["cursor"]),
        ("cursor=1-1-c-fix-2024-02-03-0", ["cursor"]),
        ("cursor=١-1-c", ["cursor"]),
        ("cursor=" + "9" * 400, ["cursor"]),
        ("since=2099-01-01T00:00:00Z", ["since"]),
        ("since=2024-01-01T00:00:00Z&cursor=1-0-c", ["since", "cursor"]),
        ("since=now&cursor=&limit=5001&kind=dof", ["since", "cursor", "limit", "kind"]),
    ],
)
async def test_what_is_malformed_is_named(follower: Follower, query: str, wrong: list[str]) -> None:
    """Bad parameters are 422, all of them at once."""
    answer = await follower.ask(query)
    assert answer.status_code == 422
    assert {error["parameter"] for error in answer.json()["errors"]} == set(wrong)


async def test_a_long_page_is_made_in_a_thread(world: Any, worker: Any) -> None:
    """Other requests don't wait for thousands of rows."""
    async with world.client(worker) as client:
        answer = await client.get(f"{PATH}?limit=5000")
    assert (answer.json()["count"], worker.threaded) == (5000, 1)
