"""What is said of a rule, on days made for it."""

from bench.capacity import verdict
from bench.capacity.inputs import DAY
from bench.capacity.scaling import CPU, P95, REQUESTS, REQUIRED, Policy
from bench.capacity.simulate import Act, Minute, Run
from bench.tests.capacity import plain


def made(minutes: list[Minute], acts: list[Act] | None = None) -> Run:
    """Return a day of these minutes."""
    return Run(plain.flat(1), Policy(REQUIRED, 2, 10), minutes, acts or [], 0.0)


def test_asking_for_more_at_little_cpu_is_eager() -> None:
    """The same question at 40 % CPU fits."""
    idle = made([Minute(0, cpu=0.05, asked=(REQUESTS.name,))])
    busy = made([Minute(0, cpu=0.40, asked=(REQUESTS.name,))])
    assert verdict.of_requests(idle).startswith("too eager: 1 min at 5% CPU")
    assert verdict.of_requests(busy).startswith("fits")


def test_a_step_down_that_is_taken_back_was_fought() -> None:
    """Up again within half an hour counts, later does not."""
    down = Act(0, CPU.name, 3, 0.1)
    soon, later = Act(600, REQUESTS.name, 5, 0.1), Act(DAY // 2, REQUESTS.name, 5, 0.1)
    asked = [Minute(0, asked=(CPU.name,))]
    assert verdict.of_cpu(made(asked, [down, soon])) == "fought: 1 steps taken back"
    assert verdict.of_cpu(made(asked, [down, later])) == "fits"


def test_a_rule_that_never_gets_its_way_is_overruled() -> None:
    """It asks for less while another asks for more."""
    run = made([Minute(0, asked=(CPU.name, REQUESTS.name), opposed=True)])
    assert verdict.of_cpu(run) == "overruled: 1 of 1 min"


def test_a_latency_rule_that_asks_after_the_damage_is_slow() -> None:
    """What failed before its first question is counted, and a full group named."""
    hurt = Minute(0, failed=500, ready=10)
    asks = Minute(120, failed=9, ready=10, asked=(P95.name,))
    said = verdict.of_p95(made([hurt, asks]))
    assert said == "too slow: asks 2 min after, 500 failed by then; group full"


def test_a_latency_rule_on_a_calm_day_is_not_needed() -> None:
    """Without slow or failed requests there is nothing to be late for."""
    assert verdict.of_p95(made([Minute(0)])) == "not needed"
    assert verdict.of_p95(made([Minute(0, failed=1)])) == "too slow: never asks"
