"""The forms that signatures and keys have, byte for byte: both services count on them."""

import pytest

from rates_contracts.signatures.carrier import (
    Signature,
    decode_signatures,
    encode_signatures,
    signature_of,
    signed_content,
)
from rates_contracts.signatures.jose import base64url, compact_jws_input, from_base64url


def test_what_is_signed_names_where_it_lies() -> None:
    """A document's signature does not fit another document, nor an event."""
    assert signed_content("{rates:v1}:current", b"{}") == b"{rates:v1}:current\0{}"


def test_a_signature_travels_as_text() -> None:
    """The key's name, a dot, the bytes in base64url; back to the same."""
    signature = Signature("kid-1", bytes(range(250, 256)))
    assert signature.text == "kid-1.-vv8_f7_"
    assert signature_of(signature.text) == signature_of(signature.text.encode()) == signature


@pytest.mark.parametrize(
    "text", [None, "", ".", "kid", "kid.", ".AA", "kid.!", "kid.é", b"\xff.AA"]
)
def test_what_is_no_signature_is_none(text: str | bytes | None) -> None:
    """Whoever writes to Redis writes anything."""
    assert signature_of(text) is None


def test_the_documents_signatures_are_one_value() -> None:
    """JSON by the document's key; what can't be read holds none."""
    signatures = {"{rates:v1}:current": "kid.AA"}
    assert encode_signatures(signatures) == b'{"{rates:v1}:current":"kid.AA"}'
    assert decode_signatures(encode_signatures(signatures)) == signatures
    for body in (None, b"", b"[]", b"\xff", b'{"a":1}'):
        assert decode_signatures(body) == {}


def test_a_jws_is_signed_over_its_parts() -> None:
    """RFC 8037, appendix A.4: the header of its example."""
    signed = compact_jws_input({"alg": "EdDSA"}, {"a": "b"})
    assert signed == "eyJhbGciOiJFZERTQSJ9.eyJhIjoiYiJ9"
    assert from_base64url(base64url(b"\xfb\xff")) == b"\xfb\xff"
