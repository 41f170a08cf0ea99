"""One day of a fleet under a load and a policy, in steps of a second.

Seconds of a minute in which neither load nor fleet changes are taken together: the same arithmetic,
done once. No clock, no chance: the same inputs give the same day.
"""

import dataclasses
from functools import cache
from itertools import pairwise

from bench.capacity.edge import LEAD, Demand
from bench.capacity.fleet import Fleet
from bench.capacity.inputs import DAY, MINUTE, Inputs
from bench.capacity.queueing import Answering, quantile
from bench.capacity.scaling import Metrics, Policy

SLOW = 0.2
"""Seconds above which an answer is slow (the p95 objective)."""
SLOW_SHARE = 0.05


@dataclasses.dataclass(frozen=True)
class Act:
    """A rule that changed the group's size at second `at`, and the CPU that it saw."""

    at: int
    rule: str
    size: int
    cpu: float


@dataclasses.dataclass
class Minute:
    """A minute from second `at`: origin requests by fate, and the fleet at its end."""

    at: int
    requests: float = 0.0
    failed: float = 0.0
    slow: float = 0.0
    slow_seconds: int = 0
    size: int = 0
    ready: int = 0
    capacity: float = 0.0
    cpu: float = 0.0
    p95: float = 0.0
    asked: tuple[str, ...] = ()
    opposed: bool = False


@dataclasses.dataclass
class Run:
    """A simulated day."""

    demand: Demand
    policy: Policy
    minutes: list[Minute]
    acts: list[Act]
    surplus_credits: float

    def total(self, field: str) -> float:
        """Return the sum of a field of the minutes."""
        return float(sum(getattr(minute, field) for minute in self.minutes))


class Simulation:
    """A fleet in time: `run` is the only thing to call."""

    def __init__(self, demand: Demand, policy: Policy, inputs: Inputs) -> None:
        """Stand at `LEAD` seconds before midnight with the smallest group, warm."""
        self._demand, self._policy, self._inputs = demand, policy, inputs
        self._fleet = Fleet(inputs, policy.smallest, -LEAD)
        self._same = _run_lengths(demand.rates)
        self._workers = cache(lambda ready: inputs.workers(ready, demand.mix))
        self._backlog = 0.0
        self._seen: list[Metrics] = []
        self._acts: list[Act] = []

    def run(self) -> Run:
        """Return the day, the lead left out."""
        minutes = []
        for at in range(-LEAD, DAY, MINUTE):
            if at == 0:
                self._fleet.forget_debts()
                self._acts.clear()
            minutes.append(self._minute(at))
        counted = [minute for minute in minutes if minute.at >= 0]
        surplus = self._fleet.surplus_credits()
        return Run(self._demand, self._policy, counted, self._acts, surplus)

    def _minute(self, start: int) -> Minute:
        minute = Minute(start, size=self._fleet.size)
        self._scale(start, minute)
        parts, at, end, work = [], start, start + MINUTE, 0.0
        while at < end:
            answering, seconds = self._step(at, end)
            self._book(minute, answering, seconds)
            parts.append((answering, float(seconds)))
            work += answering.utilisation * seconds
            at += seconds
        minute.cpu, minute.p95 = work / MINUTE, quantile(parts, 0.95)
        minute.ready = self._fleet.ready(end - 1)
        minute.capacity = self._workers(minute.ready).capacity
        self._fleet.pass_minute(end, minute.cpu)
        per_target = minute.requests / MINUTE / minute.ready
        self._seen.append(Metrics(per_target, minute.cpu, minute.p95))
        return minute

    def _step(self, at: int, end: int) -> tuple[Answering, int]:
        workers = self._workers(self._fleet.ready(at))
        index = at + LEAD
        rate = self._demand.rates[index]
        seconds = min(self._same[index], self._fleet.next_ready(at, end) - at)
        if self._backlog or rate >= workers.capacity:
            seconds = 1
        answering, self._backlog = workers.answer(rate, self._backlog)
        return answering, seconds

    @staticmethod
    def _book(minute: Minute, answering: Answering, seconds: int) -> None:
        slow = answering.slower_than(SLOW)
        minute.requests += (answering.served + answering.failed) * seconds
        minute.failed += answering.failed * seconds
        minute.slow += answering.served * slow * seconds
        minute.slow_seconds += seconds * (slow > SLOW_SHARE)

    def _scale(self, at: int, minute: Minute) -> None:
        """Let the rules act on what is visible by now, and note what they asked for."""
        seen = self._seen[: len(self._seen) - self._inputs.assumed.metric_delay_minutes]
        warm = self._fleet.warm(at)
        asked = [(rule.name, rule.asks(seen, warm)) for rule in self._policy.rules]
        wishes = [(name, size) for name, size in asked if size is not None]
        sizes = [size for _, size in wishes]
        before, warming = self._fleet.size, warm < self._fleet.size
        size = self._policy.resize(sizes, before, warm, warming=warming)
        if size != before:
            name = max(wishes, key=lambda wish: wish[1])[0]
            self._fleet.resize(size, at)
            self._acts.append(Act(at, name, size, seen[-1].cpu))
        minute.size, minute.asked = size, tuple(name for name, _ in wishes)
        minute.opposed = bool(sizes) and max(sizes) > warm > min(sizes)


def _run_lengths(rates: list[int]) -> list[int]:
    """Return for each second how many from it on have its rate."""
    lengths = [1] * len(rates)
    for index, (rate, following) in reversed(list(enumerate(pairwise(rates)))):
        if rate == following:
            lengths[index] = lengths[index + 1] + 1
    return lengths
