"""Whose a body in Redis is, by its signature (protocol rule 45)."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rates_contracts.documents import CURRENT, HISTORY
from rates_contracts.signatures.carrier import Signature
from rates_sync.relay.signing import UNSIGNED, CarrierSigning, SignatureState
from rates_sync.signing import SigningKey

BODY = b'{"version":"1-1"}'
KEY, BEFORE = (SigningKey(Ed25519PrivateKey.generate()) for _ in range(2))
SIGNING = CarrierSigning(lambda: KEY)
SIGNATURE = SIGNING.sign(HISTORY, BODY)


def test_what_the_current_key_has_signed_is_signed() -> None:
    """Body and name are those of the signature."""
    assert SIGNING.judge(HISTORY, BODY, SIGNATURE) is SignatureState.SIGNED


def test_what_the_current_key_is_said_to_have_signed_is_forged() -> None:
    """Another body, another name, or the key's name beside what it has not written."""
    invented = Signature(KEY.kid, bytes(64)).text
    assert SIGNING.judge(HISTORY, BODY + b" ", SIGNATURE) is SignatureState.FORGED
    assert SIGNING.judge(CURRENT, BODY, SIGNATURE) is SignatureState.FORGED
    assert SIGNING.judge(HISTORY, BODY, invented) is SignatureState.FORGED


def test_what_another_key_or_none_has_signed_is_outdated() -> None:
    """As a rotation, or a version that signs nothing, leaves it."""
    before = CarrierSigning(lambda: BEFORE).sign(HISTORY, BODY)
    for signature in (before, None, "", "no signature"):
        assert SIGNING.judge(HISTORY, BODY, signature) is SignatureState.OUTDATED


def test_without_a_key_there_is_nothing_to_tell_by() -> None:
    """Nothing is signed, and everything is taken."""
    assert (UNSIGNED.kid, UNSIGNED.sign(HISTORY, BODY)) == (None, None)
    assert UNSIGNED.judge(HISTORY, BODY + b" ", SIGNATURE) is SignatureState.SIGNED
