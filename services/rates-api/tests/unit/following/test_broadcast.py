"""The stream: what a client is sent, in which order, and when its stream ends."""

import asyncio
import dataclasses
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from rates_api.following import broadcast
from rates_api.following.broadcast import Broadcast, Timing
from rates_api.following.kept_changes import (
    MAX_KEPT,
    MAX_KEPT_BYTES,
    KeptChange,
    KeptChanges,
)
from rates_api.following.messages import state_of
from rates_api.following.recordings import MAX_ROWS
from rates_api.following.subscription import MAX_WAITING, Subscription
from rates_api.http.problems import Refused
from rates_contracts.events import Position
from rates_contracts.observation import FIX, SETTLEMENT

DAY = date(2024, 1, 2)


class Time:
    """Time that stands until it is moved; whoever sleeps wakes up when his time has come."""

    def __init__(self, start: Any) -> None:
        self._start, self.seconds = start, 0.0
        self._sleeping: list[tuple[float, asyncio.Future[None]]] = []

    def clock(self) -> Any:
        """Return the instant."""
        return self._start + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return the seconds since the start."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Sleep until the time is moved."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleeping.append((self.seconds + seconds, woken))
        await woken

    async def move(self, seconds: float) -> None:
        """Move the time on in small steps, and let everybody run."""
        for _ in range(max(round(seconds * 4), 1)):
            self.seconds += min(seconds, 0.25)
            for at, woken in self._sleeping:
                if at <= self.seconds and not woken.done():
                    woken.set_result(None)
            self._sleeping = [entry for entry in self._sleeping if not entry[1].done()]
            await settle()


async def settle() -> None:
    """Let all tasks run that can."""
    for _ in range(12):
        await asyncio.sleep(0)


class Client:
    """A client of the stream: takes what it is sent, and remembers the last id."""

    def __init__(self, stream: Subscription) -> None:
        self.text = ""
        self.ended = False
        self.reading = asyncio.ensure_future(self._read(stream))

    async def _read(self, stream: Subscription) -> None:
        async for part in stream.parts():
            self.text += part.decode()
        self.ended = True

    @property
    def messages(self) -> list[tuple[str, str, Any]]:
        """What has come: the id, the event and the body of each."""
        found = []
        for block in self.text.split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
            if "event" in lines:
                found.append((lines.get("id", ""), lines["event"], json.loads(lines["data"])))
        return found

    @property
    def events(self) -> list[str]:
        """The names of what has come."""
        return [event for _, event, _ in self.messages]

    @property
    def changes(self) -> list[tuple[str, str]]:
        """Day and rate of every change."""
        bodies = [body for _, event, body in self.messages if event == "change"]
        return [(row["date"], row["rate"]) for body in bodies for row in body]

    @property
    def last_id(self) -> Position | None:
        """The id that it would continue after."""
        ids = [at for at, _, _ in self.messages if at]
        return Position.of_stream_id(ids[-1]) if ids else None


class Stage:
    """A worker's streams over a record that goes on."""

    def __init__(self, fakes: Any, limit: int = 3) -> None:
        self._fakes = fakes
        self.record = fakes.Record()
        self.time = Time(fakes.START + fakes.HOUR / 10)
        self.counts: list[int] = []
        self.refused = 0
        self.draining = False
        self.broadcast = self.worker(limit)
        self.rounds = 0

    def worker(self, limit: int = 3) -> Broadcast:
        """Return the streams of another worker, which has loaded nothing yet."""
        return Broadcast(
            limit,
            Timing(self.time.clock, self.time.monotonic, self.time.sleep, lambda: 0.5),
            is_draining=lambda: self.draining,
            on_count=self.counts.append,
            on_refused=self.on_refused,
        )

    def observation(self, day: date, rate: str, *, revision: int) -> Any:
        """Return a value of the FIX."""
        return self._fakes.observation(day, rate, revision=revision)

    def on_refused(self) -> None:
        """Count a refusal."""
        self.refused += 1

    def on_round(self) -> None:
        """Count a round."""
        self.rounds += 1

    async def observe(self, day: date, rate: str, *, revision: int = 1, series: str = FIX) -> None:
        """Record a value, and have the worker know it."""
        self.record.observe(self._fakes.observation(day, rate, revision=revision, series=series))
        await self.show()

    def displace(self, position: int) -> None:
        """Have what was recorded last say `position`, as beside a rates-sync without positions."""
        state = self.record.states[-1]
        *before, last = state.observations
        last = msgspec.structs.replace(last, position=position)
        self.record.states[-1] = dataclasses.replace(state, observations=(*before, last))

    async def observe_displaced(self, rate: str, revision: int, position: int) -> None:
        """Record a correction that says `position`, and have the worker know it."""
        self.record.observe(self._fakes.observation(DAY, rate, revision=revision))
        self.displace(position)
        await self.show()

    async def show(self) -> None:
        """Have the worker know the record as it is."""
        self.broadcast.on_snapshot(self.record.snapshot.with_feed("redis"))
        await settle()

    async def connect(self, last: Position | None = None) -> Client:
        """Open a stream."""
        client = Client(self.broadcast.open(last))
        await settle()
        return client


