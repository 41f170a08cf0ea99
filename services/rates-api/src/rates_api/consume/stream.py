"""The worker's requests to Redis, each with a timeout; failures become `StreamUnavailable`.

It only reads: nothing in rates-api writes to Redis. It never retries: callers do.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from rates_api.consume.signatures import Signatures
from rates_api.errors import DocumentsUnusable, StreamUnavailable
from rates_contracts.cancellation import cancellation_prevails
from rates_contracts.documents import AVERAGES, CURRENT, HISTORY
from rates_contracts.events import Position
from rates_contracts.signatures.carrier import SIGNATURES, decode_signatures
from rates_contracts.stream import EVENT, EVENTS, event_id_of, signature_in

DOCUMENTS = (CURRENT, AVERAGES, HISTORY)
MAX_ENTRIES_PER_READ = 200
"""A long backlog is applied in steps, so that requests are answered in between."""
MAX_VERIFIED_PER_TURN = 10
"""Entries verified before the event loop runs again, so that requests have their turn."""


class StreamEntry(NamedTuple):
    """One entry of the stream, its fields as they came; `verified` if they are rates-sync's."""

    at: Position
    fields: Mapping[bytes, bytes]
    verified: bool = True


class Tail(NamedTuple):
    """The stream's last entry."""

    at: Position
    event_id: str


def open_redis(url: str, *, timeout: float, connect_timeout: float) -> "Redis":
    """Return a client for `url` that tries once, waits at most `timeout` seconds, never retries."""
    return Redis.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=timeout,
        socket_connect_timeout=connect_timeout,
        client_name="rates-api",
        max_connections=4,
        # The embedded server speaks RESP2 only, and the shape of replies depends on the version.
        protocol=2,
    )


class Stream:
    """The stream and its documents as one worker reads them."""

    def __init__(
        self,
        redis: "Redis",
        *,
        block: float,
        timeout: float,
        signatures: Signatures | None = None,
    ) -> None:
        """Wait `block` seconds for entries; `timeout` seconds bound any other request.

        Without `signatures` nothing is verified.
        """
        self._redis, self._signatures = redis, signatures
        self._block = block
        self._timeout = timeout

    async def after(self, position: Position) -> list[StreamEntry]:
        """Return the next entries after `position`, waiting for the first; an empty list if none.

        Up to the first that does not verify: what follows is not taken after it. Raises
        `StreamUnavailable`.
        """
        milliseconds = round(self._block * 1000)
        async with self._question(self._block + self._timeout):
            reply: Any = await self._redis.xread(
                {EVENTS: position.stream_id}, count=MAX_ENTRIES_PER_READ, block=milliseconds
            )
        found = [_entry(raw) for _, entries in reply or () for raw in entries]
        return await self._up_to_unverified(found)

    async def _up_to_unverified(self, entries: Iterable[StreamEntry]) -> list[StreamEntry]:
        taken: list[StreamEntry] = []
        for count, entry in enumerate(entries, start=1):
            verified = await self._is_verified(entry)
            taken.append(entry._replace(verified=verified))
            if not verified:
                break
            if count % MAX_VERIFIED_PER_TURN == 0:
                await asyncio.sleep(0)
        return taken

    async def tail(self) -> Tail | None:
        """Return the stream's last entry, None where it has none. Raises `StreamUnavailable`."""
        async with self._question(self._timeout):
            reply: Any = await self._redis.xrevrange(EVENTS, count=1)
        entries = [_entry(raw) for raw in reply or ()]
        return Tail(entries[0].at, event_id_of(entries[0].fields)) if entries else None

    async def documents(self) -> tuple[bytes | None, bytes | None, bytes | None]:
        """Return (current, averages, history) as stored.

        Raises `StreamUnavailable`, or `DocumentsUnusable` where one is not rates-sync's.
        """
        async with self._question(self._timeout):
            reply: Any = await self._redis.mget([*DOCUMENTS, SIGNATURES])
        *bodies, signed = reply
        await self._verify(dict(zip(DOCUMENTS, bodies, strict=True)), signed)
        return cast("tuple[bytes | None, bytes | None, bytes | None]", tuple(bodies))

    async def _verify(self, bodies: Mapping[str, bytes | None], signed: bytes | None) -> None:
        signatures = decode_signatures(signed)
        for name, body in bodies.items():
            if self._signatures is None or body is None:
                continue
            signature = signatures.get(name)
            if not await self._signatures.verify("document", name, body, signature):
                raise DocumentsUnusable(f"{name} is not signed by a known key")

    async def _is_verified(self, entry: StreamEntry) -> bool:
        if self._signatures is None:
            return True
        body, signature = entry.fields.get(EVENT, b""), signature_in(entry.fields)
        return await self._signatures.verify("event", EVENTS, body, signature)

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
