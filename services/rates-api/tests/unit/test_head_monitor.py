"""The head monitor: when the record is ahead, elsewhere, lagging or away."""

import itertools
from datetime import date, timedelta
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from rates_api.consume.head_monitor import ClockCheck, HeadMonitor, MonitorPauses
from rates_api.consume.restore_check import RestoreCheck
from rates_api.dependencies import DependencyMonitor
from rates_api.errors import SourceUnavailable
from rates_api.snapshot.current import CurrentSnapshot
from rates_api.snapshot.sources import SnapshotSources


@pytest.fixture
def worker(fakes: ModuleType) -> Any:
    """Give a worker at the record's first event, fed by Redis, with its monitor."""
    record = fakes.Record()
    record.observe(fakes.observation(date(2024, 1, 2)))
    database = fakes.Database(record)
    found = SimpleNamespace(
        record=record, database=database, loaded=[], refused=[], graces=0, offsets=[]
    )
    found.slept = []
    found.during_sleep = lambda: None
    found.clock = itertools.repeat(fakes.START)
    found.during_grace = lambda: None
    found.current = CurrentSnapshot(lambda _: None)
    found.current.replace(record.snapshot.with_feed("redis"))
    found.dependency = DependencyMonitor("database", lambda _: None)

    async def grace() -> None:
        found.graces += 1
        found.during_grace()

    async def sleep(seconds: float) -> None:
        found.slept.append(seconds)
        found.during_sleep()

    def on_loaded(source: str, reason: str) -> None:
        found.loaded.append((source, reason))

    def on_refused(source: str, _: SourceUnavailable) -> None:
        found.refused.append(source)

    def monitor(writer: Any) -> HeadMonitor:
        return HeadMonitor(
            database,
            found.current,
            SnapshotSources([database], on_loaded=on_loaded, on_refused=on_refused),
            found.dependency,
            RestoreCheck(
                writer,
                found.redis,
                found.current,
                grace=grace,
                on_loaded=on_loaded,
                on_refused=on_refused,
            ),
            clocks=ClockCheck(lambda: next(found.clock), database.clock, found.offsets.append),
            pauses=MonitorPauses(lambda: 5.0, lambda: 2.0, sleep, 5.0),
        )

    found.redis = fakes.Redis(record)
    found.writer = fakes.Database(record, "writer")
    found.monitor, found.without_writer = monitor(found.writer), monitor(None)
    return found


async def test_a_worker_at_the_head_is_left_alone(worker: Any) -> None:
    """Protocol rule 14: one row is read, nothing is loaded, no grace is spent."""
    await worker.monitor.check()

    assert (worker.loaded, worker.slept) == ([], [])
    assert worker.dependency.state == "healthy"
    assert worker.current.snapshot.feed == "redis"


async def test_a_record_that_stays_ahead_is_loaded(worker: Any, fakes: ModuleType) -> None:
    """Protocol rule 14: a stream that stays silent for the grace leaves the database as feed."""
    worker.record.observe(fakes.observation(date(2024, 1, 3)))

    await worker.monitor.check()

    assert worker.current.snapshot == worker.record.snapshot
    assert worker.current.snapshot.feed == "database"
    assert worker.loaded == [("database", "record_ahead")]


async def test_a_stream_that_follows_within_the_grace_is_enough(worker: Any) -> None:
    """Protocol rule 14: an event on its way is no reason to load."""
    worker.record.poll()
    behind = worker.record.snapshot

    def follow() -> None:
        worker.current.advance(behind)
        worker.record.poll()

    worker.during_sleep = follow

    await worker.monitor.check()

    assert worker.loaded == []


async def test_a_stream_that_is_lost_within_the_grace_is_waited_for_no_longer(
    worker: Any, fakes: ModuleType
) -> None:
    """Protocol rule 41: without the stream no event is on its way any more."""
    worker.during_sleep = lambda: worker.current.set_feed("database")
    worker.record.observe(fakes.observation(date(2024, 1, 3)))

    await worker.monitor.check()

    assert worker.current.snapshot == worker.record.snapshot
    assert worker.slept == [2.0]


async def test_without_the_stream_what_is_ahead_is_loaded_at_once(
    worker: Any, fakes: ModuleType
) -> None:
    """Protocol rule 41: no event is on its way, and nobody waits for one."""
    worker.current.set_feed("database")
    worker.record.observe(fakes.observation(date(2024, 1, 3)))

    await worker.monitor.check()

    assert worker.current.snapshot == worker.record.snapshot
    assert worker.slept == []


