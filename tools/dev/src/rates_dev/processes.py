"""A process that can be started again after each end, and is ended with all that it has started."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

ENDING_SECONDS = 15.0


class Child:
    """A command that leads a session of its own, so that a signal reaches its workers too."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environ: Mapping[str, str],
        folder: Path,
        log: Path | None = None,
    ) -> None:
        """Prepare it, to run in `folder` with that environment alone; nothing runs yet.

        All that it prints is added to `log`, or can be read from `output`.
        """
        self.name = name
        self.log = log
        self.ending_seconds = ENDING_SECONDS
        self._command = list(command)
        self._environ = dict(environ)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The id of the process. Raises `RuntimeError` if it was never started."""
        return self._started.pid

    @property
    def exit_status(self) -> int | None:
        """How it ended, negative for a signal; none while it runs, or if it was never started."""
        return self._process.poll() if self._process else None

    @property
    def output(self) -> IO[bytes]:
        """What it prints, where it has no log."""
        if self._started.stdout is None:
            raise RuntimeError(f"{self.name} prints into {self.log}")
        return self._started.stdout

    def start(self) -> None:
        """End what is left of it and start it, without waiting for it to be ready."""
        self.end()
        with self.log.open("ab") if self.log else contextlib.nullcontext(subprocess.PIPE) as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self, seconds: float | None = None) -> int:
        """Return how it ended. Raises `subprocess.TimeoutExpired`."""
        return self._started.wait(seconds)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its whole session, which may be gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """End it and its workers at once."""
        self.signal(signal.SIGKILL)
        self.wait()

    def end(self) -> None:
        """Ask it to end, after a while kill what is left of its session; safe at any time."""
        if self._process is None:
            return
        self.signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(self.ending_seconds)
        self.kill()

    @property
    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._process
