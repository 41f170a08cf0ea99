"""The key that rates-sync signs with: Ed25519, from a file that no other service can read.

It never leaves this module; its public half goes to the record.
"""

from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from rates_contracts.signatures.jose import base64url, key_id
from rates_sync.errors import SigningKeyUnusable


class SigningKey:
    """A private key; `x` is its public half in base64url, `kid` that one's thumbprint."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private, self._public = private, private.public_key()
        self.x = base64url(self._public.public_bytes_raw())
        self.kid = key_id(self.x)

    def sign(self, content: bytes) -> bytes:
        """Return the 64 bytes of the signature."""
        return self._private.sign(content)

    def verifies(self, signature: bytes, content: bytes) -> bool:
        """Tell whether `signature` is this key's, of `content`."""
        try:
            self._public.verify(signature, content)
        except InvalidSignature:
            return False
        return True


def load_signing_key(path: Path) -> SigningKey:
    """Read an unencrypted PEM file (PKCS 8). Raises `SigningKeyUnusable`, which quotes nothing."""
    try:
        private = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise SigningKeyUnusable(f"its file can't be read: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SigningKeyUnusable("its file holds no unencrypted private key as PEM") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise SigningKeyUnusable("it is no Ed25519 key")
    return SigningKey(private)
