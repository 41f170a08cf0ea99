"""Verifies what Redis carries, before it is used (protocol rule 45).

The public keys come with the record and by setting. As long as neither names one, nothing is
signed, and everything is taken as it comes; from the first key on nothing is that does not verify.
What was once known stays known, and what was once revoked stays revoked: a replica may lag, and a
record that was restored may have forgotten.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import UNSET

from rates_api.errors import SourceUnavailable
from rates_contracts.answers import PublicKey
from rates_contracts.signatures.carrier import Signature, signature_of, signed_content
from rates_contracts.signatures.jose import from_base64url, key_id

log = structlog.get_logger(__name__)

Carrier = Literal["event", "document"]
ReadKeys = Callable[[], Awaitable[Sequence[PublicKey]]]
"""Returns the record's keys, or raises `SourceUnavailable`."""

MAX_ASKED_EVERY = 1.0
"""Seconds: unknown keys make the worker ask for them, but no more often."""
VERIFIED_IN_THREAD_ABOVE = 64 * 1024
"""Bytes whose hash alone would keep requests waiting."""


def public_key(x: str) -> Ed25519PublicKey:
    """Return the key whose 32 bytes are `x` in base64url. Raises `ValueError`."""
    return Ed25519PublicKey.from_public_bytes(from_base64url(x))


class Signatures:
    """The keys that one worker knows, and what they verify.

    `pinned` are those of the setting, in base64url; `read` returns those of the record, and
    `read_newest` the same from whoever can't lag behind, if that one answers. `on_unverified` is
    called with what did not verify.
    """

    def __init__(
        self,
        pinned: Sequence[str],
        read: ReadKeys,
        monotonic: Callable[[], float],
        *,
        read_newest: ReadKeys,
        on_unverified: Callable[[Carrier], None],
    ) -> None:
        """Know the pinned keys alone at first."""
        self._known = {key_id(x): public_key(x) for x in pinned}
        self._revoked: frozenset[str] = frozenset()
        self._read, self._read_newest = read, read_newest
        self._monotonic = monotonic
        self._on_unverified = on_unverified
        self._asked_at: float | None = None
        self._failing = False
        self.required = bool(pinned)

    async def learn(self) -> None:
        """Take over the record's keys, and which are revoked; if it is away nothing changes."""
        await self._learn_from(self._read)

    @property
    def trusted(self) -> frozenset[str]:
        """The names of the keys that verify."""
        return frozenset(self._known) - self._revoked

    async def verify(self, carrier: Carrier, name: str, body: bytes, signature: str | None) -> bool:
        """Tell whether `body`, which lies under `name`, is rates-sync's, as far as that is known.

        An unknown key is asked for first: rates-sync signs with a new one as soon as it has
        recorded it.
        """
        if not self.required:
            return True
        found = signature_of(signature)
        if found is not None:
            await self._ask_for(found.kid)
            if await self._verifies(found, signed_content(name, body)):
                return True
        log.error("signature_refused", carrier=carrier, name=name)
        self._on_unverified(carrier)
        return False

    async def _ask_for(self, kid: str) -> None:
        """Ask the record for a key unless it is known, or somebody floods us with such."""
        if kid in self._known:
            return
        at = self._asked_at
        if at is None or self._monotonic() - at >= MAX_ASKED_EVERY:
            await self._learn_from(self._read_newest)
            self._asked_at = self._monotonic()

    async def _learn_from(self, read: ReadKeys) -> None:
        try:
            found = await read()
        except SourceUnavailable as error:
            if not self._failing:
                log.warning("signing_keys_not_read", cause=str(error))
            self._failing = True
            return
        self._failing = False
        self._known |= _usable(found)
        revoked = [key for key in found if key.revoked_at is not UNSET]
        self._revoked |= {key.kid for key in revoked} | _usable(revoked).keys()
        self.required = self.required or bool(found)

    async def _verifies(self, signature: Signature, content: bytes) -> bool:
        if signature.kid not in self.trusted:
            return False
        key = self._known[signature.kid]
        if len(content) > VERIFIED_IN_THREAD_ABOVE:
            return await asyncio.to_thread(_is_valid, key, signature.value, content)
        return _is_valid(key, signature.value, content)


def _usable(keys: Sequence[PublicKey]) -> dict[str, Ed25519PublicKey]:
    """Return the keys by their own thumbprints, whatever the record calls them."""
    usable = {}
    for key in keys:
        try:
            usable[key_id(key.x)] = public_key(key.x)
        except ValueError:
            log.warning("signing_key_unreadable", kid=key.kid)
    return usable


def _is_valid(key: Ed25519PublicKey, value: bytes, content: bytes) -> bool:
    try:
        key.verify(value, content)
    except InvalidSignature:
        return False
    return True
