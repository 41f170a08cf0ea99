"""Who leads, and who still may write (protocol rules 2 and 3)."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_contracts.events import Position
from rates_sync.errors import LeaseLost, StoreUnavailable
from rates_sync.store.cursors import NoticeCursor
from rates_sync.store.engine import open_engine, reading, writing
from rates_sync.store.fence import Fence
from rates_sync.store.lease import Lease
from rates_sync.store.quota import RequestLedger
from rates_sync.store.schema import lease, observations, outbox

pytestmark = pytest.mark.integration

Instances = Callable[[str], Any]


async def test_a_free_lease_is_taken_at_once(instance: Instances, clock: Any) -> None:
    """The first instance leads without waiting."""
    before = clock.monotonic_now
    leading = await instance("first").lead()
    assert leading.fence == Fence("first", 1)
    assert clock.monotonic_now == before


async def test_a_silent_leader_is_replaced_after_ten_seconds(
    leader: Any, instance: Instances, clock: Any
) -> None:
    """Protocol rule 3: a contender takes what it saw unmoved for 10 s of its own clock."""
    before = clock.monotonic_now
    successor = await instance("second").lead()
    assert successor.fence.token == leader.fence.token + 1
    assert clock.monotonic_now - before == 10


async def test_a_leader_that_renews_is_never_replaced(
    leader: Any, instance: Instances, clock: Any
) -> None:
    """Protocol rule 3: each renewal starts the contender's watch again, however often."""
    contender = instance("second")
    polls = 0

    async def sleep(seconds: float) -> None:
        nonlocal polls
        clock.advance(seconds)
        polls += 1
        if polls <= 30:
            await leader.lease.renew(leader.fence)

    patient = Lease(
        leader.engine, "second", monotonic=clock.monotonic, sleep=sleep, poll=2, patience=10
    )
    began = clock.monotonic_now
    fence = await patient.contend()
    assert fence.holder == contender.name
    assert clock.monotonic_now - began == 30 * 2 + 10


async def test_what_a_contender_did_not_see_does_not_count(
    leader: Any, instance: Instances, clock: Any
) -> None:
    """Protocol rule 3: paused itself, it finds a lease restored and renewed to where it stood."""
    pauses = iter([2, 2, 120])

    async def sleep(seconds: float) -> None:
        clock.advance(next(pauses, seconds))

    paused = Lease(
        leader.engine, "second", monotonic=clock.monotonic, sleep=sleep, poll=2, patience=10
    )
    began = clock.monotonic_now
    await paused.contend()
    assert clock.monotonic_now - began == 2 + 2 + 120 + 10


async def test_the_wall_clock_plays_no_part_in_a_takeover(
    leader: Any, instance: Instances, clock: Any
) -> None:
    """Protocol rule 3: no two clocks are compared; a wall clock a year ahead takes nothing over."""
    contender = instance("second")
    seen = await contender.lease.observe()
    clock.now = clock.now.replace(year=2027)
    await leader.lease.renew(leader.fence)
    assert await contender.lease.take(seen) is None


async def test_who_let_go_leads_again_at_once(leader: Any, clock: Any) -> None:
    """Protocol rule 36: nobody else took the lease meanwhile, so nothing is waited for."""
    before = clock.monotonic_now
    clock.advance(1)
    fence = await leader.lease.contend()
    assert fence == Fence("leader", leader.fence.token + 1)
    assert clock.monotonic_now - before == 1


async def test_age_of_the_lease_is_seen_by_every_instance(
    leader: Any, instance: Instances, clock: Any
) -> None:
    """Protocol rule 36: leader and standby see when it was last renewed."""
    standby = instance("second")

    async def sleep(seconds: float) -> None:
        clock.advance(seconds)
        ages.append((leader.lease.age, standby.lease.age))
        if len(ages) == 1:
            await leader.lease.renew(leader.fence)

    ages: list[tuple[float, float]] = []
    standby.lease._sleep = sleep
    await standby.lease.contend()
    assert ages[:3] == [(2, 2), (2, 2), (4, 4)]
    assert standby.lease.age == 0


async def test_leader_hears_at_once_that_it_cannot_renew(database: Any, leader: Any) -> None:
    """Protocol rule 36: reads go on while another program holds the write lock."""
    outcomes: list[StoreUnavailable | None] = []
    leader.lease.on_outcome = outcomes.append
    async with _locked(database):
        with pytest.raises(StoreUnavailable, match=r"(?i)\block"):
            await leader.lease.renew(leader.fence)
        assert (await leader.lease.observe()).holder == "leader"
    assert isinstance(outcomes.pop(), StoreUnavailable)
    await leader.lease.renew(leader.fence)
    assert outcomes == [None]


