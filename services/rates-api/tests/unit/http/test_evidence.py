"""Evidence: the source's own bytes, receipts of rates, and the keys that verify these."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any

import httpx
import jwt
import msgspec

Ask = Callable[..., Awaitable[httpx.Response]]

CURRENT = "/api/v1/rates/current"


async def payload_of_current(ask: Ask, **headers: str) -> tuple[str, httpx.Response]:
    """Return the hash behind the current rate, and the answer to it."""
    sha256 = (await ask(CURRENT)).json()["provenance"]["payload_sha256"]
    return sha256, await ask(f"/api/v1/payloads/{sha256}", **headers)


async def test_a_payload_hashes_to_its_name(ask: Ask) -> None:
    """What proves a rate is found by the hash that its answer names."""
    sha256, answer = await payload_of_current(ask)
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest() == sha256


async def test_a_payload_is_kept_for_ever_and_changed_by_nobody(ask: Ask, worker: Any) -> None:
    """A cache may keep it, none may compress it, nor does the worker, however large it is."""
    body = b"[1]" * 1000
    sha256 = (await ask(CURRENT)).json()["provenance"]["payload_sha256"]
    worker.evidence.payloads[sha256] = body
    answer = await ask(f"/api/v1/payloads/{sha256}", accept_encoding="gzip")
    expected = "public, max-age=31536000, immutable, no-transform"
    assert answer.headers["cache-control"] == expected
    assert "content-encoding" not in answer.headers
    assert answer.content == body


async def test_a_payload_is_tagged_by_its_name(ask: Ask, worker: Any) -> None:
    """Nobody hashes megabytes while others wait: the record's reader has, beside them."""
    sha256 = (await ask(CURRENT)).json()["provenance"]["payload_sha256"]
    worker.evidence.payloads[sha256] = b"what its reader says has this hash"
    path = f"/api/v1/payloads/{sha256}"
    etag = (await ask(path)).headers["etag"]
    assert etag == f'"{sha256[:32]}"'
    assert (await ask(path, if_none_match=etag)).status_code == 304


async def test_a_payload_is_saved_and_not_shown(ask: Ask) -> None:
    """The bytes are not ours: no browser guesses their type or runs them as a page."""
    sha256, answer = await payload_of_current(ask)
    assert answer.headers["content-disposition"] == f'attachment; filename="{sha256}.json"'
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-security-policy"] == "sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_payload_is_held_by_nobody(ask: Ask, worker: Any) -> None:
    """Rule R6's exception: each request reads the record, no snapshot and no cache holds it."""
    sha256, _ = await payload_of_current(ask)
    await ask(f"/api/v1/payloads/{sha256}")
    assert worker.evidence.reads == 2
    assert worker.current.cache.responses.keys() == {(CURRENT, "")}


async def test_what_no_observation_names_is_not_looked_for(ask: Ask, worker: Any) -> None:
    """Guesses cost the record nothing, and error pages are never served."""
    worker.evidence.payloads["0" * 64] = b"<html>"
    answer = await ask(f"/api/v1/payloads/{'0' * 64}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-payload")
    assert answer.headers["cache-control"] == "no-store"
    assert worker.evidence.reads == 0


async def test_a_payload_that_the_record_lacks_is_unknown(ask: Ask, worker: Any) -> None:
    """Also one of which only the beginning was kept."""
    worker.evidence.payloads.clear()
    _, answer = await payload_of_current(ask)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-payload")


async def test_while_the_record_is_away_a_payload_is_not(ask: Ask, worker: Any) -> None:
    """It is 503 with `Retry-After`; rates are answered from memory all the same."""
    worker.evidence.payloads = None
    _, answer = await payload_of_current(ask)
    assert (answer.status_code, answer.json()["code"]) == (503, "record-unavailable")
    assert answer.headers["retry-after"] == "5"
    assert (await ask(CURRENT)).status_code == 200


