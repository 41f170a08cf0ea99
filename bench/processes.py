"""Processes on chosen CPUs; the kernel ends them should the benchmark itself be killed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from bench.cpus import Cpus, pinned
from bench.errors import BenchRefused
from rates_dev.processes import Child, last_lines, wait_for

T = TypeVar("T")

WITH_US = ("setpriv", "--pdeathsig", "TERM")
LOOK_SECONDS = 0.02


def owned(command: Iterable[str], cpus: Cpus | None = None) -> list[str]:
    """Return the command that runs `command`, on `cpus` alone, and never outlives this process."""
    kept = [*WITH_US, *command]
    return pinned(kept, cpus) if cpus else kept


def server(
    name: str, command: Sequence[str], environ: Mapping[str, str], folder: Path, cpus: Cpus
) -> Child:
    """Return a process that is not started yet, its log in `folder`."""
    return Child(name, owned(command, cpus), environ, folder, folder / f"{name}.log")


def require_alive(child: Child) -> None:
    """Raise `BenchRefused` with the end of its log if it ended by itself."""
    if child.exit_status is not None and child.log:
        raise BenchRefused(f"{child.name} ended by itself:\n{last_lines(child.log)}")


def wait_until(
    met: Callable[[], T | None], within: float, what: str, every: float = LOOK_SECONDS
) -> T:
    """Return what `met` returns once it is true. Raises `BenchRefused` after `within` seconds."""
    if found := wait_for(met, within, every):
        return found
    raise BenchRefused(f"not within {within:g} s: {what}")
