"""How long the documents still live, and how that is extended while the database is down.

What is no document, can't be read, or is forged, counts as missing: it is written again (protocol
rules 38, 45).
"""

import asyncio
from collections.abc import Mapping, Sequence
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
from rates_sync.relay.signing import CarrierSigning, SignatureState
from rates_sync.relay.stream import translated

log = structlog.get_logger(__name__)


STRING, NONE = b"string", b"none"
"""Redis' names for what a document is, and for no key at all."""
MISSING = timedelta()


@dataclass(frozen=True, slots=True)
class StoredDocuments:
    """What Redis holds: the manifest, and each document's remaining time to live.

    It is zero for a document that is missing, unreadable or never expires; `unreadable` names what
    was found in the place of one, forgeries included. `signatures` are the documents' by key.
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


async def read_documents(
    pipe: Pipeline, signing: CarrierSigning, *, scrub: bool
) -> StoredDocuments:
    """Read them on a connection that runs commands at once; raises Redis' own errors.

    The manifest names the versions of the others: they were written in one transaction. Those are
    large: they are read only before their time to live is renewed, and for a `scrub`.
    """
    kinds: dict[str, Any] = {key: await pipe.type(key) for key in TTL_OF}
    ttl = {key: await _ttl(pipe, key) if kinds[key] == STRING else MISSING for key in TTL_OF}
    large = [key for key in (AVERAGES, HISTORY) if ttl[key] and (scrub or _is_due(key, ttl[key]))]
    read = await _read(pipe, [CURRENT, *large], signing)
    manifest = read.manifest()
    unreadable = [key for key in TTL_OF if kinds[key] not in (STRING, NONE)]
    if manifest is None and kinds[CURRENT] == STRING:
        unreadable.append(CURRENT)
    for key in large:
        if manifest is not None and not await asyncio.to_thread(read.belongs_to, manifest, key):
            unreadable.append(key)
            ttl[key] = MISSING
    return StoredDocuments(manifest, ttl, tuple(unreadable), read.signatures)


@dataclass(frozen=True, slots=True)
class _Held:
    """Bodies and signatures of one moment, and what verifies them."""

    bodies: Mapping[str, bytes]
    signatures: Mapping[str, str]
    signing: CarrierSigning

    def manifest(self) -> CurrentDocument | None:
        """Return the manifest; one that is forged or can't be decoded counts as missing."""
        try:
            return decode_document(self._unforged(CURRENT), CurrentDocument)
        except DocumentUndecodable:
            return None

    def belongs_to(self, manifest: CurrentDocument, key: str) -> bool:
        """Tell whether a large document is of the version that the manifest names, and ours."""
        try:
            body = self._unforged(key)
            if key == AVERAGES:
                return decode_document(body, AveragesDocument).version == manifest.averages_version
            return decode_document(body, HistoryDocument).version == manifest.history_version
        except DocumentUndecodable:
            return False

    def _unforged(self, key: str) -> bytes:
        body = self.bodies[key]
        if self.signing.judge(key, body, self.signatures.get(key)) is SignatureState.FORGED:
            raise DocumentUndecodable(f"the signature is not of this {key}")
        return body


async def _read(pipe: Pipeline, keys: Sequence[str], signing: CarrierSigning) -> _Held:
    """Read with one command what lies under the keys; nothing where that is no string."""
    reply: Any = await pipe.mget([*keys, SIGNATURES])
    *bodies, signatures = reply
    # One may have expired since its type was asked for.
    found = {key: body or b"" for key, body in zip(keys, bodies, strict=True)}
    return _Held(found, decode_signatures(signatures), signing)


def _is_due(key: str, ttl: timedelta) -> bool:
    return ttl < TTL_OF[key] / 2


async def _ttl(pipe: Pipeline, key: str) -> timedelta:
    return timedelta(milliseconds=max(0, await pipe.pttl(key)))


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
