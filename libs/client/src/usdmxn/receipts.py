"""Checks a receipt: a rate as the service has signed it, a compact JWS (EdDSA, Ed25519).

A receipt holds if its signature is of a key that the service publishes and has not revoked. PyJWT
does the checking (`pip install 'usdmxn[verify]'`).

    ReceiptRefused              the receipt proves nothing
      ReceiptMalformed          it is no receipt at all
      ReceiptKeyUnknown         its key is not among the published ones of Ed25519
      ReceiptKeyRevoked         its key is compromised: whoever has it could have signed
      ReceiptForged             it is not what that key has signed
"""

from datetime import UTC, datetime
from datetime import date as Day
from decimal import Decimal
from typing import Any

import msgspec

from usdmxn.answers import Answer, Instant, KeySet, PublicKey
from usdmxn.errors import MissingPackage, UsdMxnError

ALGORITHM = "EdDSA"
TYPE = "rate-receipt+jwt"
"""The `typ` of a receipt, so that no other token passes for one (RFC 8725)."""


class ReceiptRefused(UsdMxnError):
    """The receipt proves nothing."""


class ReceiptMalformed(ReceiptRefused):
    """It is no receipt at all."""


class ReceiptKeyUnknown(ReceiptRefused):
    """Its key, `kid`, is not among the published ones, or not a key of Ed25519 there."""

    def __init__(self, kid: str) -> None:
        """Name the key."""
        super().__init__(
            f"the receipt is signed with {kid}, which the service does not publish as a key of "
            "Ed25519"
        )
        self.kid = kid


class ReceiptKeyRevoked(ReceiptRefused):
    """Its key, `kid`, was revoked at `revoked_at`: what it signed proves nothing, whenever."""

    def __init__(self, kid: str, revoked_at: datetime) -> None:
        """Name the key."""
        super().__init__(
            f"the key {kid} was revoked at {revoked_at.isoformat()}: ask for the receipt again, it "
            "is signed anew"
        )
        self.kid, self.revoked_at = kid, revoked_at


class ReceiptForged(ReceiptRefused):
    """It is not what its key has signed: something in it was changed."""


class Receipt(Answer, frozen=True, kw_only=True):
    """What a receipt says: `issuer` has recorded `rate` for a day of a series.

    `subject` is kind and day, `fix/2026-08-13`; `kid` the key that has signed.
    """

    issuer: str = msgspec.field(name="iss")
    issued_at: int = msgspec.field(name="iat")
    subject: str = msgspec.field(name="sub")
    source: str
    series: str
    rate: Decimal
    revision: int
    recorded_at: Instant
    payload_sha256: str
    kid: str

    @property
    def kind(self) -> str:
        """The kind of rate."""
        return self.subject.partition("/")[0]

    @property
    def day(self) -> Day:
        """The day of the rate."""
        return Day.fromisoformat(self.subject.partition("/")[2])

    @property
    def signed_at(self) -> datetime:
        """When it was signed, as the signer says."""
        return datetime.fromtimestamp(self.issued_at, UTC)


def verify_receipt(receipt: bytes, keys: KeySet) -> Receipt:
    """Return what a receipt says, once its signature is checked by the published keys.

    Raises `ReceiptRefused`, `MissingPackage` without PyJWT.

        verify_receipt(rates.receipt("2026-08-14", kind="fix"), rates.keys())
    """
    try:
        import jwt  # noqa: PLC0415, an extra
    except ImportError as error:
        raise MissingPackage("verify") from error
    try:
        token = receipt.decode("ascii").strip()
        header = jwt.get_unverified_header(token)
    except (UnicodeDecodeError, jwt.InvalidTokenError) as error:
        raise ReceiptMalformed("this is no receipt: it is no compact JWS") from error
    key = _valid_key(header, keys)
    # What the signature holds is what counts, not whose clock is ahead, nor for whom it was made:
    # PyJWS checks the signature alone.
    try:
        public = jwt.PyJWK.from_dict({"kty": key.kty, "crv": key.crv, "x": key.x}, ALGORITHM)
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise ReceiptKeyUnknown(key.kid) from error
    try:
        claims = jwt.PyJWS().decode(token, public, algorithms=[ALGORITHM])
    except jwt.InvalidTokenError as error:
        raise ReceiptForged("the receipt is not what its key has signed") from error
    return _read(claims, key.kid)


def _valid_key(header: dict[str, Any], keys: KeySet) -> PublicKey:
    if header.get("typ") != TYPE or header.get("alg") != ALGORITHM:
        raise ReceiptMalformed("this is no receipt: it is a token of another type")
    kid = str(header.get("kid"))
    key = next((key for key in keys.keys if key.kid == kid), None)
    if key is None:
        raise ReceiptKeyUnknown(kid)
    if (key.kty, key.crv) != ("OKP", "Ed25519"):
        raise ReceiptKeyUnknown(kid)
    if key.revoked_at is not None:
        raise ReceiptKeyRevoked(kid, key.revoked_at)
    return key


def _read(claims: bytes, kid: str) -> Receipt:
    try:
        members = msgspec.json.decode(claims, type=dict[str, Any])
        if not isinstance(members.get("rate"), str):
            raise ReceiptMalformed("this is no receipt of a rate: its rate is no string of digits")
        receipt = msgspec.convert({**members, "kid": kid}, Receipt)
        receipt.day, receipt.signed_at  # noqa: B018, what is none of either is refused here
    except (msgspec.MsgspecError, ValueError, OverflowError, OSError) as error:
        raise ReceiptMalformed(f"this is no receipt of a rate: {error}") from error
    return receipt
