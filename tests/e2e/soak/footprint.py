"""Memory and open files of containers that live through the whole soak."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from driver.containers import ContainerProcess

MAX_GROWTH = 0.10
"""Of the first third's median: more is a leak."""


class Footprint(NamedTuple):
    """All processes of a container together: resident bytes and open files."""

    resident: int
    files: int


class Footprints:
    """Samples by container."""

    def __init__(self, containers: Sequence[ContainerProcess]) -> None:
        self._containers = containers
        self._samples: dict[str, list[Footprint]] = defaultdict(list)

    def sample(self) -> None:
        """Measure every container now."""
        for container in self._containers:
            self._samples[container.name].append(Footprint(*container.footprint()))

    def growth(self) -> dict[str, tuple[Footprint, Footprint]]:
        """Return the medians of the first and of the last third of the samples."""
        return {name: _thirds(samples) for name, samples in self._samples.items()}

    def leaks(self) -> list[str]:
        """Return what grew by more than a leakless process does."""
        return [
            f"{name}: {before} grew to {after}"
            for name, (before, after) in self.growth().items()
            if any(new > old * (1 + MAX_GROWTH) for old, new in zip(before, after, strict=True))
        ]


def _thirds(samples: Sequence[Footprint]) -> tuple[Footprint, Footprint]:
    third = max(1, len(samples) // 3)
    return _median(samples[:third]), _median(samples[-third:])


def _median(samples: Sequence[Footprint]) -> Footprint:
    resident, files = zip(*samples, strict=True)
    return Footprint(int(statistics.median(resident)), int(statistics.median(files)))
