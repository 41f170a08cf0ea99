"""What was asked of the simulator: counts by kind and outcome, and the last paths.

A test can say "no call to Banxico" and "the quota was never exceeded" by it. Never holds a query
string or a header: a token may be in either.
"""

from collections import Counter, deque
from dataclasses import dataclass
from datetime import datetime

from banxico_simulator.ask import Group

KEPT = 200


@dataclass(frozen=True)
class Entry:
    """One request; `at` is the simulator's instant."""

    at: datetime
    path: str
    group: Group
    outcome: str


@dataclass(frozen=True)
class Summary:
    """Everything counted so far; `last` has the newest request last."""

    total: int
    groups: dict[str, dict[str, int]]
    outcomes: dict[str, int]
    last: list[Entry]


class Journal:
    """The requests since the last reset."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[Group, str]] = Counter()
        self._last: deque[Entry] = deque(maxlen=KEPT)

    def record(self, entry: Entry) -> None:
        """Counts one request."""
        self._counts[entry.group, entry.outcome] += 1
        self._last.append(entry)

    def summary(self) -> Summary:
        """The counts, each group named even while it has none."""
        groups: dict[str, dict[str, int]] = {group: {} for group in Group}
        outcomes: Counter[str] = Counter()
        for (group, outcome), count in self._counts.items():
            groups[group][outcome] = count
            outcomes[outcome] += count
        return Summary(self._counts.total(), groups, dict(outcomes), list(self._last))

    def reset(self) -> None:
        """Nothing was asked yet."""
        self._counts.clear()
        self._last.clear()
