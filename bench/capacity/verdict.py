"""Which of the required rules is too eager, too slow or fought: judged from a simulated day.

A rule that asks for more while the CPU stands below the limit at which another rule asks for less
is too eager. A step down that is taken back within half an hour was one too many. The p95 rule is
late when requests were slow or failed before it first asked, and helpless at the largest size.
"""

import dataclasses
from itertools import pairwise

from bench.capacity.scaling import CPU, P95, REQUESTS
from bench.capacity.simulate import Run

IDLE_CPU = 0.30
SOON = 30 * 60


@dataclasses.dataclass(frozen=True)
class Activity:
    """How long a rule asked (minutes of the day), and the fleet's mean CPU (0 to 1) then."""

    minutes: int
    cpu: float


def activity(run: Run, rule: str) -> Activity:
    """Return how long `rule` asked for another size, and at which CPU."""
    asked = [minute.cpu for minute in run.minutes if rule in minute.asked]
    return Activity(len(asked), sum(asked) / len(asked) if asked else 0.0)


def of_requests(run: Run) -> str:
    """Judge the rule on requests per target."""
    stood = activity(run, REQUESTS.name)
    if not stood.minutes:
        return "never asks"
    word = "too eager" if stood.cpu < IDLE_CPU else "fits"
    return f"{word}: {stood.minutes} min at {stood.cpu:.0%} CPU"


def of_cpu(run: Run) -> str:
    """Judge the rule that shrinks the group."""
    stood, overruled, undone = activity(run, CPU.name), opposed(run), taken_back(run)
    if not stood.minutes:
        return "never asks"
    if undone:
        return f"fought: {undone} steps taken back"
    if overruled:
        return f"overruled: {overruled} of {stood.minutes} min"
    return "fits"


def of_p95(run: Run) -> str:
    """Judge the rule on latency."""
    hurt = next((minute for minute in run.minutes if minute.failed or minute.slow_seconds), None)
    first = next((minute for minute in run.minutes if P95.name in minute.asked), None)
    if hurt is None:
        return "not needed" if first is None else "asks without need"
    if first is None:
        return "too slow: never asks"
    lost = sum(minute.failed for minute in run.minutes if minute.at < first.at)
    late = f"too slow: asks {(first.at - hurt.at) // 60} min after, {lost:,.0f} failed by then"
    return f"{late}; group full" if first.ready >= run.policy.largest else late


def opposed(run: Run) -> int:
    """Return the minutes of the day in which rules asked for opposite things."""
    return sum(minute.opposed for minute in run.minutes)


def taken_back(run: Run) -> int:
    """Return how many steps down were followed by one up within half an hour."""
    return sum(
        earlier.rule == CPU.name and later.size > earlier.size and later.at - earlier.at <= SOON
        for earlier, later in pairwise(run.acts)
    )
