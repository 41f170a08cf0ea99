"""Evidence read through its views: on demand, few at a time, and never for long."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncEngine

from rates_api.errors import FallbackUnavailable
from rates_api.fallback import evidence
from rates_api.fallback.engine import open_engine
from rates_api.fallback.evidence import CONNECTIONS, MAX_WAITING, SECONDS, EvidenceReader
from rates_api.fallback.reader import reading
from rates_contracts.views import PAYLOADS, RECEIPTS, SIGNING_KEYS

pytestmark = pytest.mark.integration

BODY = b'{"bmx": {"series": []}}\xff'
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
async def engine(database: Any) -> AsyncIterator[AsyncEngine]:
    """Give the engine that is kept for evidence."""
    engine = open_engine(database.url, pool_size=CONNECTIONS, timeout=SECONDS)
    yield engine
    await engine.dispose()


@pytest.fixture
def reader(engine: AsyncEngine) -> EvidenceReader:
    """Give the reader of evidence."""
    return EvidenceReader(engine)


def hold(database: Any, body: bytes, sha256: str = SHA256) -> None:
    """Let the view hold one raw answer."""
    database.write({PAYLOADS: [(sha256, body, "2024-01-02 18:00:00.000000")]})


async def test_a_payload_is_read_byte_for_byte(database: Any, reader: EvidenceReader) -> None:
    """Also bytes that are no text, and a body that is hashed in a thread."""
    hold(database, BODY)
    assert await reader.payload(SHA256) == BODY
    long = BODY * 20_000
    hold(database, long, hashlib.sha256(long).hexdigest())
    assert await reader.payload(hashlib.sha256(long).hexdigest()) == long
    assert await reader.payload(SHA256) is None


async def test_a_payload_that_is_not_its_hash_is_none(
    database: Any, reader: EvidenceReader
) -> None:
    """What was cut, or changed in the database, proves nothing."""
    hold(database, BODY[:-1])
    assert await reader.payload(SHA256) is None


async def test_a_lost_record_is_unavailable(database: Any, reader: EvidenceReader) -> None:
    """Whoever asks is told at once."""
    database.lose()
    with pytest.raises(FallbackUnavailable):
        await reader.payload(SHA256)


async def test_a_locked_record_is_waited_for_no_longer_than_said(
    database: Any, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deadline bounds the question, and the wait of those behind it."""
    monkeypatch.setattr(evidence, "SECONDS", 0.05)
    reader = EvidenceReader(engine)
    async with database.locked():
        asked = [reader.payload(SHA256) for _ in range(CONNECTIONS + 1)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [FallbackUnavailable] * (CONNECTIONS + 1)


async def test_few_read_at_a_time_and_few_wait(
    database: Any, reader: EvidenceReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two connections; of those beyond the queue each is refused at once, the others are served."""
    hold(database, BODY)
    at_once: list[int] = []

    def counted(engine: AsyncEngine, seconds: float) -> Any:
        at_once.append(CONNECTIONS - reader._turns._value)
        return reading(engine, seconds)

    monkeypatch.setattr("rates_api.fallback.evidence.reading", counted)
    asked = [reader.payload(SHA256) for _ in range(CONNECTIONS + MAX_WAITING + 1)]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, FallbackUnavailable)]
    assert len(refused) == 1
    assert outcomes.count(BODY) == CONNECTIONS + MAX_WAITING
    assert max(at_once) == CONNECTIONS


async def test_a_receipt_is_read_by_its_observation(database: Any, reader: EvidenceReader) -> None:
    """By series, day and revision; None for what has none."""
    database.write({RECEIPTS: [("SF43718", "2024-01-02", 2, "a.b.c")]})
    assert await reader.receipt("SF43718", date(2024, 1, 2), 2) == "a.b.c"
    assert await reader.receipt("SF43718", date(2024, 1, 2), 1) is None


async def test_public_keys_are_read_oldest_first(database: Any, reader: EvidenceReader) -> None:
    """With the instant since which one is revoked, in UTC."""
    noon, later = "2026-01-05 12:00:00.000000", "2026-02-05 12:00:00.000000"
    database.write({SIGNING_KEYS: [("k2", "Eg", later, None), ("k1", "EA", noon, later)]})
    first, second = await reader.public_keys()
    assert (first.kid, first.revoked_at) == ("k1", datetime(2026, 2, 5, 12, tzinfo=UTC))
    assert (second.kid, second.x, second.revoked_at) == ("k2", "Eg", UNSET)
