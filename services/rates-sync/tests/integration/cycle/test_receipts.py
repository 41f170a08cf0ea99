"""Receipts of what is recorded, as anybody verifies them with a library that is not ours."""

from collections.abc import Callable
from datetime import date as Day
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import event, select

from rates_contracts.observation import FIX, SETTLEMENT
from rates_sync.cycle import receipts as signing_receipts
from rates_sync.cycle.decisions import revoke_signing_key, signing_keys
from rates_sync.cycle.receipts import TYPE, Receipts, Signer
from rates_sync.cycle.recorder import AnnounceMode, Recorder
from rates_sync.errors import NothingToDecide, StoreUnavailable
from rates_sync.signing import load_signing_key
from rates_sync.store.engine import reading
from rates_sync.store.schema import audit, observations, receipts
from rates_sync.upstream import Answer

pytestmark = pytest.mark.integration

WEDNESDAY, THURSDAY = Day(2026, 8, 12), Day(2026, 8, 13)
ISSUER = "https://rates.example.mx"
AnswerUntil = Callable[[Day], Answer]


class Desk:
    """A recorder that signs with the key in a file, and what it says of that."""

    def __init__(self, recorder: Recorder, leader: Any, file: Path) -> None:
        self.recorder, self.leader, self.file = recorder, leader, file
        self.key_said: list[str | None] = []
        self.counted = {"signed": 0, "unsigned": 0}
        self.rotate()
        recorder.receipts = Receipts(
            leader.engine,
            leader.fence,
            lambda: Signer(load_signing_key(file), ISSUER, "Banco de México"),
            leader.clock,
            leader.clock.sleep,
            on_key=self.key_said.append,
            on_receipts=self._count,
        )

    def rotate(self) -> None:
        """Put a new key into the file."""
        private = Ed25519PrivateKey.generate()
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.file.write_bytes(pem)

    def _count(self, outcome: str, count: int) -> None:
        self.counted[outcome] += count

    async def take_key(self) -> None:
        """Take the key that is in the file."""
        assert self.recorder.receipts is not None
        await self.recorder.receipts.take_key()

    async def receipts(self) -> dict[tuple[str, Day], str]:
        """Return the receipts by series and day."""
        async with reading(self.leader.engine) as connection:
            query = select(receipts.c.series, receipts.c.date, receipts.c.jws)
            rows = (await connection.execute(query)).all()
        return {(series, day): jws for series, day, jws in rows}

    async def verified(self, jws: str) -> dict[str, Any]:
        """Return what a receipt claims, verified with the public keys of the record."""
        keys = {key.kid: key for key in await signing_keys(self.recorder)}
        key = keys[jwt.get_unverified_header(jws)["kid"]]
        jwk = jwt.PyJWK({"kty": "OKP", "crv": "Ed25519", "x": key.x, "alg": "EdDSA"})
        options: Any = {"verify_iat": False}
        return jwt.decode(jws, jwk, algorithms=["EdDSA"], issuer=ISSUER, options=options)


@pytest.fixture
async def desk(leader: Any, recorder: Recorder, tmp_path: Path) -> Desk:
    """A recorder that has a key."""
    desk = Desk(recorder, leader, tmp_path / "key")
    await desk.take_key()
    return desk


async def test_a_new_fix_is_signed_in_its_recording(desk: Desk, answer_until: AnswerUntil) -> None:
    """The receipt says what the observation says, by whom and under which key."""
    answer = answer_until(THURSDAY)
    await desk.recorder.record(answer, AnnounceMode.POLL)
    found = await desk.receipts()
    assert found.keys() == {(FIX, THURSDAY), (SETTLEMENT, THURSDAY)}
    jws = found[FIX, THURSDAY]
    at = (await desk.leader.record.head()).recorded_at
    assert await desk.verified(jws) == {
        "iss": ISSUER,
        "iat": int(desk.leader.clock.now.timestamp()),
        "sub": "fix/2026-08-13",
        "source": "Banco de México",
        "series": FIX,
        "rate": "17.0530",
        "revision": 1,
        "recorded_at": at.isoformat().replace("+00:00", "Z"),
        "payload_sha256": answer.sha256,
    }
    (key,) = await signing_keys(desk.recorder)
    expected = {"alg": "EdDSA", "kid": key.kid, "typ": TYPE}
    assert jwt.get_unverified_header(jws) == expected
    assert desk.counted == {"signed": 2, "unsigned": 0}
    assert desk.key_said == [None]


async def test_one_digit_changed_is_refused(desk: Desk, answer_until: AnswerUntil) -> None:
    """Nobody can make another rate of a receipt."""
    await desk.recorder.record(answer_until(THURSDAY), AnnounceMode.POLL)
    jws = (await desk.receipts())[FIX, THURSDAY]
    header, claims, signature = jws.split(".")
    changed = jwt.utils.base64url_decode(claims).replace(b"17.0530", b"17.0531")
    forged = f"{header}.{jwt.utils.base64url_encode(changed).decode()}.{signature}"
    with pytest.raises(jwt.InvalidSignatureError):
        await desk.verified(forged)


