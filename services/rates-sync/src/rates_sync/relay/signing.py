"""Signs what Redis carries, and tells the relay's own from what others wrote (protocol rule 45).

A signature that only names the current key proves nothing: anybody can copy it under another body.
"""

from collections.abc import Callable
from enum import Enum

from rates_contracts.signatures.carrier import Signature, signature_of, signed_content
from rates_sync.signing import SigningKey


class SignatureState(Enum):
    """Whose a body in Redis is, by its signature."""

    SIGNED = "signed"
    """The current key has signed it, or there is no key to tell by."""
    OUTDATED = "outdated"
    """Its signature is missing or another key's, as a rotation leaves it: it is written again."""
    FORGED = "forged"
    """Its signature names the current key, which has not signed this body."""


class CarrierSigning:
    """Signs and verifies with the key that `key` returns, None while there is none."""

    def __init__(self, key: Callable[[], SigningKey | None]) -> None:
        self._key = key

    @property
    def kid(self) -> str | None:
        """The name of the current key, None without one."""
        key = self._key()
        return None if key is None else key.kid

    def sign(self, name: str, body: bytes) -> str | None:
        """Return the signature of a body under a key of Redis', None without a signing key."""
        key = self._key()
        if key is None:
            return None
        return Signature(key.kid, key.sign(signed_content(name, body))).text

    def judge(self, name: str, body: bytes, text: str | None) -> SignatureState:
        """Tell whose a body under a key of Redis' is by its signature."""
        key, signature = self._key(), signature_of(text)
        if key is None:
            return SignatureState.SIGNED
        if signature is None or signature.kid != key.kid:
            return SignatureState.OUTDATED
        is_own = key.verifies(signature.value, signed_content(name, body))
        return SignatureState.SIGNED if is_own else SignatureState.FORGED


UNSIGNED = CarrierSigning(lambda: None)
"""Signs nothing, and takes everything as it is."""
