"""The XREAD loop: what it does with entries, with a Redis that is away, and with reloads."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import date
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from rates_api.consume.reader import ReaderPauses, StreamReader
from rates_api.consume.stream import StreamEntry
from rates_api.dependencies import DependencyMonitor
from rates_api.snapshot.current import CurrentSnapshot
from rates_api.snapshot.snapshot import Snapshot
from rates_api.snapshot.sources import SnapshotSources
from rates_contracts.events import Event, Position, encode_event, stored_event
from rates_contracts.stream import entry_fields

Make = Callable[..., Any]


@pytest.fixture(scope="session")
def make(fakes: ModuleType) -> Make:
    """Give a maker of workers with a record, a Redis and a database in memory."""

    def make(**seams: Any) -> Any:
        record = fakes.Record()
        redis, database = fakes.Redis(record), fakes.Database(record)
        primary = fakes.Database(record, "database_primary")
        found = SimpleNamespace(
            record=record,
            redis=redis,
            database=database,
            primary=primary,
            current=CurrentSnapshot(lambda _: None),
            counted=[],
            loaded=[],
            refused=[],
            waits=[],
        )

        async def waited(kind: str) -> None:
            found.waits.append(kind)
            await seams.get(kind, _nothing)()

        found.sources = SnapshotSources(
            [redis.source(), database, primary],
            on_loaded=lambda source, reason: found.loaded.append((source, reason)),
            on_refused=lambda source, _: found.refused.append(source),
        )
        found.dependency = DependencyMonitor("redis", lambda _: None)
        found.reader = StreamReader(
            redis,
            found.current,
            found.sources,
            found.dependency,
            on_entry=found.counted.append,
            pauses=ReaderPauses(pause=lambda: waited("pause"), spread=lambda: waited("spread")),
            span=lambda *_: nullcontext(),
        )
        return found

    return make


async def _nothing() -> None:
    return None


def _no_round() -> None:
    return None


@pytest.fixture
def worker(make: Make, fakes: ModuleType) -> Any:
    """Give a worker that stands at the record's first event, fed by Redis."""
    worker = make()
    worker.record.observe(fakes.observation(date(2024, 1, 2)))
    worker.redis.relay()
    worker.current.replace(worker.record.snapshot.with_feed("redis"))
    return worker


async def test_events_reach_the_snapshot(worker: Any, fakes: ModuleType) -> None:
    """What is relayed is in the snapshot after one read, and counted."""
    worker.record.observe(fakes.observation(date(2024, 1, 3)))
    worker.record.poll(breaker="open")
    worker.redis.relay()

    await worker.reader.step()

    assert worker.current.snapshot == worker.record.snapshot.with_feed("redis")
    assert worker.counted == ["applied", "applied"]
    assert worker.dependency.state == "healthy"


async def test_what_was_relayed_before_the_first_read_is_read(worker: Any) -> None:
    """Protocol rule 12: reading starts at the snapshot's position, never at `$`."""
    for _ in range(3):
        worker.record.poll()
    worker.redis.relay()

    await worker.reader.step()

    assert worker.current.snapshot.head == worker.record.state.head
    assert worker.loaded == []


async def test_a_gap_reloads_from_the_documents(worker: Any) -> None:
    """Protocol rule 13: a missed event is a reload with jitter, from Redis where it fits."""
    worker.record.poll()
    last = worker.record.poll()
    worker.redis.relay(last)

    await worker.reader.step()

    assert worker.current.snapshot == worker.record.snapshot.with_feed("redis")
    assert worker.loaded == [("documents", "gap")]
    assert worker.waits == ["spread"]
    assert worker.counted == ["gap"]


async def test_the_old_snapshot_serves_while_a_reload_runs(make: Make, fakes: ModuleType) -> None:
    """Protocol rule 13: until the new snapshot is there the old one answers, unchanged."""
    seen: list[Snapshot | None] = []

    worker: Any = None

    async def look() -> None:
        seen.append(worker.current.snapshot)

    worker = make(spread=look)
    worker.record.poll()
    worker.current.replace(old := worker.record.snapshot.with_feed("redis"))
    worker.record.backfill(fakes.observation(date(2024, 1, 2)))
    worker.redis.relay()

    await worker.reader.step()

    assert seen == [old]
    assert worker.current.snapshot.head == worker.record.state.head


