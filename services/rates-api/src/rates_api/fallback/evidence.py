"""Reads evidence on demand: what is too much to be held in memory, and is seldom asked for.

Rule R6's one exception: a request waits for it, within `SECONDS`. Few connections, which nothing
else uses, and a short queue of its own: nobody else waits for those who ask.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date as Day
from operator import attrgetter, itemgetter
from typing import Any, TypeVar

import structlog
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_api.errors import FallbackUnavailable
from rates_api.fallback import queries
from rates_api.fallback.reader import reading
from rates_contracts.answers import PublicKey

T = TypeVar("T")

log = structlog.get_logger(__name__)

CONNECTIONS = 2
"""Reads at a time."""
MAX_WAITING = 32
"""Requests that wait for their turn; more are refused at once."""
SECONDS = 2.0
"""A read takes at most so long, the wait for its turn included."""
HASHED_IN_THREAD_ABOVE = 256 * 1024
"""Bytes that take half a millisecond to hash."""


class EvidenceReader:
    """Reads through the views of evidence; each method raises `FallbackUnavailable`."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Read with `engine`, of which `CONNECTIONS` are used."""
        self._engine = engine
        self._turns = asyncio.Semaphore(CONNECTIONS)
        self._waiting = 0

    async def payload(self, sha256: str) -> bytes | None:
        """Return the raw answer with this hash; None if there is none, or not the whole of it."""
        body: bytes | None = await self._scalar(queries.select_payload(sha256))
        if body is None or await _hash_of(body) == sha256:
            return body
        log.error("payload_is_not_its_hash", sha256=sha256)
        return None

    async def receipt(self, series: str, day: Day, revision: int) -> str | None:
        """Return the receipt of an observation, a compact JWS; None while it is not signed."""
        receipt: str | None = await self._scalar(queries.select_receipt(series, day, revision))
        return receipt

    async def public_keys(self) -> tuple[PublicKey, ...]:
        """Return every key that was ever signed with, oldest first."""
        keys = await self._read(queries.SELECT_SIGNING_KEYS, queries.public_key_of)
        return tuple(sorted(keys, key=attrgetter("created_at", "kid")))

    async def _scalar(self, query: Select[Any]) -> Any:
        found = await self._read(query, itemgetter(0))
        return found[0] if found else None

    async def _read(self, query: Select[Any], of: Callable[[Any], T]) -> list[T]:
        """Return what `of` makes of each row."""
        try:
            async with (
                asyncio.timeout(SECONDS),
                self._turn(),
                reading(self._engine, SECONDS) as connection,
            ):
                return [of(row) for row in await connection.execute(query)]
        except TimeoutError as error:
            raise FallbackUnavailable("evidence is read too slowly") from error

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._waiting >= MAX_WAITING:
            raise FallbackUnavailable("too many wait for evidence")
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()


async def _hash_of(body: bytes) -> str:
    if len(body) > HASHED_IN_THREAD_ABOVE:
        return await asyncio.to_thread(_sha256, body)
    return _sha256(body)


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
