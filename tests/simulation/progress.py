"""What was simulated already with these very sources, so that a long run goes on where it ended."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".data/simulation"
SOURCES = ("services", "libs", "tests/simulation", "tests/contract/sweeping")
DIGESTED = 100
"""The digest of a long run is that over its first seeds."""


@dataclass(frozen=True)
class Result:
    """How one seed ended."""

    seed: int
    digest: str
    cpu_seconds: float
    violations: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Tell whether no invariant broke."""
        return not self.violations


class Progress:
    """The seeds that held, kept in a file of their own for each state of the sources."""

    def __init__(self, minutes: float) -> None:
        """Read what was kept of runs of so many minutes."""
        self._file = KEPT / f"{version()}-{minutes:g}.txt"
        self.held = {result.seed: result for result in self._read()}

    def keep(self, result: Result) -> None:
        """Keep a result; one that fails is run again the next time."""
        if result.holds:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as file:
                file.write(f"{result.seed} {result.digest} {result.cpu_seconds:.2f}\n")

    def _read(self) -> Iterator[Result]:
        if self._file.exists():
            for line in self._file.read_text(encoding="utf-8").splitlines():
                seed, digest, seconds = line.split()
                yield Result(int(seed), digest, float(seconds))


def digest_of(results: list[Result]) -> str:
    """Return the digest of a run: over those of its first seeds, in their order."""
    first = sorted(results, key=lambda result: result.seed)[:DIGESTED]
    return hashlib.sha256(" ".join(result.digest for result in first).encode()).hexdigest()[:16]


def version() -> str:
    """Return a hash of all sources that decide how a seed ends."""
    digest = hashlib.sha256()
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]
