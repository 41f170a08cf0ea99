"""Runs the plan's lines of the Procfile, one process each, until one ends or the person ends them.

`commands.up` calls it. honcho starts the processes, gathers their output and ends all when one
ends; what is added here is who that was. Never restarts anything: a process that dies is to be
seen, not hidden.
"""

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from honcho.environ import parse_procfile
from honcho.manager import SYSTEM_PRINTER_NAME, Manager
from honcho.printer import Message, Printer
from honcho.process import Process

from rates_dev import environment
from rates_dev.plan import Plan

LEASH_SECONDS = 0.5
STOPPED = re.compile(r"(?P<name>\S+) stopped \(rc=(?P<code>-?\d+)\)")


class Console(Printer):  # type: ignore[misc]  # honcho is untyped
    """honcho's printer, which also notes the first process that ended without being told to."""

    def __init__(self, output: TextIO, on_started: Callable[[], None]) -> None:
        super().__init__(output)
        self.died: str | None = None
        self._ending = False
        self._on_started: Callable[[], None] | None = on_started

    def write(self, message: Message) -> None:
        """Print `message`; a closed terminal must not keep the processes from being ended."""
        if message.name == SYSTEM_PRINTER_NAME:
            self._note(str(message.data))
        try:
            super().write(message)
        except OSError:
            return

    def _note(self, text: str) -> None:
        if self._on_started:
            # Not earlier: by now all are forked, and a process with threads should not fork.
            threading.Thread(target=self._on_started, daemon=True).start()
            self._on_started = None
        stopped = STOPPED.match(text)
        if stopped and not self._ending:
            self.died = f"{stopped['name']} ended by itself (exit status {stopped['code']})"
        self._ending = self._ending or stopped is not None or "received" in text


class Leashed(Process):  # type: ignore[misc]  # honcho is untyped
    """honcho's process, which ends its program when the runner is gone (killed, out of memory).

    honcho keeps a process of its own beside each program; that one watches who its parent is.
    """

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        """Run the program to its end, as honcho asks."""
        watch = threading.Thread(target=self._end_without, args=(os.getppid(),), daemon=True)
        watch.start()
        super().run(events, ignore_signals)

    def _end_without(self, parent: int) -> None:
        while os.getppid() == parent:
            time.sleep(LEASH_SECONDS)
        if self._child is not None:
            os.killpg(self._child.pid, signal.SIGTERM)


def run(
    plan: Plan,
    environ: Mapping[str, str],
    on_started: Callable[[], None],
    output: TextIO = sys.stdout,
) -> str | None:
    """Run until the end; return which process ended it, or none when the person did.

    `on_started` runs in a thread of its own once all processes are started. SIGINT, SIGTERM and
    SIGHUP (a closed terminal) end all of them, by SIGTERM and after 5 s by SIGKILL.
    """
    console = Console(output, on_started)
    manager = Manager(console)
    manager._process_ctor = Leashed  # noqa: SLF001  # honcho's own seam, though not a public one
    lines = parse_procfile((plan.root / "Procfile").read_text(encoding="utf-8")).processes
    for name in plan.processes:
        own = environment.for_process(name, plan, environ)
        manager.add_process(name, lines[name], env=own, cwd=str(plan.root))
    # honcho knows the other two; without this a closed terminal would leave the processes behind.
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    manager.loop()
    return console.died
