"""Servers in containers: `mysql` the record's database, `redis` stream and documents.

`certificates` is whom their clients trust.
"""

from collections.abc import Callable

from rates_dev.processes import wait_for

START_SECONDS = 90.0
"""On a busy machine MySQL takes a while."""


def until_it_answers(ask: Callable[[], object], unanswered: tuple[type[Exception], ...]) -> None:
    """Ask until it is answered; the last refusal is raised when that takes too long."""

    def answered() -> bool:
        try:
            ask()
        except unanswered:
            return False
        return True

    if not wait_for(answered, START_SECONDS):
        ask()
