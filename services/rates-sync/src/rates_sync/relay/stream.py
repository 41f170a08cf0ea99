"""The stream's tail, read while it is watched (protocol rule 7).

The cursor is the stream's own `last-generated-id` and is stored nowhere else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError

from rates_contracts.cancellation import cancellation_prevails
from rates_contracts.events import Position
from rates_contracts.stream import EVENTS, event_id_of
from rates_sync.errors import RelayError


@dataclass(frozen=True, slots=True)
class Tail:
    """Where the stream ends; `cursor` is None without a stream.

    `event_id` is of the entry at the cursor, None if it was trimmed; `first` is the oldest entry.
    """

    cursor: Position | None = None
    event_id: str | None = None
    first: Position | None = None
    length: int = 0


async def read_tail(pipe: Pipeline) -> Tail:
    """Read the tail on a connection that runs commands at once; raises Redis' own errors.

    Asks for the key first: the embedded server closes the connection after any error reply, and
    the watch would be lost with it.
    """
    if not await pipe.exists(EVENTS):
        return Tail()
    info = await pipe.xinfo_stream(EVENTS)
    cursor = _place(info["last-generated-id"])
    last = info["last-entry"]
    at_cursor = last is not None and _place(last[0]) == cursor
    return Tail(
        cursor=cursor,
        event_id=event_id_of(last[1]) if at_cursor else None,
        first=None if info["first-entry"] is None else _place(info["first-entry"][0]),
        length=info["length"],
    )


@contextmanager
def translated() -> Iterator[None]:
    """Turn what Redis and its connection raise into `RelayError`; a cancellation stays one."""
    try:
        with cancellation_prevails():
            yield
    except (RedisError, OSError) as error:
        raise RelayError(f"{type(error).__name__}: {error}") from error


def _place(stream_id: bytes) -> Position:
    return Position.of_stream_id(stream_id.decode())
