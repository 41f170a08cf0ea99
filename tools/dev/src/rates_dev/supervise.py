"""Runs the processes of a platform until one ends or the person ends them.

Their output is shown line by line, each with its process's name. Nothing is restarted: a process
that dies is to be seen, not hidden.
"""

import contextlib
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue
from typing import TextIO

from rates_dev import platform
from rates_dev.platform import COMMANDS, SERVICES, Plan
from rates_dev.processes import Child, wait_for

STORES_SECONDS = 15.0
"""How long the services are kept waiting for what they need; then they start anyway."""
ENDING_SECONDS = 5.0
DRAIN_SECONDS = 2.0
"""How long the output of an ended process is read on; who inherited its pipe may hold it open."""
LEASH = ("sh", "-c", "for group in $(cat); do kill -TERM $group; done")
COLOURS = {"redis": 35, "simulator": 33, "sync": 36, "api": 32}
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, `./dev down`, a closed terminal."""

Ended = SimpleQueue[Child | None]
"""The processes in the order in which they ended; none where the person ends them."""


class Console:
    """Where the lines of all processes go; a closed terminal does not keep them from ending."""

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._lock = threading.Lock()
        self._coloured = output.isatty()

    def say(self, name: str, text: str) -> None:
        """Write a line of the process `name`, with the time."""
        head = f"{datetime.now():%H:%M:%S} {name:<9} |"  # noqa: DTZ005  # the local time, for people
        if self._coloured:
            head = f"\033[{COLOURS.get(name, 0)}m{head}\033[0m"
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._output.write(f"{head} {text}\n")
            self._output.flush()


def run(
    plan: Plan,
    root: Path,
    environ: Mapping[str, str],
    on_started: Callable[[], None],
    console: Console,
) -> str | None:
    """Run until the end; return which process ended it, or none when the person did.

    `on_started` runs in a thread of its own once all processes are started. SIGINT, SIGTERM and
    SIGHUP end all of them, by SIGTERM and after 5 s by SIGKILL.
    """
    ended = Ended()
    for number in ENDINGS:
        signal.signal(number, lambda *_: ended.put(None))
    started: list[Child] = []
    followers: list[threading.Thread] = []
    with _leash() as leash:
        try:
            for child in _in_order(plan, root, environ, ended):
                child.start()
                started.append(child)
                leash(child)
                follower = threading.Thread(
                    target=_follow, args=(child, console, ended), daemon=True
                )
                follower.start()
                followers.append(follower)
            threading.Thread(target=on_started, daemon=True).start()
            first = ended.get()
        finally:
            _end(started)
            # The last lines of a process are those that explain its end.
            for follower in followers:
                follower.join(DRAIN_SECONDS)
    return f"{first.name} ended by itself (exit status {first.exit_status})" if first else None


def _in_order(plan: Plan, root: Path, environ: Mapping[str, str], ended: Ended) -> Iterator[Child]:
    """Yield the processes, the services only once what they need listens, if nothing has ended."""
    stores = [name for name in plan.processes if name not in SERVICES]
    for name in plan.processes:
        if name in SERVICES:
            wait_for(lambda: not ended.empty() or all(map(plan.listens, stores)), STORES_SECONDS)
        if ended.empty():
            own = platform.environment(name, plan, environ)
            yield Child(name, COMMANDS[name], own, root)


def _follow(child: Child, console: Console, ended: Ended) -> None:
    """Show what a process prints, and note its end."""
    console.say(child.name, f"started (pid {child.pid})")
    for line in child.output:
        console.say(child.name, line.decode(errors="replace").rstrip("\n"))
    console.say(child.name, f"ended (exit status {child.wait()})")
    ended.put(child)


def _end(children: Sequence[Child]) -> None:
    """Ask all of them to end at once; kill what is left after a while."""
    for child in children:
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + ENDING_SECONDS
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(0.0, deadline - time.monotonic()))
        child.kill()


@contextlib.contextmanager
def _leash() -> Iterator[Callable[[Child], None]]:
    """Yield what has a process ended should this one be killed: a shell reads its pipe's end."""
    with subprocess.Popen(LEASH, stdin=subprocess.PIPE, start_new_session=True) as watcher:

        def hold(child: Child) -> None:
            if watcher.stdin:
                watcher.stdin.write(b"-%d " % child.pid)
                watcher.stdin.flush()

        try:
            yield hold
        finally:
            watcher.kill()
