"""What a hypervisor gives to other machines: no answer here is faster than that allows."""

from pathlib import Path

STAT = Path("/proc/stat")
STOLEN = 7
"""Of the times in the line of all CPUs; the two after it are parts of others (`man 5 proc`)."""


class Steal:
    """Watches the CPUs from its making on."""

    def __init__(self) -> None:
        """Begin."""
        self._begun = times_of(STAT.read_text())

    @property
    def share(self) -> float:
        """Return which share of all CPU time was stolen so far; 0 without a hypervisor."""
        return stolen(self._begun, times_of(STAT.read_text()))


def times_of(stat: str) -> list[int]:
    """Return user, nice, system, idle, iowait, irq, softirq and steal of all CPUs, in ticks."""
    return [int(ticks) for ticks in stat.partition("\n")[0].split()[1 : STOLEN + 2]]


def stolen(before: list[int], after: list[int]) -> float:
    """Return the share of what passed between the two that was stolen."""
    passed = [now - then for then, now in zip(before, after, strict=True)]
    return passed[STOLEN] / max(sum(passed), 1)
