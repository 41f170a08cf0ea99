"""Waiting for a worker: the formulas, and what happens above capacity."""

import math

import pytest

from bench.capacity.queueing import Answering, Workers, quantile

EXPONENTIAL = Workers(count=4, service=0.01, scv=1.0, patience=2.0)
"""Capacity 400/s."""


def test_exponential_service_gives_the_waits_of_m_m_1() -> None:
    """With scv 1 the share that waits longer than t is rho exp(-(mu - lambda) t)."""
    answering, backlog = EXPONENTIAL.answer(320)
    lam, mu, t = 320 / 4, 100, 0.05
    assert answering.slower_than(t + 0.01) == pytest.approx(0.8 * math.exp(-(mu - lam) * t))
    assert backlog == 0


def test_constant_service_halves_the_mean_wait() -> None:
    """Pollaczek-Khinchine: with scv 0 the mean wait is half of the exponential one."""
    constant = Workers(4, 0.01, 0.0, 2.0)
    waits = [workers.answer(320)[0].mean_wait for workers in (constant, EXPONENTIAL)]
    assert waits[0] == pytest.approx(waits[1] / 2)


def test_what_exceeds_capacity_waits_for_the_next_second() -> None:
    """The backlog grows by the excess, and everyone waits for all of it."""
    answering, backlog = EXPONENTIAL.answer(500)
    assert backlog == 100
    assert answering.failed == 0
    assert answering.slower_than(0.2) == 1


def test_who_would_wait_longer_than_a_client_does_fails() -> None:
    """The backlog stops at capacity times patience; the rest has failed, nothing is lost."""
    answering, backlog = EXPONENTIAL.answer(1000, backlog=800)
    assert backlog == 800
    assert answering.failed == 600
    assert answering.served + answering.failed == 1000


def test_a_backlog_is_worked_off() -> None:
    """Below capacity what is spare goes to the backlog."""
    assert EXPONENTIAL.answer(300, backlog=250)[1] == 150


def test_the_quantile_is_where_so_many_are_slower() -> None:
    """95 % of the answers of an M/M/1 queue come within its 95 % quantile, to the millisecond."""
    answering, _ = EXPONENTIAL.answer(320)
    expected = 0.01 + math.log(0.8 / 0.05) / (100 - 80)
    assert quantile([(answering, 60.0)], 0.95) == pytest.approx(expected, abs=0.001)


def test_the_quantile_weighs_by_answers() -> None:
    """A second in which most requests came decides, not the minute around it."""
    quick = Answering(served=1, failed=0, backlog=0, service=0.001, utilisation=0, mean_wait=0)
    slow = Answering(served=1000, failed=0, backlog=1.5, service=0.001, utilisation=1, mean_wait=0)
    assert quantile([(quick, 59.0), (slow, 1.0)], 0.95) == pytest.approx(1.502, abs=0.002)
