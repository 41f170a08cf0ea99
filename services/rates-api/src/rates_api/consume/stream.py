"""The worker's questions to Redis, each bounded in time and translated into our errors.

It only reads: nothing in rates-api writes to Redis. It never retries: the caller decides when.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from rates_api.errors import StreamUnavailable
from rates_contracts.cancellation import cancellation_prevails
from rates_contracts.documents import AVERAGES, CURRENT, HISTORY
from rates_contracts.events import Position
from rates_contracts.stream import EVENTS, event_id_of

MAX_ENTRIES_PER_READ = 200
"""A long backlog is applied in steps, so that requests get their turn."""


class StreamEntry(NamedTuple):
    """One entry of the stream, its fields as they came."""

    at: Position
    fields: Mapping[bytes, bytes]


class Tail(NamedTuple):
    """The stream's last entry."""

    at: Position
    event_id: str


def open_redis(url: str, *, timeout: float, connect_timeout: float) -> "Redis":
    """Return a client for `url` that asks once, waits at most `timeout` seconds, never retries."""
    return Redis.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=timeout,
        socket_connect_timeout=connect_timeout,
        client_name="rates-api",
        max_connections=4,
        # The embedded server speaks RESP2 alone, and replies are shaped by the version.
        protocol=2,
    )


class Stream:
    """The stream and its documents as one worker reads them."""

    def __init__(self, redis: "Redis", *, block: float, timeout: float) -> None:
        """Wait `block` seconds for entries; `timeout` seconds bound any other question."""
        self._redis = redis
        self._block = block
        self._timeout = timeout

    async def after(self, position: Position) -> list[StreamEntry]:
        """Return the next entries after `position`, waiting for the first; none is an answer.

        Raises `StreamUnavailable`.
        """
        milliseconds = round(self._block * 1000)
        async with self._question(self._block + self._timeout):
            reply: Any = await self._redis.xread(
                {EVENTS: position.stream_id}, count=MAX_ENTRIES_PER_READ, block=milliseconds
            )
        return [_entry(raw) for _, entries in reply or () for raw in entries]

    async def tail(self) -> Tail | None:
        """Return the stream's last entry, null where it has none. Raises `StreamUnavailable`."""
        async with self._question(self._timeout):
            reply: Any = await self._redis.xrevrange(EVENTS, count=1)
        entries = [_entry(raw) for raw in reply or ()]
        return Tail(entries[0].at, event_id_of(entries[0].fields)) if entries else None

    async def documents(self) -> tuple[bytes | None, bytes | None, bytes | None]:
        """Return (current, averages, history) as they lie there. Raises `StreamUnavailable`."""
        async with self._question(self._timeout):
            reply = await self._redis.mget([CURRENT, AVERAGES, HISTORY])
        return cast("tuple[bytes | None, bytes | None, bytes | None]", tuple(reply))

    @asynccontextmanager
    async def _question(self, seconds: float) -> AsyncIterator[None]:
        try:
            with cancellation_prevails():
                async with asyncio.timeout(seconds):
                    yield
        except (RedisError, OSError, TimeoutError) as error:
            raise StreamUnavailable(f"{type(error).__name__}: {error}") from error


def _entry(raw: tuple[bytes, Mapping[bytes, bytes] | None]) -> StreamEntry:
    entry_id, fields = raw
    return StreamEntry(Position.of_stream_id(entry_id.decode()), fields or {})
