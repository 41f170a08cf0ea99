"""The key that receipts are signed with, and what becomes of a file that is none."""

import hashlib
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from rates_contracts.signatures.jose import from_base64url, key_id
from rates_sync.errors import SigningKeyUnusable
from rates_sync.signing import load_signing_key

PEM, PKCS8 = Encoding.PEM, PrivateFormat.PKCS8


def write(path: Path, encryption: KeySerializationEncryption | None = None) -> Ed25519PrivateKey:
    """Write a new key, and return it."""
    private = Ed25519PrivateKey.generate()
    path.write_bytes(private.private_bytes(PEM, PKCS8, encryption or NoEncryption()))
    return private


def test_a_key_is_read_from_its_file(tmp_path: Path) -> None:
    """Its public half verifies what it signs, and is in the form that a JWK has."""
    private = write(tmp_path / "key")
    key = load_signing_key(tmp_path / "key")
    public = Ed25519PublicKey.from_public_bytes(from_base64url(key.x))
    public.verify(key.sign(b"17.0530"), b"17.0530")
    assert public == private.public_key()


def test_a_key_verifies_its_own_signature_of_the_same_content_alone(tmp_path: Path) -> None:
    """Neither of other content, nor by another key, nor what is no signature."""
    write(tmp_path / "key")
    write(tmp_path / "other")
    key, other = load_signing_key(tmp_path / "key"), load_signing_key(tmp_path / "other")
    signature = key.sign(b"17.0530")
    assert key.verifies(signature, b"17.0530")
    assert not key.verifies(signature, b"99.0530")
    assert not key.verifies(other.sign(b"17.0530"), b"17.0530")
    assert not key.verifies(b"short", b"17.0530")


def test_a_key_is_named_by_its_thumbprint() -> None:
    """RFC 8037, appendix A.3: the thumbprint of the key of its examples."""
    x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert key_id(x) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    text = f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'
    digest = hashlib.sha256(text.encode()).digest()
    assert key_id(x) == urlsafe_b64encode(digest).rstrip(b"=").decode()


def test_what_is_no_such_key_is_unusable(tmp_path: Path) -> None:
    """Missing, broken, encrypted, of another kind: an expected error, which quotes nothing."""
    (tmp_path / "broken").write_text("-----BEGIN PRIVATE KEY-----\nsecret\n")
    write(tmp_path / "encrypted", BestAvailableEncryption(b"secret"))
    other = generate_private_key(SECP256R1()).private_bytes(PEM, PKCS8, NoEncryption())
    (tmp_path / "other").write_bytes(other)
    for name in ("missing", "broken", "encrypted", "other"):
        with pytest.raises(SigningKeyUnusable) as caught:
            load_signing_key(tmp_path / name)
        assert "secret" not in str(caught.value)
