"""The scenarios: how many requests clients send in each second of a day.

A day is 86,400 s of Mexico City, which has no summer time. The multiples and the three levels are
the requirements'; how fast a spike rises, lasts and fades, and on how many days, is assumed here.
"""

import dataclasses

from bench.capacity.inputs import DAYS_A_MONTH, MINUTE

HOUR = 3600
NOON = 12 * HOUR
BANKING_DAYS = 21
FADED = 7
"""Half-lives after which a spike counts as gone."""


@dataclasses.dataclass(frozen=True)
class Spike:
    """From `start` (s of the day) in `rise` s up to `peak` requests/s, there for `hold` s."""

    peak: float
    start: int
    rise: int
    hold: int
    half_life: int

    def share(self, at: float) -> float:
        """Return which share of the way from base to peak the load stands at, 0 to 1."""
        since = at - self.start
        if since < 0:
            return 0.0
        if since < self.rise:
            return since / self.rise
        faded = max(0.0, (since - self.rise - self.hold) / self.half_life)
        return 0.5**faded if faded < FADED else 0.0


@dataclasses.dataclass(frozen=True)
class Scenario:
    """A day that comes `days` times a month, the others being flat at `base` requests/s."""

    name: str
    words: str
    base: float
    spike: Spike | None = None
    days: float = DAYS_A_MONTH

    def rate(self, at: float) -> float:
        """Return the clients' requests/s at second `at` of the day; before midnight the base."""
        if self.spike is None:
            return self.base
        return self.base + (self.spike.peak - self.base) * self.spike.share(at)

    @property
    def onset(self) -> int:
        """Return the second at which the load begins to rise; midnight for a flat day."""
        return 0 if self.spike is None else self.spike.start


SCENARIOS = (
    Scenario("steady", "2,000/s steady", 2_000),
    Scenario("sustained", "6,000/s sustained", 6_000),
    Scenario(
        "peak",
        "20,000/s peak over 6,000/s",
        6_000,
        Spike(20_000, NOON - 30 * MINUTE, 15 * MINUTE, 2 * HOUR, 20 * MINUTE),
        BANKING_DAYS,
    ),
    Scenario(
        "announcement",
        "10x announcement at noon",
        2_000,
        Spike(20_000, NOON, 10, 5 * MINUTE, 10 * MINUTE),
        BANKING_DAYS,
    ),
    Scenario(
        "volatility",
        "5x sustained volatility",
        2_000,
        Spike(10_000, 9 * HOUR, 10 * MINUTE, 6 * HOUR, 30 * MINUTE),
        5,
    ),
    Scenario(
        "sudden",
        "20x sudden, by the media",
        2_000,
        Spike(40_000, 15 * HOUR + 30 * MINUTE, 30, 30 * MINUTE, 20 * MINUTE),
        1,
    ),
)