class _Ended(Exception):
    """Ends a loop that has no end."""


async def _run_until_the_next_look(worker: Any) -> None:
    looks = iter(["first"])

    def on_round() -> None:
        if next(looks, None) is None:
            raise _Ended

    with pytest.raises(_Ended):
        await worker.monitor.run(on_round)


async def test_a_worker_that_is_fed_looks_at_intervals(worker: Any) -> None:
    """Protocol rule 14: the whole interval passes between two looks."""
    await _run_until_the_next_look(worker)

    assert worker.slept == [2.0, 2.0, 1.0]


async def test_a_worker_that_loses_the_stream_looks_soon(worker: Any) -> None:
    """Protocol rule 41: it does not sleep on until the interval has passed."""
    worker.during_sleep = lambda: worker.current.set_feed("database")

    await _run_until_the_next_look(worker)

    assert worker.slept == [2.0]


async def test_a_replica_that_lags_is_no_reason_to_go_back(worker: Any) -> None:
    """A head that the worker has passed is the past, however long the replica stays there."""
    worker.database.lags_at = worker.record.snapshot
    worker.record.poll()
    worker.current.advance(worker.record.snapshot.with_feed("redis"))

    await worker.monitor.check()
    await worker.without_writer.check()

    assert (worker.loaded, worker.graces) == ([], 0)


async def test_a_new_timeline_is_loaded(worker: Any) -> None:
    """Protocol rules 9 and 14: a higher timeline at a lower position is ahead."""
    for _ in range(3):
        worker.record.poll()
        worker.current.advance(worker.record.snapshot)
    worker.record.restore(1)
    worker.record.change_timeline()

    await worker.monitor.check()

    assert worker.current.snapshot == worker.record.snapshot


async def test_a_restored_record_is_loaded_also_on_its_old_timeline(worker: Any) -> None:
    """Protocol rule 42: a lower position with another event is another history."""
    for _ in range(3):
        worker.record.poll()
        worker.current.advance(worker.record.snapshot)
    worker.record.restore(1)
    worker.record.poll(breaker="open")

    await worker.monitor.check()

    assert worker.current.snapshot == worker.record.snapshot


def _restore(worker: Any, fakes: ModuleType) -> None:
    """Let the worker follow the newest FIX, and restore the record to before it, Redis lost."""
    worker.record.observe(fakes.observation(date(2024, 1, 3)))
    worker.current.advance(worker.record.snapshot.with_feed("redis"))
    worker.record.restore(1)


async def test_a_worker_goes_back_with_a_record_that_stands_where_it_was(
    worker: Any, fakes: ModuleType
) -> None:
    """Protocol rule 42: no event since the restore tells of it, and the worker had that head.

    Old workers served 17.5732 as fresh, new ones 17.4216 (fault 16).
    """
    _restore(worker, fakes)

    await worker.monitor.check()

    assert worker.current.snapshot == worker.record.snapshot
    assert worker.current.snapshot.feed == "database"
    assert worker.loaded == [("writer", "record_restored")]
    assert worker.graces == 1


async def test_only_the_writer_makes_a_worker_go_back(worker: Any, fakes: ModuleType) -> None:
    """Protocol rule 42: where none is known, a replica that lags can't be told from a restore."""
    _restore(worker, fakes)
    before = worker.current.snapshot

    await worker.without_writer.check()
    worker.record.poll()  # another event in the place of the worker's head
    await worker.without_writer.check()

    assert worker.current.snapshot is before
    assert worker.loaded == []


async def test_a_writer_must_say_so_twice(worker: Any, fakes: ModuleType) -> None:
    """Protocol rule 42: a writer that has caught up after the grace was not restored."""
    newest = worker.record.observe(fakes.observation(date(2024, 1, 3)))
    worker.current.advance(worker.record.snapshot.with_feed("redis"))
    before = worker.current.snapshot
    whole = worker.record.snapshot
    worker.record.restore(1)

    def catch_up() -> None:
        worker.database.lags_at = worker.writer.lags_at = whole

    worker.during_grace = catch_up
    await worker.monitor.check()

    assert newest.at == before.head.at
    assert worker.current.snapshot is before
    assert (worker.loaded, worker.graces) == ([], 1)