async def test_without_a_key_it_is_recorded_all_the_same(
    desk: Desk, answer_until: AnswerUntil
) -> None:
    """A missing key stops no recording; it is counted, and the night signs what it left."""
    pem = desk.file.read_bytes()
    desk.file.unlink()
    await desk.take_key()
    added = await desk.recorder.record(answer_until(THURSDAY), AnnounceMode.POLL)
    assert added.new == 2
    assert desk.counted == {"signed": 0, "unsigned": 2}
    assert desk.key_said[-1] == "its file can't be read: No such file or directory"
    assert await desk.recorder.sign_history() == 0
    desk.file.write_bytes(pem)
    await desk.recorder.sign_history()
    assert (FIX, THURSDAY) in await desk.receipts()
    assert desk.key_said[-1] is None


async def test_the_key_before_signs_while_the_record_is_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that could not be registered replaces none, and nothing goes unsigned for it."""

    async def away(*_: Any) -> None:
        raise StoreUnavailable("it was lost")

    before = desk.recorder.signs_with
    assert before is not None
    desk.rotate()
    monkeypatch.setattr(signing_receipts, "register_key", away)
    with pytest.raises(StoreUnavailable):
        await desk.take_key()
    assert desk.recorder.signs_with == before


async def test_a_backfill_is_not_signed_but_in_the_night(
    desk: Desk, answer_until: AnswerUntil
) -> None:
    """Signing would slow it; of the history each day's newest revision is signed, once."""
    await desk.recorder.record(answer_until(Day(2024, 4, 26)), AnnounceMode.LAST_CHUNK)
    assert await desk.receipts() == {}
    signed = await desk.recorder.sign_history()
    assert signed == await days_observed(desk.leader) == len(await desk.receipts())
    assert await desk.recorder.sign_history() == 0
    for jws in (await desk.receipts()).values():
        await desk.verified(jws)


async def test_a_key_that_was_replaced_still_verifies(
    desk: Desk, answer_until: AnswerUntil
) -> None:
    """Rotation keeps the old public keys, and signs nothing again."""
    await desk.recorder.record(answer_until(THURSDAY), AnnounceMode.POLL)
    before = (await desk.receipts())[FIX, THURSDAY]
    desk.rotate()
    await desk.recorder.sign_history()
    assert len(await signing_keys(desk.recorder)) == 2
    assert (await desk.receipts())[FIX, THURSDAY] == before
    await desk.verified(before)


async def test_what_a_revoked_key_has_signed_is_signed_again(
    desk: Desk, answer_until: AnswerUntil
) -> None:
    """By the key that replaced it; the revocation is audited, and the public key stays."""
    await desk.recorder.sign_history()
    await desk.recorder.record(answer_until(THURSDAY), AnnounceMode.POLL)
    old = desk.recorder.signs_with
    assert old is not None
    desk.rotate()
    await revoke_signing_key(desk.recorder, old, "it was in a backup", "operator")
    await desk.recorder.sign_history()
    new = desk.recorder.signs_with
    kids = {jwt.get_unverified_header(jws)["kid"] for jws in (await desk.receipts()).values()}
    assert kids == {new}
    revoked = {key.kid: key.revoked_at is not None for key in await signing_keys(desk.recorder)}
    assert revoked == {old: True, new: False}
    async with reading(desk.leader.engine) as connection:
        rows = (await connection.execute(select(audit.c.action, audit.c.detail))).all()
    assert rows == [("revoke-key", f"{old}: it was in a backup")]
    with pytest.raises(NothingToDecide):
        await revoke_signing_key(desk.recorder, old, "again", "operator")


async def test_a_revoked_key_signs_nothing_more(desk: Desk, answer_until: AnswerUntil) -> None:
    """While it is still in the file nothing is signed, and that is said."""
    assert desk.recorder.signs_with is not None
    await revoke_signing_key(desk.recorder, desk.recorder.signs_with, "stolen", "operator")
    assert await desk.recorder.sign_history() == 0
    assert "was revoked at" in str(desk.key_said[-1])
    await desk.recorder.record(answer_until(THURSDAY), AnnounceMode.POLL)
    assert await desk.receipts() == {}


async def test_a_signed_recording_takes_no_more_round_trips(
    desk: Desk, answer_until: AnswerUntil
) -> None:
    """Protocol rule 37: twelve with observations, their receipts included.

    MySQL begins without a statement; SQLite, which has one for it, is never at a distance.
    """
    desk.leader.clock.advance(60)
    sent: list[str] = []
    engine = desk.leader.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2][:90]))
    event.listen(engine, "commit", lambda _: sent.append("COMMIT"))
    await desk.recorder.record(answer_until(THURSDAY), AnnounceMode.POLL)
    assert desk.counted["signed"] == 2
    trips = [statement for statement in sent if not statement.startswith("BEGIN")]
    assert len(trips) <= 12, "\n".join(trips)


async def days_observed(leader: Any) -> int:
    """Return how many days of both series have an observation."""
    async with reading(leader.engine) as connection:
        c = observations.c
        return len((await connection.execute(select(c.series, c.date).distinct())).all())