async def test_a_reload_that_does_not_reach_the_event_does_not_count(
    worker: Any, fakes: ModuleType
) -> None:
    """Protocol rule 13: documents and a replica that lag are passed over for the next source."""
    behind = worker.record.snapshot
    worker.redis.held = worker.record.documents()
    worker.database.lags_at = behind
    event = worker.record.backfill(fakes.observation(date(2024, 1, 3)))
    worker.redis.entries = [fakes.entry(event)]

    await worker.reader.step()

    assert worker.current.snapshot == worker.record.snapshot.with_feed("redis")
    assert worker.loaded == [("database_primary", "history_reload")]


async def test_a_reload_that_no_source_can_give_is_tried_again(worker: Any) -> None:
    """Protocol rule 13: without a source the old snapshot serves, degraded, until one answers."""
    old = worker.current.snapshot
    worker.record.poll()
    worker.redis.relay(worker.record.poll())
    worker.redis.held = (None, None, None)
    worker.database.away = worker.primary.away = True

    await worker.reader.step()
    assert worker.current.snapshot == old.with_feed("database")
    assert worker.waits == ["spread", "pause"]

    worker.database.away = False
    await worker.reader.step()
    assert worker.current.snapshot == worker.record.snapshot.with_feed("redis")


def _of_a_later_version(event: Event) -> StreamEntry:
    """Return its entry with a type that this version does not know; the envelope never changes."""
    fields = entry_fields(stored_event(encode_event(event)))
    known = type(event).__struct_config__.tag
    unknown = fields[b"event"].replace(str(known).encode(), b"unheard_of.v9")
    return StreamEntry(event.at, {**fields, b"event": unknown})


FOREIGN: list[tuple[str, dict[bytes, bytes]]] = [
    ("18446744073709551614-1", {b"a": b"b"}),
    ("1-9", {b"event": b"not an event", b"event_id": b"x"}),
    ("1-9", {}),
]


@pytest.mark.parametrize(("entry_id", "fields"), FOREIGN)
async def test_a_foreign_entry_makes_the_worker_follow_the_record(
    worker: Any, entry_id: str, fields: dict[bytes, bytes]
) -> None:
    """Rule 38: no reload could ever reach it; the snapshot stays, the stream is doubted."""
    old = worker.current.snapshot
    worker.redis.entries = [StreamEntry(Position.of_stream_id(entry_id), fields)]

    await worker.reader.step()

    assert worker.current.snapshot == old.with_feed("database")
    assert (worker.loaded, worker.counted, worker.waits) == ([], ["foreign"], ["pause"])


async def test_an_event_at_another_place_is_foreign(worker: Any) -> None:
    """Rule 38: a copy of an event proves nothing about what came after it."""
    event = worker.record.poll()
    fields = entry_fields(stored_event(encode_event(event)))
    worker.redis.entries = [StreamEntry(Position(1, 77), fields)]

    await worker.reader.step()

    assert worker.counted == ["foreign"]


async def test_an_undecodable_event_is_a_reload_that_covers_it(worker: Any) -> None:
    """Protocol rule 13: what a later version wrote is loaded instead of read."""
    event = worker.record.poll()
    worker.redis.relay()
    worker.redis.entries = [_of_a_later_version(event)]

    await worker.reader.step()

    assert worker.current.snapshot.head == event.head
    assert worker.loaded == [("documents", "undecodable")]


async def test_many_undecodable_events_are_one_reload_and_the_stream_is_followed_on(
    worker: Any,
) -> None:
    """Protocol rule 13: what the load covers is passed over, what comes after is applied."""
    events = [worker.record.poll() for _ in range(3)]
    worker.redis.relay()
    worker.redis.entries = [_of_a_later_version(event) for event in events]

    await worker.reader.step()
    await worker.reader.step()
    worker.redis.relay(worker.record.poll(breaker="open"))
    worker.redis.held = (None, None, None)
    await worker.reader.step()

    assert worker.current.snapshot == worker.record.snapshot.with_feed("redis")
    assert worker.counted == ["undecodable", "applied"]
    assert worker.loaded == [("documents", "undecodable")]


