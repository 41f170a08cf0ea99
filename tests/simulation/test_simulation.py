"""Seeds of the simulation hold, give the same digest anywhere, and notice a broken rule."""

import dataclasses
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from simulation.faults import Fault, Plan, plan
from simulation.run import run

HERE = Path(__file__).parent
KEPT = (HERE / "kept_seeds.txt").read_text(encoding="utf-8").splitlines()
SEEDS = [int(line) for line in KEPT if line and not line.startswith("#")]
SHORT_MINUTES, HALF_HOUR = 20, 30
QUIET = 202611280000


@pytest.mark.parametrize("seed", SEEDS)
def test_no_invariant_breaks(seed: int) -> None:
    """A kept seed holds; one that does not tells its story by `./dev simulate SEED --trace`."""
    verdict = run(plan(seed))

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


def test_a_claim_beyond_what_is_known_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protocol rule 18, broken: an answer counts for half an hour instead of five minutes."""
    planned = with_fault(kind="banxico_away", at=200, seconds=1200)
    before = run(planned)
    monkeypatch.setattr("rates_sync.timetable.schedule.VERIFIED_FOR", timedelta(minutes=30))

    broken = run(planned)

    assert before.holds
    assert "truth" in {violation.invariant for violation in broken.history.violations}