async def test_standby_hears_that_nobody_can_write(
    database: Any, leader: Any, instance: Instances, clock: Any
) -> None:
    """Protocol rule 36: it sees no renewal, and can't take the lease either; then it can."""
    standby, outcomes = instance("second"), list[StoreUnavailable | None]()
    standby.lease.on_outcome = outcomes.append
    async with AsyncExitStack() as lock:

        async def sleep(seconds: float) -> None:
            clock.advance(seconds)
            if outcomes:
                await lock.aclose()

        standby.lease._sleep = sleep
        await lock.enter_async_context(_locked(database))
        await standby.lease.contend()
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable, type(None)]


@asynccontextmanager
async def _locked(database: Any) -> AsyncIterator[None]:
    """Hold the record's write lock, as a program beside rates-sync may."""
    stranger = open_engine(database.url)
    async with writing(stranger) as connection:
        await connection.execute(select(lease).with_for_update())
        yield
    await stranger.dispose()


async def test_time_without_a_database_does_not_count_against_the_leader(
    leader: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protocol rule 3: who could not renew is not taken for dead when the database is back."""
    contender = Lease(
        leader.engine, "second", monotonic=clock.monotonic, sleep=clock.sleep, poll=2, patience=10
    )
    look = contender.observe
    answers = iter([True, False, False, False, False, False, False])

    async def away_for_a_while() -> Any:
        if next(answers, True):
            return await look()
        raise StoreUnavailable("away")

    monkeypatch.setattr(contender, "observe", away_for_a_while)
    began, failures = clock.monotonic_now, count()

    async def on_unavailable() -> None:
        next(failures)

    await contender.contend(on_unavailable)
    assert clock.monotonic_now - began == 7 * 2 + 10
    assert next(failures) == 6


async def test_a_released_lease_is_taken_at_once(
    leader: Any, instance: Instances, clock: Any
) -> None:
    """After a clean shutdown nobody waits the ten seconds."""
    await leader.lease.release(leader.fence)
    before = clock.monotonic_now
    await instance("second").lead()
    assert clock.monotonic_now == before


async def test_who_released_the_lease_can_write_no_more(leader: Any) -> None:
    """Protocol rule 2: a released token is stale although nobody has taken the lease since."""
    await leader.lease.release(leader.fence)
    with pytest.raises(LeaseLost):
        await leader.publish({"2026-08-13": "17.0530"})


async def test_of_two_contenders_one_wins(leader: Any, instance: Instances) -> None:
    """A lease that moved between looking and taking stays with who moved it."""
    second, third = instance("second"), instance("third")
    seen = await second.lease.observe()
    assert await second.lease.take(seen) == Fence("second", 2)
    assert await third.lease.take(seen) is None


async def test_a_stale_leader_records_nothing(leader: Any, instance: Instances) -> None:
    """Protocol rule 2: a leader that was paused and overtaken is refused at the first statement."""
    successor = await instance("second").lead()
    event = await successor.publish({"2026-08-13": "17.0530"})
    with pytest.raises(LeaseLost):
        await leader.publish({"2026-08-14": "1.0000"})
    assert await successor.record.head() == event.head
    assert await _count(leader.engine, observations) == 1
    assert await _count(leader.engine, outbox) == 1


async def test_a_stale_leader_can_do_nothing_else_either(
    leader: Any, instance: Instances, clock: Any
) -> None:
    """Protocol rule 2: all that writes is fenced, as a recording is."""
    await instance("second").lead()
    for attempt in (
        leader.lease.renew(leader.fence),
        leader.lease.release(leader.fence),
        RequestLedger(leader.engine, leader.fence).spend(clock.now.date(), limit=1_000),
        leader.record.restart_timeline(leader.fence, 7),
        leader.pruning().prune_outbox(clock.now, Position(1, 1)),
        NoticeCursor(leader.engine, leader.fence, "alert").advance(Position(1, 1)),
    ):
        with pytest.raises(LeaseLost):
            await attempt


async def test_a_token_given_out_twice_does_not_let_the_other_write(
    database: Any, leader: Any, instance: Instances
) -> None:
    """Protocol rule 2: after a restore the same token has another holder, who alone may write."""
    database.save()
    overtaken = await instance("second").lead()
    database.restore()
    again = await instance("third").lead()
    assert again.fence.token == overtaken.fence.token
    with pytest.raises(LeaseLost):
        await overtaken.publish({"2026-08-13": "17.0530"})
    await again.publish({"2026-08-13": "17.0530"})


async def _count(engine: AsyncEngine, table: Any) -> int:
    async with reading(engine) as connection:
        return await connection.scalar(select(func.count()).select_from(table)) or 0
