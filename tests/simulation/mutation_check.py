"""`./dev simulate --mutations`: breaks one rule after the other; tells which the judges miss.

Each mutation is applied to a copy of the sources. Seeds run until one fails, and each only until it
fails; a mutation under which all hold has survived, which is a weakness of the judges or of the
faults. What each seed plans has an emphasis on what is likely to show the mutation. A seed that
fails without the mutation shows nothing.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from simulation.faults import HEALING_MINUTES, plan
from simulation.history import History
from simulation.mutations import MUTATIONS, Mutation
from simulation.progress import KEPT, ROOT, version
from simulation.run import run

SOURCES = (
    "services/rates-sync/src",
    "services/rates-api/src",
    "libs/contracts/src",
    "libs/telemetry/src",
)
FIRST_SEED = 202611280000
SEEDS = 100
MINUTES = HEALING_MINUTES + 20
MAX_CPU_SECONDS = 240
"""A seed that takes longer hangs, which is noticed, too."""
HOLDS = "holds"
AT_A_TIME = os.cpu_count() or 1
NO_CHANGE = ""
"""The sources as they are: what fails with them shows nothing."""


class Noticed(KeyboardInterrupt):
    """An invariant broke: nothing catches this on its way out of the loop."""


class ImpatientHistory(History):
    """Ends the run with the first violation."""

    def violate(self, invariant: str, at: datetime, what: str) -> None:
        """Note it, and end the run."""
        if not self.violations:
            super().violate(invariant, at, what)
            raise Noticed


class Findings:
    """How each seed ended with and without each mutation, kept for one state of the sources."""

    def __init__(self) -> None:
        """Read what is kept."""
        self._file = KEPT / f"{version()}-mutations.txt"
        self._found: dict[tuple[str, str, int], str] = {}
        if self._file.exists():
            for line in self._file.read_text(encoding="utf-8").splitlines():
                change, emphasis, seed, invariant = line.split(" ")
                self._found[change, emphasis, int(seed)] = invariant

    def find(self, change: str, emphasis: str, seed: int) -> str | None:
        """Return which invariant broke first, `HOLDS` where none did, None if it never ran."""
        return self._found.get((change, emphasis, seed))

    def keep(self, change: str, emphasis: str, seed: int, invariant: str) -> None:
        """Keep which invariant broke first, `HOLDS` where none did."""
        self._found[change, emphasis, seed] = invariant
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"{change} {emphasis} {seed} {invariant}\n")


def run_all(seeds: int = SEEDS, rules: Sequence[str] = (), at_a_time: int = AT_A_TIME) -> int:
    """Try the mutations of `rules`, or all, going on where a run was interrupted; print a table.

    All are tried with one seed before any is with the next. Return how many survive.
    """
    findings, noticed = Findings(), dict[str, str]()
    mutations = [each for each in MUTATIONS if not rules or each.rule in rules]
    with ThreadPoolExecutor(at_a_time) as pool:
        for seed in range(FIRST_SEED, FIRST_SEED + seeds):
            left = [mutation for mutation in mutations if mutation.id not in noticed]
            ended = pool.map(partial(tried, seed=seed, findings=findings), left)
            for mutation, invariant in zip(left, ended, strict=True):
                if invariant is not None:
                    noticed[mutation.id] = f"{invariant} | {seed}"
    for mutation in mutations:
        sys.stdout.write(f"| {mutation} | {noticed.get(mutation.id, 'SURVIVES |')} |\n")
    survivors = len(mutations) - len(noticed)
    sys.stdout.write(f"{len(mutations)} mutations, {survivors} survive {seeds} seeds\n")
    return survivors


def tried(mutation: Mutation, seed: int, findings: Findings) -> str | None:
    """Return which invariant notices a mutation with a seed that holds without it, if any does."""
    emphasis = ",".join(mutation.likely)
    with tempfile.TemporaryDirectory(prefix="mutation-") as directory:
        root = Path(directory)
        for source in SOURCES:
            shutil.copytree(ROOT / source, root / source)
        mutation.apply(root)
        invariant = _ended(mutation.id, root, emphasis, seed, findings)
    is_noticed = invariant != HOLDS and _ended(NO_CHANGE, ROOT, emphasis, seed, findings) == HOLDS
    return invariant if is_noticed else None


def _ended(change: str, root: Path, emphasis: str, seed: int, findings: Findings) -> str:
    """Return how a seed ends under a change, from what is kept or from another process."""
    known = findings.find(change, emphasis, seed)
    if known is None:
        paths = [*(str(root / source) for source in SOURCES), str(ROOT / "tests")]
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        command = [sys.executable, "-m", "simulation.mutation_check", str(seed), emphasis]
        ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        known = ended.stdout.strip() or "crash"
        findings.keep(change, emphasis, seed, known)
    return known


def first_broken(seed: int, emphasis: Sequence[str]) -> str:
    """Return the invariant that breaks first in this process, `HOLDS` where none does."""
    history = ImpatientHistory()
    signal.signal(signal.SIGPROF, _hang)
    signal.setitimer(signal.ITIMER_PROF, MAX_CPU_SECONDS)
    try:
        run(plan(seed, MINUTES, emphasis), history)
    except Noticed:
        return history.violations[0].invariant.replace(" ", "-") if history.violations else "hang"
    return HOLDS


def _hang(*_: Any) -> None:
    raise Noticed


def main(arguments: Sequence[str]) -> None:
    """Run one seed with the sources that were imported, and print how it ended."""
    seed, emphasis = arguments
    sys.stdout.write(f"{first_broken(int(seed), emphasis.split(','))}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
