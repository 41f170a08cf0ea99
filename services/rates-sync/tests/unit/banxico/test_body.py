"""The body of an answer over the wire: bounded, decompressed, or judged without (rule 34)."""

import asyncio
import contextlib
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest

from rates_contracts.environment import Secret
from rates_contracts.observation import FIX
from rates_sync.banxico import client as client_module
from rates_sync.banxico.body import MAX_BODY, MAX_PIECE
from rates_sync.banxico.client import BanxicoClient, open_client
from rates_sync.errors import UpstreamError, UpstreamFailure, UpstreamRateLimited
from rates_sync.upstream import Answer, Query

ANSWERS = Path(__file__).parents[2] / "data" / "sie-answers"
BODY = (ANSWERS / "raw_success_SF43718_2024-01-02_2024-01-05.json").read_bytes()
NOW = datetime(2026, 8, 13, 18, 5, tzinfo=UTC)
RANGE = Query((FIX,), date(2024, 1, 2), date(2024, 1, 5))
PART = 65_536
"""What a socket gives at a time."""


class Wire(httpx.AsyncByteStream):
    """Sends `body` in parts, then ends, breaks (`error`) or never ends (`hangs`)."""

    def __init__(self, body: bytes, *, error: Exception | None = None, hangs: bool = False) -> None:
        self._body, self._error, self._hangs = body, error, hangs
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the parts."""
        for at in range(0, len(self._body), PART):
            yield self._body[at : at + PART]
            self.sent += 1
        if self._error is not None:
            raise self._error
        if self._hangs:
            await asyncio.Event().wait()


async def ask(wire: Wire, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    transport = httpx.MockTransport(lambda _: httpx.Response(status, stream=wire, headers=named))
    http = open_client("https://banxico.test", read_timeout=20, transport=transport)
    return await BanxicoClient(http, Secret("t" * 64), lambda: NOW).ask(RANGE)


async def refusal(wire: Wire, status: int = 200, **headers: str) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        await ask(wire, status, **headers)
    return caught.value


def zeros(megabytes: int) -> bytes:
    """Compress that many zeros, a thousandth of their size."""
    packing = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    block = bytes(1_000_000)
    return b"".join(packing.compress(block) for _ in range(megabytes)) + packing.flush()


async def test_gzip_is_unpacked_before_it_is_hashed() -> None:
    """The hash is of Banxico's JSON, whether or not it came compressed."""
    packed = await ask(Wire(gzip.compress(BODY)), Content_Encoding="gzip")
    plain = await ask(Wire(BODY), Content_Encoding="identity")
    assert packed.body == plain.body == BODY
    assert packed.sha256 == plain.sha256


@pytest.mark.parametrize("packed", [True, False])
async def test_a_body_at_the_bound_is_read(packed: bool) -> None:
    """8 MiB are read to the last byte, compressed or not."""
    body = BODY + b" " * (MAX_BODY - len(BODY))
    wire = Wire(gzip.compress(body) if packed else body)
    answer = await ask(wire, Content_Encoding="gzip" if packed else "identity")
    assert (len(answer.body), len(answer.published)) == (MAX_BODY, 4)


@pytest.mark.parametrize("packed", [True, False])
async def test_a_body_above_the_bound_is_cut_off(packed: bool) -> None:
    """One byte more is a failure; the rest is not read, and nothing of it is kept."""
    body = BODY + b" " * (MAX_BODY + 10 * PART)
    wire = Wire(gzip.compress(body, 0) if packed else body)
    failure = await refusal(wire, Content_Encoding="gzip" if packed else "identity")
    assert isinstance(failure, UpstreamFailure)
    assert (failure.outcome, failure.body) == ("malformed", b"")
    assert wire.sent <= MAX_BODY // PART + 1


