"""Patience with a server that starts."""

import time
from collections.abc import Callable

START_SECONDS = 90.0
"""On a busy machine MySQL takes a while."""


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
