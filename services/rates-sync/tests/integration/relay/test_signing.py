"""What the relay writes is signed by the current key: nobody else can write it (rule 45)."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from rates_contracts.documents import CURRENT, HISTORY, TTL_OF
from rates_contracts.signatures.carrier import (
    SIGNATURES,
    decode_signatures,
    signature_of,
    signed_content,
)
from rates_contracts.signatures.jose import from_base64url
from rates_contracts.stream import EVENT, EVENTS, signature_in
from rates_sync.relay.relay import Relay
from rates_sync.signing import SigningKey

pytestmark = pytest.mark.integration

Week = Callable[[], Awaitable[None]]


async def documents_signed_by(redis: Any, key: SigningKey) -> set[str]:
    """Return the documents that `key` has signed as they are."""
    signatures = decode_signatures(await redis.get(SIGNATURES))
    bodies = {name: await redis.get(name) for name in TTL_OF}
    return {name for name, text in signatures.items() if verifies(key, name, bodies[name], text)}


def verifies(key: SigningKey, name: str, body: bytes, text: str | None) -> bool:
    """Tell whether `text` is the signature of `body` by `key`."""
    signature = signature_of(text)
    assert signature is not None
    if signature.kid != key.kid:
        return False
    public = Ed25519PublicKey.from_public_bytes(from_base64url(key.x))
    public.verify(signature.value, signed_content(name, body))
    return True


async def test_events_and_documents_are_signed(
    redis: Any, signed_relay: Relay, signing: Any, week: Week
) -> None:
    """Each entry and each document, under the key that it lies under."""
    await week()
    await signed_relay.step()
    assert signing.key is not None
    entries = await redis.xrange(EVENTS)
    assert len(entries) > 1
    assert all(
        verifies(signing.key, EVENTS, fields[EVENT], signature_in(fields)) for _, fields in entries
    )
    assert await documents_signed_by(redis, signing.key) == set(TTL_OF)
    assert (await signed_relay.step()).idle


async def test_a_changed_document_keeps_the_others_signatures(
    redis: Any, signed_relay: Relay, signing: Any, week: Week, leader: Any
) -> None:
    """A new status rewrites the manifest alone."""
    await week()
    await signed_relay.step()
    await leader.change_status()
    step = await signed_relay.step()
    assert step.documents == (CURRENT,)
    assert signing.key is not None
    assert await documents_signed_by(redis, signing.key) == set(TTL_OF)
    assert await redis.pttl(SIGNATURES) > await redis.pttl(CURRENT)


async def test_a_new_key_signs_the_documents_again(
    redis: Any, signed_relay: Relay, signing: Any, week: Week
) -> None:
    """Also those without a signature, as an older version has left them."""
    await week()
    await signed_relay.step()
    signing.rotate()
    assert set((await signed_relay.step()).documents) == set(TTL_OF)
    assert await documents_signed_by(redis, signing.key) == set(TTL_OF)
    await redis.delete(SIGNATURES)
    assert set((await signed_relay.step()).documents) == set(TTL_OF)
    assert await documents_signed_by(redis, signing.key) == set(TTL_OF)


async def test_without_a_key_what_is_written_is_unsigned(
    redis: Any, signed_relay: Relay, signing: Any, week: Week, leader: Any
) -> None:
    """No signature stands beside a document that it does not fit."""
    await week()
    await signed_relay.step()
    signing.key = None
    await leader.change_status()
    await signed_relay.step()
    signatures = decode_signatures(await redis.get(SIGNATURES))
    assert CURRENT not in signatures
    assert HISTORY in signatures
    (_, fields), *_ = await redis.xrevrange(EVENTS, count=1)
    assert signature_in(fields) is None


async def test_a_platform_without_a_key_has_no_signatures(
    redis: Any, relay: Relay, week: Week
) -> None:
    """What an older version reads is what it was."""
    await week()
    await relay.step()
    assert await redis.exists(SIGNATURES) == 0
