"""What follows from a study, as sentences: each stands only while its figures say so."""

from collections.abc import Iterator
from textwrap import fill

from bench.capacity import verdict
from bench.capacity.scaling import CPU, REQUESTS
from bench.capacity.study import TARGET_CPU, Study, Way
from bench.capacity.traffic import SCENARIOS

WIDTH = 118
STATED_PEAK = 5_000
"""Requests/s, from the requirements, which don't say who counts them."""


def findings(study: Study) -> str:
    """Return the sentences as a list in Markdown."""
    parts = (_requests, _cpu, _p95, _tracking, _readings, _levels, _money, _credits)
    return "\n".join(_item(sentence) for part in parts for sentence in part(study))


def _item(sentence: str) -> str:
    return fill(f"- {sentence}", WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _requests(study: Study) -> Iterator[str]:
    eager = [way for way in study.ways if "too eager" in verdict.of_requests(way.required.run)]
    if not eager:
        return
    capacity = study.per_instance(study.direct[0].demand)
    cpus = [verdict.activity(way.required.run, REQUESTS.name).cpu for way in eager]
    full = sum(way.required.sizes[0] == way.required.run.policy.largest for way in eager)
    yield (
        f"**50 requests/s per target is too eager** in {len(eager)} of {len(study.ways)} rows: it"
        f" is {50 / capacity:.1%} of what an instance does, asks for more at"
        f" {min(cpus):.0%}-{max(cpus):.0%} CPU, and fills the group in {full} of them."
    )


def _cpu(study: Study) -> Iterator[str]:
    overruled = [w for w in study.direct if "overruled" in verdict.of_cpu(w.required.run)]
    fought = [w for w in study.ways if verdict.taken_back(w.required.run)]
    if overruled:
        stood = sum(verdict.activity(w.required.run, CPU.name).minutes for w in overruled)
        yield (
            f"**The CPU rule is overruled**: past the edge it asks for less in {stood} minutes of"
            f" {len(overruled)} simulated days and never gets it, the group staying as large as"
            " the first rule made it."
        )
    if fought:
        most = max(fought, key=lambda w: len(w.required.run.acts))
        yield (
            f"**The two fight** in {len(fought)} rows: up to {len(most.required.run.acts)} changes"
            f" of size a day ({most.demand.scenario.words},"
            f" {'CloudFront' if most.demand.through_edge else 'direct'}), steps down"
            " being taken back within half an hour."
        )


def _p95(study: Study) -> Iterator[str]:
    late = [way for way in study.ways if "too slow" in verdict.of_p95(way.required.run)]
    words = ", ".join(f"{way.demand.scenario.words}" for way in late)
    if late:
        yield (
            f"**The p95 rule comes too late** ({words}): latency rises only once capacity is"
            " exceeded, the alarm sees that minute"
            f" {study.inputs.assumed.metric_delay_minutes} min after its end, and an instance then"
            f" takes {study.inputs.start_seconds()} s to start."
        )
    else:
        yield "The p95 rule is never needed here: no row has a second with p95 above 200 ms."


def _tracking(study: Study) -> Iterator[str]:
    for way in study.direct:
        tracking, floor, required = way.tracking, way.floor, way.required
        if tracking.budget.used > 1:
            yield (
                f"**{way.demand.scenario.words}, direct**: target tracking alone comes too"
                f" late. From {tracking.run.policy.smallest} instances it uses"
                f" {tracking.budget.used:.0%} of the error budget, the required rules"
                f" {required.budget.used:.0%}; {floor.run.policy.smallest} instances standing by"
                f" use {floor.budget.used:.0%} and cost US$ {floor.bill.fleet:,.0f} a month"
                f" (required rules: {required.bill.fleet:,.0f})."
            )


def _readings(study: Study) -> Iterator[str]:
    edge, direct = _of(study.through_edge, "steady").demand, _of(study.direct, "steady").demand
    clients = STATED_PEAK / (1 - edge.hit_ratio)
    yield (
        f"**The two readings of {STATED_PEAK:,} requests/s peak**: sent by clients, directly, it"
        f" takes {study.carrying(STATED_PEAK, direct)} instances;"
        f" arriving at the instances behind CloudFront it takes"
        f" {study.carrying(STATED_PEAK, edge)} and means some {clients:,.0f}/s from clients."
    )


def _levels(study: Study) -> Iterator[str]:
    largest = study.inputs.assumed.group.largest
    for name in ("peak", "sudden"):
        edge, direct = _of(study.through_edge, name), _of(study.direct, name)
        most = study.enough(direct.demand)
        bound = "more than" if most > largest else "within"
        yield (
            f"**{direct.demand.scenario.words}** takes {most} instances past the edge ({bound} the"
            f" {largest} allowed) and {study.enough(edge.demand)} behind it, where at most"
            f" {max(edge.demand.rates):,} requests/s arrive."
        )


def _money(study: Study) -> Iterator[str]:
    for base in (s for s in SCENARIOS if s.spike is None):
        edge, direct = _of(study.through_edge, base.name), _of(study.direct, base.name)
        requests, fleet = edge.required.bill.edge, edge.required.bill.fleet
        yield (
            f"**{base.words}**: CloudFront's price per request (US$ {requests:,.0f} a month) is"
            f" {requests / fleet:,.0f} times the instances' (US$ {fleet:,.0f}), WAF's"
            f" US$ {edge.required.bill.firewall:,.0f}; without CloudFront the sum is"
            f" US$ {direct.required.bill.total:,.0f} instead of"
            f" {edge.required.bill.total:,.0f}."
        )


def _credits(study: Study) -> Iterator[str]:
    owing = [way for way in study.ways if way.tracking.bill.surplus >= 1]
    if not owing:
        return
    most = max(owing, key=lambda way: way.tracking.bill.surplus)
    bill, machine = most.tracking.bill, study.inputs.assumed.machine
    yield (
        f"**CPU credits**: at {TARGET_CPU:.0%} CPU an instance spends"
        f" {TARGET_CPU / machine.baseline:.1f} times what it earns. Surplus credits come to at most"
        f" US$ {bill.surplus:,.0f} a month ({most.demand.scenario.words}, tracking), beside US$"
        f" {bill.instances:,.0f} for the instances; in `standard` mode those would be slowed to"
        " the baseline instead."
    )


def _of(ways: list[Way], name: str) -> Way:
    return next(way for way in ways if way.demand.scenario.name == name)
