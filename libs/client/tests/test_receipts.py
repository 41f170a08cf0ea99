"""What a receipt says once its signature holds, and how one is refused that says nothing."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from usdmxn.answers import KeySet, PublicKey
from usdmxn.receipts import (
    ReceiptForged,
    ReceiptKeyUnknown,
    ReceiptMalformed,
    verify_receipt,
)

CLAIMS = {
    "iss": "https://rates.example",
    "iat": 1786000000,
    "sub": "fix/2026-08-13",
    "source": "Banco de México",
    "series": "SF43718",
    "rate": "17.0530",
    "revision": 1,
    "recorded_at": "2026-08-13T18:01:07Z",
    "payload_sha256": "ab" * 32,
}
KEY = Ed25519PrivateKey.generate()
X = base64.urlsafe_b64encode(KEY.public_key().public_bytes_raw()).rstrip(b"=").decode()
HEADER = {"kid": "k", "typ": "rate-receipt+jwt"}


def receipt(key: Ed25519PrivateKey = KEY, **claims: Any) -> bytes:
    """Return a signed receipt, some of its claims other ones."""
    content = json.dumps({**CLAIMS, **claims}).encode()
    return jwt.PyJWS().encode(content, key, "EdDSA", headers=HEADER).encode()


def keys(**members: Any) -> KeySet:
    """Return the published key, some of its members other ones."""
    made: dict[str, Any] = {
        "kid": "k",
        "x": X,
        "kty": "OKP",
        "crv": "Ed25519",
        "use": "sig",
        "alg": "EdDSA",
    }
    return KeySet(keys=(PublicKey(created_at=datetime.now(UTC), **{**made, **members}),))


@pytest.mark.parametrize("more", [{}, {"exp": 5}, {"nbf": 9_999_999_999}, {"aud": "x"}, {"jti": 1}])
def test_what_the_key_has_signed_holds(more: dict[str, Any]) -> None:
    """Whatever else it says: neither a clock nor an audience makes a forgery of it."""
    read = verify_receipt(receipt(**more), keys())
    assert (str(read.rate), read.kind, f"{read.day}") == ("17.0530", "fix", "2026-08-13")


def test_what_another_key_has_signed_is_forged() -> None:
    """Though it names ours."""
    with pytest.raises(ReceiptForged):
        verify_receipt(receipt(Ed25519PrivateKey.generate()), keys())


@pytest.mark.parametrize(
    "member",
    [{"x": "AAAA"}, {"x": ""}, {"x": "é"}, {"crv": "P-256"}, {"crv": "Ed448"}, {"kty": "RSA"}],
)
def test_a_key_that_is_none_is_refused_in_a_sentence(member: dict[str, str]) -> None:
    """Nothing can be checked by it."""
    with pytest.raises(ReceiptKeyUnknown, match="signed with k, which"):
        verify_receipt(receipt(), keys(**member))


@pytest.mark.parametrize(
    "claim",
    [
        *({"rate": 17.053}, {"rate": "NaN"}, {"rate": "1E+30"}, {"rate": "-1"}, {"rate": None}),
        *({"sub": "fix"}, {"sub": 5}, {"iat": 10**18}, {"iat": "x"}),
    ],
)
def test_what_is_signed_has_to_be_a_rate(claim: dict[str, Any]) -> None:
    """A finite number above 0 in a string, a day, an instant."""
    with pytest.raises(ReceiptMalformed, match="no receipt of a rate"):
        verify_receipt(receipt(**claim), keys())


def test_keys_of_another_kind_are_passed_over(asking: Any, server: Any, example: Any) -> None:
    """A set may have keys for other uses beside those that sign receipts."""
    published = example("keys_200_keys").json()
    ours = [key["kid"] for key in published["keys"]]
    others = [{"kid": "rsa", "kty": "RSA", "n": "AQAB", "e": "AQAB"}, {"kty": ["x"]}]
    server.says(httpx.Response(200, json={"keys": [*others, *published["keys"]]}))
    assert [key.kid for key in asking(lambda rates: rates.keys()).keys] == ours