async def test_a_new_timeline_is_followed(worker: Any, fakes: ModuleType) -> None:
    """Protocol rules 9 and 13: a restored record brings its workers back with it."""
    worker.record.observe(fakes.observation(date(2024, 1, 3), "99.0000"))
    worker.redis.relay()
    await worker.reader.step()
    worker.record.restore(1)
    worker.record.change_timeline()
    worker.record.observe(fakes.observation(date(2024, 1, 3), "17.0000"))
    worker.redis.relay()

    await worker.reader.step()
    await worker.reader.step()

    assert worker.current.snapshot == worker.record.snapshot.with_feed("redis")
    assert worker.current.snapshot.head.timeline == 2


async def test_a_stream_refilled_on_the_same_timeline_is_not_noticed(worker: Any) -> None:
    """Protocol rule 8: after a flush and a refill the worker reads on, without a reload."""
    worker.redis.entries = []
    await worker.reader.step()
    worker.redis.relay()
    await worker.reader.step()
    worker.record.poll()
    worker.redis.relay()

    await worker.reader.step()

    assert worker.current.snapshot == worker.record.snapshot.with_feed("redis")
    assert worker.loaded == []


async def test_redis_away_makes_the_database_the_feed(worker: Any) -> None:
    """Protocol rule 15: without XREAD the worker is fed by the database, at once."""
    worker.redis.away = True

    await worker.reader.step()

    assert worker.current.snapshot.feed == "database"
    assert worker.dependency.state == "unhealthy"
    assert worker.waits == ["pause"]


async def test_redis_back_is_the_feed_again(worker: Any) -> None:
    """Protocol rule 15: with XREAD alive and the stream at our position, Redis feeds again."""
    worker.redis.away = True
    await worker.reader.step()
    worker.redis.away = False

    await worker.reader.step()

    assert worker.current.snapshot.feed == "redis"
    assert worker.dependency.state == "healthy"


async def test_redis_back_empty_is_no_feed(worker: Any) -> None:
    """A Redis that came back empty leaves the snapshot; it feeds once it is refilled."""
    old = worker.current.snapshot
    worker.redis.away = True
    await worker.reader.step()
    worker.redis.away, entries, worker.redis.entries = False, worker.redis.entries, []

    await worker.reader.step()
    assert worker.current.snapshot == old.with_feed("database")

    worker.redis.entries = entries
    await worker.reader.step()
    assert worker.current.snapshot == old
    assert worker.loaded == []


async def test_a_stream_that_lags_behind_us_is_no_feed_until_it_caught_up(worker: Any) -> None:
    """Protocol rule 15: loaded from the database, the feed is Redis when the stream is there."""
    worker.record.poll()
    worker.record.poll()
    worker.current.replace(worker.record.snapshot)

    await worker.reader.step()
    assert worker.current.snapshot.feed == "database"

    worker.redis.relay(*worker.record.outbox[:2])
    await worker.reader.step()
    assert worker.current.snapshot.feed == "database"

    worker.redis.relay()
    await worker.reader.step()
    assert worker.current.snapshot.feed == "redis"


async def test_the_same_position_of_another_history_is_no_feed(worker: Any) -> None:
    """Protocol rule 15: a stream that ends at our position with another event is not ours."""
    entry = worker.redis.entries[-1]
    worker.redis.entries = [StreamEntry(entry.at, {**entry.fields, b"event_id": b"another"})]
    worker.current.set_feed("database")

    await worker.reader.step()

    assert worker.current.snapshot.feed == "database"


async def test_a_snapshot_replaced_during_the_spread_is_left_alone(
    make: Make, fakes: ModuleType
) -> None:
    """Where the head monitor was faster, the reader reads on from what it loaded."""

    worker: Any = None

    async def watch() -> None:
        worker.current.replace(worker.record.snapshot)

    worker = make(spread=watch)
    worker.record.poll()
    worker.current.replace(worker.record.snapshot)
    worker.record.backfill(fakes.observation(date(2024, 1, 2)))
    worker.redis.relay()

    await worker.reader.step()

    assert worker.loaded == []
    assert worker.current.snapshot.head == worker.record.state.head


