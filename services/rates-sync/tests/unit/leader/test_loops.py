"""The lease's renewal, the breaker's log, the nightly work."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date as Day
from datetime import datetime, timedelta
from typing import Any

import pytest

from rates_sync.clock import SteadyClock
from rates_sync.errors import LeaseLost, RelayError, StoreRefused, StoreUnavailable, UpstreamFailure
from rates_sync.leader.loops import (
    NIGHTLY_TASKS,
    BreakerLog,
    NightConditions,
    NightlyMaintenance,
    NightlyTask,
    NightlyTaskName,
    Renewal,
    last_night,
)
from rates_sync.leader.witnesses import Witnesses


async def _let_run() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_renewal_goes_on_without_the_database(hand_clock: Any) -> None:
    """A leader that can't renew is not lost at once: another's token ends it."""
    outcomes = [StoreUnavailable("away"), None, LeaseLost("another")]

    async def renew() -> None:
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome

    renewal = Renewal(renew, hand_clock.sleep, lambda: 0.0, interval=2, max_age=30)
    with pytest.raises(LeaseLost, match="another"):
        await renewal.run()
    assert hand_clock.slept == [2, 2, 2]


async def test_leader_that_cannot_renew_lets_go(hand_clock: Any) -> None:
    """Protocol rule 36: after 30 s of its own monotonic clock, whatever the wall clock shows."""
    began = hand_clock.monotonic()

    async def renew() -> None:
        hand_clock.jump(timedelta(hours=1))
        raise StoreUnavailable("read-only")

    def age() -> float:
        return float(hand_clock.monotonic() - began)

    renewal = Renewal(renew, hand_clock.sleep, age, interval=2, max_age=30)
    with pytest.raises(LeaseLost, match="not renewed for 30 s"):
        await renewal.run()
    assert len(hand_clock.slept) == 15


async def test_every_change_of_the_breaker_is_an_event(desk: Any) -> None:
    """Protocol rule 19: the listener only enqueues; each change is recorded, in order."""
    recorder = desk.recorder()
    await recorder.begin()
    before = len(desk.announced)
    breaker = BreakerLog(recorder.note, desk.clock.sleep, lambda _: None)
    for state in ("open", "half_open", "closed"):
        breaker.on_change(state, desk.clock())
    running = asyncio.create_task(breaker.run())
    await breaker._changes.join()
    running.cancel()
    await asyncio.wait({running})
    assert [event.status.breaker for event in desk.announced[before:]] == [
        "open",
        "half_open",
        "closed",
    ]


async def test_change_of_the_breaker_waits_for_the_database(hand_clock: Any) -> None:
    """A change that the database did not take is tried again, none is dropped."""
    noted: list[str] = []
    failed: list[str] = []

    async def note(**changes: Any) -> None:
        if len(failed) < 2:
            raise StoreUnavailable("away")
        noted.append(changes["breaker"])

    breaker = BreakerLog(note, hand_clock.sleep, failed.append)
    breaker.on_change("open", hand_clock())
    running = asyncio.create_task(breaker.run())
    await _let_run()
    running.cancel()
    await asyncio.wait({running})
    assert (noted, failed) == (["open"], ["breaker", "breaker"])


class Record:
    """The nights that are finished; `away` lets the database fail so often first."""

    def __init__(self) -> None:
        self.finished: dict[str, Day] = {}
        self.away = 0

    async def read(self) -> dict[str, Day]:
        """Return them."""
        return dict(self.finished)

    async def finish(self, task: str, night: Day) -> None:
        """Keep one, or fail."""
        if self.away:
            self.away -= 1
            raise StoreUnavailable("away")
        self.finished[task] = night


class Night:
    """A leader's nightly maintenance: what it has done, and what it depends on.

    `fails` holds what a task raises, again and again.
    """

    def __init__(self, clock: Any, record: Record) -> None:
        self.clock, self.record = clock, record
        self.done: list[tuple[str, Day]] = []
        self.fails: dict[str, Exception] = {}
        self.failures: list[str] = []
        self.begun = self.confirmed = True
        self.witnesses = Witnesses(clock, clock.monotonic, _no_clock)

    def lead(self, *names: NightlyTaskName) -> NightlyMaintenance:
        """Return the maintenance of a new leader with these tasks."""
        tasks = [NightlyTask(name, self._run(name), each=name == "slice") for name in names]
        self.witnesses.observe_database(self.clock())
        conditions = NightConditions(
            lambda: self.begun, lambda: self.confirmed and self.witnesses.confirmed
        )
        return NightlyMaintenance(
            tasks,
            self.record,
            conditions,
            SteadyClock(self.clock, self.clock.monotonic),
            self.clock.sleep,
            on_failure=self.failures.append,
            on_finished=lambda _task, _night: None,
        )

    async def until(self, instant: datetime, *names: NightlyTaskName) -> None:
        """Lead until `instant`."""
        self.clock.stop_at = instant
        self.clock.asleep.clear()
        running = asyncio.create_task(self.lead(*names).run())
        asleep = asyncio.create_task(self.clock.asleep.wait())
        await asyncio.wait({running, asleep}, return_when=asyncio.FIRST_COMPLETED)
        assert asleep.done(), running
        running.cancel()
        await asyncio.wait({running})

    def _run(self, name: str) -> Callable[[Day], Awaitable[None]]:
        async def run(night: Day) -> None:
            if name in self.fails:
                raise self.fails[name]
            self.done.append((name, night))

        return run


async def _no_clock() -> None:
    """Be a database that has no clock."""


@pytest.fixture
def night(hand_clock: Any) -> Night:
    """At 10:00 of the 13th, with all tasks finished on that night."""
    record = Record()
    record.finished = dict.fromkeys(NIGHTLY_TASKS, Day(2026, 8, 13))
    return Night(hand_clock, record)


FOURTEENTH, FIFTEENTH = Day(2026, 8, 14), Day(2026, 8, 15)


async def test_each_task_runs_once_a_night_at_three(
    night: Night, mexico: Callable[[str], datetime]
) -> None:
    """And not before; the record knows it by the next look."""
    await night.until(mexico("2026-08-14 02:59"), "slice", "pruning")
    assert night.done == []
    await night.until(mexico("2026-08-14 03:02"), "slice", "pruning")
    await night.until(mexico("2026-08-14 10:00"), "slice", "pruning")
    assert night.done == [("slice", FOURTEENTH), ("pruning", FOURTEENTH)]
    assert night.record.finished["pruning"] == FOURTEENTH


async def test_platform_that_is_off_every_night_still_prunes(
    night: Night, mexico: Callable[[str], datetime]
) -> None:
    """Protocol rule 46: a missed night is made up for after the next take-over."""
    for day in (FOURTEENTH, FIFTEENTH):
        night.clock.now = mexico(f"{day} 08:00")
        await night.until(mexico(f"{day} 08:02"), "pruning")
    assert night.done == [("pruning", FOURTEENTH), ("pruning", FIFTEENTH)]


async def test_record_without_any_night_begins_with_the_next(
    night: Night, mexico: Callable[[str], datetime]
) -> None:
    """A first start has nothing to prune and its history just loaded; off at night counts too."""
    night.record.finished.clear()
    await night.until(mexico("2026-08-13 11:00"), *NIGHTLY_TASKS)
    assert night.done == []
    night.clock.now = mexico("2026-08-14 08:00")
    await night.until(mexico("2026-08-14 08:02"), *NIGHTLY_TASKS)
    assert night.done == [(task, FOURTEENTH) for task in NIGHTLY_TASKS]


@pytest.mark.parametrize(
    ("error", "failures"),
    [
        (RelayError("away"), []),
        (UpstreamFailure("away"), []),
        (StoreUnavailable("away"), ["nightly", "nightly"]),
        (StoreRefused("too long"), ["nightly", "nightly"]),
    ],
)
async def test_failed_task_skips_no_other_and_comes_again_after_an_hour(
    night: Night, mexico: Callable[[str], datetime], error: Exception, failures: list[str]
) -> None:
    """Protocol rule 46: without Redis, Banxico or the database the rest of the night goes on."""
    night.fails = {"slice": error}
    await night.until(mexico("2026-08-14 03:02"), *NIGHTLY_TASKS)
    assert [task for task, _ in night.done] == ["calendar", "receipts", "pruning", "outbox"]
    maintenance = night.lead("slice")
    await maintenance.look()
    night.fails.clear()
    night.clock.now += timedelta(minutes=59)
    await maintenance.look()
    assert len(night.done) == 4
    night.clock.now += timedelta(minutes=1)
    await maintenance.look()
    assert night.done[4:] == [("slice", FOURTEENTH)]
    assert night.failures == failures


async def test_night_that_could_not_be_recorded_is_done_again(
    night: Night, mexico: Callable[[str], datetime]
) -> None:
    """At least once: the work may be repeated, never be taken for done."""
    night.record.away = 1
    await night.until(mexico("2026-08-14 05:00"), "pruning")
    assert night.done == [("pruning", FOURTEENTH)] * 2
    assert night.failures == ["nightly"]


async def test_every_missed_slice_is_made_up_for(
    night: Night, mexico: Callable[[str], datetime]
) -> None:
    """Protocol rule 30: the whole history within a month; one slice a minute, not all at once."""
    night.record.finished["slice"] = Day(2026, 8, 10)
    await night.until(mexico("2026-08-13 10:10"), "slice")
    assert [made_up.day for _, made_up in night.done] == [11, 12, 13]
    night.record.finished["slice"] = Day(2024, 1, 1)
    await night.until(mexico("2026-08-13 11:00"), "slice")
    assert len(night.done[3:]) == 28


async def test_nothing_nightly_runs_beside_a_publication(
    night: Night, mexico: Callable[[str], datetime]
) -> None:
    """From 11:55 to 13:00 the FIX may come any minute: what can wait waits."""
    night.clock.now = mexico("2026-08-14 11:55")
    await night.until(mexico("2026-08-14 12:59"), "pruning")
    assert night.done == []
    await night.until(mexico("2026-08-14 13:02"), "pruning")
    assert night.done == [("pruning", FOURTEENTH)]


async def test_nothing_nightly_runs_before_the_status_is_recorded(
    night: Night, mexico: Callable[[str], datetime]
) -> None:
    """Protocol rule 3: the first transaction of a leader is the one that records it."""
    night.begun = False
    await night.until(mexico("2026-08-14 04:00"), "calendar")
    assert night.done == []


async def test_clock_set_past_three_prunes_nothing(
    night: Night, mexico: Callable[[str], datetime]
) -> None:
    """Protocol rule 33: what is deleted by a wrong clock is lost, so that a witness is awaited."""
    maintenance = night.lead("pruning")
    running = asyncio.create_task(maintenance.run())
    await _let_run()
    night.clock.jump(timedelta(days=800))
    night.clock.stop_at = night.clock.now + timedelta(hours=2)
    await night.clock.asleep.wait()
    assert (night.done, night.witnesses.confirmed) == ([], False)
    night.clock.asleep.clear()
    night.clock.jump(timedelta(days=-800))
    night.clock.stop_at = mexico("2026-08-14 04:00")
    await _cancelled(running)
    await night.until(mexico("2026-08-14 05:00"), "pruning")
    assert night.done == [("pruning", FOURTEENTH)]


async def test_night_finished_by_a_wrong_clock_is_not_believed(
    night: Night, mexico: Callable[[str], datetime]
) -> None:
    """A night that is still to come can't be finished."""
    night.record.finished = {"slice": Day(2028, 1, 1), "pruning": Day(2028, 1, 1)}
    await night.until(mexico("2026-08-13 10:10"), "slice", "pruning")
    assert night.done == [("slice", Day(2026, 8, 13)), ("pruning", Day(2026, 8, 13))]


async def _cancelled(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait({task})


def test_last_night_began_at_three(mexico: Callable[[str], datetime]) -> None:
    """In Mexico City; a second earlier it is the night before."""
    night = mexico("2026-08-14 03:00")
    assert last_night(night) == Day(2026, 8, 14)
    assert last_night(night - timedelta(seconds=1)) == Day(2026, 8, 13)
