"""`/api/v1/payloads/{sha256}`: the source's own bytes, and nothing that a page could run in."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

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
