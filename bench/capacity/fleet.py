"""The instances: when each is ready and warm, and what its CPU credits say."""

import dataclasses

from bench.capacity.inputs import Inputs, Machine


@dataclasses.dataclass
class Credits:
    """The credit account of one T3 instance in unlimited mode; a credit is a vCPU minute.

    It may owe up to a day's earnings; what it owes beyond is charged, and so is what it owes when
    it ends (Amazon EC2 User Guide, unlimited mode for burstable performance instances).
    """

    machine: Machine
    balance: float = 0.0
    charged: float = 0.0

    def pass_minute(self, cpu: float) -> None:
        """Earn and spend for a minute at `cpu` (0 to 1 over all vCPUs)."""
        earned = self.machine.credits_per_hour / 60
        balance = self.balance + earned - cpu * self.machine.vcpus
        self.balance = max(-self.machine.most_credits, min(self.machine.most_credits, balance))
        self.charged += max(0.0, -self.machine.most_credits - balance)

    def close(self) -> float:
        """Return all surplus credits to be paid for, what is still owed included."""
        return self.charged + max(0.0, -self.balance)


@dataclasses.dataclass
class Instance:
    """One instance: served from `ready`, counted from `warm` (seconds)."""

    ready: int
    warm: int
    credits: Credits


class Fleet:
    """The group's instances, oldest first; the newest goes first, none of them being better."""

    def __init__(self, inputs: Inputs, size: int, at: int) -> None:
        """Start with `size` instances that are warm at `at`."""
        self._inputs = inputs
        self._instances = [Instance(at, at, Credits(inputs.assumed.machine)) for _ in range(size)]
        self._ended: list[float] = []

    @property
    def size(self) -> int:
        """Return the desired capacity: all instances, those that start included."""
        return len(self._instances)

    def resize(self, size: int, at: int) -> None:
        """Launch or end instances at second `at`."""
        ready = at + self._inputs.start_seconds()
        warm = ready + self._inputs.assumed.start.warmup_seconds
        while self.size < size:
            machine = self._inputs.assumed.machine
            self._instances.append(Instance(ready, warm, Credits(machine)))
        while self.size > size:
            self._ended.append(self._instances.pop().credits.close())

    def ready(self, at: int) -> int:
        """Return how many instances take requests at second `at`."""
        return sum(instance.ready <= at for instance in self._instances)

    def warm(self, at: int) -> int:
        """Return how many instances count as capacity at second `at`."""
        return sum(instance.warm <= at for instance in self._instances)

    def next_ready(self, at: int, until: int) -> int:
        """Return the first second after `at` with another instance ready, at most `until`."""
        return min([i.ready for i in self._instances if at < i.ready < until], default=until)

    def pass_minute(self, at: int, cpu: float) -> None:
        """Book a minute that ended at `at`: `cpu` for those that served, idleness for the rest."""
        for instance in self._instances:
            instance.credits.pass_minute(cpu if instance.ready <= at else 0.0)

    def surplus_credits(self) -> float:
        """Return the credits to be paid for so far, as if all instances ended now."""
        return sum(self._ended) + sum(i.credits.close() for i in self._instances)

    def forget_debts(self) -> None:
        """Start a new account of surplus credits: what was owed before is not counted."""
        self._ended.clear()
        for instance in self._instances:
            instance.credits = Credits(self._inputs.assumed.machine)
