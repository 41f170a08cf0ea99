"""What reaches the origin through CloudFront."""

import dataclasses
import math
from itertools import pairwise

import msgspec
import pytest

from bench.capacity import edge
from bench.capacity.edge import LEAD, through_edge
from bench.capacity.inputs import MINUTE, Inputs, Kind
from bench.capacity.traffic import HOUR, NOON, Scenario
from bench.tests.capacity import plain

FLAT = Scenario("flat", "flat", 1_000)


def with_keys(keys: int) -> Inputs:
    """Return inputs with one kind of request, one cache and one coding."""
    assumed = plain.INPUTS.assumed
    single = msgspec.structs.replace(assumed.edge, regional_caches=1, codings=1)
    kinds = {"current": Kind(1.0, keys)}
    return Inputs(
        plain.INPUTS.measured,
        msgspec.structs.replace(assumed, traffic=kinds, edge=single),
        plain.INPUTS.prices,
    )


def test_directly_everything_arrives() -> None:
    """Past the edge the balancer gets what clients send."""
    demand = edge.direct(FLAT, plain.INPUTS)
    assert set(demand.rates) == {1_000}
    assert demand.hit_ratio == 0


def test_a_hot_key_is_asked_once_for_each_expiry() -> None:
    """One key in one cache at 1,000/s costs the origin one request per expiry of the day."""
    demand = through_edge(FLAT, with_keys(1))
    expiries = [second for second in edge.expiries() if second >= 0]
    assert sum(demand.rates[LEAD:]) == len(expiries)


def test_cold_keys_miss_as_ttl_caches_do() -> None:
    """In an interval T at rate r a key misses once with probability 1 - exp(-r T)."""
    keys = 100_000
    demand = through_edge(FLAT, with_keys(keys))
    start = LEAD + 8 * HOUR
    expected = keys * (1 - math.exp(-1_000 / keys * edge.POLL))
    assert sum(demand.rates[start : start + edge.POLL]) == pytest.approx(expected, rel=0.01)


def test_unbounded_keys_pass_the_edge() -> None:
    """Of requests that are hardly ever repeated the edge answers next to none."""
    assert through_edge(FLAT, with_keys(10**9)).hit_ratio < 0.01


def test_a_publication_empties_the_edge_twice() -> None:
    """Both purges bring a wave of every key: at the publication and 20 s later."""
    demand = through_edge(FLAT, with_keys(500))
    for purge in (edge.PUBLISHED, edge.PUBLISHED + edge.SECOND_PURGE):
        wave, before = demand.rates[LEAD + purge], demand.rates[LEAD + purge - 1]
        assert wave > 10 * max(1, before)


def test_while_the_fix_is_awaited_nothing_is_kept_longer_than_15_s() -> None:
    """From 11:59 to the publication the expiries are 15 s apart (protocol rule 21)."""
    awaiting = sorted(s for s in edge.expiries() if NOON - MINUTE <= s <= edge.PUBLISHED)
    assert {b - a for a, b in pairwise(awaiting)} == {15}


def test_nothing_is_kept_longer_than_an_hour() -> None:
    """No two expiries are further apart than the longest `s-maxage`."""
    instants = sorted(edge.expiries())
    assert max(b - a for a, b in pairwise(instants)) <= 3600


def test_a_spike_grows_the_misses_less_than_the_load() -> None:
    """Ten times the clients are fewer than ten times the origin's requests."""
    calm = through_edge(FLAT, plain.INPUTS)
    wild = through_edge(dataclasses.replace(FLAT, base=10_000), plain.INPUTS)
    assert wild.hit_ratio > calm.hit_ratio
