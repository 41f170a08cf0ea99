"""The rules that size the group: step scaling as required, and target tracking to compare with.

Semantics of Amazon EC2 Auto Scaling (User Guide: step and simple scaling policies, default instance
warm-up, multiple scaling policies): an alarm acts every minute as long as it stands; a step counts
from the instances that have warmed up, so that a repeated breach adds nothing until the last ones
have; of several policies the one that asks for most instances wins; nothing shrinks during a
warm-up. Here requests per target and the target itself are per second, not CloudWatch's per minute.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence


@dataclasses.dataclass(frozen=True)
class Metrics:
    """A minute as CloudWatch has it: requests/s per target, CPU 0 to 1, p95 in seconds."""

    per_target: float
    cpu: float
    p95: float


@dataclasses.dataclass(frozen=True)
class StepRule:
    """`change` instances more (or fewer) once the last `periods` minutes were all in breach."""

    name: str
    breached: Callable[[Metrics], bool]
    periods: int
    change: int

    def asks(self, seen: Sequence[Metrics], warm: int) -> int | None:
        """Return `warm` plus the step while the alarm stands; `seen` has the newest minute last."""
        last = seen[-self.periods :]
        if len(last) < self.periods or not all(self.breached(minute) for minute in last):
            return None
        return warm + self.change


@dataclasses.dataclass(frozen=True)
class TargetTracking:
    """Holds requests per target at `target`: out after 3 minutes above, in after 15 below 90 %.

    Those are the alarms that AWS makes for such a policy.
    """

    name: str
    target: float

    def asks(self, seen: Sequence[Metrics], warm: int) -> int | None:
        """Return as many instances as bring the load to the target."""
        out, back = seen[-3:], seen[-15:]
        if len(out) == 3 and all(minute.per_target > self.target for minute in out):
            return math.ceil(warm * out[-1].per_target / self.target)
        if len(back) == 15 and all(minute.per_target < 0.9 * self.target for minute in back):
            return math.ceil(warm * max(minute.per_target for minute in back) / self.target)
        return None


REQUESTS = StepRule("requests per target > 50/s: +2", lambda m: m.per_target > 50, 1, +2)
CPU = StepRule("CPU < 30 % for 10 min: -1", lambda m: m.cpu < 0.30, 10, -1)
P95 = StepRule("p95 > 500 ms: +3", lambda m: m.p95 > 0.5, 1, +3)
REQUIRED = (REQUESTS, CPU, P95)


@dataclasses.dataclass(frozen=True)
class Policy:
    """The rules of a group and its bounds."""

    rules: tuple[StepRule | TargetTracking, ...]
    smallest: int
    largest: int

    def resize(self, asked: Sequence[int], desired: int, warm: int, *, warming: bool) -> int:
        """Return the size that the group goes to when its rules ask for `asked`."""
        most = max(asked, default=warm)
        if most > warm:
            return max(desired, min(most, self.largest))
        if most < warm and not warming:
            return max(self.smallest, most)
        return desired
