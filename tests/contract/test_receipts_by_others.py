"""Receipts hold for libraries that are not ours, in two languages, and no changed one does."""

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rates_contracts.answers import KeySet, PublicKey
from rates_contracts.observation import FIX, SETTLEMENT, Observation
from rates_sync.cycle.receipts import TYPE, Signer
from rates_sync.signing import SigningKey
from support.toolbox import NODE, node_modules

pytestmark = pytest.mark.contract

TOOLS = Path(__file__).parent / "receipt_tools"
ISSUER = "https://rates.example.mx"
AT = datetime(2026, 8, 13, 18, 1, 7, tzinfo=UTC)
ROWS = {
    series: Observation(series, date(2026, 8, 13), 1, Decimal("17.0530"), AT, "ab" * 32)
    for series in (FIX, SETTLEMENT)
}
Verify = Callable[[str, Any], dict[str, Any]]


class Refused(Exception):
    """A library takes a receipt for a false one."""


def by_pyjwt(receipt: str, keys: Any) -> dict[str, Any]:
    """Return what a receipt claims. Raises `Refused`."""
    kid = jwt.get_unverified_header(receipt)["kid"]
    try:
        key = jwt.PyJWKSet.from_dict(keys)[kid]
        claims: dict[str, Any] = jwt.decode(receipt, key, algorithms=["EdDSA"], issuer=ISSUER)
    except (jwt.PyJWTError, KeyError) as error:
        raise Refused from error
    return claims


def by_jose(receipt: str, keys: Any) -> dict[str, Any]:
    """Return what a receipt claims, by `jose` for JavaScript. Raises `Refused`."""
    asked = json.dumps({"receipt": receipt, "keys": keys, "issuer": ISSUER})
    done = subprocess.run(
        [str(NODE), str(TOOLS / "verify.cjs")],
        input=asked,
        env={"NODE_PATH": str(node_modules(TOOLS))},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        assert done.stderr.startswith("ERR_J"), done.stderr
        raise Refused(done.stderr)
    claims: dict[str, Any] = json.loads(done.stdout)
    return claims


LIBRARIES: dict[str, Verify] = {"PyJWT": by_pyjwt, "jose": by_jose}


@pytest.fixture(scope="module")
def signer() -> Signer:
    """Give who signs Banco de México's values."""
    return Signer(SigningKey(Ed25519PrivateKey.generate()), ISSUER, "Banco de México")


@pytest.fixture(scope="module")
def keys(signer: Signer) -> Any:
    """Give the key set as `/.well-known/jwks.json` has it, an older key in it."""
    older = SigningKey(Ed25519PrivateKey.generate())
    published = [PublicKey(kid=key.kid, x=key.x, created_at=AT) for key in (older, signer.key)]
    return json.loads(msgspec.json.encode(KeySet(tuple(published))))


@pytest.mark.parametrize("series", ROWS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_a_receipt_of_each_kind_is_verified(
    signer: Signer, keys: Any, library: str, series: str
) -> None:
    """By the published keys alone, it says what was recorded, and by whom."""
    receipt = signer.receipt(ROWS[series], AT).jws
    claims = LIBRARIES[library](receipt, keys)
    assert (claims["rate"], claims["series"], claims["iss"]) == ("17.0530", series, ISSUER)
    assert jwt.get_unverified_header(receipt)["typ"] == TYPE


@pytest.mark.parametrize("library", LIBRARIES)
def test_one_digit_changed_is_refused(signer: Signer, keys: Any, library: str) -> None:
    """Nobody can make another rate of a receipt."""
    header, claims, signature = signer.receipt(ROWS[FIX], AT).jws.split(".")
    changed = jwt.utils.base64url_decode(claims).replace(b"17.0530", b"17.0531")
    forged = f"{header}.{jwt.utils.base64url_encode(changed).decode()}.{signature}"
    with pytest.raises(Refused):
        LIBRARIES[library](forged, keys)
