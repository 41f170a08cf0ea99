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
from collections.abc import Callable, Mapping
from typing import TextIO

from honcho.environ import parse_procfile
from honcho.manager import SYSTEM_PRINTER_NAME, Manager
from honcho.printer import Message, Printer

from rates_dev import environment
from rates_dev.plan import Plan

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
    lines = parse_procfile((plan.root / "Procfile").read_text(encoding="utf-8")).processes
    for name in plan.processes:
        own = environment.for_process(name, plan, environ)
        manager.add_process(name, lines[name], env=own, cwd=str(plan.root))
    # honcho knows the other two; without this a closed terminal would leave the processes behind.
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    manager.loop()
    return console.died