@pytest.mark.parametrize("beyond", [False, True], ids=["at its end", "further on"])
async def test_a_stream_that_holds_the_head_keeps_a_worker(
    worker: Any, fakes: ModuleType, beyond: bool
) -> None:
    """Protocol rule 42: then rates-sync compares, and announces a new timeline if need be."""
    worker.record.observe(fakes.observation(date(2024, 1, 3)))
    worker.current.advance(worker.record.snapshot.with_feed("redis"))
    if beyond:
        worker.record.poll()
    worker.redis.relay()
    before = worker.current.snapshot
    worker.record.restore(1)

    await worker.monitor.check()

    assert worker.current.snapshot is before


async def test_a_redis_that_is_away_holds_no_head(worker: Any, fakes: ModuleType) -> None:
    """Protocol rule 42: Redis may be lost for good together with the record's last events."""
    _restore(worker, fakes)
    worker.redis.away = True

    await worker.monitor.check()

    assert worker.loaded == [("writer", "record_restored")]


async def test_a_load_of_what_is_ahead_never_goes_back(worker: Any, fakes: ModuleType) -> None:
    """A replica may fall behind between the look at its head and the load."""
    worker.record.poll()
    behind = worker.record.snapshot
    worker.record.observe(fakes.observation(date(2024, 1, 3)))
    worker.current.advance(worker.record.snapshot.with_feed("redis"))
    before = worker.current.snapshot
    worker.record.poll()
    load = worker.database.load

    async def lag_and_load() -> Any:
        worker.database.lags_at = behind
        return await load()

    worker.database.load = lag_and_load
    await worker.monitor.check()

    assert worker.current.snapshot is before


async def test_a_database_that_is_away_changes_nothing(worker: Any) -> None:
    """The snapshot serves on and stays fed by Redis; the dependency is unhealthy."""
    before = worker.current.snapshot
    worker.database.away = True

    await worker.monitor.check()

    assert worker.current.snapshot is before
    assert worker.dependency.state == "unhealthy"


async def test_a_record_that_shows_its_head_alone_does_not_answer(worker: Any) -> None:
    """Where a stranger has locked the observations a worker can't follow the record any more."""
    worker.record.poll()
    head = worker.record.snapshot.head

    async def shown() -> Any:
        return head

    worker.database.head, worker.database.away = shown, True
    await worker.monitor.check()

    assert worker.dependency.state == "unhealthy"
    assert worker.refused == ["database"]


async def test_a_load_that_fails_is_tried_at_the_next_check(worker: Any) -> None:
    """A database lost between check and load leaves the old snapshot until the next check."""
    before = worker.current.snapshot
    worker.record.poll()
    heads = worker.database.head

    async def head_then_away() -> Any:
        head = await heads()
        worker.database.away = bool(worker.slept)
        return head

    worker.database.head = head_then_away
    await worker.monitor.check()
    assert worker.current.snapshot is before

    worker.database.away, worker.database.head = False, heads
    await worker.monitor.check()
    assert worker.current.snapshot == worker.record.snapshot


@pytest.mark.parametrize(
    ("apart", "suspect"),
    [(-61, True), (-60, False), (0, False), (60, False), (61, True)],
)
async def test_the_database_is_a_witness_for_the_clock(
    worker: Any, fakes: ModuleType, apart: int, suspect: bool
) -> None:
    """Protocol rule 33: more than 60 s from the database's clock, the worker's is suspect."""
    worker.database.now = fakes.START + timedelta(seconds=apart)

    await worker.monitor.check()

    assert worker.current.snapshot.clock_suspect is suspect
    assert worker.offsets == [abs(apart)]


async def test_what_follows_is_suspect_until_the_clocks_agree(
    worker: Any, fakes: ModuleType
) -> None:
    """Protocol rule 33: neither an event nor a load makes a clock right, the next look does."""
    worker.database.now = fakes.START + timedelta(seconds=90)
    await worker.monitor.check()
    worker.record.poll()
    worker.current.replace(worker.record.snapshot)
    assert worker.current.snapshot.clock_suspect

    worker.database.now = fakes.START
    await worker.monitor.check()

    assert not worker.current.snapshot.clock_suspect


async def test_a_slow_answer_is_no_offset(worker: Any, fakes: ModuleType) -> None:
    """A witness is compared with the whole time in which it was asked."""
    worker.database.now = fakes.START + timedelta(seconds=70)
    worker.clock = iter([fakes.START, fakes.START + timedelta(seconds=80)])

    await worker.monitor.check()

    assert worker.offsets == [0]


async def test_without_a_witness_nothing_is_suspected(worker: Any) -> None:
    """SQLite has no clock of its own: nothing is compared."""
    await worker.monitor.check()

    assert worker.offsets == []
    assert not worker.current.snapshot.clock_suspect
