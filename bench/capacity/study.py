"""Everything the page tells: each scenario, through the edge and directly, under three policies.

`required` are the rules of the requirements. `tracking` holds the load per target at what makes
60 % CPU, within the same bounds. `floor` does that from a smallest size that carries the
scenario's highest second without waiting for anything to start.
"""

import dataclasses
from functools import cached_property

import msgspec

from bench.capacity import budget as budgets
from bench.capacity import costs, edge
from bench.capacity.edge import Demand
from bench.capacity.inputs import Inputs
from bench.capacity.queueing import Workers
from bench.capacity.scaling import REQUIRED, Policy, TargetTracking
from bench.capacity.simulate import SLOW, SLOW_SHARE, Run, Simulation
from bench.capacity.traffic import SCENARIOS

TARGET_CPU = 0.6
HEADROOM = 0.9
"""The utilisation above which a size does not count as enough."""
SPEEDS = (0.35, 0.5, 0.8)
"""What a vCPU may be worth, in measured cores, around the assumption."""


@dataclasses.dataclass(frozen=True)
class PolicyOutcome:
    """One scenario on one way to the origin under one policy."""

    run: Run
    budget: budgets.Budget
    bill: costs.Bill

    @property
    def sizes(self) -> tuple[int, float]:
        """Return the largest and the mean size of the group in the scenario's day."""
        minutes = self.run.minutes
        return max(m.size for m in minutes), self.run.total("size") / len(minutes)


@dataclasses.dataclass(frozen=True)
class Way:
    """A scenario's demand, and what it does to the fleet under each policy."""

    demand: Demand
    required: PolicyOutcome
    tracking: PolicyOutcome
    floor: PolicyOutcome


class Study:
    """All ways of all scenarios, simulated when first asked for."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self._runs: dict[tuple[str, bool, Policy], Run] = {}

    @cached_property
    def ways(self) -> list[Way]:
        """Return every scenario through the edge, then directly."""
        made = []
        for demanded in (edge.through_edge, edge.direct):
            flats = {s.base: demanded(s, self.inputs) for s in SCENARIOS if s.spike is None}
            for scenario in SCENARIOS:
                flat = flats[scenario.base]
                spiky = flat if scenario.spike is None else demanded(scenario, self.inputs)
                made.append(self._way(spiky, flat))
        return made

    @property
    def through_edge(self) -> list[Way]:
        """Return the ways through CloudFront."""
        return [way for way in self.ways if way.demand.through_edge]

    @property
    def direct(self) -> list[Way]:
        """Return the ways past CloudFront."""
        return [way for way in self.ways if not way.demand.through_edge]

    def per_instance(self, demand: Demand) -> float:
        """Return the requests/s of `demand` that saturate one instance."""
        return self.inputs.workers(1, demand.mix).capacity

    def enough(self, demand: Demand, speed: float | None = None) -> int:
        """Return the smallest group that carries the highest second of `demand` on its own.

        `speed` replaces the assumed worth of a vCPU.
        """
        return self.carrying(max(demand.rates), demand, speed)

    def carrying(self, rate: float, demand: Demand, speed: float | None = None) -> int:
        """Return the smallest group for `rate` requests/s of the kinds that `demand` brings."""
        inputs = self.inputs if speed is None else _with_speed(self.inputs, speed)
        size = inputs.assumed.group.smallest
        while not self._carries(inputs.workers(size, demand.mix), rate):
            size += 1
        return size

    @staticmethod
    def _carries(workers: Workers, peak: float) -> bool:
        answering, _ = workers.answer(peak)
        tight = peak > HEADROOM * workers.capacity
        return not tight and answering.slower_than(SLOW) <= SLOW_SHARE

    def _way(self, demand: Demand, flat: Demand) -> Way:
        size, enough = self.inputs.assumed.group, self.enough(demand)
        target = TARGET_CPU * self.per_instance(flat)
        tracking = (TargetTracking(f"{target:,.0f}/s per target", target),)
        policies = (
            Policy(REQUIRED, size.smallest, size.largest),
            Policy(tracking, size.smallest, size.largest),
            Policy(tracking, enough, max(size.largest, enough)),
        )
        return Way(demand, *(self._case(demand, flat, policy) for policy in policies))

    def _case(self, demand: Demand, flat: Demand, policy: Policy) -> PolicyOutcome:
        day, other = self._run(demand, policy), self._run(flat, policy)
        return PolicyOutcome(day, budgets.budget(day, other), costs.bill(day, other, self.inputs))

    def _run(self, demand: Demand, policy: Policy) -> Run:
        """Simulate, or return what was: flat days and equal policies come again and again."""
        key = demand.scenario.name, demand.through_edge, policy
        if key not in self._runs:
            self._runs[key] = Simulation(demand, policy, self.inputs).run()
        return self._runs[key]


def _with_speed(inputs: Inputs, speed: float) -> Inputs:
    machine = msgspec.structs.replace(inputs.assumed.machine, vcpu_speed=speed)
    assumed = msgspec.structs.replace(inputs.assumed, machine=machine)
    return msgspec.structs.replace(inputs, assumed=assumed)
