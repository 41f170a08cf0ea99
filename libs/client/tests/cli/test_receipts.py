"""A receipt holds by the published keys alone, and the command says by whose."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from support.command_line import Run, Service
from usdmxn.cli.failures import DONE, NO_SUCH_VALUE, WRONG_USAGE

ISSUER = "http://127.0.0.1:8000"
CLAIMS = {
    "iss": ISSUER,
    "iat": int(datetime(2026, 8, 13, 18, 1, 7, tzinfo=UTC).timestamp()),
    "sub": "fix/2026-08-13",
    "source": "Banco de México",
    "series": "SF43718",
    "rate": "17.0530",
    "revision": 1,
    "recorded_at": "2026-08-13T18:01:07Z",
    "payload_sha256": "ab" * 32,
}
KEY = Ed25519PrivateKey.generate()
OTHER = Ed25519PrivateKey.generate()


def receipt(key: Ed25519PrivateKey = KEY, typ: str = "rate-receipt+jwt", **changes: Any) -> str:
    """Return a signed receipt, some of its claims changed before it is signed."""
    headers = {"kid": "the-key", "typ": typ}
    return jwt.encode({**CLAIMS, **changes}, key, "EdDSA", headers=headers)


def publish(service: Service, **members: str) -> None:
    """Let the service publish the key."""
    x = base64.urlsafe_b64encode(KEY.public_key().public_bytes_raw()).rstrip(b"=").decode()
    key = {"kid": "the-key", "x": x, "created_at": "2026-01-05T12:00:00Z", "kty": "OKP"}
    key |= {"crv": "Ed25519", "use": "sig", "alg": "EdDSA", **members}
    service.answers["/.well-known/jwks.json"] = httpx.Response(200, json={"keys": [key]})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a file for a receipt."""
    return tmp_path / "receipt.jws"


def test_a_receipt_says_what_was_signed_by_whom_and_how_it_was_checked(
    run: Run, service: Service, file: Path
) -> None:
    """Rate, day, issuer, and the key with where it is published."""
    publish(service)
    file.write_text(receipt() + "\n", encoding="ascii")
    ran = run("verify", str(file), "--lang", "es")
    assert (ran.code, ran.err) == (DONE, "")
    assert "Firma válida: 17.0530 pesos por dólar" in ran.out
    assert "FIX del jue 13 ago 2026" in ran.out
    assert f"the-key, publicada en {ISSUER}" in ran.out
    assert "compruebe que sean el mismo" not in ran.out
    said = json.loads(run("verify", str(file), "--json").out)
    assert (said["rate"], said["sub"], said["kid"]) == ("17.0530", "fix/2026-08-13", "the-key")


def test_an_issuer_at_another_address_is_pointed_out(
    run: Run, service: Service, file: Path
) -> None:
    """The keys are those of whom they were asked from, not of whom the receipt names."""
    publish(service)
    file.write_text(receipt(iss="https://rates.example"), encoding="ascii")
    ran = run("verify", str(file))
    assert ran.code == DONE
    assert "check that they are the same service" in ran.out


def changed(token: str) -> str:
    """Return a receipt with another rate under the same signature."""
    header, claims, signature = token.split(".")
    content = jwt.utils.base64url_decode(claims).replace(b"17.0530", b"17.0531")
    return f"{header}.{jwt.utils.base64url_encode(content).decode()}.{signature}"


@pytest.mark.parametrize(
    ("token", "key", "code", "said"),
    [
        (changed(receipt()), {}, NO_SUCH_VALUE, "The receipt is false"),
        (receipt(OTHER), {}, NO_SUCH_VALUE, "The receipt is false"),
        (receipt(), {"kid": "another"}, NO_SUCH_VALUE, "none of those"),
        (receipt(), {"revoked_at": "2026-08-14T00:00:00Z"}, NO_SUCH_VALUE, "13 Aug 2026, 18:00"),
        (receipt(typ="JWT"), {}, WRONG_USAGE, "is no receipt"),
        (receipt(sub="fix"), {}, WRONG_USAGE, "is no receipt"),
        (receipt(rate=None), {}, WRONG_USAGE, "is no receipt"),
        ("17.0530", {}, WRONG_USAGE, "is no receipt"),
        (jwt.encode(CLAIMS, "x" * 64, "HS256", headers={"kid": "the-key"}), {}, WRONG_USAGE, "no"),
    ],
)
def test_a_receipt_that_proves_nothing_is_refused(
    run: Run, service: Service, file: Path, token: str, key: dict[str, str], code: int, said: str
) -> None:
    """Changed, signed by another key, by an unknown or a revoked one; no receipt at all."""
    publish(service, **key)
    file.write_text(token, encoding="ascii")
    ran = run("verify", str(file))
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
