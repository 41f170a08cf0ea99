"""Where each server's time goes while it is loaded, sampled from outside by py-spy.

Printed for the rivals so that everybody can see that they are no straw men, and for rates-api to
say what is left. py-spy sees Python frames; what a server does in Rust or C counts for the Python
function that called it, or is idle to it. It may need root, or the right to trace.
"""

import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bench.cases import CASES
from bench.contenders import Contender
from bench.cpus import Cpus
from bench.platform import children_of
from bench.processes import owned
from bench.report import Section, Table
from bench.rivals.environment import rivals_python
from bench.wrk import wrk

FRAME = re.compile(r"(?P<function>.+) \((?P<file>[^:)]+)(:\d+)?\)$")
TOP = 10
SAMPLES_PER_SECOND = 200
WARM_SECONDS = 1


def measure(contenders: Sequence[Contender], seconds: int, directory: Path, cpus: Cpus) -> Section:
    """Profile each contender under `current` for `seconds`."""
    tables = []
    for contender in contenders:
        stacks, refusal = _sampled(contender, seconds, directory, cpus)
        tables.append(_table(contender.name, stacks, refusal))
    return Section(tables, {})


def _sampled(
    contender: Contender, seconds: int, directory: Path, cpus: Cpus
) -> tuple[Counter[tuple[str, ...]], str]:
    """Return how often each stack was seen, or what py-spy said instead."""
    output = directory / f"{contender.name}.stacks"
    spy = str(rivals_python().with_name("py-spy"))
    options = f"record --format raw --rate {SAMPLES_PER_SECOND} --duration {seconds} --nonblocking"
    # The process that answers: the child of the leader that was made last.
    target = ["--output", str(output), "--pid", str(max(children_of(contender.leader)))]
    argv = owned([spy, *options.split(), *target])
    case = CASES[0]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        wrk(contender.port, contender.path(case), {}, seconds + WARM_SECONDS, cpus)
        _, said = process.communicate(timeout=seconds + 30)
    finally:
        process.kill()
        process.wait()
    if process.returncode or not output.is_file():
        return Counter(), said.decode(errors="replace").strip().splitlines()[-1]
    return stacks_of(output.read_text(encoding="utf-8").splitlines()), ""


def stacks_of(lines: Iterable[str]) -> Counter[tuple[str, ...]]:
    """Read py-spy's raw format: frames from the outside in, then how often."""
    seen: Counter[tuple[str, ...]] = Counter()
    for line in lines:
        frames, _, count = line.rpartition(" ")
        if frames:
            seen[tuple(frames.split(";"))] += int(count)
    return seen


def own_time(stacks: Counter[tuple[str, ...]]) -> Counter[str]:
    """Return the samples in which each function itself ran, without what it called."""
    return _innermost(stacks, lambda frame: f"{frame['file']}: {frame['function']}")


def by_package(stacks: Counter[tuple[str, ...]]) -> Counter[str]:
    """Return the samples in which a function of each package itself ran."""
    packages = _innermost(stacks, lambda frame: frame["file"].lstrip("<").partition("/")[0])
    return sum((Counter({name.removesuffix(".py"): n}) for name, n in packages.items()), Counter())


def _innermost(
    stacks: Counter[tuple[str, ...]], name: Callable[["re.Match[str]"], str]
) -> Counter[str]:
    seen: Counter[str] = Counter()
    for (*_, innermost), count in stacks.items():
        frame = FRAME.match(innermost)
        seen[name(frame) if frame else innermost] += count
    return seen


def _table(name: str, stacks: Counter[tuple[str, ...]], refusal: str) -> Table:
    total = max(1, stacks.total())
    rows = [
        (function, f"{count / total:.0%}") for function, count in own_time(stacks).most_common(TOP)
    ]
    packages = by_package(stacks).most_common(TOP)
    shares = ", ".join(f"{package} {count / total:.0%}" for package, count in packages)
    notes = [f"By package: {shares}; {stacks.total()} samples."]
    if refusal:
        notes = [f"Not profiled; py-spy said: {refusal}"]
    return Table(f"Profile under `current`: {name}", ("function", "own time"), rows, notes)
