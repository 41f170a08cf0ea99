"""The documents' time to live: what Redis holds of them, and how they outlive the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from rates_contracts.documents import (
    AVERAGES,
    CURRENT,
    HISTORY,
    TTL_OF,
    TTL_WITHOUT_DATABASE,
    CurrentDocument,
    DocumentUndecodable,
    decode_document,
)
from rates_sync.relay.stream import translated


@dataclass(frozen=True, slots=True)
class StoredDocuments:
    """What Redis holds: the manifest, and each document's remaining time to live.

    A document that is missing, or never expires, has none.
    """

    manifest: CurrentDocument | None
    ttl: Mapping[str, timedelta]

    @property
    def history_version(self) -> str | None:
        """The version of the history document, None without it."""
        return self.manifest.history_version if self.manifest and self.ttl[HISTORY] else None

    @property
    def averages_version(self) -> str | None:
        """The version of the averages document, None without it."""
        return self.manifest.averages_version if self.manifest and self.ttl[AVERAGES] else None

    def is_due(self, key: str) -> bool:
        """Tell whether a document is past half its time to live (protocol rule 10)."""
        return self.ttl[key] < TTL_OF[key] / 2


async def read_documents(pipe: Pipeline) -> StoredDocuments:
    """Read them on a connection that runs commands at once; raises Redis' own errors.

    The manifest names the versions of the others: they were written in one transaction.
    """
    body: Any = await pipe.get(CURRENT)
    ttl = {key: timedelta(milliseconds=max(0, await pipe.pttl(key))) for key in TTL_OF}
    return StoredDocuments(_manifest(body), ttl)


async def extend_ttls(redis: Redis) -> None:
    """Extend every time to live to 30 min, shortening none (protocol rule 11).

    Raises `RelayError`.
    """
    with translated():
        async with redis.pipeline(transaction=False) as pipe:
            for key in TTL_OF:
                pipe.pexpire(key, TTL_WITHOUT_DATABASE, gt=True)
            await pipe.execute()


def _manifest(body: bytes | None) -> CurrentDocument | None:
    """A manifest that can't be read is none: it will be written again."""
    try:
        return None if body is None else decode_document(body, CurrentDocument)
    except DocumentUndecodable:
        return None