async def test_another_feed_during_the_spread_is_no_other_snapshot(
    make: Make, fakes: ModuleType
) -> None:
    """A feed that changes while a reload waits leaves the reload to be done."""

    worker: Any = None

    async def lose_feed() -> None:
        worker.current.set_feed("database")

    worker = make(spread=lose_feed)
    worker.record.poll()
    worker.current.replace(worker.record.snapshot.with_feed("redis"))
    worker.record.backfill(fakes.observation(date(2024, 1, 2)))
    worker.redis.relay()

    await worker.reader.step()

    assert worker.current.snapshot.head == worker.record.state.head
    assert worker.counted == ["history_reload"]


async def test_the_warm_up_prefers_the_documents(make: Make) -> None:
    """Protocol rule 12: manifest and documents from Redis, and Redis is the feed at once."""
    worker = make()
    worker.record.poll()
    worker.redis.relay()

    await worker.reader.warm_up(_no_round)

    assert worker.loaded == [("documents", "warm_up")]
    assert worker.current.snapshot == worker.record.snapshot.with_feed("redis")


@pytest.mark.parametrize("redis_away", [True, False])
async def test_the_warm_up_falls_back_to_the_database(make: Make, redis_away: bool) -> None:
    """Protocol rule 12: with Redis away or empty the record itself warms up."""
    worker = make()
    worker.record.poll()
    worker.redis.away = redis_away

    await worker.reader.warm_up(_no_round)

    assert worker.loaded == [("database", "warm_up")]
    assert worker.current.snapshot == worker.record.snapshot


async def test_the_warm_up_goes_on_until_a_source_answers(make: Make) -> None:
    """With both sources gone it asks both again after each pause, and recovers by itself."""
    rounds: list[int] = []

    async def pause() -> None:
        found.database.away = len(rounds) < 2

    worker = found = make(pause=pause)
    worker.record.poll()
    worker.redis.away = worker.database.away = worker.primary.away = True

    await worker.reader.warm_up(lambda: rounds.append(1))

    assert len(rounds) == 3
    assert worker.waits == ["pause"] * 3
    assert worker.current.snapshot == worker.record.snapshot


def test_the_current_snapshot_knows_where_the_worker_has_been(make: Make) -> None:
    """Events are remembered one by one, a load forgets how the worker got elsewhere."""
    record = make().record
    record.poll()
    first = record.snapshot
    record.poll()
    current = CurrentSnapshot(lambda _: None)
    current.replace(first)
    current.advance(record.snapshot)

    assert current.knows_head(first.head)
    current.replace(record.snapshot)
    assert not current.knows_head(first.head)
    assert current.knows_head(record.state.head)


def test_every_new_snapshot_starts_with_an_empty_cache(make: Make) -> None:
    """Protocol rule 16: what is made of a snapshot is never served from the next."""
    record = make().record
    record.poll()
    current = CurrentSnapshot(lambda snapshot: [snapshot])
    caches = [current.cache]
    changes: list[Callable[[], None]] = [
        lambda: current.replace(record.snapshot),
        lambda: current.set_feed("redis"),
        lambda: current.advance(record.snapshot),
    ]
    for change in changes:
        change()
        assert current.cache == [current.snapshot]
        assert all(current.cache is not cache for cache in caches)
        caches.append(current.cache)

    current.set_feed(record.snapshot.feed)
    assert current.cache is caches[-1]


actions = st.lists(
    st.one_of(
        st.tuples(st.just("observe"), st.integers(1, 28), st.integers(1, 3)),
        st.tuples(st.just("poll"), st.just(0), st.just(0)),
        st.tuples(st.just("plan"), st.integers(1, 28), st.just(0)),
        st.tuples(st.just("backfill"), st.integers(1, 28), st.integers(1, 3)),
        st.tuples(st.just("close"), st.integers(1, 28), st.just(0)),
        st.tuples(st.just("timeline"), st.just(0), st.just(0)),
    ),
    min_size=1,
    max_size=12,
)


def act(record: Any, fakes: ModuleType, action: tuple[str, int, int]) -> None:
    """Let the record live through one action."""
    kind, day, revision = action
    on = date(2024, 2, day or 1)
    match kind:
        case "observe" | "backfill":
            known = {(row.date, row.revision) for row in record.state.observations}
            new = [] if (on, revision) in known else [fakes.observation(on, revision=revision)]
            getattr(record, kind)(*new)
        case "poll":
            record.poll(breaker="open")
        case "plan":
            record.plan(fakes.average(fakes.START, f"17.{day:06}"))
        case "close":
            record.close(on)
        case _:
            record.change_timeline()


