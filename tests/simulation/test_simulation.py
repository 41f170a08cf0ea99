"""Seeds of the simulation hold, give the same digest anywhere, and notice a broken rule."""

import dataclasses
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulation.faults import HOURS, KINDS, LONG_HISTORY, ZONES, Fault, Plan, plan
from simulation.injector import CUTS, Injector, cut_of
from simulation.mutations import MUTATIONS, Mutation
from simulation.progress import ROOT
from simulation.run import run
from simulation.world.clock import VirtualTime
from simulation.world.edge import Edge
from simulation.world.editions import older, present
from simulation.world.platform import Said

HERE = Path(__file__).parent
KEPT = [
    line.split()
    for line in (HERE / "kept_seeds.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
SHORT_MINUTES, HALF_HOUR = 18, 30


def _drawn() -> list[int]:
    """Draw the seeds that nobody has chosen: each commit has others, everywhere the same."""
    # Whoever runs the tests need not be the owner of the clone.
    command = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), "rev-parse", "HEAD"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    first = int(said[:8], 16) * 1000
    return list(range(first, first + (200 if os.environ.get("CI") else 20)))


QUIET = 202611280000


@pytest.mark.parametrize(("seed", "emphasis"), KEPT, ids=[" ".join(line) for line in KEPT])
def test_no_invariant_breaks(seed: str, emphasis: str) -> None:
    """A kept seed holds; `./dev simulate SEED --emphasis … --trace` tells the story of another."""
    verdict = run(plan(int(seed), emphasis=emphasis.split(",")))

    assert [str(violation) for violation in verdict.history.violations] == []


@pytest.mark.parametrize("seed", _drawn())
def test_no_invariant_breaks_under_what_a_commit_draws(seed: int) -> None:
    """The story of one that fails: `./dev simulate SEED --minutes 18 --trace`."""
    verdict = run(plan(seed, SHORT_MINUTES))

    assert [str(violation) for violation in verdict.history.violations] == []


def digest(seed: int, hash_seed: str) -> str:
    """Return what another process prints for a short run of `seed`."""
    command = [sys.executable, "-m", "simulation", str(seed), "--minutes", str(SHORT_MINUTES)]
    environ = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(HERE.parent)}
    said = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    return said.stdout.split()[1]


def test_a_seed_gives_the_same_digest_in_any_process() -> None:
    """Neither addresses nor hashes nor the time of day decide anything."""
    assert digest(QUIET, "1") == digest(QUIET, "2")


def with_fault(*, kind: str, at: float, seconds: float) -> Plan:
    """Return a plan around a publication with one fault."""
    seeds = (seed for seed in range(1, 1000) if plan(seed).background.begins.hour in (17, 18))
    planned = plan(next(seeds), HALF_HOUR)
    return dataclasses.replace(planned, faults=(Fault(at, kind, seconds, 0),))


def test_an_older_edition_takes_its_turn_beside_the_present_one() -> None:
    """A deployment of either service, forth and back, breaks nothing; editions share no code."""
    planned = with_fault(kind="deployment", at=200, seconds=300)
    worker, leader = (dataclasses.replace(planned.faults[0], number=number) for number in (2, 3))

    verdict = run(dataclasses.replace(planned, faults=(worker, leader)))

    assert verdict.holds
    assert sum("older edition" in what for _, what in verdict.history.story) == 2
    assert older().sync.Overrides is not present().sync.Overrides
    assert sys.modules["rates_sync.bootstrap"] is present().sync


def test_a_claim_beyond_what_is_known_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protocol rule 18, broken: an answer counts for half an hour instead of five minutes."""
    planned = with_fault(kind="banxico_away", at=200, seconds=1200)
    before = run(planned)
    monkeypatch.setattr("rates_sync.timetable.schedule.VERIFIED_FOR", timedelta(minutes=30))

    broken = run(planned)

    assert before.holds
    assert "truth" in {violation.invariant for violation in broken.history.violations}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.id)
def test_a_mutation_changes_one_place_and_leaves_python(mutation: Mutation) -> None:
    """What it breaks is still there, once; a module that can't be imported would show nothing."""
    source = (ROOT / mutation.file).read_text(encoding="utf-8")

    assert source.count(mutation.old) == 1
    compile(source.replace(mutation.old, mutation.new), mutation.file, "exec")


def test_each_mutation_is_another_and_breaks_a_rule_of_the_protocol() -> None:
    """Those of the design begin with R; the others have the numbers of docs/protocol.md."""
    rules = {f"R{number}" for number in range(1, 11)} | {f"{number}" for number in range(1, 48)}

    assert len({mutation.id for mutation in MUTATIONS}) == len(MUTATIONS)
    assert {mutation.rule for mutation in MUTATIONS} <= rules


def test_what_is_likely_to_show_a_mutation_is_a_kind_of_fault_or_an_hour() -> None:
    """Or a long history; a word of another kind would emphasise nothing."""
    likely = {word for mutation in MUTATIONS for word in mutation.likely}

    assert likely <= KINDS.keys() | HOURS.keys() | {LONG_HISTORY}


def test_an_emphasis_makes_its_faults_and_hours_most_of_a_plan() -> None:
    """The others are drawn as well, so that what lies between them is seen."""
    plans = [plan(seed, emphasis=("night", "redis_away")) for seed in range(30)]
    kinds = [fault.kind for planned in plans for fault in planned.faults]

    assert sum(planned.background.hour == "night" for planned in plans) > len(plans) / 2
    assert len(kinds) / 2 < kinds.count("redis_away") < len(kinds)


def test_each_kind_of_fault_that_is_drawn_can_be_injected() -> None:
    """The table of what faults do has a row for each."""
    assert KINDS.keys() == Injector.INJECTIONS.keys()


def test_a_hundred_seeds_draw_each_kind_of_fault_and_each_background() -> None:
    """Also each hour, both databases, each of the host's time zones and each way to be cut off."""
    plans = [plan(seed) for seed in range(QUIET, QUIET + 100)]
    backgrounds = [planned.background for planned in plans]
    faults = [fault for planned in plans for fault in planned.faults]

    assert {fault.kind for fault in faults} == {kind for kind, weight in KINDS.items() if weight}
    assert {background.hour for background in backgrounds} == HOURS.keys()
    assert {background.zone for background in backgrounds} == set(ZONES)
    assert {background.mysql for background in backgrounds} == {True, False}
    assert {cut_of(fault) for fault in faults if fault.kind == "cut"} == set(CUTS)


def test_the_edge_keeps_an_answer_until_its_time_is_over_or_it_is_purged() -> None:
    """It goes by `s-maxage` and true time alone."""
    time = VirtualTime(datetime(2024, 5, 2, 18, tzinfo=UTC))
    edge = Edge(time)
    said = Said(200, {"cache-control": "public, max-age=0, s-maxage=15"}, b"{}")

    edge.keep("/a", said, trusted=True)
    time.seconds = 14.9
    kept = edge.find("/a")
    edge.purge()
    purged = edge.find("/a")
    edge.keep("/a", said, trusted=True)
    time.seconds = 30

    assert kept is not None
    assert purged is None
    assert edge.find("/a") is None