@pytest.fixture
async def stage(fakes: Any) -> AsyncIterator[Stage]:
    """Give a running worker with one value."""
    stage = Stage(fakes)
    async with running(stage):
        await stage.observe(DAY, "17.0297")
        yield stage


@asynccontextmanager
async def running(stage: Stage) -> AsyncIterator[None]:
    """Run the streams."""
    task = asyncio.ensure_future(stage.broadcast.run(stage.on_round))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_a_stream_begins_with_the_state(stage: Stage) -> None:
    """The current rate of each kind, level and freshness; `retry` is within 5 to 15 s."""
    client = await stage.connect()
    assert client.events == ["state"]
    state = client.messages[0][2]
    assert state["current"]["fix"]["rate"] == "17.0297"
    assert state["current"]["settlement"] is None
    assert (state["level"], state["freshness"]["state"]) == ("healthy", "fresh")
    assert client.text.startswith("retry: 10000\n\n")


async def test_a_change_is_sent_once_with_its_place(stage: Stage) -> None:
    """One message a position, in the shape of `changes`; then the state that it makes."""
    client = await stage.connect()
    await stage.observe(DAY, "17.0300", revision=2)
    assert client.events == ["state", "change", "state"]
    assert client.messages[1][::2] == (
        "1-2",
        [
            {
                "kind": "fix",
                "date": "2024-01-02",
                "rate": "17.0300",
                "revision": 2,
                "recorded_at": "2024-01-02T18:00:02Z",
                "replaces": "17.0297",
            }
        ],
    )


async def test_requests_have_their_turn_while_many_are_told(fakes: Any) -> None:
    """A slice of the streams is told at a time; the others wait for a moment of their own."""
    stage = Stage(fakes, limit=2 * broadcast.SLICE)
    async with running(stage):
        await stage.observe(DAY, "17.0297")
        clients = [await stage.connect() for _ in range(2 * broadcast.SLICE)]
        await stage.observe(DAY, "17.0300", revision=2)
        told = sum("change" in client.events for client in clients)
        await stage.time.move(broadcast.PAUSE_SECONDS)
        all_told = sum("change" in client.events for client in clients)
    assert (told, all_told) == (broadcast.SLICE, 2 * broadcast.SLICE)


async def test_nothing_new_is_not_sent(stage: Stage) -> None:
    """A poll that changes nothing of what is said is no message."""
    client = await stage.connect()
    await stage.show()
    stage.record.poll()
    await stage.show()
    assert client.events == ["state"]


async def test_a_transition_sends_the_state_without_a_position(stage: Stage) -> None:
    """Past `fresh_until` nobody had to record anything; the level is said, too."""
    client = await stage.connect()
    await stage.time.move(25 * 60)
    assert client.events == ["state", "level", "state"]
    assert client.messages[1][2] == {"level": "degraded", "warnings": ["unverified"]}
    assert client.messages[2][2]["freshness"]["state"] == "unverified"


