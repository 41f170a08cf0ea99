"""Ports that are free, and patience with a server that starts."""

import socket
import time
from collections.abc import Callable

START_SECONDS = 90.0
"""On a busy machine MySQL takes a while."""


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until_it_answers(ask: Callable[[], object], unanswered: tuple[type[Exception], ...]) -> None:
    """Ask until it is answered; the last refusal is raised when that takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            ask()
        except unanswered:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
