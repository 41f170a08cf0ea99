"""Which process may run on which CPU, and how much of the CPUs a hypervisor gives to others.

A server and its load don't take turns on one CPU; where there is only one, all share it, and the
table says so. No answer here is faster than the time that is stolen allows.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

Cpus = frozenset[int]
STAT = Path("/proc/stat")
STOLEN = 7
"""Of the times in the line of all CPUs; the two after it are parts of others (`man 5 proc`)."""


@dataclass(frozen=True)
class Layout:
    """The CPUs of the server under test, of the load, of everything else, and all of them."""

    server: Cpus
    load: Cpus
    rest: Cpus
    every: Cpus

    def __str__(self) -> str:
        named = (("server", self.server), ("load", self.load), ("everything else", self.rest))
        compared = ", ".join(f"{name} on CPU {_listed(cpus)}" for name, cpus in named)
        return f"compared: {compared}; else only the load is pinned"


def layout(available: Iterable[int] | None = None) -> Layout:
    """Share out the CPUs, by default those that this process may use.

    With two, everything else (Redis, rates-sync, the simulator) shares the load's: the server
    under test has one to itself.
    """
    cpus = sorted(os.sched_getaffinity(0) if available is None else available)
    every = frozenset(cpus)
    server, load = frozenset(cpus[:1]), frozenset(cpus[1:2] or cpus[:1])
    return Layout(server, load, frozenset(cpus[2:]) or load, every)


def pinned(argv: Iterable[str], cpus: Cpus) -> list[str]:
    """Return the command that runs `argv` on `cpus` alone."""
    return ["taskset", "--cpu-list", _listed(cpus), *argv]


def _listed(cpus: Cpus) -> str:
    return ",".join(str(cpu) for cpu in sorted(cpus))


class Steal:
    """Watches the CPUs from its making on."""

    def __init__(self) -> None:
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
