"""Instances: how long they take to start, and their CPU credits."""

import pytest

from bench.capacity.fleet import Credits, Fleet
from bench.tests.capacity import plain

MACHINE = plain.INPUTS.assumed.machine
START = plain.INPUTS.start_seconds()


def test_an_instance_serves_only_once_it_has_started() -> None:
    """It is billed at once, takes requests after boot, pull, cold start and checks, warms later."""
    fleet = Fleet(plain.INPUTS, 2, 0)
    fleet.resize(4, 100)
    warm = 100 + START + plain.INPUTS.assumed.start.warmup_seconds
    assert (fleet.size, fleet.ready(99 + START), fleet.ready(100 + START)) == (4, 2, 4)
    assert (fleet.warm(warm - 1), fleet.warm(warm)) == (2, 4)
    assert fleet.next_ready(100, 1_000) == 100 + START


def test_at_the_baseline_credits_stand_still() -> None:
    """20 % of both vCPUs spend what 24 credits an hour bring."""
    account = Credits(MACHINE)
    account.pass_minute(MACHINE.baseline)
    assert account.balance == pytest.approx(0)
    assert account.close() == pytest.approx(0)


def test_credits_are_kept_for_a_day_at_most() -> None:
    """An idle instance stops earning at 576 credits."""
    account = Credits(MACHINE)
    for _ in range(2 * 24 * 60):
        account.pass_minute(0.0)
    assert account.balance == MACHINE.most_credits


def test_surplus_beyond_a_days_earnings_is_charged() -> None:
    """A day at full load spends 2,880 credits and earns 576: 2,304 are paid for at the end."""
    account = Credits(MACHINE)
    for _ in range(24 * 60):
        account.pass_minute(1.0)
    assert account.charged == pytest.approx(2304 - MACHINE.most_credits)
    assert account.close() == pytest.approx(2304)


def test_an_instance_that_ends_pays_what_it_owes() -> None:
    """Ending an instance settles its account; the others' go on."""
    fleet = Fleet(plain.INPUTS, 3, 0)
    fleet.pass_minute(60, 1.0)
    owed = fleet.surplus_credits()
    fleet.resize(1, 60)
    assert fleet.surplus_credits() == pytest.approx(owed)
