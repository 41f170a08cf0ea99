"""One exposition for several processes: each writes its registry as text, any can merge them.

prometheus_client's own multi-process mode keeps values in memory-mapped files, needs an environment
variable before its import and one registry for all. Here each process keeps a plain registry,
writes it as text once a second, and a scrape reads the few small files. Set-up only: it knows no
metric by name.
"""

import contextlib
import operator
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Set
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

SUFFIX = ".prom"
ENDED = f"ended{SUFFIX}"
"""The file with the counters of processes that have ended and were retired."""


def write(registry: CollectorRegistry, directory: Path, name: str) -> None:
    """Write the registry's text as `<name>.prom`, whole or not at all. Raises `OSError`."""
    replace_file(directory / f"{name}{SUFFIX}", generate_latest(registry))


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step: a reader sees the old file or the new one."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError:
        # Half a file would take up room on a disk that is full.
        unfinished.unlink(missing_ok=True)
        raise


def read_files(directory: Path, suffix: str) -> Iterator[tuple[str, float]]:
    """Yield text and Unix time of each file with `suffix`; one that is removed meanwhile is none.

    Raises `OSError`, but not because the directory is gone.
    """
    for path in sorted(directory.glob(f"*{suffix}")):
        with contextlib.suppress(FileNotFoundError):
            yield path.read_text(encoding="utf-8", errors="replace"), path.stat().st_mtime


def merge(
    all_texts: Iterable[str], live_texts: Iterable[str], least: Set[str] = frozenset()
) -> list[Metric]:
    """Merge expositions: counters and histograms are summed, of gauges the worst value counts.

    The worst is the greatest, or the least for the gauges named in `least`. Counters come from
    `all_texts`, also of processes that have ended, so that they never fall; gauges only from
    `live_texts`, so that a dead process does not speak of now.
    """
    merged: dict[str, Metric] = {}
    for family in _families(all_texts):
        if family.type != "gauge":
            _join(merged, family, operator.add)
    for family in _families(live_texts):
        if family.type == "gauge":
            _join(merged, family, min if family.name in least else max)
    return list(merged.values())


def _families(texts: Iterable[str]) -> Iterator[Metric]:
    """Yield the families of all texts, but for the times at which counters were created.

    A text that is no exposition is left out: the file was damaged, and nothing rests on it.
    """
    for text in texts:
        try:
            families = list(text_string_to_metric_families(text))
        except ValueError:
            continue
        yield from (family for family in families if not family.name.endswith("_created"))


def _join(merged: dict[str, Metric], family: Metric, join: Callable[[float, float], float]) -> None:
    """Take the family's samples into `merged`, joining those of the same name and labels."""
    known = merged.setdefault(
        family.name, Metric(family.name, family.documentation, family.type, family.unit)
    )
    samples = {_identity(sample): sample for sample in known.samples}
    for sample in family.samples:
        before = samples.get(_identity(sample))
        value = sample.value if before is None else join(before.value, sample.value)
        samples[_identity(sample)] = Sample(sample.name, sample.labels, value)
    known.samples = list(samples.values())


def _identity(sample: Sample) -> tuple[str, tuple[tuple[str, str], ...]]:
    return sample.name, tuple(sorted(sample.labels.items()))


class _Collected(Collector):
    """Families that were collected before."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families


class DirectoryCollector(Collector):
    """Collects what the processes of an instance have written to their shared directory."""

    def __init__(
        self,
        directory: Path,
        *,
        fresh_seconds: float,
        least: Set[str] = frozenset(),
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Files older than `fresh_seconds` are of ended processes; `wall` is Unix time."""
        self._directory = directory
        self._fresh_seconds = fresh_seconds
        self._least = least
        self._wall = wall
        self._lock = threading.Lock()

    def collect(self) -> list[Metric]:
        """Return the merged families."""
        with self._lock:
            return self._merged()

    def retire(self, pattern: str) -> None:
        """Add the counters of ended processes to one file for all of them, and remove theirs.

        `pattern` matches the names that they wrote as. Raises `OSError`, the counters being kept.
        """
        with self._lock:
            ended = list(self._directory.glob(f"{pattern}{SUFFIX}"))
            texts = [path.read_text(encoding="utf-8", errors="replace") for path in ended]
            before = [text for text, _ in read_files(self._directory, ENDED)]
            registry = CollectorRegistry()
            registry.register(_Collected(merge([*before, *texts], ())))
            replace_file(self._directory / ENDED, generate_latest(registry))
            for path in ended:
                path.unlink(missing_ok=True)

    def _merged(self) -> list[Metric]:
        oldest = self._wall() - self._fresh_seconds
        written = list(read_files(self._directory, SUFFIX))
        live = [text for text, written_at in written if written_at >= oldest]
        return merge([text for text, _ in written], live, self._least)
