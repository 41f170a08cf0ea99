"""How rates-sync signs what Redis carries: events of the stream, documents (protocol rule 45).

Redis is a carrier, not a witness: whoever can write to it must not be able to set a rate.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from rates_contracts.signatures.jose import base64url, from_base64url

SIGNATURES = "{rates:v1}:signatures"
"""The key of the documents' signatures: JSON, by document. It lives as long as they do."""


class Signature(NamedTuple):
    """A signature, and the thumbprint of the key that verifies it."""

    kid: str
    value: bytes

    @property
    def text(self) -> str:
        """Return it as it travels: `<kid>.<base64url>`."""
        return f"{self.kid}.{base64url(self.value)}"


def signed_content(name: str, body: bytes) -> bytes:
    """Return what is signed of a body: with the key that it lies under, so that it fits no other.

    No part of a JWS begins with a brace: a receipt is no event either.
    """
    return name.encode() + b"\0" + body


def signature_of(text: str | bytes | None) -> Signature | None:
    """Read a signature, None for what is none."""
    try:
        decoded = text.decode() if isinstance(text, bytes) else text or ""
        kid, _, value = decoded.partition(".")
        return Signature(kid, from_base64url(value)) if kid and value else None
    except ValueError:
        return None


def encode_signatures(signatures: Mapping[str, str]) -> bytes:
    """Return the value of `SIGNATURES`."""
    return msgspec.json.encode(signatures)


def decode_signatures(body: bytes | None) -> dict[str, str]:
    """Return the documents' signatures by their keys; none for what can't be read."""
    try:
        return msgspec.json.decode(body or b"{}", type=dict[str, str])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
