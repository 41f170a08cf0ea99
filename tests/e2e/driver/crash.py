"""Where rates-sync can be made to die, once, between the request and the documents.

All points lie in the process: the launcher puts itself around the libraries' own calls, so that it
knows what was sent and what was answered. Production code knows nothing of it.
"""

import os
from pathlib import Path
from typing import Any, Literal, get_args

Point = Literal[
    "requested",  # the quota is spent, Banxico never saw the request
    "answered",  # Banxico has answered, nobody heard it
    "before_commit",  # everything is written, nothing is committed
    "committed",  # recorded, nothing is relayed
    "before_exec",  # stream and documents are about to be written
    "executed",  # both are written, nobody heard it
]
POINTS: tuple[Point, ...] = get_args(Point)

ANNOUNCING = "announcing"
KILLED = 137
"""The status of whatever SIGKILL ended, as shells and engines say it."""


def arm(file: Path, point: Point) -> None:
    """Have the process that watches `file` die at `point`."""
    file.write_text(point)


def watch(file: Path) -> None:
    """Stand at every point and die where `file` says so."""
    _watch_questions(file)
    _watch_commits(file)
    _watch_relay(file)


def _watch_questions(file: Path) -> None:
    from httpx import AsyncHTTPTransport

    ask = AsyncHTTPTransport.handle_async_request

    async def watched(self: Any, request: Any) -> Any:
        _die_at(file, "requested")
        response = await ask(self, request)
        _die_at(file, "answered")
        return response

    AsyncHTTPTransport.handle_async_request = watched  # type: ignore[method-assign]


def _watch_commits(file: Path) -> None:
    """The one transaction that writes an event into the outbox, by SQLAlchemy's own events."""
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
            _die_at(file, "before_commit")

    @event.listens_for(Pool, "reset")
    def after(_: Any, record: Any, state: Any) -> None:
        if record.info.pop(ANNOUNCING, False):
            _die_at(file, "committed")


def _watch_relay(file: Path) -> None:
    """Only a step that writes the stream: others merely lengthen the documents' lives."""
    from redis.asyncio.client import Pipeline

    execute = Pipeline.execute

    async def watched(self: Any, *args: Any, **options: Any) -> Any:
        relays = any("XADD" in command for command, _ in self.command_stack)
        if relays:
            _die_at(file, "before_exec")
        replies = await execute(self, *args, **options)
        if relays:
            _die_at(file, "executed")
        return replies

    Pipeline.execute = watched  # type: ignore[method-assign]


def _die_at(file: Path, point: Point) -> None:
    """End this process as abruptly as SIGKILL, if `file` names `point`; only the first time.

    Not by the signal itself: the first process of a container can't send it to itself.
    """
    if not file.exists() or file.read_text() != point:
        return
    file.unlink()
    os._exit(KILLED)
