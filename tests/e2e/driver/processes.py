"""A process that never outlives its scenario.

Each process leads its own session, so that a signal reaches its workers too, and reads from a pipe
that only the test process holds: when that process dies, however it dies, `launch` sees the end
of the pipe and ends the whole session. The other way round the test process sees the last of the
session end and its ports free: a worker may outlive its leader by a moment, and its sockets both.

They are forked off a server that has imported the services and runs nothing: most of the time that
a platform takes to start is the same imports, six times over.
"""

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Protocol

from driver.launch import launch
from rates_dev.ports import free
from rates_dev.processes import wait_for

IMPORTED = (
    *("aiosqlite", "banxico_simulator.app", "fakeredis", "granian", "httpcore"),
    *("rates_api.__main__", "rates_api.app", "rates_sync.__main__"),
)
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(list(IMPORTED))


class Process(Protocol):
    """One process of a platform, of this machine or in a container."""

    @property
    def name(self) -> str:
        """Return its name in reports."""
        ...

    @property
    def pid(self) -> int:
        """Return the id of the running process."""
        ...

    @property
    def alive(self) -> bool:
        """Tell whether it runs (a paused process does)."""
        ...

    @property
    def exit_code(self) -> int | None:
        """Return how it ended, None while it runs."""
        ...

    def port(self, name: str) -> int:
        """Return the port of this machine at which it listens as `name`."""
        ...

    def start(self) -> None:
        """Start it, at once and without waiting for it to be ready."""
        ...

    def kill(self) -> None:
        """End it and its workers at once, without a chance to clean up."""
        ...

    def stop(self) -> int:
        """Ask it to end, as a deployment does, and return its exit code."""
        ...

    def ask_to_stop(self) -> None:
        """Ask it to end without waiting for it."""
        ...

    def wait(self) -> int:
        """Wait for its end and return its exit code."""
        ...

    def pause(self) -> None:
        """Stop it where it stands, as a long garbage collection or a frozen machine would."""
        ...

    def resume(self) -> None:
        """Let a paused process go on."""
        ...

    def end(self) -> None:
        """End whatever is left of it; safe to call at any time."""
        ...

    def last_lines(self) -> Iterable[str]:
        """Return the end of its log, for the report of a failed scenario."""
        ...


class OwnedProcess:
    """A role that can be started again after each end; its output goes to `log`."""

    def __init__(
        self,
        name: str,
        role: Sequence[str],
        environ: Mapping[str, str],
        log: Path,
        ports: Mapping[str, int],
    ) -> None:
        """`role` is one of `launch` and its arguments, `environ` the whole environment."""
        self.name = name
        self._role = list(role)
        self._environ = dict(environ)
        self._log = log
        self._ports = dict(ports)
        self._process: ForkServerProcess | None = None
        self._lifeline: Connection | None = None

    @property
    def alive(self) -> bool:
        """Tell whether it runs (a paused process does)."""
        return self._process is not None and self._process.is_alive()

    @property
    def pid(self) -> int:
        """Return the id of the running process."""
        pid = self._started.pid
        assert pid is not None
        return pid

    @property
    def exit_code(self) -> int | None:
        """Return how it ended, negative for a signal, None while it runs."""
        return None if self._process is None else self._process.exitcode

    def port(self, name: str) -> int:
        """Return the port that it was given."""
        return self._ports[name]

    def start(self) -> None:
        """Start it, at once and without waiting for it to be ready."""
        assert not self.alive, f"{self.name} runs already"
        self.end()
        self._lifeline, its_end = SERVER.Pipe()
        with its_end:
            arguments = (its_end, self._role, self._environ, self._log)
            self._process = SERVER.Process(target=launch, args=arguments)
            self._process.start()
        self._lifeline.recv_bytes()  # it leads its session now: a signal will reach it

    def kill(self) -> None:
        """End it and its workers at once, without a chance to clean up."""
        self._signal(signal.SIGKILL)
        self.wait()
        self._see_the_end()

    def stop(self) -> int:
        """Ask it to end, as a deployment does, and return its exit code."""
        self.ask_to_stop()
        return self.wait()

    def ask_to_stop(self) -> None:
        """Ask it to end without waiting for it."""
        os.kill(self.pid, signal.SIGTERM)

    def wait(self) -> int:
        """Wait for its end and return its exit code."""
        self._started.join(15)
        code = self.exit_code
        assert code is not None, f"{self.name} does not end"
        return code

    def pause(self) -> None:
        """Stop it where it stands, as a long garbage collection or a frozen machine would."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused process go on."""
        self._signal(signal.SIGCONT)

    def end(self) -> None:
        """End whatever is left of its session; safe to call at any time."""
        if self._process is None or self._lifeline is None:
            return
        self._signal(signal.SIGKILL)
        self._process.join(10)
        self._see_the_end()
        self._lifeline.close()

    def _see_the_end(self) -> None:
        """Wait for its workers, too, and for its ports: the kernel may close the pipe first."""
        assert self._lifeline is not None
        assert self._lifeline.poll(10), f"a worker of {self.name} does not end"
        for port in self._ports.values():
            assert wait_for(partial(free, port), 5, 0.005), f"{self.name} holds {port}"

    @property
    def _started(self) -> ForkServerProcess:
        assert self._process is not None, f"{self.name} was never started"
        return self._process

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def last_lines(self) -> Iterator[str]:
        """Yield the end of its log, for the report of a failed scenario."""
        if self._log.exists():
            yield from self._log.read_text(errors="replace").splitlines()[-60:]
