"""Rate limits as windows of real time."""

from datetime import timedelta

from simulator_stage import Banxico

from banxico_simulator.ask import Group
from banxico_simulator.limits import Limit, Limits
from support.clocks import HandClock


def test_datos_allow_two_hundred_in_five_minutes(real_time: HandClock) -> None:
    """Histories and ranges share the limit; request 201 waits for the window's end."""
    limits = Limits(real_time.monotonic)
    assert [limits.spend(Group.RANGE) for _ in range(199)] == [None] * 199
    real_time.advance(100.5)
    assert limits.spend(Group.HISTORY) is None
    assert limits.spend(Group.RANGE) == 200
    assert limits.spend(Group.OPORTUNO) is None


def test_the_longest_wait_counts_and_refusals_do_not(real_time: HandClock) -> None:
    """With the day's limit spent the wait is the day's, however often one asks."""
    minute, day = Limit(2, timedelta(minutes=1)), Limit(3, timedelta(days=1))
    limits = Limits(real_time.monotonic, {Group.RANGE: (minute, day)})
    assert [limits.spend(Group.RANGE) for _ in range(3)] == [None, None, 60]
    real_time.advance(60)
    assert limits.spend(Group.RANGE) is None
    assert limits.spend(Group.RANGE) == 86_340
    both = (Limit(1, minute.window), Limit(1, day.window))
    limits = Limits(real_time.monotonic, {Group.RANGE: both})
    assert [limits.spend(Group.RANGE) for _ in range(2)] == [None, 86_400]


def test_limits_that_do_not_hold_refuse_nothing(real_time: HandClock) -> None:
    """Switched off, every request passes; a reset switches them on with nothing used."""
    limits = Limits(real_time.monotonic, {Group.RANGE: (Limit(1, timedelta(minutes=1)),)})
    limits.enforced = False
    assert [limits.spend(Group.RANGE) for _ in range(5)] == [None] * 5
    limits.reset()
    assert [limits.spend(Group.RANGE) for _ in range(2)] == [None, 60]


def test_a_clock_that_stands_still_does_not_hold_the_limit(
    banxico: Banxico, real_time: HandClock
) -> None:
    """Under a frozen clock the limit is over after its seconds all the same."""
    banxico.control("PUT", "clock", {"now": "2024-01-02T11:00:00-06:00", "frozen": True})
    refused = [banxico.sie("/series/SF43718").status_code for _ in range(81)][-1]
    real_time.advance(60)
    assert (refused, banxico.sie("/series/SF43718").status_code) == (400, 200)
