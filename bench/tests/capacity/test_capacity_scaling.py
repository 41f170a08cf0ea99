"""The rules and how the group combines them."""

from bench.capacity.scaling import CPU, P95, REQUESTS, REQUIRED, Metrics, Policy, TargetTracking

CALM = Metrics(per_target=10, cpu=0.1, p95=0.01)
BUSY = Metrics(per_target=51, cpu=0.5, p95=0.6)
GROUP = Policy(REQUIRED, 2, 10)


def test_more_than_50_per_target_asks_for_two_more() -> None:
    """One minute above 50/s is enough; 50/s is not above."""
    assert REQUESTS.asks([CALM, BUSY], 4) == 6
    assert REQUESTS.asks([Metrics(50, 0.5, 0.01)], 4) is None


def test_p95_above_500_ms_asks_for_three_more() -> None:
    """The rule on latency looks at the last minute."""
    assert P95.asks([BUSY], 4) == 7
    assert P95.asks([BUSY, CALM], 4) is None


def test_the_cpu_rule_waits_for_ten_quiet_minutes() -> None:
    """Nine minutes below 30 % are not enough, nor ten with a busy one among them."""
    assert CPU.asks([CALM] * 9, 4) is None
    assert CPU.asks([CALM] * 5 + [BUSY] + [CALM] * 4, 4) is None
    assert CPU.asks([BUSY] + [CALM] * 10, 4) == 3


def test_a_step_counts_from_what_has_warmed_up() -> None:
    """While two of six still warm up, +2 from four changes nothing; +3 adds one."""
    assert GROUP.resize([6], desired=6, warm=4, warming=True) == 6
    assert GROUP.resize([6, 7], desired=6, warm=4, warming=True) == 7
    assert GROUP.resize([6], desired=7, warm=4, warming=True) == 7


def test_who_asks_for_most_wins() -> None:
    """A rule that wants less is overruled by one that wants more."""
    assert GROUP.resize([3, 6], desired=4, warm=4, warming=False) == 6


def test_the_group_keeps_its_bounds() -> None:
    """Never more than the largest size, never fewer than the smallest."""
    assert GROUP.resize([12], desired=10, warm=10, warming=False) == 10
    assert GROUP.resize([1], desired=2, warm=2, warming=False) == 2


def test_nothing_shrinks_during_a_warm_up() -> None:
    """A step down waits until the last launch has warmed up."""
    assert GROUP.resize([3], desired=6, warm=4, warming=True) == 6
    assert GROUP.resize([3], desired=4, warm=4, warming=False) == 3


def test_tracking_goes_straight_to_the_target() -> None:
    """Three minutes at four times the target ask for four times the instances."""
    tracking = TargetTracking("100/s", 100)
    assert tracking.asks([Metrics(400, 0.9, 0.1)] * 2, 2) is None
    assert tracking.asks([Metrics(400, 0.9, 0.1)] * 3, 2) == 8


def test_tracking_shrinks_after_a_quiet_quarter_of_an_hour() -> None:
    """Fifteen minutes below 90 % of the target, and only as far as the busiest of them allows."""
    tracking = TargetTracking("100/s", 100)
    quiet = [Metrics(20, 0.1, 0.01)] * 14
    assert tracking.asks(quiet, 8) is None
    assert tracking.asks([Metrics(45, 0.2, 0.01), *quiet], 8) == 4
    assert tracking.asks([Metrics(95, 0.5, 0.01)] * 15, 8) is None
