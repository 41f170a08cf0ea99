"""Verifies what Redis carries, before it is used (protocol rule 45).

The public keys come with the record and by setting. As long as neither names one, nothing is
signed, and everything is taken as it comes; from the first key on nothing is that does not verify.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import UNSET

from rates_api.errors import SourceUnavailable
from rates_contracts.answers import PublicKey
from rates_contracts.signatures.carrier import signature_of, signed_content
from rates_contracts.signatures.jose import from_base64url, key_id

log = structlog.get_logger(__name__)

Carrier = Literal["event", "document"]

MAX_LEARNT_EVERY = 1.0
"""Seconds: what does not verify makes the worker ask for keys, but no more often."""
VERIFIED_IN_THREAD_ABOVE = 64 * 1024
"""Bytes whose hash alone would keep requests waiting."""


def public_key(x: str) -> Ed25519PublicKey:
    """Return the key whose 32 bytes are `x` in base64url. Raises `ValueError`."""
    return Ed25519PublicKey.from_public_bytes(from_base64url(x))


class Signatures:
    """The keys that one worker knows, and what they verify.

    `pinned` are those of the setting, in base64url; `read` returns those of the record, and raises
    `SourceUnavailable`. `on_unverified` is called with what did not verify.
    """

    def __init__(
        self,
        pinned: Sequence[str],
        read: Callable[[], Awaitable[Sequence[PublicKey]]],
        monotonic: Callable[[], float],
        *,
        on_unverified: Callable[[Carrier], None],
    ) -> None:
        """Know the pinned keys alone at first."""
        self._pinned = {key_id(x): public_key(x) for x in pinned}
        self._read, self._monotonic = read, monotonic
        self._on_unverified = on_unverified
        self._keys: Mapping[str, Ed25519PublicKey] = self._pinned
        self._learnt_at: float | None = None
        self._failing = False
        self.required = bool(pinned)

    async def learn(self) -> None:
        """Take over the record's keys, without those revoked; keep what is known if it is away."""
        try:
            found = await self._read()
        except SourceUnavailable as error:
            if not self._failing:
                log.warning("signing_keys_not_read", cause=str(error))
            self._failing = True
            return
        finally:
            self._learnt_at = self._monotonic()
        self._failing = False
        revoked = {key.kid for key in found if key.revoked_at is not UNSET}
        known = {**self._pinned, **_usable(found)}
        self._keys = {kid: key for kid, key in known.items() if kid not in revoked}
        self.required = self.required or bool(found)

    @property
    def trusted(self) -> frozenset[str]:
        """The names of the keys that verify."""
        return frozenset(self._keys)

    async def verify(self, carrier: Carrier, name: str, body: bytes, signature: str | None) -> bool:
        """Tell whether `body`, which lies under `name`, is rates-sync's, as far as that is known.

        One by an unknown key makes the worker ask the record for keys first: it may be a new one.
        """
        if not self.required or await self._verifies(name, body, signature):
            return True
        if self._may_learn():
            await self.learn()
            if await self._verifies(name, body, signature):
                return True
        log.error("signature_refused", carrier=carrier, name=name)
        self._on_unverified(carrier)
        return False

    def _may_learn(self) -> bool:
        at = self._learnt_at
        return at is None or self._monotonic() - at >= MAX_LEARNT_EVERY

    async def _verifies(self, name: str, body: bytes, text: str | None) -> bool:
        signature = signature_of(text)
        key = None if signature is None else self._keys.get(signature.kid)
        if signature is None or key is None:
            return False
        content = signed_content(name, body)
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
