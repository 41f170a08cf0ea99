"""Processes that never outlive the benchmark, free ports for them, and waiting for an answer.

Each leads a session of its own, so that a signal reaches its workers too. Whoever starts one ends
it in a `finally` (or an ExitStack); should the benchmark itself be killed, the kernel tells them.
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from bench.cpus import Cpus, pinned
from bench.errors import BenchRefused

T = TypeVar("T")

HOST = "127.0.0.1"
PORTS = range(18_000, 19_000)
"""Away from the platform's own ports, and from those of outgoing connections."""
WITH_US = ("setpriv", "--pdeathsig", "TERM")
ENDING_SECONDS = 15.0
LOOK_SECONDS = 0.02
LAST_LINES = 25

_given: set[int] = set()


def free_port() -> int:
    """Return a port on which nobody listens, and never the same one twice."""
    for port in PORTS:
        if port not in _given and _is_free(port):
            _given.add(port)
            return port
    raise BenchRefused(f"no port from {PORTS.start} to {PORTS.stop - 1} is free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


class Child:
    """A command that can be started again after each end; its output goes to `log`."""

    def __init__(
        self, name: str, argv: Sequence[str], environ: Mapping[str, str], log: Path, cpus: Cpus
    ) -> None:
        """Prepare it; nothing runs yet."""
        self.name = name
        self.log = log
        self.ending_seconds = ENDING_SECONDS
        self._argv = pinned([*WITH_US, *argv], cpus)
        self._environ = dict(environ)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Return the id of the running process."""
        if self._process is None:
            raise BenchRefused(f"{self.name} was never started")
        return self._process.pid

    def start(self) -> None:
        """Start it, without waiting for it to be ready."""
        self.end()
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._argv,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it and its workers at once."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(ENDING_SECONDS)

    def end(self) -> None:
        """Ask it to end, then end whatever is left of its session; safe to call at any time."""
        if self._process is None:
            return
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(self.ending_seconds)
        self.kill()

    def require_alive(self) -> None:
        """Raise `BenchRefused` with the end of its log if it ended by itself."""
        if self._process is not None and self._process.poll() is not None:
            lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
            raise BenchRefused("\n".join([f"{self.name} ended by itself:", *lines]))

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


@contextlib.contextmanager
def running(child: Child) -> Iterator[Child]:
    """Run `child` for as long as the block lasts."""
    try:
        child.start()
        yield child
    finally:
        child.end()


def wait_until(met: Callable[[], T | None], within: float, what: str) -> T:
    """Return what `met` returns once it is true. Raises `BenchRefused` after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        found = met()
        if found:
            return found
        if time.monotonic() > deadline:
            raise BenchRefused(f"not within {within:g} s: {what}")
        time.sleep(LOOK_SECONDS)
