"""Turns as leader: the lease, the group of tasks, the breaker's log, the night's work."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from rates_sync.errors import LeaseLost, StoreUnavailable
from rates_sync.leader.election import Election
from rates_sync.leader.leader import Leader, Task
from rates_sync.leader.loops import BreakerLog, Nightly, Renewal, next_night
from rates_sync.store.fence import Fence


class FakeLease:
    """A lease that is given as often as there are tokens."""

    def __init__(self, turns: int = 1) -> None:
        self.turns, self.taken = turns, 0
        self.released: list[Fence] = []

    async def contend(self) -> Fence:
        if self.taken == self.turns:
            await asyncio.Event().wait()
        self.taken += 1
        return Fence("me", self.taken)

    async def release(self, fence: Fence) -> None:
        self.released.append(fence)


class FakePoller:
    """A poller that never polls."""

    async def run(self) -> None:
        await asyncio.Event().wait()


def _leader(task: Task) -> Leader:
    unused: Any = None
    poller: Any = FakePoller()
    return Leader(unused, poller, {"task": task})


async def _forever() -> None:
    await asyncio.Event().wait()


async def _let_run() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_lost_lease_ends_the_tasks_and_contends_again() -> None:
    """Protocol rule 3: the process lives on as a contender, and may lead again."""

    async def lose() -> None:
        raise LeaseLost("another holds it")

    tasks = [lose, _forever]
    lease = FakeLease(turns=2)
    changes: list[bool] = []
    election = Election(
        lease.contend, lease.release, lambda fence: _leader(tasks[fence.token - 1]), changes.append
    )
    running = asyncio.create_task(election.run())
    await _let_run()
    assert changes == [True, False, True]
    assert election.leader is not None
    running.cancel()
    await asyncio.wait({running})


async def test_bug_ends_the_process() -> None:
    """What no leader expects comes out of `run`, and the lease is not given away quietly."""

    async def fail() -> None:
        raise ZeroDivisionError

    lease = FakeLease()
    election = Election(lease.contend, lease.release, lambda _: _leader(fail), lambda _: None)
    with pytest.raises(ExceptionGroup) as caught:
        await election.run()
    assert caught.group_contains(ZeroDivisionError)
    assert election.leader is None


async def test_shutdown_frees_the_lease() -> None:
    """Cancelled, the leader stops its tasks and the next contender need not wait."""
    lease = FakeLease()
    election = Election(lease.contend, lease.release, lambda _: _leader(_forever), lambda _: None)
    running = asyncio.create_task(election.run())
    await _let_run()
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()
    assert lease.released == [Fence("me", 1)]


async def test_renewal_goes_on_without_the_database(hand_clock: Any) -> None:
    """A leader that can't renew is not lost: only another's token ends it."""
    outcomes = [StoreUnavailable("away"), None, LeaseLost("another")]
    failed: list[str] = []

    async def renew() -> None:
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome

    renewal = Renewal(renew, hand_clock.sleep, failed.append, interval=2)
    with pytest.raises(LeaseLost):
        await renewal.run()
    assert failed == ["lease"]
    assert hand_clock.slept == [2, 2, 2]


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


async def test_night_prunes_and_renews_the_calendar(
    hand_clock: Any, mexico: Callable[[str], datetime]
) -> None:
    """At 03:00 of each night, and not before."""
    done: list[object] = []

    async def renew_calendar() -> None:
        done.append("calendar")

    async def prune(now: datetime) -> None:
        done.append(now)
        if len(done) == 4:
            raise LeaseLost("enough")

    nightly = Nightly(prune, renew_calendar, hand_clock, hand_clock.sleep, lambda _: None)
    with pytest.raises(LeaseLost):
        await nightly.run()
    assert done == ["calendar", mexico("2026-08-14 03:00"), "calendar", mexico("2026-08-15 03:00")]


def test_next_night_is_never_now(mexico: Callable[[str], datetime]) -> None:
    """Right after 03:00 the next night is tomorrow's."""
    night = mexico("2026-08-14 03:00")
    assert next_night(night) == night + timedelta(days=1)
    assert next_night(night - timedelta(seconds=1)) == night
