"""The study as Markdown tables, each figure from a run."""

from collections.abc import Iterable, Sequence
from textwrap import fill

from bench.capacity import verdict
from bench.capacity.scaling import CPU, P95, REQUESTS
from bench.capacity.study import SPEEDS, PolicyOutcome, Study, Way
from bench.capacity.traffic import SCENARIOS


def inputs(study: Study) -> str:
    """Return what was measured, and what follows for an instance of the assumed type."""
    measured, assumed, prices = study.inputs.measured, study.inputs.assumed, study.inputs.prices
    rates, sizes = measured.requests_per_core_second, measured.bytes_per_answer
    rows = [
        (kind, f"{rates[kind]:,.0f}", f"{sizes[kind]:,.0f}", f"{traffic.share:.0%}", traffic.keys)
        for kind, traffic in assumed.traffic.items()
    ]
    kinds = _table(("Request", "per core second", "bytes", "share", "keys"), rows)
    capacity = study.per_instance(study.direct[0].demand)
    memory = measured.memory_mb_per_worker * assumed.machine.vcpus
    words = (
        f"Measured {measured.measured} at {measured.commit}, {measured.machine}, by `./dev bench`:"
        " requests by CPU time of all processes of rates-api, bytes with gzip. A vCPU counts as"
        f" {assumed.machine.vcpu_speed:g} of that core (assumed), so that a t3.medium does"
        f" **{capacity:,.0f} requests/s** of this mix. An instance takes requests"
        f" {study.inputs.start_seconds()} s after its launch; its workers need {memory:,.0f} MB."
        f" Prices: {prices.region}, {prices.as_of}, {prices.status}."
    )
    return f"{kinds}\n\n{fill(words, 118, break_on_hyphens=False)}"


def required(study: Study) -> str:
    """Return how each scenario fares under the rules of the requirements."""
    head = (
        "Scenario", "Way", "Requests/s at the balancer, most", "Instances, most", "mean",
        "Seconds with p95 > 200 ms", "Failed in a month", "Slow", "Budget used", "Policy says",
    )  # fmt: skip
    rows = []
    for way in study.ways:
        most, mean = way.required.sizes
        budget = way.required.budget
        rows.append((
            *_way(way), f"{max(way.demand.rates):,}", most, f"{mean:.1f}",
            f"{budget.slow_seconds:.0f}", _share(budget.failed), _share(budget.slow),
            _used(way.required), budget.state,
        ))  # fmt: skip
    return _table(head, rows)


def better(study: Study) -> str:
    """Return the same past the edge under the three policies."""
    head = (
        "Scenario", "Policy", "Instances, least", "most", "mean", "Failed in a month", "Slow",
        "Budget used", "Instances, US$ a month",
    )  # fmt: skip
    rows = []
    for way in study.direct:
        for name, case in _policies(way):
            most, mean = case.sizes
            least = min(minute.size for minute in case.run.minutes)
            words = way.demand.scenario.words
            fate = (_share(case.budget.failed), _share(case.budget.slow), _used(case))
            rows.append((words, name, least, most, f"{mean:.1f}", *fate, _money(case.bill.fleet)))
    return _table(head, rows)


def rules(study: Study) -> str:
    """Return the verdict on each required rule, per scenario and way."""
    head = (
        "Scenario", "Way", REQUESTS.name, CPU.name, P95.name, "Minutes in contradiction",
        "Changes of size a day",
    )  # fmt: skip
    rows = []
    for way in study.ways:
        run = way.required.run
        said = (verdict.of_requests(run), verdict.of_cpu(run), verdict.of_p95(run))
        rows.append((*_way(way), *said, verdict.opposed(run), len(run.acts)))
    return _table(head, rows)


def costs(study: Study) -> str:
    """Return the bills of a month under the required rules."""
    head = (
        "Scenario", "Way", "EC2", "surplus credits", "ALB", "CloudFront requests", "WAF",
        "transfer", "sum",
    )  # fmt: skip
    rows = []
    for way in study.ways:
        bill = way.required.bill
        parts = (bill.instances, bill.surplus, bill.balancer, bill.edge, bill.firewall)
        money = [_money(part) for part in (*parts, bill.transfer, bill.total)]
        rows.append((*_way(way), *money))
    return _table(head, rows)


def needs(study: Study) -> str:
    """Return how many instances carry each highest second, by what a vCPU is worth."""
    head = ("Scenario", "Way", "Edge answers", *(f"at {speed:g} of a core" for speed in SPEEDS))
    rows = [
        (
            *_way(way),
            f"{way.demand.hit_ratio:.1%}",
            *(study.enough(way.demand, speed) for speed in SPEEDS),
        )
        for way in study.ways
    ]
    return _table(head, rows)


def plots(_: Study) -> str:
    """Return the plots' places."""
    return "\n\n".join(f"![{s.words}](capacity/{s.name}.svg)" for s in SCENARIOS)


def _policies(way: Way) -> list[tuple[str, PolicyOutcome]]:
    tracking = way.tracking.run.policy
    target = tracking.rules[0].name
    return [
        ("as required", way.required),
        (target, way.tracking),
        (f"{target}, never under {way.floor.run.policy.smallest}", way.floor),
    ]


def _way(way: Way) -> tuple[str, str]:
    return way.demand.scenario.words, "CloudFront" if way.demand.through_edge else "direct"


def _share(share: float) -> str:
    return "0" if share < 5e-7 else f"{share:.3%}"


def _used(case: PolicyOutcome) -> str:
    return f"{case.budget.used:.0%}"


def _money(dollars: float) -> str:
    return f"{dollars:,.0f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)
