"""The relay's loop: awake after each commit, steady through outages (protocol rules 8, 11)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from rates_contracts.documents import CURRENT
from rates_sync.errors import LeaseLost, RelayError, StoreUnavailable
from rates_sync.relay.relay import Relay, Step
from rates_sync.relay.stream import translated
from rates_sync.store.outbox import Outbox

pytestmark = pytest.mark.integration


class _Outcomes:
    """What the loop's steps came to, in order."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Any] = asyncio.Queue()

    def __call__(self, outcome: Any) -> None:
        self._queue.put_nowait(outcome)

    async def next(self) -> Any:
        """Wait for the next."""
        async with asyncio.timeout(5):
            return await self._queue.get()


@asynccontextmanager
async def _running(
    redis: Redis, record: Any, interval: float = 60
) -> AsyncIterator[tuple[_Outcomes, asyncio.Event]]:
    outcomes, wake = _Outcomes(), asyncio.Event()
    task = asyncio.create_task(Relay(redis, record, on_step=outcomes, interval=interval).run(wake))
    try:
        yield outcomes, wake
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _outbox(leader: Any) -> Outbox:
    return Outbox(leader.engine, leader.record, leader.fence)


async def test_a_commit_wakes_the_relay(
    redis: Redis, leader: Any, week: Callable[[], Awaitable[None]]
) -> None:
    """Protocol rule 8: a step follows each commit, long before the interval is over."""
    await week()
    async with _running(redis, _outbox(leader)) as (outcomes, wake):
        assert (await outcomes.next()).relayed == 4
        await leader.change_status()
        wake.set()
        assert (await outcomes.next()).relayed == 1


async def test_a_step_runs_without_any_commit(redis: Redis, leader: Any) -> None:
    """Protocol rule 8: at least every interval, so that a Redis that lost entries heals."""
    async with _running(redis, _outbox(leader), interval=0.01) as (outcomes, _):
        for _ in range(3):
            assert await outcomes.next() == Step(0, ())


async def test_an_outage_of_redis_ends_nothing(no_redis: Redis, leader: Any) -> None:
    """The failure is reported and the loop goes on trying."""
    async with _running(no_redis, _outbox(leader), interval=0.01) as (outcomes, _):
        for _ in range(2):
            assert isinstance(await outcomes.next(), RelayError)


class _Away:
    """A record whose database is away."""

    async def read(self, *_: Any, **__: Any) -> Any:
        raise StoreUnavailable("away")

    async def restart_timeline(self, above: int) -> None:
        raise StoreUnavailable("away")


async def test_an_outage_of_the_database_lengthens_the_documents(
    redis: Redis, relay: Relay, week: Callable[[], Awaitable[None]]
) -> None:
    """Protocol rule 11: the loop itself keeps the documents alive while it can't renew them."""
    await week()
    await relay.step()
    async with _running(redis, _Away()) as (outcomes, _):
        assert isinstance(await outcomes.next(), StoreUnavailable)
    assert await redis.pttl(CURRENT) > timedelta(minutes=29).total_seconds() * 1000


async def test_a_wake_does_not_keep_the_loop_from_ending(redis: Redis, leader: Any) -> None:
    """A cancellation that comes together with a commit's wake ends the loop all the same."""
    outcomes, wake = _Outcomes(), asyncio.Event()
    loop = Relay(redis, _outbox(leader), on_step=outcomes, interval=60)
    running = asyncio.create_task(loop.run(wake))
    await outcomes.next()
    await asyncio.sleep(0)
    wake.set()
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=2)
    running.cancel()
    assert running in done


async def test_a_cancelled_step_is_no_outage() -> None:
    """A clean-up that fails after the cancellation does not keep the relay from ending."""

    async def step() -> None:
        with translated():
            try:
                await asyncio.Event().wait()
            finally:
                raise TimeoutError("no answer to UNWATCH")

    running = asyncio.create_task(step())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_lost_lease_ends_the_loop(
    database: Any, redis: Redis, relay: Relay, leader: Any, instance: Any, mirror: Any
) -> None:
    """Rule R2: a relay that may not write any more stops, it does not warn for ever."""
    database.save()
    await leader.change_status()
    await relay.step()
    database.restore()
    await instance("second").lead()
    loop = Relay(redis, _outbox(leader), interval=5).run(asyncio.Event())
    with pytest.raises(LeaseLost):
        await asyncio.wait_for(loop, 5)