@given(actions=actions, chance=st.randoms(use_true_random=False), documents=st.booleans())
async def test_any_order_repetition_or_loss_ends_at_the_record(
    make: Make, fakes: ModuleType, actions: list[Any], chance: Any, documents: bool
) -> None:
    """Protocol rules 12, 13: whatever the stream does to events, the end is the record."""
    worker = make()
    worker.record.poll()
    worker.redis.relay()
    worker.current.replace(worker.record.snapshot)
    for action in actions:
        act(worker.record, fakes, action)
        events = chance.choices(worker.record.outbox, k=chance.randint(1, 6))
        worker.redis.relay(*events)
        if not documents:
            worker.redis.held = (None, None, None)
        await worker.reader.step()

    # The last event comes through at last, alone.
    worker.redis.relay(worker.record.outbox[-1])
    for _ in range(3):
        await worker.reader.step()

    assert worker.current.snapshot == worker.record.snapshot.with_feed("redis")
    assert worker.current.snapshot.head.at >= Position(1, 1)


def test_a_dependency_tells_its_gauge() -> None:
    """A dependency is neither good nor bad before it was asked, then as it last answered."""
    from prometheus_client import Gauge

    registry = CollectorRegistry()
    dependency = DependencyMonitor("redis", Gauge("up", "Up.", registry=registry).set)

    assert (dependency.state, registry.get_sample_value("up")) == ("degraded", 0)
    dependency.answered()
    assert (dependency.state, registry.get_sample_value("up")) == ("healthy", 1)
    dependency.failed(OSError("refused"))
    assert (dependency.state, registry.get_sample_value("up")) == ("unhealthy", 0)


async def test_an_unsigned_entry_moves_no_answer(worker: Any, fakes: ModuleType) -> None:
    """Protocol rule 45: it is counted, and the record is followed until it is gone."""
    before = worker.current.snapshot
    worker.record.observe(fakes.observation(date(2024, 1, 3), "99.9999"))
    worker.redis.relay()
    worker.redis.entries[-1] = worker.redis.entries[-1]._replace(verified=False)

    await worker.reader.step()

    assert worker.current.snapshot.fix == before.fix
    assert worker.current.snapshot.feed == "database"
    assert worker.counted == ["unverified"]
    assert worker.waits == ["pause"]


async def test_what_was_loaded_before_keys_were_known_is_loaded_anew(
    worker: Any, fakes: ModuleType
) -> None:
    """Protocol rule 45: a forged snapshot goes, however far ahead it claims to be."""
    forged = fakes.Record()
    for day in range(2, 9):
        forged.observe(fakes.observation(date(2024, 1, day), "99.9999"))
    worker.current.replace(forged.snapshot)
    worker.redis.held = (None, None, None)
    worker.reader.distrust()

    await worker.reader.step()

    assert worker.current.snapshot.fix == worker.record.snapshot.fix
    assert worker.loaded == [("database", "unverified")]
    await worker.reader.step()
    assert worker.loaded == [("database", "unverified")]


async def test_what_is_loaded_anew_is_no_older_than_what_was_answered(
    worker: Any, fakes: ModuleType
) -> None:
    """Protocol rules 13 and 45: documents that lag are passed over."""
    worker.redis.relay()
    worker.record.observe(fakes.observation(date(2024, 1, 3)))
    worker.current.replace(worker.record.snapshot.with_feed("redis"))
    worker.reader.distrust()

    await worker.reader.step()

    assert worker.current.snapshot.head == worker.record.state.head
    assert worker.loaded == [("database", "unverified")]


async def test_a_record_that_is_away_leaves_a_worker_where_it_stands(
    worker: Any, fakes: ModuleType
) -> None:
    """Nobody says yet that the head is forged: documents that lag don't take its place."""
    worker.redis.relay()
    worker.record.observe(fakes.observation(date(2024, 1, 3)))
    worker.current.replace(worker.record.snapshot.with_feed("redis"))
    worker.database.away = worker.primary.away = True
    worker.reader.distrust()

    await worker.reader.step()

    assert worker.current.snapshot.head == worker.record.state.head
    assert worker.loaded == []
