"""The stream's tail, read while it is watched (protocol rule 7).

The cursor is the stream's own `last-generated-id` and is stored nowhere else. Others can write to
Redis, too: what no relay can have written is foreign (protocol rule 38).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError

from rates_contracts.cancellation import cancellation_prevails
from rates_contracts.events import EventUndecodable, Position
from rates_contracts.stream import EVENTS, event_id_of, reject_foreign
from rates_sync.errors import RelayError

MAX_NUMBER = 2**63 - 1
"""The highest timeline or position that a record can hold."""


@dataclass(frozen=True, slots=True)
class Tail:
    """Where the stream ends; `cursor` is None without a stream.

    `event_id` is of the entry at the cursor, None if it was trimmed; `first` is the oldest entry.
    `foreign` says why no relay can have written it, else it is None; then nothing else is known.
    """

    cursor: Position | None = None
    event_id: str | None = None
    first: Position | None = None
    length: int = 0
    foreign: str | None = None


async def read_tail(pipe: Pipeline) -> Tail:
    """Read the tail on a connection that runs commands at once; raises Redis' own errors.

    Asks for the key's type first: an error reply would end the watch, since the embedded server
    closes the connection after one.
    """
    kind: Any = await pipe.type(EVENTS)
    if kind == b"none":
        return Tail()
    if kind != b"stream":
        return Tail(foreign=f"the stream's key holds a {kind.decode()}")
    return _tail_of(await pipe.xinfo_stream(EVENTS))


def _tail_of(info: Mapping[str, Any]) -> Tail:
    cursor, last = _place(info["last-generated-id"]), info["last-entry"]
    at_cursor = last is not None and _place(last[0]) == cursor
    foreign = _foreign(cursor, last[1] if at_cursor else None)
    if foreign is not None:
        return Tail(foreign=foreign)
    return Tail(
        cursor=cursor,
        event_id=event_id_of(last[1]) if at_cursor else None,
        first=None if info["first-entry"] is None else _place(info["first-entry"][0]),
        length=info["length"],
    )


def _foreign(cursor: Position, entry: Mapping[bytes, bytes] | None) -> str | None:
    """Return why no relay can have written the last entry; None if one can, or it is trimmed."""
    if max(cursor.timeline, cursor.position) > MAX_NUMBER:
        return f"{cursor.stream_id} is no position of a record"
    if entry is None:
        return None
    try:
        reject_foreign(cursor, entry)
    except EventUndecodable as error:
        return f"at {cursor.stream_id}: {error}"
    return None


@contextmanager
def translated() -> Iterator[None]:
    """Raise errors of Redis and its connection as `RelayError`; a cancellation stays one."""
    try:
        with cancellation_prevails():
            yield
    except (RedisError, OSError) as error:
        raise RelayError(f"{type(error).__name__}: {error}") from error


def _place(stream_id: bytes) -> Position:
    return Position.of_stream_id(stream_id.decode())
