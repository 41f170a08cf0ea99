"""Where rates-sync can be made to die, once, between the request and the documents.

The points around Banxico and Redis lie on the wire: a trip wire of the link kills the process.
Those around the commit lie in the process: the launcher listens to SQLAlchemy's own events, for
the one transaction that writes an event into the outbox. Production code knows nothing of it.
"""

import os
import signal
from pathlib import Path
from typing import Any, Literal, get_args

Point = Literal[
    "requested",  # the request is on its way, Banxico never saw it
    "answered",  # Banxico has answered, nobody heard it
    "before_commit",  # everything is written, nothing is committed
    "committed",  # recorded, nothing is relayed
    "before_exec",  # stream and documents are about to be written
    "executed",  # both are written, nobody heard it
]
POINTS: tuple[Point, ...] = get_args(Point)
IN_PROCESS = ("before_commit", "committed")

ANNOUNCING = "announcing"


def arm(file: Path, point: str) -> None:
    """Have the process that watches `file` die at `point`."""
    file.write_text(point)


def watch_commits(file: Path) -> None:
    """Listen to every engine of this process and die where `file` says so."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine
    from sqlalchemy.pool import Pool

    @event.listens_for(Engine, "before_cursor_execute")
    def mark(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.lower().startswith("insert into outbox"):
            connection.info[ANNOUNCING] = True

    @event.listens_for(Engine, "commit")
    def before(connection: Any) -> None:
        if ANNOUNCING in connection.info:
            die_at(file, "before_commit")

    @event.listens_for(Pool, "reset")
    def after(_: Any, record: Any, state: Any) -> None:
        if record.info.pop(ANNOUNCING, False):
            die_at(file, "committed")


def die_at(file: Path, point: Point) -> None:
    """End this process and its workers at once, if `file` names `point`; only the first time."""
    if not file.exists() or file.read_text() != point:
        return
    file.unlink()
    os.killpg(os.getpgrp(), signal.SIGKILL)
