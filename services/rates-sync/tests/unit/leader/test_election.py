"""Terms as leader: the lease, and the group of tasks."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from rates_sync.errors import ClockWrong, LeaseLost
from rates_sync.leader.election import Election
from rates_sync.leader.leader import Leader, Task
from rates_sync.store.fence import Fence


class FakeLease:
    """A lease that is given as often as there are tokens."""

    def __init__(self, turns: int = 1) -> None:
        self.turns, self.taken = turns, 0
        self.released: list[Fence] = []
        self.abstained = 0

    async def contend(self) -> Fence:
        if self.taken == self.turns:
            await asyncio.Event().wait()
        self.taken += 1
        return Fence("me", self.taken)

    async def release(self, fence: Fence) -> None:
        self.released.append(fence)

    async def abstain(self) -> None:
        self.abstained += 1


class Idle:
    """A poller that never polls, backfills that never ask."""

    async def run(self) -> None:
        await asyncio.Event().wait()


def _leader(task: Task) -> Leader:
    unused: Any = None
    idle: Any = Idle()
    return Leader(unused, idle, idle, {"task": task})


def _election(
    lease: FakeLease,
    build: Callable[[Fence], Leader],
    on_change: Callable[[bool], None] = lambda _: None,
) -> Election:
    return Election(lease.contend, lease.release, build, on_change, lease.abstain)


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
    election = _election(lease, lambda fence: _leader(tasks[fence.token - 1]), changes.append)
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
    election = _election(lease, lambda _: _leader(fail))
    with pytest.raises(ExceptionGroup) as caught:
        await election.run()
    assert caught.group_contains(ZeroDivisionError)
    assert election.leader is None


async def test_shutdown_frees_the_lease() -> None:
    """Cancelled, the leader stops its tasks and the next contender need not wait."""
    lease = FakeLease()
    election = _election(lease, lambda _: _leader(_forever))
    running = asyncio.create_task(election.run())
    await _let_run()
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()
    assert lease.released == [Fence("me", 1)]


async def test_wrong_clock_lets_go_and_abstains() -> None:
    """Protocol rule 33: the lease is free for another, and this clock must be right again first."""

    async def disagree() -> None:
        raise ClockWrong("an hour ahead of both")

    tasks = [disagree, _forever]
    lease = FakeLease(turns=2)
    changes: list[bool] = []
    election = _election(lease, lambda fence: _leader(tasks[fence.token - 1]), changes.append)
    running = asyncio.create_task(election.run())
    await _let_run()
    assert lease.released == [Fence("me", 1)]
    assert (lease.abstained, changes) == (1, [True, False, True])
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()


async def test_shutdown_while_abstaining_is_clean() -> None:
    """Cancelled while its clock is wrong, the instance ends at once."""

    async def disagree() -> None:
        raise ClockWrong("an hour ahead of both")

    lease = FakeLease()
    lease.abstain = _forever  # type: ignore[method-assign]
    running = asyncio.create_task(_election(lease, lambda _: _leader(disagree)).run())
    await _let_run()
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()
