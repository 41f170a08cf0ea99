"""Waiting by the monotonic clock (protocol rule 32), and what `/livez` knows of the loops."""

from datetime import timedelta
from typing import Any

import pytest

from rates_sync.clock import SteadyClock
from rates_sync.liveness import Liveness, wait_until


@pytest.fixture
def steady(hand_clock: Any) -> SteadyClock:
    """The clock as the waits use it."""
    return SteadyClock(hand_clock, hand_clock.monotonic)


async def test_wait_ends_when_the_clock_is_there(hand_clock: Any, steady: SteadyClock) -> None:
    """The wait takes as long as the clock says, in ticks of a second at most."""
    due = hand_clock() + timedelta(seconds=3.5)
    await wait_until(lambda: due, steady, hand_clock.sleep, _no_jump)
    assert hand_clock.slept == [1, 1, 1, 0.5]


async def test_wait_reports_a_clock_that_is_set(hand_clock: Any, steady: SteadyClock) -> None:
    """Protocol rule 32: a jump is told within a tick, once, with its length."""
    due, jumps = hand_clock() + timedelta(seconds=3), []

    async def sleep(seconds: float) -> None:
        await hand_clock.sleep(seconds)
        if len(hand_clock.slept) == 1:
            hand_clock.jump(timedelta(hours=-1))

    def on_jump(jump: timedelta) -> None:
        nonlocal due
        jumps.append(jump)
        due = steady() + timedelta(seconds=3)

    await wait_until(lambda: due, steady, sleep, on_jump)
    assert (jumps, hand_clock.slept) == ([timedelta(hours=-1)], [1, 1, 1, 1])


async def test_wait_lasts_as_long_as_it_should(hand_clock: Any, steady: SteadyClock) -> None:
    """Protocol rule 32: a correction of up to 5 s neither ends nor prolongs a wait."""
    due = hand_clock() + timedelta(seconds=3)
    hand_clock.jump(timedelta(seconds=5))
    await wait_until(lambda: due, steady, hand_clock.sleep, _no_jump)
    assert hand_clock.slept == [1, 1, 1]


async def test_wait_follows_an_instant_that_moves(hand_clock: Any, steady: SteadyClock) -> None:
    """An operator's poll that moves the next cycle forward is noticed within a tick."""
    dues = [hand_clock() + timedelta(hours=4), hand_clock()]
    await wait_until(lambda: dues.pop(0), steady, hand_clock.sleep, _no_jump)
    assert hand_clock.slept == [1]


def _no_jump(jump: timedelta) -> None:
    raise AssertionError(jump)


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
