"""The lease's renewal, the breaker's log, the nightly work."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from rates_sync.clock import SteadyClock
from rates_sync.errors import LeaseLost, StoreUnavailable
from rates_sync.leader.loops import (
    BreakerLog,
    NightlyMaintenance,
    Renewal,
    next_night,
)


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


async def test_night_prunes_and_renews_the_calendar(
    hand_clock: Any, mexico: Callable[[str], datetime]
) -> None:
    """At 03:00 of each night, and not before."""
    done: list[object] = []

    async def renew_calendar() -> None:
        done.append("calendar")

    async def check_slice() -> None:
        done.append("slice")

    async def prune(now: datetime) -> None:
        done.append(now)
        if len(done) == 6:
            raise LeaseLost("enough")

    nightly = NightlyMaintenance(
        prune,
        renew_calendar,
        check_slice,
        SteadyClock(hand_clock, hand_clock.monotonic),
        hand_clock.sleep,
        lambda _: None,
    )
    with pytest.raises(LeaseLost):
        await nightly.run()
    nights = [mexico("2026-08-14 03:00"), mexico("2026-08-15 03:00")]
    assert done == [step for night in nights for step in ("calendar", "slice", night)]


async def test_failure_of_the_database_ends_one_night(
    hand_clock: Any, mexico: Callable[[str], datetime]
) -> None:
    """The next one begins as usual."""
    asked: list[datetime] = []
    failed: list[str] = []

    async def renew_calendar() -> None:
        """Change nothing."""

    async def check_slice() -> None:
        asked.append(hand_clock())
        if len(asked) == 2:
            raise LeaseLost("enough")
        raise StoreUnavailable("away")

    async def prune(_now: datetime) -> None:
        """Delete nothing."""

    nightly = NightlyMaintenance(
        prune,
        renew_calendar,
        check_slice,
        SteadyClock(hand_clock, hand_clock.monotonic),
        hand_clock.sleep,
        failed.append,
    )
    with pytest.raises(LeaseLost):
        await nightly.run()
    night = mexico("2026-08-14 03:00")
    assert asked == [night, night + timedelta(days=1)]
    assert failed == ["nightly"]


def test_next_night_is_never_now(mexico: Callable[[str], datetime]) -> None:
    """Right after 03:00 the next night is tomorrow's."""
    night = mexico("2026-08-14 03:00")
    assert next_night(night) == night + timedelta(days=1)
    assert next_night(night - timedelta(seconds=1)) == night
