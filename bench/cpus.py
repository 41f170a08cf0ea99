"""Which process may run on which CPU, so that a server and its load don't take turns on one.

Where there is one CPU, all share it, and the table says so.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass

Cpus = frozenset[int]


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
