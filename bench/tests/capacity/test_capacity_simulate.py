"""A simulated day: nothing lost, nothing early, the same every time."""

import pytest

from bench.capacity.edge import LEAD
from bench.capacity.inputs import MINUTE
from bench.capacity.scaling import REQUESTS, REQUIRED, Policy, StepRule
from bench.capacity.simulate import Run, Simulation
from bench.capacity.traffic import NOON
from bench.tests.capacity import plain

NO_RULES = Policy((), 2, 10)
ADDS_TWO = Policy((REQUESTS,), 2, 10)
ONE = plain.INPUTS.assumed.machine.vcpus / plain.INPUTS.service_seconds(plain.MIX)
"""Requests/s that saturate one instance."""


def run(before: float, after: float, policy: Policy, until: int = NOON + 600) -> Run:
    """Simulate a day with `after` requests/s from noon until then, `before` otherwise."""
    demand = plain.stepped(round(before), round(after), NOON, until)
    return Simulation(demand, policy, plain.INPUTS).run()


def test_below_capacity_nothing_fails() -> None:
    """Two instances at 80 % answer all, quickly."""
    day = Simulation(plain.flat(round(1.6 * ONE)), NO_RULES, plain.INPUTS).run()
    assert day.total("failed") == 0
    assert day.total("slow_seconds") == 0
    assert day.minutes[0].cpu == pytest.approx(0.8, abs=0.01)


def test_above_capacity_the_excess_fails() -> None:
    """At three times the capacity two of three requests fail, but for the backlog's."""
    day = run(0.5 * ONE, 6 * ONE, NO_RULES)
    seconds, backlog = 600, 2 * ONE * plain.INPUTS.assumed.client_timeout_seconds
    assert day.total("failed") == pytest.approx(4 * ONE * seconds - backlog, rel=0.001)
    assert day.total("slow_seconds") >= seconds


def test_no_request_is_lost() -> None:
    """The minutes' requests add up to the demand of the counted day."""
    day = run(100, 6 * ONE, ADDS_TWO)
    assert day.total("requests") == pytest.approx(sum(day.demand.rates[LEAD:]))


def test_a_rule_sees_a_minute_only_after_the_delay() -> None:
    """A load that rises at noon is acted on when its first minute has ended and been reported."""
    day = run(10, 400, ADDS_TWO)
    delay = plain.INPUTS.assumed.metric_delay_minutes
    assert day.acts[0].at == NOON + (1 + delay) * MINUTE


def test_help_comes_after_the_start_of_an_instance() -> None:
    """Between the act and the new instances' readiness the fleet is what it was."""
    day = run(10, 400, ADDS_TWO)
    ready = day.acts[0].at + plain.INPUTS.start_seconds()
    before = [m.ready for m in day.minutes if m.at >= NOON and m.at + MINUTE <= ready]
    after = next(m.ready for m in day.minutes if m.at >= ready)
    assert (set(before), after) == ({2}, 4)


def test_a_group_in_contradiction_is_noticed() -> None:
    """Much load per target at little CPU: one rule asks for more, the other for less."""
    day = Simulation(plain.flat(2_000), Policy(REQUIRED, 2, 10), plain.INPUTS).run()
    assert day.total("opposed") == len(day.minutes)
    assert {minute.size for minute in day.minutes} == {10}


def test_the_settling_before_midnight_is_not_counted() -> None:
    """A day has 1,440 minutes; what the rules did before it is not among its acts."""
    day = Simulation(plain.flat(2_000), Policy((REQUESTS,), 2, 10), plain.INPUTS).run()
    assert len(day.minutes) == 1_440
    assert day.acts == []
    assert day.minutes[0].size == 10


def test_the_same_inputs_give_the_same_day() -> None:
    """No clock and no chance: two simulations agree in every minute."""
    first, second = (run(10, 6 * ONE, ADDS_TWO) for _ in range(2))
    assert first.minutes == second.minutes
    assert first.acts == second.acts


def test_seconds_taken_together_give_what_single_ones_give() -> None:
    """A load that differs by nothing but its grouping fares alike: steps of a second are exact."""
    rule = StepRule("any", lambda minute: minute.per_target > 1e9, 1, 1)
    simulation = Simulation(plain.flat(1_000), Policy((rule,), 2, 10), plain.INPUTS)
    grouped = simulation.run().minutes
    single = Simulation(plain.flat(1_000), Policy((rule,), 2, 10), plain.INPUTS)
    single._same = [1] * len(single._same)
    assert [m.cpu for m in single.run().minutes] == pytest.approx([m.cpu for m in grouped])
