"""A process that can be started again after each end, and is ended with all that it has started."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, TypeVar

T = TypeVar("T")

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
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """End it and its workers at once."""
        self.signal(signal.SIGKILL)
        if self._process is not None:
            self.wait(ENDING_SECONDS)

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


def wait_for(condition: Callable[[], T], seconds: float, every: float = 0.05) -> T:
    """Ask `condition` until it is true or `seconds` have passed; return its last answer."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer or time.monotonic() > deadline:
            return answer
        time.sleep(every)


class Steady:
    """A condition that is true once it has held, each time it was asked, for some seconds."""

    def __init__(self, condition: Callable[[], bool], seconds: float) -> None:
        """Ask `condition`; `seconds` are those of the monotonic clock."""
        self._condition = condition
        self._seconds = seconds
        self._since: float | None = None

    def __call__(self) -> bool:
        """Ask once."""
        if not self._condition():
            self._since = None
            return False
        now = time.monotonic()
        self._since = self._since or now
        return now - self._since >= self._seconds


def last_lines(log: Path) -> str:
    """Return the last 25 lines of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-25:])