async def test_what_is_no_hash_is_refused(ask: Ask) -> None:
    """A malformed name is 422, in capital letters too: one spelling, one cached answer."""
    sha256 = (await ask(CURRENT)).json()["provenance"]["payload_sha256"]
    for text in (sha256.upper(), sha256[:-1], "17.0530", f"{sha256}0"):
        answer = await ask(f"/api/v1/payloads/{text}")
        assert answer.status_code == 422
        assert [error["parameter"] for error in answer.json()["errors"]] == ["sha256"]


NEWEST = "/api/v1/rates/2026-08-13/receipt"
KEYS = "/.well-known/jwks.json"
UNTIMED: Any = {"verify_iat": False}
"""The record of these tests lies ahead of this machine's clock, or behind it."""


async def test_a_receipt_is_verified_with_the_published_keys(ask: Ask) -> None:
    """A library that is not ours finds the key by its `kid`, and what the day's answer says."""
    jws = (await ask(NEWEST)).text
    keys = jwt.PyJWKSet.from_dict((await ask(KEYS)).json())
    key = keys[jwt.get_unverified_header(jws)["kid"]]
    claims = jwt.decode(jws, key, algorithms=["EdDSA"], options=UNTIMED)
    day = (await ask("/api/v1/rates/2026-08-13")).json()
    assert (claims["rate"], claims["sub"]) == (day["rate"], "fix/2026-08-13")
    for member in ("source", "series", "revision", "recorded_at", "payload_sha256"):
        assert claims[member] == day["provenance"][member]


async def test_a_receipt_is_served_as_signed(ask: Ask, world: Any) -> None:
    """As a token, which caches keep for minutes: a revocation changes it, and purges nothing."""
    answer = await ask(NEWEST)
    assert answer.text == world.RECEIPT
    assert answer.headers["content-type"] == "application/jwt"
    assert "s-maxage=240" in answer.headers["cache-control"]
    assert (await ask(KEYS)).headers["cache-control"].endswith("s-maxage=300")


async def test_a_day_has_the_receipt_of_what_answers_for_it(ask: Ask, worker: Any) -> None:
    """A closed day that of the banking day before, a derived settlement rate its FIX's."""
    worker.evidence.receipts = {
        ("SF43718", date(2024, 3, 1), 1): "of a Friday",
        ("SF43718", date(2015, 5, 28), 1): "of a FIX",
        ("SF60653", date(2024, 3, 2), 1): "of a settlement",
    }
    saturday = "/api/v1/rates/2024-03-02/receipt"
    assert (await ask(saturday)).text == "of a Friday"
    assert (await ask(f"{saturday}?kind=settlement")).text == "of a settlement"
    derived = "/api/v1/rates/2015-06-01/receipt?kind=settlement"
    assert (await ask(derived)).text == "of a FIX"


async def test_what_is_not_signed_yet_says_so(ask: Ask) -> None:
    """404 that nobody keeps; a day without a rate has its own problem."""
    answer = await ask("/api/v1/rates/2024-01-02/receipt")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-signed-yet")
    assert answer.headers["cache-control"] == "no-store"
    future = await ask("/api/v1/rates/2099-01-04/receipt")
    assert future.json()["code"] == "not-yet-known"


async def test_while_the_record_is_away_there_is_no_receipt(ask: Ask, worker: Any) -> None:
    """Neither a receipt nor a key: 503 with `Retry-After`."""
    worker.evidence.payloads = None
    for path in (NEWEST, KEYS):
        answer = await ask(path)
        assert (answer.status_code, answer.json()["code"]) == (503, "record-unavailable")
        assert answer.headers["retry-after"] == "5"


async def test_a_compromised_key_says_since_when(ask: Ask, worker: Any) -> None:
    """It stays in the set, where a library finds it, and tells that it is revoked."""
    (key,) = worker.evidence.keys
    revoked_at = datetime(2026, 8, 14, 9, tzinfo=UTC)
    worker.evidence.keys = (key, msgspec.structs.replace(key, kid="k2", revoked_at=revoked_at))
    kept, revoked = (await ask(KEYS)).json()["keys"]
    assert "revoked_at" not in kept
    assert revoked["revoked_at"] == "2026-08-14T09:00:00Z"
    assert {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA"}.items() <= kept.items()
