"""What a hypervisor takes away, and which runs count for it."""

import pytest

from bench.cpus import stolen, times_of
from bench.generator import Seen
from bench.latency import latency
from bench.load import LoadResult
from bench.rates import CALM, COUNTING, _calm, counting

BEFORE = "cpu  100 0 50 800 10 0 5 35 7 0\ncpu0 50 0 25 400 5 0 2 18 7 0\nintr 1\n"
AFTER = "cpu  160 0 70 890 10 0 5 65 7 0\ncpu0 80 0 35 445 5 0 2 33 7 0\nintr 2\n"


def run(rate: float, steal: float) -> LoadResult:
    """Return a run of which nothing else matters."""
    return LoadResult(rate, 0, rate, latency([]), {}, 0.0, 0.1, steal, Seen())


def test_steal_is_a_share_of_all_time_that_passed() -> None:
    """Of 200 ticks of both CPUs 30 went to others."""
    assert stolen(times_of(BEFORE), times_of(AFTER)) == pytest.approx(30 / 200)


def test_no_time_at_all_is_no_steal() -> None:
    """Two looks within one tick divide by nothing."""
    assert stolen(times_of(BEFORE), times_of(BEFORE)) == 0


def test_the_runs_with_least_steal_count() -> None:
    """Whatever their latency."""
    seen = [run(5_000, steal) for steal in (0.2, 0.01, 0.3, 0.02, 0.0)]
    assert [run.steal for run in counting(seen)] == [0.0, 0.01, 0.02]
    assert len(counting(seen)) == COUNTING


@pytest.mark.parametrize(("fifth", "enough"), [(CALM, True), (2 * CALM, False)])
def test_turns_are_added_until_enough_runs_of_each_rate_were_calm(
    fifth: float, enough: bool
) -> None:
    """A calm run of one rate is none of the other."""
    calm = [run(2_000, 0.0)] * COUNTING + [run(5_000, CALM)] * (COUNTING - 1)
    assert _calm([*calm, run(5_000, 0.5), run(5_000, fifth)]) is enough