async def test_a_bomb_is_never_unpacked() -> None:
    """150 kB of gzip that hold 150 MB take no more memory than a body may."""
    wire = Wire(zeros(150))
    tracemalloc.start()
    try:
        failure = await refusal(wire, Content_Encoding="gzip")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert failure.outcome == "malformed"
    assert most < 3 * MAX_BODY


async def turns_of_others(wire: Wire, encoding: str) -> int:
    """Return how often another task had its turn while `wire` was asked."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    counting = asyncio.create_task(count())
    with contextlib.suppress(UpstreamError):
        await ask(wire, Content_Encoding=encoding)
    counting.cancel()
    return turns


async def test_others_run_while_a_body_is_unpacked() -> None:
    """One part of 64 kB that holds 64 MB is no single step of the event loop."""
    assert await turns_of_others(Wire(zeros(30)), "gzip") > MAX_BODY // MAX_PIECE // 2


async def test_others_run_while_a_body_is_parsed() -> None:
    """A body that takes seconds holds nobody up: the lease has to be renewed meanwhile."""
    rows = ",".join(['{"fecha":"02/01/2024","dato":17}'] * 15_000)
    body = f'{{"bmx":{{"series":[{{"idSerie":"{FIX}","datos":[{rows}]}}]}}}}'
    assert await turns_of_others(Wire(body.encode()), "identity") > 100


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"not gzip", "gzip"),
        (gzip.compress(BODY)[: len(gzip.compress(BODY)) // 2], "gzip"),
        (gzip.compress(gzip.compress(BODY)), "gzip, gzip"),
        (BODY, "br"),
    ],
)
async def test_what_cannot_be_unpacked_is_malformed(body: bytes, encoding: str) -> None:
    """Another compression, a broken or a cut one is a failure of Banxico's."""
    assert (await refusal(Wire(body), Content_Encoding=encoding)).outcome == "malformed"


UNREADABLE = {
    "no gzip": (Wire(b"not gzip"), "gzip"),
    "endless": (Wire(bytes(MAX_BODY + 1)), "identity"),
    "cut": (Wire(b"{", error=httpx.RemoteProtocolError("peer closed")), "identity"),
    "lost": (Wire(b"{", error=httpx.ReadError("reset")), "identity"),
}


@pytest.mark.parametrize("unreadable", UNREADABLE)
@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (400, {"Bmx-secondsToReset": "54"}),
        (403, {"Bmx-secondsToReset": "54"}),
        (200, {"Retry-After": "54"}),
        (429, {"Retry-After": "54"}),
    ],
)
async def test_a_wait_counts_before_a_body_that_cannot_be_read(
    unreadable: str, status: int, headers: dict[str, str]
) -> None:
    """Protocol rule 34: whatever becomes of the body, the headers have come."""
    wire, encoding = UNREADABLE[unreadable]
    error = await refusal(wire, status, Content_Encoding=encoding, **headers)
    assert isinstance(error, UpstreamRateLimited)
    assert error.seconds_to_reset == 54


@pytest.mark.parametrize("unreadable", UNREADABLE)
@pytest.mark.parametrize(
    ("status", "outcome"), [(503, "server_error"), (302, "redirect"), (403, None), (200, None)]
)
async def test_a_status_counts_before_a_body_that_cannot_be_read(
    unreadable: str, status: int, outcome: str | None
) -> None:
    """From 500 on it is an outage; a 403 says nothing of the token without its words."""
    wire, encoding = UNREADABLE[unreadable]
    error = await refusal(wire, status, Content_Encoding=encoding)
    own = "connection" if unreadable == "lost" else "malformed"
    assert isinstance(error, UpstreamFailure)
    assert error.outcome == (outcome or own)


async def test_a_wait_counts_though_the_body_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal whose body hangs is not a timeout: its headers are enough."""
    monkeypatch.setattr(client_module, "REFUSAL_BODY_SECONDS", 0.01)
    error = await refusal(Wire(b"{", hangs=True), 429, Retry_After="54")
    assert isinstance(error, UpstreamRateLimited)
