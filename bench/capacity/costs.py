"""What a month costs in US dollars, at the list prices of `prices.json`.

Only what grows with the load: instances, balancer, edge, firewall, transfer. Database, Redis, NAT
and logs cost the same in every row and are left out.
"""

import dataclasses
from collections.abc import Sequence

from bench.capacity.inputs import DAYS_A_MONTH, MINUTE, Inputs
from bench.capacity.simulate import Run
from bench.capacity.traffic import HOUR

GIGABYTE = 2**30
MILLION = 1_000_000
CONNECTIONS_PER_LCU = 25
"""New connections a second; further dimensions: 1 GB an hour, 3,000 open connections (not the
largest here), rule evaluations (the first ten rules are free)."""


@dataclasses.dataclass(frozen=True)
class Bill:
    """US dollars a month."""

    instances: float
    surplus: float
    balancer: float
    edge: float
    firewall: float
    transfer: float

    @property
    def total(self) -> float:
        """Return the sum."""
        return float(sum(dataclasses.astuple(self)))

    @property
    def fleet(self) -> float:
        """Return what the instances cost, their surplus credits included."""
        return self.instances + self.surplus


def bill(day: Run, flat: Run, inputs: Inputs) -> Bill:
    """Return the bill of a month with `day` as often as its scenario says, else `flat`."""
    prices, edge = inputs.prices, day.demand.through_edge
    days = day.demand.scenario.days

    def month(of_day: float, of_flat: float) -> float:
        return of_day * days + of_flat * (DAYS_A_MONTH - days)

    hours = month(day.total("size"), flat.total("size")) * MINUTE / HOUR
    lcus = month(_lcu_hours(day, inputs), _lcu_hours(flat, inputs))
    millions = month(day.demand.sent, flat.demand.sent) / MILLION
    sent = millions * MILLION * _bytes(inputs, inputs.client_mix) / GIGABYTE
    surplus = month(day.surplus_credits, flat.surplus_credits) / 60
    charged = max(0.0, millions - prices.edge_million_requests.free)
    tiers = prices.edge_gigabyte if edge else prices.internet_gigabyte
    return Bill(
        instances=hours * prices.instance_hour,
        surplus=surplus * prices.surplus_vcpu_hour,
        balancer=DAYS_A_MONTH * 24 * prices.balancer_hour + lcus * prices.lcu_hour,
        edge=charged * prices.edge_million_requests.price if edge else 0.0,
        firewall=prices.firewall_month + millions * prices.firewall_million_requests,
        transfer=tiered(sent, tiers),
    )


def tiered(amount: float, tiers: Sequence[tuple[float | None, float]]) -> float:
    """Return the price of `amount` where each (size, price) is a tier, null for no end."""
    total = 0.0
    for size, price in tiers:
        here = amount if size is None else min(amount, size)
        total += here * price
        amount -= here
    return total


def _bytes(inputs: Inputs, mix: dict[str, float]) -> float:
    """Return the mean bytes of an answer, weighted by `mix`."""
    sizes = inputs.measured.bytes_per_answer
    return sum(sizes[kind] * weight for kind, weight in mix.items()) / sum(mix.values())


def _lcu_hours(run: Run, inputs: Inputs) -> float:
    """Return the LCU hours of a day: in each hour the larger dimension counts."""
    assumed = inputs.assumed
    reuse = assumed.edge if run.demand.through_edge else assumed.direct
    size = _bytes(inputs, run.demand.mix)
    total, minutes = 0.0, run.minutes
    for start in range(0, len(minutes), 60):
        requests = sum(minute.requests for minute in minutes[start : start + 60])
        connections = requests / HOUR / reuse.requests_per_connection / CONNECTIONS_PER_LCU
        total += max(connections, requests * size / GIGABYTE)
    return total
