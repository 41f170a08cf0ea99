"""Reads evidence on demand: what is too much to be held in memory, and is seldom asked for.

Rule R6's one exception: a request waits for it, within `SECONDS`. Few connections, which nothing
else uses, and a short queue of its own: nobody else waits for those who ask.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date as Day
from typing import Any

import structlog
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rates_api.errors import FallbackUnavailable
from rates_api.fallback import queries
from rates_api.fallback.reader import read_public_keys, reading
from rates_contracts.answers import PublicKey

log = structlog.get_logger(__name__)

CONNECTIONS = 2
"""Reads at a time."""
MAX_WAITING = 32
"""Requests that wait for their turn; more are refused at once."""
SECONDS = 2.0
"""A read takes at most so long, the wait for its turn included."""
HASHED_IN_THREAD_ABOVE = 256 * 1024
"""More bytes are hashed in a thread, so that other requests do not wait for it."""


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
        async with self._reading() as connection:
            return await read_public_keys(connection)

    async def _scalar(self, query: Select[Any]) -> Any:
        async with self._reading() as connection:
            return await connection.scalar(query)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with (
                asyncio.timeout(SECONDS),
                self._turn(),
                reading(self._engine, SECONDS) as connection,
            ):
                yield connection
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
