"""What rates-sync signs for Redis, rates-api verifies; nobody else's does (protocol rule 45)."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from rates_api.consume.signatures import Signatures
from rates_contracts.answers import PublicKey
from rates_contracts.stream import EVENTS
from rates_sync.relay.signing import CarrierSigning
from rates_sync.signing import load_signing_key

pytestmark = pytest.mark.contract


def signing(path: Path) -> CarrierSigning:
    """Return rates-sync's signing with a new key in a file."""
    private = Ed25519PrivateKey.generate()
    path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key = load_signing_key(path)
    return CarrierSigning(lambda: key)


async def test_what_sync_signs_is_what_the_api_verifies(tmp_path: Path) -> None:
    """With the public key as the record has it; another's signature is refused."""
    sync, other = signing(tmp_path / "key"), signing(tmp_path / "other")
    key = load_signing_key(tmp_path / "key")
    known = PublicKey(kid=key.kid, x=key.x, created_at=datetime(2026, 1, 5, tzinfo=UTC))
    refused: list[str] = []

    async def read() -> tuple[PublicKey, ...]:
        return (known,)

    api = Signatures([], read, lambda: 0.0, read_newest=read, on_unverified=refused.append)
    await api.learn()
    body = b'{"type":"status_changed.v1"}'
    assert await api.verify("event", EVENTS, body, sync.sign(EVENTS, body))
    assert not await api.verify("event", EVENTS, body, other.sign(EVENTS, body))
    assert refused == ["event"]
