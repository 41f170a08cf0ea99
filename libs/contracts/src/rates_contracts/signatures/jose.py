"""Ed25519 by JOSE: what a compact JWS is made of (RFC 7515), how a key is named (RFC 7638)."""

import base64
import binascii
import hashlib

import msgspec


def base64url(content: bytes) -> str:
    """Return `content` in the alphabet of URLs, without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Return what `base64url` has encoded. Raises `ValueError`."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("is not base64url") from error


def key_id(x: str) -> str:
    """Return the `kid` of an Ed25519 public key: its JWK thumbprint (RFC 7638).

    `x` is the key's 32 bytes in base64url.
    """
    members = {"crv": "Ed25519", "kty": "OKP", "x": x}
    return base64url(hashlib.sha256(msgspec.json.encode(members)).digest())


def compact_jws_input(header: dict[str, str], claims: dict[str, object]) -> str:
    """Return what the signature of a compact JWS is made over, the part before its last dot."""
    return ".".join(base64url(msgspec.json.encode(part)) for part in (header, claims))
