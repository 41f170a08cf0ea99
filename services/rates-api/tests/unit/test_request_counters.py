"""The last five minutes of a worker, and their percentile and ratio."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rates_api.request_counters import (
    RequestCounters,
    RequestTotals,
    Traffic,
    hit_ratio,
    p95,
    summed,
)

ROUTE = "/api/v1/rates/current"


class Clock:
    """A monotonic clock that is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Give a clock to set."""
    return Clock()


@pytest.fixture
def counters() -> RequestCounters:
    """Give a worker's counts."""
    return RequestCounters()


@pytest.fixture
def traffic(counters: RequestCounters, clock: Clock) -> Traffic:
    """Give a worker's traffic."""
    return Traffic(counters.totals, clock)


def test_without_traffic_there_are_no_figures(traffic: Traffic) -> None:
    """Percentile and ratio are null without traffic, never zero."""
    assert p95(traffic.totals()) is None
    assert hit_ratio(traffic.totals()) is None


def test_the_ratio_counts_what_was_found_rendered(
    counters: RequestCounters, traffic: Traffic
) -> None:
    """Three of four look-ups that found their answer are 0.75."""
    for result in ("hit", "hit", "miss", "hit"):
        counters.record_lookup(result)

    assert hit_ratio(traffic.totals()) == 0.75


def test_what_is_older_than_five_minutes_is_forgotten(
    counters: RequestCounters, traffic: Traffic, clock: Clock
) -> None:
    """Answers leave the figures after five minutes, ten seconds at a time."""
    seen = []
    for second in range(620):
        if second in (0, 290):
            counters.record(ROUTE, 200, 0.001)
            counters.record_lookup("hit")
        seen.append(traffic.totals())
        clock.now += 1

    counts = [sum(figures.latencies) for figures in seen]
    assert counts == [figures.hits for figures in seen]
    assert counts[289:300] == [1] + [2] * 10
    assert set(counts[311:590]) == {1}
    assert set(counts[601:]) == {0}
    assert p95(seen[-1]) is None


def test_the_percentile_lies_in_its_bucket(counters: RequestCounters, traffic: Traffic) -> None:
    """Nineteen fast answers and one slow: the 95th percentile is fast, the 96th would not be."""
    for _ in range(19):
        counters.record(ROUTE, 200, 0.0009)
    counters.record(ROUTE, 200, 0.190)

    assert p95(traffic.totals()) == 1.0


@pytest.mark.parametrize(
    ("route", "status"),
    [("unknown", 404), (ROUTE, 422), (ROUTE, 204), (ROUTE, 503), ("/health", 200)],
)
def test_what_costs_nothing_does_not_move_the_percentile(
    counters: RequestCounters, traffic: Traffic, route: str, status: int
) -> None:
    """6,000 answers 404 halved it."""
    for _ in range(20):
        counters.record(ROUTE, 200, 0.2)
    before = p95(traffic.totals())
    for _ in range(6000):
        counters.record(route, status, 0.00001)

    assert p95(traffic.totals()) == before


def test_what_is_slower_than_every_edge_counts_as_the_last(
    counters: RequestCounters, traffic: Traffic
) -> None:
    """Beyond the last edge nothing more is known than that."""
    counters.record(ROUTE, 200, 60.0)

    assert p95(traffic.totals()) == 5000


@given(st.lists(st.floats(0.00001, 4.9), min_size=1, max_size=60))
def test_the_percentile_is_near_the_true_one(seconds: list[float]) -> None:
    """The percentile from buckets lies in the bucket of the true one."""
    counters = RequestCounters()
    for each in seconds:
        counters.record(ROUTE, 200, each)
    rank = -(-95 * len(seconds) // 100)
    truth = sorted(seconds)[rank - 1] * 1000

    found = p95(counters.totals())

    assert found is not None
    assert truth / 2.6 <= found <= truth * 2.6 or found <= 0.1


def test_workers_are_summed() -> None:
    """Protocol rule 24: figures of workers add up, none is no traffic."""
    one = RequestCounters()
    one.record(ROUTE, 200, 0.001)
    one.record_lookup("hit")

    both = summed([one.totals(), one.totals()])

    assert sum(both.latencies) == 2
    assert (both.hits, both.misses) == (2, 0)
    assert summed([]) == RequestTotals()


class Restless(int):
    """A status; whenever anybody looks at it, something new has just been answered."""

    counters = RequestCounters()
    answered = 0

    def __hash__(self) -> int:
        """Answer, and be the status."""
        self.answer()
        return int(self)

    def __eq__(self, other: object) -> bool:
        """Answer, and be the status."""
        self.answer()
        return int(self) == other

    def __str__(self) -> str:
        """Answer, and be the status."""
        self.answer()
        return str(int(self))

    def answer(self) -> None:
        """Record a status that `ROUTE` never had, and a route that was never asked."""
        type(self).answered += 1
        self.counters.record(ROUTE, 1000 + self.answered, 0.001)
        self.counters.record(f"{ROUTE}/{self.answered}", 200, 0.001)


def test_counts_can_be_read_while_answers_are_recorded(counters: RequestCounters) -> None:
    """A thread writes them for `/metrics`; `dictionary changed size` there ended the worker."""
    Restless.counters = counters
    counters.record(ROUTE, Restless(200), 0.001)
    counters.record(f"{ROUTE}/last", Restless(304), 0.001)
    begun = Restless.answered

    families = list(counters.collect())
    totals = counters.totals()

    assert Restless.answered > begun
    assert {family.name for family in families} >= {"rates_api_requests", "rates_api_rendered"}
    assert sum(totals.latencies) >= 2
