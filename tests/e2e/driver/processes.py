"""A process that never outlives its scenario.

Each process leads its own session, so that a signal reaches its workers too, and reads from a pipe
that only the test process holds: when that process dies, however it dies, `launch` sees the end
of the pipe and ends the whole session.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol


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
    """A command that can be started again after each end; its output goes to `log`."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        environ: Mapping[str, str],
        log: Path,
        ports: Mapping[str, int],
    ) -> None:
        self.name = name
        self._log = log
        self._environ = dict(environ)
        self._argv = list(argv)
        self._ports = dict(ports)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        """Tell whether it runs (a paused process does)."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Return the id of the running process."""
        assert self._process is not None, f"{self.name} was never started"
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Return how it ended, negative for a signal, None while it runs."""
        return None if self._process is None else self._process.poll()

    def port(self, name: str) -> int:
        """Return the port that it was given."""
        return self._ports[name]

    def start(self) -> None:
        """Start it, at once and without waiting for it to be ready."""
        assert not self.alive, f"{self.name} runs already"
        self.end()
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._argv,
                env=self._environ,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it and its workers at once, without a chance to clean up."""
        self._signal(signal.SIGKILL)
        self.wait()

    def stop(self) -> int:
        """Ask it to end, as a deployment does, and return its exit code."""
        self.ask_to_stop()
        return self.wait()

    def ask_to_stop(self) -> None:
        """Ask it to end without waiting for it."""
        os.kill(self.pid, signal.SIGTERM)

    def wait(self) -> int:
        """Wait for its end and return its exit code."""
        assert self._process is not None
        return self._process.wait(15)

    def pause(self) -> None:
        """Stop it where it stands, as a long garbage collection or a frozen machine would."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused process go on."""
        self._signal(signal.SIGCONT)

    def end(self) -> None:
        """End whatever is left of its session; safe to call at any time."""
        if self._process is None:
            return
        self._signal(signal.SIGKILL)
        self._process.wait(10)
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None, f"{self.name} was never started"
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def last_lines(self) -> Iterator[str]:
        """Yield the end of its log, for the report of a failed scenario."""
        if self._log.exists():
            yield from self._log.read_text(errors="replace").splitlines()[-60:]
