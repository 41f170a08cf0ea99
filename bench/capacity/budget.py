"""The month's error budget: which share of it failed and slow requests use up.

Objectives and policy are the requirements': 99.95 % of requests answered, 95 % of them within
200 ms; up to half the budget is normal, then changes freeze, then only emergencies are fixed.
Requests that the edge answers neither fail nor are slow.
"""

import dataclasses

from bench.capacity.inputs import DAYS_A_MONTH
from bench.capacity.simulate import SLOW_SHARE, Run

FAILED_SHARE = 0.0005
POLICY = ((0.5, "normal"), (0.75, "freeze"), (1.0, "emergency"))


@dataclasses.dataclass(frozen=True)
class Budget:
    """Shares of a month's requests (0 to 1), and seconds of a day with p95 above 200 ms."""

    failed: float
    slow: float
    slow_seconds: float

    @property
    def used(self) -> float:
        """Return the share of the budget that is used, by the objective that fares worse."""
        return max(self.failed / FAILED_SHARE, self.slow / SLOW_SHARE)

    @property
    def state(self) -> str:
        """Return what the error-budget policy says."""
        return next((word for limit, word in POLICY if self.used <= limit), "exhausted")


def budget(day: Run, flat: Run) -> Budget:
    """Return the budget of a month with `day` as often as its scenario says, else `flat`."""
    days = day.demand.scenario.days
    weights = ((day, days), (flat, DAYS_A_MONTH - days))
    sent = sum(run.demand.sent * weight for run, weight in weights)
    failed = sum(run.total("failed") * weight for run, weight in weights)
    slow = sum(run.total("slow") * weight for run, weight in weights)
    return Budget(failed / sent, slow / sent, day.total("slow_seconds"))
