"""Runs the generator as a process of its own, pinned to its CPU, and reads what it saw.

`python -m bench.load` is that process: the `Load` pickled on its standard input, what it has `Seen`
on its standard output.
"""

import asyncio
import contextlib
import dataclasses
import gc
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import uvloop

from bench.cpus import Cpus, Steal
from bench.errors import BenchRefused
from bench.generator import Load, Seen, generate, request
from bench.latency import Latency, latency, percentile
from bench.processes import owned

BEHIND_MS = 5.0
"""A generator whose p99 lag is above this measures itself."""


@dataclasses.dataclass(frozen=True)
class LoadResult:
    """What one load saw; latencies and the generator's own lag in milliseconds.

    `steal` is the share of all CPU time that a hypervisor gave to others meanwhile.
    """

    rate: float
    answered: int
    achieved: float
    latency: Latency
    errors: dict[str, int]
    lag_p99: float
    cpu: float
    steal: float
    seen: Seen = dataclasses.field(repr=False, compare=False)

    @property
    def failed(self) -> int:
        """Return the number of errors."""
        return sum(self.errors.values())

    @property
    def behind(self) -> bool:
        """Tell whether the generator could not keep its own pace."""
        return self.lag_p99 > BEHIND_MS

    def between(self, instants: Sequence[float], seconds: float) -> list[float]:
        """Return the latencies (seconds) of requests due within `seconds` after an instant."""
        pairs = zip(self.seen.due, self.seen.latencies, strict=True)
        return [
            latency
            for due, latency in pairs
            if any(instant <= due <= instant + seconds for instant in instants)
        ]


@contextlib.contextmanager
def start_load(
    port: int, paths: Sequence[str], rate: float, seconds: float, cpus: Cpus
) -> Iterator["RunningLoad"]:
    """Put an open-loop load on `port` beside the block; `RunningLoad.result` waits for its end."""
    argv = owned([sys.executable, "-m", "bench.load"], cpus)
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    load = Load(port, rate, seconds, tuple(map(request, paths)))
    try:
        yield RunningLoad(process, load)
    finally:
        process.kill()
        process.wait()


def under_load(
    port: int, paths: Sequence[str], rate: float, seconds: float, cpus: Cpus
) -> LoadResult:
    """Put an open-loop load on `port` and return what it saw."""
    with start_load(port, paths, rate, seconds, cpus) as running:
        return running.result()


class RunningLoad:
    """A load that is on."""

    def __init__(self, process: "subprocess.Popen[bytes]", load: Load) -> None:
        self._process = process
        self._rate = load.rate
        self._steal = Steal()
        if process.stdin is None:
            raise BenchRefused("the generator has no standard input")
        with process.stdin:
            pickle.dump(load, process.stdin)
        process.stdin = None

    def result(self) -> LoadResult:
        """Wait for its end. Raises `BenchRefused` if it failed."""
        output, _ = self._process.communicate()
        if self._process.returncode:
            raise BenchRefused("the load generator failed: see above")
        seen: Seen = pickle.loads(output)
        return LoadResult(
            rate=self._rate,
            answered=len(seen.latencies),
            achieved=len(seen.latencies) / seen.elapsed,
            latency=latency(seen.latencies),
            errors=dict(seen.errors),
            lag_p99=percentile(sorted(seen.lags), 0.99) * 1000,
            cpu=seen.cpu,
            steal=self._steal.share,
            seen=seen,
        )


def main() -> None:
    """Be the generator's process."""
    load = pickle.load(sys.stdin.buffer)
    # A collection would stop the schedule; the run is short and makes no cycles.
    gc.collect()
    gc.freeze()
    gc.disable()
    seen = uvloop.run(_generate(load))
    # Where Python runs unbuffered, a raw write to a full pipe is cut short, and nobody is told.
    with open(sys.stdout.fileno(), "wb", closefd=False) as output:
        pickle.dump(seen, output)


async def _generate(load: Load) -> Seen:
    asyncio.get_running_loop().set_exception_handler(_give_up)
    try:
        return await generate(load)
    except OSError as error:
        raise SystemExit(f"bench.load: {error}") from error


def _give_up(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """End the process: a fault of the generator's own must not pass for the server's."""
    sys.stderr.write(f"bench.load: {context.get('exception') or context['message']!r}\n")
    os._exit(1)


if __name__ == "__main__":
    main()
