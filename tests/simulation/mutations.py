"""`./dev simulate --mutations`: breaks one rule after the other; tells which the judges miss.

Each mutation is one changed place in a copy of the sources. Seeds run until one fails; a mutation
under which all hold has survived, which is a weakness of the judges or of the faults.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = (
    "services/rates-sync/src",
    "services/rates-api/src",
    "libs/contracts/src",
    "libs/telemetry/src",
)
SYNC, API = "services/rates-sync/src/rates_sync/", "services/rates-api/src/rates_api/"
FIRST_SEED = 202611280000
SEEDS = 24
AT_A_TIME = 2


@dataclass(frozen=True)
class Mutation:
    """One break of a rule: in `file`, `old` becomes `new`."""

    rule: str
    file: str
    old: str
    new: str

    def apply(self, root: Path) -> None:
        """Break it below `root`. Raises ValueError where `old` is not there exactly once."""
        path = root / self.file
        source = path.read_text(encoding="utf-8")
        if source.count(self.old) != 1:
            raise ValueError(f"{self.file} has {source.count(self.old)} of {self.old!r}")
        path.write_text(source.replace(self.old, self.new), encoding="utf-8")

    def __str__(self) -> str:
        """Say which rule, and where."""
        return f"rule {self.rule}: {self.file.rpartition('/')[2]}: {self.new.strip()[:60]}"


MUTATIONS = (
    Mutation(
        "1",
        SYNC + "store/recording.py",
        "position=self.head.position + 1",
        "position=self.head.position + 2",
    ),
    Mutation(
        "2",
        SYNC + "store/fence.py",
        "if (row.holder, row.token) != (fence.holder, fence.token):",
        "if row.token < fence.token:",
    ),
    Mutation(
        "3",
        SYNC + "store/lease.py",
        "token=seen.token + 1, renewals=0",
        "token=seen.token, renewals=0",
    ),
    Mutation(
        "3",
        SYNC + "store/lease.py",
        ".where(lease.c.token == seen.token, lease.c.renewals == seen.renewals)",
        ".where(lease.c.token >= 0)",
    ),
    Mutation(
        "3",
        SYNC + "store/lease.py",
        "return seen.free or seen.holder == self._holder or unmoved >= self._patience",
        "return True",
    ),
    Mutation(
        "6",
        SYNC + "relay/repair.py",
        "return tail.cursor > committed.head.at or differs",
        "return tail.cursor > committed.head.at",
    ),
    Mutation(
        "8",
        SYNC + "relay/repair.py",
        "is_whole = tail.length == committed.count - len(committed.events)",
        "is_whole = True",
    ),
    Mutation(
        "9",
        SYNC + "relay/repair.py",
        "if committed.lost or _is_ahead(tail, committed):",
        "if committed.lost:",
    ),
    Mutation(
        "9",
        SYNC + "relay/repair.py",
        "if tail.cursor is None or tail.cursor.timeline < committed.head.timeline:",
        "if True:",
    ),
    Mutation(
        "12",
        API + "consume/projection.py",
        "series=_with(snapshot.series, recorded)",
        "series=snapshot.series",
    ),
    Mutation(
        "13",
        API + "consume/projection.py",
        "return same_event and event.timeline == head.timeline",
        "return True",
    ),
    Mutation(
        "13",
        API + "consume/projection.py",
        'return Reload("timeline_changed", event.at)',
        "return _applied(snapshot, event)",
    ),
    Mutation(
        "13",
        API + "consume/projection.py",
        'return Reload("history_reload", event.at)',
        "return _applied(snapshot, event)",
    ),
    Mutation("14", API + "consume/head_monitor.py", 'return "record_ahead"', "return None"),
    Mutation(
        "15",
        API + "consume/reader.py",
        'return "redis" if tail == (head.at, head.event_id) else "database"',
        'return "redis"',
    ),
    Mutation(
        "17",
        API + "snapshot/level.py",
        "if row is None or _past(known.fresh_until, now):",
        "if row is None:",
    ),
    Mutation(
        "18",
        SYNC + "timetable/schedule.py",
        "VERIFIED_FOR = timedelta(minutes=5)",
        "VERIFIED_FOR = timedelta(minutes=12)",
    ),
    Mutation(
        "18",
        SYNC + "timetable/schedule.py",
        "asked = next_opening(calendar, verified_at)",
        "asked = next_opening(calendar, verified_at) + ONE_DAY",
    ),
    Mutation("27", SYNC + "guard/confirmation.py", "if not answer.is_of_now:", "if False:"),
    Mutation(
        "27", SYNC + "guard/confirmation.py", "if not answer.shows(FIX, newest):", "if False:"
    ),
    Mutation(
        "27",
        SYNC + "upstream.py",
        "return self.age <= MAX_AGE and abs(self.clock_offset) <= MAX_CLOCK_OFFSET",
        "return True",
    ),
    Mutation(
        "R10", SYNC + "cycle/comparison.py", "if shown.value == value:", "if value is not None:"
    ),
    Mutation(
        "33", API + "consume/head_monitor.py", "suspect=offset > MAX_CLOCK_OFFSET", "suspect=False"
    ),
    Mutation(
        "38", SYNC + "relay/repair.py", "return RepairAction.FOREIGN", "return RepairAction.APPEND"
    ),
    Mutation("38", API + "consume/reader.py", "if is_foreign(entry):", "if False:"),
    Mutation(
        "42",
        SYNC + "store/record.py",
        "return recording.is_raised\n        return is_behind(head, written)",
        "return recording.is_raised\n        return False",
    ),
    Mutation(
        "42",
        API + "consume/restore_check.py",
        "return await self._is_older(self._writer) and not await self._stream_holds_head()",
        "return False",
    ),
    Mutation(
        "44",
        SYNC + "notify/pairs.py",
        "if finding.since is None and opened_at is not None:",
        "if False:",
    ),
)
"""What is broken, by rule."""


def run_all(seeds: int = SEEDS) -> int:
    """Run every mutation; print which survived, and return how many."""
    survivors = 0
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for mutation, killer in pool.map(partial(tried, seeds=seeds), MUTATIONS):
            survivors += killer is None
            sys.stdout.write(f"{'SURVIVES' if killer is None else killer}  {mutation}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(MUTATIONS)} mutations, {survivors} survive\n")
    return survivors


def tried(mutation: Mutation, seeds: int) -> tuple[Mutation, str | None]:
    """Return the mutation and the seed that fails under it, None if all hold."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as directory:
        root = Path(directory)
        for source in SOURCES:
            shutil.copytree(ROOT / source, root / source)
        mutation.apply(root)
        return mutation, next(_failing(root, seeds), None)


def _failing(root: Path, seeds: int) -> Iterator[str]:
    """Yield the seeds that fail with the sources below `root`."""
    paths = [*(str(root / source) for source in SOURCES), str(ROOT / "tests")]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        command = [sys.executable, "-m", "simulation", str(seed)]
        if subprocess.run(command, env=environ, capture_output=True, check=False).returncode:
            yield str(seed)
