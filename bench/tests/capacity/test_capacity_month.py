"""A month: what it costs and what it leaves of the error budget."""

import dataclasses

import pytest

from bench.capacity.budget import Budget, budget
from bench.capacity.costs import GIGABYTE, bill, tiered
from bench.capacity.inputs import DAYS_A_MONTH
from bench.capacity.scaling import REQUESTS, Policy
from bench.capacity.simulate import Run, Simulation
from bench.tests.capacity import plain

PRICES = plain.INPUTS.prices
TWO = Policy((), 2, 10)


def day(rate: int, *, through_edge: bool = False, days: float = DAYS_A_MONTH) -> Run:
    """Simulate a flat day on two instances, on `days` days of a month."""
    flat = plain.flat(rate)
    scenario = dataclasses.replace(flat.scenario, days=days)
    demand = dataclasses.replace(flat, through_edge=through_edge, scenario=scenario)
    return Simulation(demand, TWO, plain.INPUTS).run()


def test_each_tier_has_its_price() -> None:
    """What exceeds a tier pays the next one's price, the last has no end."""
    tiers = [(100.0, 0.0), (50.0, 2.0), (None, 1.0)]
    assert [tiered(amount, tiers) for amount in (80, 120, 160)] == [0, 40, 110]


def test_two_idle_instances_cost_their_hours() -> None:
    """A month has 730.5 hours; below the baseline no credits are charged."""
    run = day(10)
    month = bill(run, run, plain.INPUTS)
    assert month.instances == pytest.approx(2 * 730.5 * PRICES.instance_hour)
    assert month.surplus == 0


def test_the_edge_charges_each_request_beyond_the_free_ones() -> None:
    """100/s are 263 million a month; ten of them are free; directly there is no such charge."""
    run, direct = day(100, through_edge=True), day(100)
    millions = 100 * 86_400 * DAYS_A_MONTH / 1e6
    assert bill(run, run, plain.INPUTS).edge == pytest.approx(millions - 10)
    assert bill(direct, direct, plain.INPUTS).edge == 0


def test_new_connections_count_where_clients_reopen_them() -> None:
    """Directly, 100/s at two requests a connection are 50 new ones a second: two LCUs."""
    run = day(100)
    hours = DAYS_A_MONTH * 24
    expected = hours * (PRICES.balancer_hour + 2 * PRICES.lcu_hour)
    assert bill(run, run, plain.INPUTS).balancer == pytest.approx(expected)


def test_kept_connections_leave_the_bytes_to_count() -> None:
    """Behind the edge the balancer's bytes are the larger dimension."""
    run = day(1_000, through_edge=True)
    sizes, mix = plain.INPUTS.measured.bytes_per_answer, plain.MIX
    gigabytes = 1_000 * 3600 * sum(sizes[k] * mix[k] for k in mix) / sum(mix.values()) / GIGABYTE
    expected = DAYS_A_MONTH * 24 * (PRICES.balancer_hour + gigabytes * PRICES.lcu_hour)
    assert bill(run, run, plain.INPUTS).balancer == pytest.approx(expected)


def test_rare_days_count_as_often_as_they_come() -> None:
    """One overloaded day a month fails a share of the month's requests, not of its own."""
    flat, bad = day(100), day(10**6, days=1)
    sent = bad.demand.sent + flat.demand.sent * (DAYS_A_MONTH - 1)
    assert budget(bad, flat).failed == pytest.approx(bad.total("failed") / sent)


def test_the_worse_objective_uses_the_budget() -> None:
    """0.02 % failed are 40 % of the budget, 3 % slow are 60 %: changes freeze."""
    both = Budget(failed=0.0002, slow=0.03, slow_seconds=0)
    assert both.used == pytest.approx(0.6)
    assert both.state == "freeze"


@pytest.mark.parametrize(
    ("failed", "state"),
    [(0.0002, "normal"), (0.0003, "freeze"), (0.0005, "emergency"), (0.0006, "exhausted")],
)
def test_the_policy_follows_the_budget(failed: float, state: str) -> None:
    """Up to a half normal, to three quarters freeze, to the whole emergency."""
    assert Budget(failed, 0, 0).state == state


def test_a_larger_group_costs_more() -> None:
    """What the eager rule launches is billed."""
    flat = plain.flat(2_000)
    eager = Simulation(flat, Policy((REQUESTS,), 2, 10), plain.INPUTS).run()
    least = Simulation(flat, TWO, plain.INPUTS).run()
    ten, two = (bill(run, run, plain.INPUTS).instances for run in (eager, least))
    assert ten == pytest.approx(5 * two)
