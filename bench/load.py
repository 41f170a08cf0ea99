"""Runs the generator as a process of its own, pinned to its CPU, and reads what it saw.

`python -m bench.load` is that process: options as JSON on its standard input, the result on its
standard output. The others call `under_load` or `start_load`.
"""

import asyncio
import contextlib
import dataclasses
import gc
import json
import os
import subprocess
import sys
from array import array
from collections.abc import Iterator, Sequence
from typing import Any

import uvloop

from bench.cpus import Cpus
from bench.errors import BenchRefused
from bench.generator import Load, Seen, generate
from bench.latency import Latency, latency, percentile
from bench.processes import owned
from bench.steal import Steal
from rates_dev.ports import HOST

BEHIND_MS = 5.0
"""A generator whose p99 lag is above this measures itself."""


@dataclasses.dataclass(frozen=True)
class Measured:
    """What one load saw; latencies and the generator's own lag in milliseconds.

    `steal` is the share of all CPU time that a hypervisor gave to others meanwhile.
    """

    rate: float
    answered: int
    achieved: float
    latency: Latency
    errors: dict[str, int]
    lag_p99: float
    lag_max: float
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


def request(path: str, headers: Sequence[tuple[str, str]] = ()) -> str:
    """Return the text of a GET."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {HOST}",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return "\r\n".join([*lines, "", ""])


@contextlib.contextmanager
def start_load(
    port: int, paths: Sequence[str], rate: float, seconds: float, cpus: Cpus
) -> Iterator["Running"]:
    """Put an open-loop load on `port` beside the block; `Running.result` waits for its end."""
    argv = owned([sys.executable, "-m", "bench.load"], cpus)
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    told = {"port": port, "rate": rate, "seconds": seconds, "requests": [*map(request, paths)]}
    try:
        yield Running(process, told, rate)
    finally:
        process.kill()
        process.wait()


def under_load(
    port: int, paths: Sequence[str], rate: float, seconds: float, cpus: Cpus
) -> Measured:
    """Put an open-loop load on `port` and return what it saw."""
    with start_load(port, paths, rate, seconds, cpus) as running:
        return running.result()


class Running:
    """A load that is on."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", told: dict[str, object], rate: float
    ) -> None:
        """Tell the process what to do."""
        self._process = process
        self._rate = rate
        self._steal = Steal()
        if process.stdin is None:
            raise BenchRefused("the generator has no standard input")
        process.stdin.write(json.dumps(told).encode())
        process.stdin.close()
        process.stdin = None

    def result(self) -> Measured:
        """Wait for its end. Raises `BenchRefused` if it failed."""
        output, _ = self._process.communicate()
        if self._process.returncode:
            raise BenchRefused("the load generator failed: see above")
        return _measured(self._rate, Seen(**_arrays(json.loads(output))), self._steal.share)


def _measured(rate: float, seen: Seen, steal: float) -> Measured:
    lags = sorted(seen.lags)
    return Measured(
        rate=rate,
        answered=len(seen.latencies),
        achieved=len(seen.latencies) / seen.elapsed,
        latency=latency(seen.latencies),
        errors=dict(seen.errors),
        lag_p99=percentile(lags, 0.99) * 1000,
        lag_max=percentile(lags, 1.0) * 1000,
        cpu=seen.cpu,
        steal=steal,
        seen=seen,
    )


def _arrays(told: dict[str, Any]) -> dict[str, Any]:
    return {
        name: array("d", value) if isinstance(value, list) else value
        for name, value in told.items()
    }


def main() -> None:
    """Be the generator's process."""
    told = json.load(sys.stdin)
    load = Load(**{**told, "requests": tuple(text.encode() for text in told["requests"])})
    # A collection would stop the schedule; the run is short and makes no cycles.
    gc.collect()
    gc.freeze()
    gc.disable()
    seen = uvloop.run(_generate(load))
    arrays = {
        field.name: list(value) if isinstance(value := getattr(seen, field.name), array) else value
        for field in dataclasses.fields(seen)
    }
    json.dump(arrays, sys.stdout)


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