async def test_a_stream_begins_with_the_state_of_its_instant(stage: Stage) -> None:
    """Nobody listened at the transition: the state is not the one of before."""
    stage.time.seconds += 25 * 60
    client = await stage.connect()
    assert client.messages[0][2]["freshness"]["state"] == "unverified"


async def test_a_stream_that_begins_after_a_transition_takes_it_from_nobody(stage: Stage) -> None:
    """Those that were there before are told of it all the same."""
    before = await stage.connect()
    stage.time.seconds += 25 * 60
    await stage.connect()
    await stage.time.move(0.25)
    assert before.events == ["state", "level", "state"]


async def test_no_state_is_rendered_while_nobody_listens(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first stream has it rendered once; what is recorded meanwhile is kept all the same."""
    rendered: list[Any] = []

    def counted(snapshot: Any, now: Any) -> Any:
        rendered.append(snapshot)
        return state_of(snapshot, now)

    monkeypatch.setattr(broadcast, "state_of", counted)
    await stage.observe(DAY, "17.0300", revision=2)
    await stage.time.move(25 * 60)
    assert rendered == []
    client = await stage.connect(Position(1, 1))
    assert client.events == ["state", "change"]
    assert client.messages[0][2]["freshness"]["state"] == "unverified"
    await stage.connect()
    assert len(rendered) == 1


async def test_what_nobody_was_told_is_no_news(stage: Stage) -> None:
    """Who comes when all have left begins with the state as it is by then, and hears it once."""
    (await stage.connect()).reading.cancel()
    for stream in list(stage.broadcast._open):
        stream.close()
    await stage.observe(DAY, "17.0300", revision=2)
    client = await stage.connect()
    await stage.show()
    assert client.events == ["state"]
    assert client.messages[0][2]["current"]["fix"]["rate"] == "17.0300"


async def test_a_client_continues_after_its_last_change(stage: Stage) -> None:
    """What it missed follows the state, and nothing twice."""
    client = await stage.connect()
    await stage.observe(DAY, "17.0300", revision=2)
    client.reading.cancel()
    await stage.observe(DAY, "17.0400", revision=3)
    again = await stage.connect(client.last_id)
    await stage.observe(DAY, "17.0500", revision=4)
    assert again.events[:2] == ["state", "change"]
    assert [rate for _, rate in again.changes] == ["17.0400", "17.0500"]


async def test_another_worker_continues_a_stream(stage: Stage) -> None:
    """A worker that has loaded the record knows its last changes as the one that saw them."""
    await stage.observe(DAY, "17.0300", revision=2)
    await stage.observe(DAY, "17.0400", revision=3)
    other = stage.worker()
    other.on_snapshot(stage.record.snapshot)
    client = Client(other.open(Position(1, 2)))
    await settle()
    assert client.events == ["state", "change"]
    assert client.changes == [("2024-01-02", "17.0400")]


async def test_a_worker_that_is_behind_sends_nothing_twice(stage: Stage) -> None:
    """A client that has more than this worker is told only of what comes after."""
    client = await stage.connect(Position(1, 2))
    await stage.observe(DAY, "17.0300", revision=2)
    await stage.observe(DAY, "17.0400", revision=3)
    assert "reset" not in client.events
    assert client.changes == [("2024-01-02", "17.0400")]


@pytest.mark.parametrize(
    "last", [Position(0, 0), Position(7, 1), Position(1, 10**6)], ids=["no id", "other", "beyond"]
)
async def test_what_is_not_kept_resets(stage: Stage, last: Position) -> None:
    """An id that this record does not continue is answered with `reset` and the state."""
    client = await stage.connect(last)
    assert client.events == ["reset", "state"]
    assert client.messages[0][2] == {"reason": "not_kept"}
    await stage.observe(DAY, "17.0300", revision=2)
    assert client.changes == [("2024-01-02", "17.0300")]


async def test_the_last_256_changes_are_kept(stage: Stage) -> None:
    """The oldest one kept is the last that can be continued after."""
    for revision in range(2, MAX_KEPT + 2):
        await stage.observe(DAY, f"17.{revision:04}", revision=revision)
    assert (await stage.connect(Position(1, 1))).events == ["reset", "state"]
    assert len((await stage.connect(Position(1, 2))).changes) == MAX_KEPT - 1


async def test_what_is_kept_is_bounded_in_bytes(stage: Stage, fakes: Any) -> None:
    """However large changes are, no client is owed more at once than they may have together."""
    days = [date(1995, 1, 1) + timedelta(days=at) for at in range(MAX_ROWS)]
    for revision in range(1, 7):
        stage.record.observe(*(fakes.observation(day, revision=revision) for day in days))
        await stage.show()
    assert (await stage.connect(Position(1, 1))).messages[0][2] == {"reason": "not_kept"}
    continued = await stage.connect(Position(1, 6))
    assert continued.events == ["state", "change"]
    assert len(continued.text) < MAX_KEPT_BYTES + 4096


async def test_the_newest_change_is_kept_however_large() -> None:
    """A client that has it continues."""
    large = KeptChange(Position(1, 1), b"." * (MAX_KEPT_BYTES + 1), Position(1, 1))
    kept = KeptChanges([large])
    assert kept.reach(Position(1, 1))
    assert list(kept.after(Position(1, 1))) == []


async def test_what_was_missed_is_not_copied(stage: Stage) -> None:
    """All that continue after the same change are sent the same bytes."""
    await stage.observe(DAY, "17.0300", revision=2)
    streams = [stage.broadcast.open(Position(1, 1)) for _ in range(2)]
    parts = []
    for stream in streams:
        stream.close()
        parts.append([part async for part in stream.parts()])
    assert parts[0][1].startswith(b"id: 1-2\n")
    assert parts[0][1] is parts[1][1]


async def test_what_was_missed_does_not_count_as_waiting(stage: Stage) -> None:
    """A client that comes back after a hundred changes is not too slow for the next."""
    for revision in range(2, 100):
        await stage.observe(DAY, f"17.{revision:04}", revision=revision)
    stream = stage.broadcast.open(Position(1, 1))
    await stage.observe(DAY, "17.9999", revision=100)
    assert not stream.closed
    assert len((await _read(stream)).changes) == 99


async def test_a_cut_stream_sends_nothing_more(stage: Stage) -> None:
    """Not what was missed either."""
    stream = stage.broadcast.open(Position(1, 1))
    stream.cut()
    assert (await _read(stream)).text == ""


async def _read(stream: Subscription) -> Client:
    client = Client(stream)
    await settle()
    return client


async def test_a_new_timeline_resets_all(stage: Stage) -> None:
    """After a restore no id of before continues."""
    client = await stage.connect()
    stage.record.change_timeline()
    await stage.show()
    assert client.events == ["state", "reset", "state"]
    assert client.messages[1][2] == {"reason": "restored"}
    assert (await stage.connect(Position(1, 1))).events == ["reset", "state"]
    await stage.observe(DAY, "17.0300", revision=2)
    assert client.last_id == Position(2, 3)


async def test_a_worker_that_goes_back_resets_all(stage: Stage) -> None:
    """What was taken unverified was more than the record has: it is not continued."""
    client = await stage.connect()
    await stage.observe(DAY, "99.0000", revision=2)
    stage.record.restore(1)
    await stage.show()
    assert client.events[-2:] == ["reset", "state"]
    assert client.messages[-2][2] == {"reason": "restored"}
    await stage.observe(DAY, "17.0300", revision=2)
    assert client.changes[-1] == ("2024-01-02", "17.0300")
    assert (await stage.connect(Position(1, 1))).changes == [("2024-01-02", "17.0300")]


async def test_a_stream_that_continued_is_told_of_all_that_comes_after_a_reset(
    stage: Stage,
) -> None:
    """The place that its client had named is of what is no more."""
    await stage.observe(DAY, "99.0000", revision=2)
    client = await stage.connect(Position(1, 2))
    stage.record.restore(1)
    await stage.show()
    await stage.observe(DAY, "17.0300", revision=2)
    assert client.changes == [("2024-01-02", "17.0300")]


@pytest.mark.parametrize("polls", [0, 1], ids=["at the same head", "at a later head"])
async def test_other_rows_in_the_place_of_what_was_sent_reset_all(stage: Stage, polls: int) -> None:
    """The record has another value where the worker had one: what is kept is the record's."""
    client = await stage.connect()
    await stage.observe(DAY, "99.0000", revision=2)
    stage.record.restore(1)
    stage.record.observe(stage.observation(DAY, "17.0300", revision=2))
    for _ in range(polls):
        stage.record.poll()
    await stage.show()
    assert client.events[-2:] == ["reset", "state"]
    assert (await stage.connect(Position(1, 1))).changes == [("2024-01-02", "17.0300")]


async def test_rows_that_were_withheld_reset_all(stage: Stage) -> None:
    """More rows at the head that was sent have no place after it."""
    await stage.observe(DAY, "17.0300", revision=2)
    state = stage.record.states[-1]
    withheld = dataclasses.replace(state, observations=state.observations[:1])
    other = stage.worker()
    stage.record.states[-1] = withheld
    other.on_snapshot(stage.record.snapshot)
    client = Client(other.open(None))
    stage.record.states[-1] = state
    other.on_snapshot(stage.record.snapshot)
    task = asyncio.ensure_future(other.run(stage.on_round))
    await settle()
    task.cancel()
    await settle()
    assert client.events == ["state", "reset", "state"]


async def test_what_is_loaded_anew_and_the_same_resets_nothing(stage: Stage) -> None:
    """Also where the rows say other positions than those of the events before."""
    client = await stage.connect()
    stage.record.poll()
    stage.displace(0)
    await stage.show()
    assert client.events == ["state"]


@pytest.mark.parametrize("position", [0, 1], ids=["none", "the migration's"])
async def test_a_change_without_a_position_of_its_own_has_the_heads(
    stage: Stage, position: int
) -> None:
    """A rates-sync that knows no positions records: nothing is lost or doubled by its id."""
    client = await stage.connect(Position(1, 1))
    await stage.observe_displaced("17.0300", 2, position)
    assert client.last_id == Position(1, 2)
    await stage.observe_displaced("17.0400", 3, position)
    assert [rate for _, rate in client.changes] == ["17.0300", "17.0400"]
    assert (await stage.connect(Position(1, 2))).changes == [("2024-01-02", "17.0400")]
    assert "reset" not in (await stage.connect(Position(1, 1))).events


async def test_who_may_have_a_part_of_a_change_reads_anew(stage: Stage) -> None:
    """A worker that told of two recordings apart is left for one that loads three at once."""
    client = await stage.connect(Position(1, 3))
    for revision in (2, 3, 4):
        stage.record.observe(stage.observation(DAY, f"17.0{revision}00", revision=revision))
        stage.displace(0)
    await stage.show()
    assert client.events[:3] == ["state", "reset", "state"]
    assert client.changes == []
    await stage.observe(DAY, "17.0500", revision=5)
    assert [rate for _, rate in client.changes] == ["17.0500"]


async def test_positions_of_changes_rise(stage: Stage) -> None:
    """What comes after a change that has the head's position is told with it, and not before it."""
    stage.record.observe(stage.observation(DAY, "17.0300", revision=2))
    stage.displace(0)
    client = await stage.connect()
    stage.record.observe(stage.observation(DAY, "17.0400", revision=3))
    stage.record.poll()
    await stage.show()
    assert client.last_id == Position(1, 4)
    assert [rate for _, rate in client.changes] == ["17.0300", "17.0400"]
    assert (await stage.connect(client.last_id)).changes == []


@pytest.mark.parametrize(("last", "begins"), [(1, "state"), (2, "reset"), (3, "state")])
async def test_what_others_may_have_told_in_parts_is_not_continued(
    stage: Stage, last: int, begins: str
) -> None:
    """Two changes without positions, met at once, are one: a client that has one of them resets."""
    stage.record.observe(stage.observation(DAY, "17.0300", revision=2))
    stage.displace(0)
    await stage.observe_displaced("17.0400", 3, 0)
    assert (await stage.connect(Position(1, last))).events[0] == begins


@pytest.mark.parametrize("displaced", [[2, 3], [3]], ids=["since the migration", "in between"])
async def test_a_worker_that_has_just_started_continues_no_false_position(
    stage: Stage, displaced: list[int]
) -> None:
    """It can't tell in which place rows of an older rates-sync were announced."""
    for revision in (2, 3, 4):
        stage.record.observe(stage.observation(DAY, f"17.{revision:04}", revision=revision))
        if revision in displaced:
            stage.displace(1)
    other = stage.worker()
    other.on_snapshot(stage.record.snapshot)
    client = Client(other.open(Position(1, 2)))
    await settle()
    assert client.events[0] == "reset"
    assert not other.open(Position(1, 4)).closed


async def test_a_backfill_is_read_anew(stage: Stage, fakes: Any) -> None:
    """More than a message can hold is no message, for those that connect again later either."""
    client = await stage.connect()
    days = [date(1995, 1, 1) + timedelta(days=at) for at in range(1001)]
    stage.record.backfill(*(fakes.observation(day) for day in days))
    await stage.show()
    assert client.events == ["state", "reset", "state"]
    assert (await stage.connect(Position(1, 1))).events == ["reset", "state"]


async def test_both_series_of_a_recording_are_one_change(stage: Stage, fakes: Any) -> None:
    """A message holds all that was recorded at its position."""
    client = await stage.connect()
    stage.record.observe(
        fakes.observation(date(2024, 1, 3)),
        fakes.observation(date(2024, 1, 4), series=SETTLEMENT),
    )
    await stage.show()
    assert client.events[:2] == ["state", "change"]
    assert [row["kind"] for row in client.messages[1][2]] == ["fix", "settlement"]


async def test_comments_keep_a_silent_stream_alive(stage: Stage) -> None:
    """One every 15 s."""
    client = await stage.connect()
    await stage.time.move(61)
    assert client.text.count(":\n\n") == 4


async def test_a_stream_ends_after_about_an_hour(fakes: Any) -> None:
    """60 min give or take a tenth, each its own, so that they don't all come back at once."""
    lives = []
    for chance in (0.0, 0.5, 1.0):
        stage = Stage(fakes)
        await stage.observe(DAY, "17.0297")
        timing = Timing(
            stage.time.clock, stage.time.monotonic, stage.time.sleep, iter([chance] * 2).__next__
        )
        worker = Broadcast(
            1,
            timing,
            is_draining=lambda: False,
            on_count=lambda _: None,
            on_refused=lambda: None,
        )
        worker.on_snapshot(stage.record.snapshot)
        lives.append(round(worker.open(None).ends_at / 60))
    assert lives == [54, 60, 66]


async def test_a_stream_that_has_lived_its_time_is_closed(stage: Stage) -> None:
    """It leaves its place to another."""
    client = await stage.connect()
    stage.time.seconds += 3600
    await stage.time.move(0.25)
    assert client.ended
    assert stage.counts[-1] == 0


async def test_all_end_within_a_second_of_the_drain(stage: Stage) -> None:
    """Also one whose client reads nothing; and no other begins."""
    client = await stage.connect()
    cuts: list[bool] = []
    stage.broadcast.open(None).call_on_cut(lambda: cuts.append(True))
    stage.draining = True
    await stage.time.move(1)
    assert client.ended
    assert (len(stage.broadcast), cuts) == (0, [True])
    with pytest.raises(Refused):
        stage.broadcast.open(None)


async def test_too_many_streams_are_refused(stage: Stage) -> None:
    """The limit is the worker's; `Retry-After` scatters those that come back."""
    for _ in range(3):
        await stage.connect()
    with pytest.raises(Refused) as caught:
        stage.broadcast.open(None)
    assert (caught.value.code, caught.value.retry_after) == ("too-many-streams", 60)
    assert (stage.refused, stage.counts) == (1, [1, 2, 3])


async def test_a_closed_stream_makes_room(stage: Stage) -> None:
    """A client that leaves is counted no more."""
    streams = [stage.broadcast.open(None) for _ in range(3)]
    streams[0].close()
    streams[0].close()
    assert len(stage.broadcast) == 2
    await stage.connect()
    assert len(stage.broadcast) == 3


async def test_a_slow_reader_is_cut_off(stage: Stage) -> None:
    """What waits for it is bounded; it continues by its last id where it likes."""
    cuts: list[bool] = []
    stage.broadcast.open(None).call_on_cut(lambda: cuts.append(True))
    reader = await stage.connect()
    for revision in range(2, MAX_WAITING + 3):
        await stage.observe(DAY, f"17.{revision:04}", revision=revision)
    assert cuts == [True]
    assert len(stage.broadcast) == 1
    assert len(reader.changes) == MAX_WAITING + 1


async def test_without_data_there_is_no_stream(fakes: Any) -> None:
    """A worker that warms up refuses, as for every answer from the record."""
    with pytest.raises(Refused) as caught:
        Stage(fakes).broadcast.open(None)
    assert caught.value.code == "no-data"


class Follower:
    """A client that reads the record, follows it by streams, and is cut off again and again."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.last: Position | None = None
        self._known: list[str] = []
        self._client: Client | None = None

    def connect(self, worker: Broadcast, known: Any) -> None:
        """Open a stream at a worker that knows a snapshot."""
        self._known = [str(row.value) for row in known.fix.revisions(DAY)]
        self._client = Client(worker.open(self.last))

    def leave(self, worker: Broadcast) -> None:
        """Be cut off; after a reset, or at first, what the worker knew was read anew."""
        assert self._client is not None
        if self.last is None or "reset" in self._client.events:
            self.read = self._known
        self.read = [*self.read, *(rate for _, rate in self._client.changes)]
        self.last = self._client.last_id or self.last
        self._client.reading.cancel()
        for stream in list(worker._open):
            stream.close()


async def test_reconnects_lose_and_double_nothing(fakes: Any) -> None:
    """200 forced reconnects to workers of which one may be late, a new timeline amid them."""
    chance, stage, follower = random.Random(15), Stage(fakes), Follower()
    stages = [stage, Stage(fakes)]
    tasks = [asyncio.ensure_future(each.broadcast.run(each.on_round)) for each in stages]
    stage.record.observe(fakes.observation(DAY, "17.0001"))
    known = [stage.record.snapshot] * 2
    for turn in range(200):
        if turn == 100:
            stage.record.change_timeline()
        at = chance.randrange(2)
        await _show(stages, known, stage.record.snapshot, [at] if chance.random() < 0.5 else [0, 1])
        follower.connect(stages[at].broadcast, known[at])
        for revision in (2 * turn + 2, 2 * turn + 3):
            rate = f"17.{revision:04}"
            stage.record.observe(fakes.observation(DAY, rate, revision=revision))
            late = [1 - at] if chance.random() < 0.5 else []
            early = [at] if chance.random() < 0.7 else []
            await _show(stages, known, stage.record.snapshot, early + late)
        follower.leave(stages[at].broadcast)
    await _show(stages, known, stage.record.snapshot, [0, 1])
    follower.connect(stage.broadcast, known[0])
    await settle()
    follower.leave(stage.broadcast)
    assert follower.read == [f"17.{revision:04}" for revision in range(1, 402)]
    for task in tasks:
        task.cancel()
    await asyncio.wait(set(tasks))


async def _show(stages: list[Stage], known: list[Any], snapshot: Any, which: list[int]) -> None:
    """Have some of the workers know a snapshot."""
    for at in which:
        known[at] = snapshot
        stages[at].broadcast.on_snapshot(snapshot)
    await settle()


def test_a_reader_takes_what_waits_as_one_part() -> None:
    """The beginning leaves in one piece."""
    stream = Subscription(
        (b"a", b"b"), Position(0, 0), comment_at=0, ends_at=0, on_close=lambda _: None
    )
    stream.close()

    async def parts() -> list[bytes]:
        return [part async for part in stream.parts()]

    assert asyncio.run(parts()) == [b"ab"]
