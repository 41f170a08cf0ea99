"""Signs what was recorded: a receipt for each observation, so that anybody can check it.

In the recording of a poll; what that leaves, and the history, in the night. A key that is missing,
broken or revoked stops no recording: its observations are signed later.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rates_contracts.observation import KIND_OF, Observation, Source
from rates_contracts.signatures.jose import base64url, compact_jws_input
from rates_sync.clock import Clock, Sleep
from rates_sync.errors import SigningKeyUnusable
from rates_sync.signing import SigningKey
from rates_sync.store.engine import reading, writing
from rates_sync.store.evidence.keys import register_key
from rates_sync.store.evidence.receipts import Receipt, read_unsigned, write_receipts
from rates_sync.store.fence import Fence, lock_and_verify

log = structlog.get_logger(__name__)

SigningOutcome = Literal["signed", "unsigned"]

TYPE: Final = "rate-receipt+jwt"
"""The `typ` of a receipt: it can't be taken for another token (RFC 8725)."""
SIGNED_AT_ONCE: Final = 200
"""Receipts of one nightly transaction, which others wait for."""
PAUSE: Final = 0.05
"""Seconds between two of these transactions, in which others get the lock."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs, and for whose values: `issuer` is the operator's address."""

    key: SigningKey
    issuer: str
    source: Source

    def receipt(self, row: Observation, at: datetime) -> Receipt:
        """Return the receipt of an observation, signed at `at` (UTC)."""
        header = {"alg": "EdDSA", "kid": self.key.kid, "typ": TYPE}
        claims: dict[str, object] = {
            "iss": self.issuer,
            "iat": int(at.timestamp()),
            "sub": f"{KIND_OF[row.series]}/{row.date}",
            "source": self.source,
            "series": row.series,
            "rate": format(row.value, "f"),
            "revision": row.revision,
            "recorded_at": row.recorded_at,
            "payload_sha256": row.payload_sha256,
        }
        signed = compact_jws_input(header, claims)
        jws = f"{signed}.{base64url(self.key.sign(signed.encode()))}"
        return Receipt(row.series, row.date, row.revision, self.key.kid, jws, at)


class Receipts:
    """The receipts of the instance that holds `fence`.

    `load` returns the signer, and raises `SigningKeyUnusable`; `on_key` is called with why there is
    none, or None, `on_receipts` with how many observations were signed, or recorded unsigned.
    `clock` returns aware UTC.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        fence: Fence,
        load: Callable[[], Signer],
        clock: Clock,
        sleep: Sleep,
        *,
        on_key: Callable[[str | None], None],
        on_receipts: Callable[[SigningOutcome, int], None],
    ) -> None:
        self._engine, self._fence, self._load = engine, fence, load
        self._clock, self._sleep = clock, sleep
        self._on_key, self._on_receipts = on_key, on_receipts
        self.signer: Signer | None = None

    @property
    def key(self) -> SigningKey | None:
        """The current key, None while there is none to sign with."""
        return None if self.signer is None else self.signer.key

    async def take_key(self) -> None:
        """Read the key anew and put its public half into the record, unless it is revoked there.

        Until that is known, the one before signs. Raises `LeaseLost`, `StoreUnavailable`.
        """
        signer, reason = None, None
        try:
            signer = await self._registered(self._load())
        except SigningKeyUnusable as error:
            reason = str(error)
            log.warning("signing_key_unusable", reason=reason)
        self.signer = signer
        self._on_key(reason)

    async def sign(
        self, connection: AsyncConnection, rows: Sequence[Observation], at: datetime
    ) -> int:
        """Sign what an open recording adds, at `at` (UTC), and return how many rows were.

        Without a key they are signed later.
        """
        if not rows:
            return 0
        if self.signer is None:
            self._on_receipts("unsigned", len(rows))
            return 0
        await write_receipts(connection, [self.signer.receipt(row, at) for row in rows])
        self._on_receipts("signed", len(rows))
        return len(rows)

    async def sign_history(self) -> int:
        """Sign the newest revision of each day that has no valid receipt; return how many.

        In short transactions (protocol rule 46). Raises `LeaseLost`, `StoreUnavailable`.
        """
        await self.take_key()
        signed, last = 0, None
        while self.signer is not None:
            async with reading(self._engine) as connection:
                rows = await read_unsigned(connection, last, SIGNED_AT_ONCE)
            if not rows:
                break
            last = rows[-1]
            async with writing(self._engine) as connection:
                await lock_and_verify(connection, self._fence)
                signed += await self.sign(connection, rows, self._clock())
            await self._sleep(PAUSE)
        if signed:
            log.info("receipts_signed", count=signed)
        return signed

    async def _registered(self, signer: Signer) -> Signer:
        async with writing(self._engine) as connection:
            await lock_and_verify(connection, self._fence)
            key = await register_key(connection, signer.key.kid, signer.key.x, self._clock())
        if key.revoked_at is not None:
            raise SigningKeyUnusable(f"{key.kid} was revoked at {key.revoked_at.isoformat()}")
        return signer
