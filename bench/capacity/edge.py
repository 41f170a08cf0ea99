"""How much of the clients' load reaches the origin, second by second: through CloudFront or not.

Every cacheable answer counts down to the same instant (protocol rules 16 and 21), so that what the
regional caches hold expires together: `expiries` lists those instants. Between two of them a cache
asks once for each key, at its first request. With Poisson requests at rate r per key and cache, a
key is still missing after s seconds with probability exp(-r s); the mean over an interval T is the
known hit ratio of TTL caches (Jung, Berger, Balakrishnan, "Modeling TTL-based Internet Caches",
INFOCOM 2003). Concurrent misses of a key in one cache are collapsed into one request.
"""

import dataclasses
import math

from bench.capacity.inputs import DAY, MINUTE, Inputs
from bench.capacity.traffic import HOUR, NOON, Scenario

LEAD = 2 * HOUR
"""Seconds before midnight in which the fleet settles; they are simulated and not counted."""
POLL = 240
OPENING, CLOSING = 7 * HOUR, 17 * HOUR
AWAITED = NOON - MINUTE
PUBLISHED = NOON + 3 * MINUTE
SECOND_PURGE = 20
MAX_TTL, MIN_TTL = 3600, 15


@dataclasses.dataclass(frozen=True)
class Demand:
    """What the balancer gets: whole requests/s, from `LEAD` seconds before midnight on.

    `clients` is what clients send in the same seconds, `mix` how often each kind came.
    """

    scenario: Scenario
    through_edge: bool
    rates: list[int]
    clients: list[float]
    mix: dict[str, float]

    @property
    def sent(self) -> float:
        """Return how many requests clients send in the counted day."""
        return sum(self.clients[LEAD:])

    @property
    def hit_ratio(self) -> float:
        """Return the share of the counted day's requests that the edge answers."""
        return max(0.0, 1 - sum(self.rates[LEAD:]) / self.sent)


def direct(scenario: Scenario, inputs: Inputs) -> Demand:
    """Return the demand when every client comes to the balancer itself."""
    clients = _clients(scenario)
    return Demand(scenario, False, [round(rate) for rate in clients], clients, inputs.client_mix)


def through_edge(scenario: Scenario, inputs: Inputs) -> Demand:
    """Return the demand when every client comes through CloudFront."""
    clients, kinds = _clients(scenario), inputs.assumed.traffic
    copies = inputs.assumed.edge.regional_caches * inputs.assumed.edge.codings
    missing = dict.fromkeys(kinds, 1.0)
    mix = dict.fromkeys(kinds, 0.0)
    expire, rates = expiries(), []
    for second, rate in enumerate(clients):
        asked = 0.0
        for name, kind in kinds.items():
            entries = kind.keys * copies
            kept = math.exp(-rate * kind.share / entries)
            held = 1.0 if second - LEAD in expire else missing[name]
            misses = entries * held * (1 - kept)
            missing[name] = held * kept
            mix[name] += misses
            asked += misses
        rates.append(round(asked))
    return Demand(scenario, True, rates, clients, mix)


def expiries() -> frozenset[int]:
    """Return the seconds of the day at which everything the edge holds ends.

    In the polling window a poll moves `fresh_until` on, but what is cached ends at the old one, a
    minute after the next poll: one wave per poll. From 11:59 to the publication at most 15 s; at
    the publication two purges; at night at most an hour.
    """
    nights = [*range(-LEAD, OPENING, MAX_TTL), *range(CLOSING, DAY, MAX_TTL)]
    window = [*range(OPENING, AWAITED, POLL), *range(PUBLISHED + POLL, CLOSING, POLL)]
    awaiting = range(AWAITED, PUBLISHED, MIN_TTL)
    return frozenset([*nights, *window, *awaiting, PUBLISHED, PUBLISHED + SECOND_PURGE])


def _clients(scenario: Scenario) -> list[float]:
    return [scenario.rate(second) for second in range(-LEAD, DAY)]
