"""How long the documents still live, and how that is extended while the database is down.

What is no document, or can't be read, counts as missing: it is written again (protocol rule 38).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from rates_contracts.documents import (
    AVERAGES,
    CURRENT,
    HISTORY,
    TTL_OF,
    TTL_WITHOUT_DATABASE,
    AveragesDocument,
    CurrentDocument,
    DocumentUndecodable,
    HistoryDocument,
    decode_document,
)
from rates_contracts.signatures.carrier import SIGNATURES, decode_signatures, signature_of
from rates_sync.errors import RelayError
from rates_sync.relay.stream import translated

log = structlog.get_logger(__name__)


STRING, NONE = b"string", b"none"
"""Redis' names for what a document is, and for no key at all."""
MISSING = timedelta()


@dataclass(frozen=True, slots=True)
class StoredDocuments:
    """What Redis holds: the manifest, and each document's remaining time to live.

    It is zero for a document that is missing, unreadable or never expires; `unreadable` names what
    was found in the place of one. `signatures` are the documents' by key.
    """

    manifest: CurrentDocument | None
    ttl: Mapping[str, timedelta]
    unreadable: tuple[str, ...] = ()
    signatures: Mapping[str, str] = field(default_factory=dict)

    @property
    def history_version(self) -> str | None:
        """The version of the history document, None without it."""
        return self.manifest.history_version if self.manifest and self.ttl[HISTORY] else None

    @property
    def averages_version(self) -> str | None:
        """The version of the averages document, None without it."""
        return self.manifest.averages_version if self.manifest and self.ttl[AVERAGES] else None

    def are_signed_by(self, kid: str) -> bool:
        """Tell whether each document that is there has a signature by this key."""
        signatures = {key: signature_of(self.signatures.get(key)) for key in TTL_OF}
        signed = {key for key, found in signatures.items() if found and found.kid == kid}
        return all(key in signed for key, ttl in self.ttl.items() if ttl)

    def forgotten(self) -> "StoredDocuments":
        """Return this as if no document were there, so that all are written again."""
        return replace(self, manifest=None, ttl=dict.fromkeys(self.ttl, MISSING), signatures={})

    def is_due(self, key: str) -> bool:
        """Tell whether less than half of a document's time to live remains (protocol rule 10)."""
        return _is_due(key, self.ttl[key])


async def read_documents(pipe: Pipeline) -> StoredDocuments:
    """Read them on a connection that runs commands at once; raises Redis' own errors.

    The manifest names the versions of the others: they were written in one transaction. Those are
    read only before their time to live is renewed.
    """
    kinds: dict[str, Any] = {key: await pipe.type(key) for key in TTL_OF}
    ttl = {key: await _ttl(pipe, key) if kinds[key] == STRING else MISSING for key in TTL_OF}
    manifest = _manifest(await _body(pipe, CURRENT)) if kinds[CURRENT] == STRING else None
    unreadable = [key for key in TTL_OF if kinds[key] not in (STRING, NONE)]
    if manifest is None and kinds[CURRENT] == STRING:
        unreadable.append(CURRENT)
    for key, version in _to_be_renewed(manifest, ttl).items():
        if not await asyncio.to_thread(_is_readable, key, version, await _body(pipe, key)):
            unreadable.append(key)
            ttl[key] = MISSING
    return StoredDocuments(manifest, ttl, tuple(unreadable), await _signatures(pipe))


async def _signatures(pipe: Pipeline) -> dict[str, str]:
    kind: Any = await pipe.type(SIGNATURES)
    return decode_signatures(await _body(pipe, SIGNATURES)) if kind == STRING else {}


def _to_be_renewed(
    manifest: CurrentDocument | None, ttl: Mapping[str, timedelta]
) -> dict[str, str]:
    """Return the versions of the documents that live on, and soon would not."""
    if manifest is None:
        return {}
    versions = {AVERAGES: manifest.averages_version, HISTORY: manifest.history_version}
    return {
        key: version for key, version in versions.items() if ttl[key] and _is_due(key, ttl[key])
    }


def _is_due(key: str, ttl: timedelta) -> bool:
    return ttl < TTL_OF[key] / 2


async def _ttl(pipe: Pipeline, key: str) -> timedelta:
    return timedelta(milliseconds=max(0, await pipe.pttl(key)))


async def _body(pipe: Pipeline, key: str) -> bytes:
    body: Any = await pipe.get(key)
    return body or b""  # it may have expired since its type was asked for


def _is_readable(key: str, version: str, body: bytes) -> bool:
    try:
        if key == AVERAGES:
            return decode_document(body, AveragesDocument).version == version
        return decode_document(body, HistoryDocument).version == version
    except DocumentUndecodable:
        return False


async def keep_documents(redis: Redis) -> None:
    """Extend the times to live while nothing renews the documents, or warn (protocol rule 11)."""
    try:
        await extend_ttls(redis)
    except RelayError as error:
        log.warning("documents_not_extended", error=str(error))


async def extend_ttls(redis: Redis) -> None:
    """Extend every time to live to 30 minutes, without shortening any (protocol rule 11).

    Raises `RelayError`.
    """
    with translated():
        async with redis.pipeline(transaction=False) as pipe:
            for key in (*TTL_OF, SIGNATURES):
                pipe.pexpire(key, TTL_WITHOUT_DATABASE, gt=True)
            await pipe.execute()


def _manifest(body: bytes) -> CurrentDocument | None:
    """Treat a manifest that can't be decoded as missing: it will be written again."""
    try:
        return decode_document(body, CurrentDocument)
    except DocumentUndecodable:
        return None
