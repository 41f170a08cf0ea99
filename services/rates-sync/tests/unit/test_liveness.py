"""Waiting by the wall clock, and what `/livez` knows of the loops."""

from datetime import timedelta
from typing import Any

from rates_sync.liveness import Liveness, wait_until


async def test_wait_ends_when_the_clock_is_there(hand_clock: Any) -> None:
    """The wait takes as long as the clock says, in ticks of a second at most."""
    due = hand_clock() + timedelta(seconds=3.5)
    await wait_until(lambda: due, hand_clock, hand_clock.sleep)
    assert hand_clock.slept == [1, 1, 1, 0.5]


async def test_wait_follows_a_clock_that_is_set(hand_clock: Any) -> None:
    """A machine that slept till past the instant waits one tick more, not the old remainder."""
    due = hand_clock() + timedelta(hours=8)

    async def sleep(seconds: float) -> None:
        await hand_clock.sleep(seconds)
        hand_clock.now += timedelta(hours=9)

    await wait_until(lambda: due, hand_clock, sleep)
    assert hand_clock.slept == [1]


async def test_wait_follows_an_instant_that_moves(hand_clock: Any) -> None:
    """An operator's poll that moves the next cycle forward is noticed within a tick."""
    dues = [hand_clock() + timedelta(hours=4), hand_clock()]
    await wait_until(lambda: dues.pop(0), hand_clock, hand_clock.sleep)
    assert hand_clock.slept == [1]


def test_loop_is_stuck_once_it_misses_its_time(hand_clock: Any) -> None:
    """Idle is alive, stuck is not, and a loop that ended is neither."""
    liveness = Liveness(hand_clock.monotonic)
    liveness.beat("poll", within=10)
    liveness.beat("lease", within=100)
    assert liveness.stuck == []
    hand_clock.now += timedelta(seconds=11)
    assert liveness.stuck == ["poll"]
    liveness.forget("poll")
    assert liveness.stuck == []
