"""Small inputs for the tests: the committed ones, and demands of a few lines."""

from bench.capacity.edge import LEAD, Demand
from bench.capacity.inputs import DAY, Inputs, load
from bench.capacity.traffic import Scenario

INPUTS: Inputs = load()
MIX = {name: kind.share for name, kind in INPUTS.assumed.traffic.items()}


def flat(rate: int) -> Demand:
    """Return `rate` requests/s all day, past the edge."""
    return stepped(rate, rate, 0)


def stepped(before: int, after: int, at: int, until: int = DAY) -> Demand:
    """Return `before` requests/s, and `after` from second `at` to `until` of the day."""
    rates = [after if at <= second < until else before for second in range(-LEAD, DAY)]
    scenario = Scenario(f"{before}-{after}", "a test", before)
    return Demand(scenario, False, rates, [float(rate) for rate in rates], MIX)
