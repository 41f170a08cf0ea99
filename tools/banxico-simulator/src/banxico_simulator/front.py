"""The wire towards the client: an ASGI application under `/SieAPIRest`.

Sends as Banxico does: chunked, never cached, gzip if asked for, with the `Date` of the simulator's
clock. It talks ASGI itself because a dropped connection and a hanging answer are no HTTP responses.
"""

import asyncio
import functools
import gzip
import zlib
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import parse_qs, unquote

from litestar.types import HTTPScope, Receive, Send

from banxico_simulator import sie
from banxico_simulator.ask import Ask, parse
from banxico_simulator.faults import Fault, bend, dated, made_at
from banxico_simulator.journal import Entry
from banxico_simulator.sie import Answer
from banxico_simulator.simulator import Simulator

Sleep = Callable[[float], Awaitable[None]]

CHUNK_BYTES = 16_384

_HEADERS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Headers", "Bmx-Token, Accept, Accept-Encoding, Content-Type"),
    ("Access-Control-Allow-Methods", "GET"),
    ("Content-Security-Policy", "script-src 'self'"),
    ("Cache-Control", "no-store"),
    ("Content-Language", "es"),
)


class Front:
    """One ASGI application over one simulator."""

    def __init__(self, simulator: Simulator, sleep: Sleep = asyncio.sleep) -> None:
        self._simulator = simulator
        self._sleep = sleep

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        # `path` has lost the part under which the application is mounted; `raw_path` is whole.
        path = unquote(scope["raw_path"].decode("latin-1").partition("?")[0])
        ask = parse(path)
        faults = self._simulator.faults.take(path, ask)
        answer = self._answer(path, ask, scope, faults)
        await self._sleep(
            sum(fault.latency_ms for fault in faults if fault.kind == "latency") / 1000
        )
        if any(fault.kind == "hang" for fault in faults):
            while (await receive())["type"] != "http.disconnect":
                pass
        elif any(fault.kind == "drop_connection" for fault in faults):
            await _drop(answer, send)
        elif any(fault.kind == "gzip_bomb" for fault in faults):
            await _send_zipped(answer, _bomb(), send)
        else:
            await _send(answer, "gzip" in _header(scope, b"accept-encoding"), send)

    def _answer(self, path: str, ask: Ask, scope: HTTPScope, faults: Sequence[Fault]) -> Answer:
        now = self._simulator.clock()
        made = made_at(faults, now)
        answer = sie.METHOD_NOT_ALLOWED
        if scope["method"] == "GET":
            answer = self._simulator.answer(ask, _tokens(scope), made)
        answer = dated(bend(answer, faults, now), faults, made)
        self._simulator.journal.record(Entry(now, path, ask.group, answer.outcome))
        return answer


def _tokens(scope: HTTPScope) -> list[str]:
    header = _header(scope, b"bmx-token")
    query = parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
    return [header, *query]


def _header(scope: HTTPScope, name: bytes) -> str:
    values = (value for key, value in scope["headers"] if key.lower() == name)
    return next(values, b"").decode("latin-1")


async def _send(answer: Answer, zipped: bool, send: Send) -> None:
    if zipped:
        await _send_zipped(answer, gzip.compress(answer.body, mtime=0), send)
    else:
        await _start(answer, (), send)
        await _send_chunks(answer.body, send)


async def _send_zipped(answer: Answer, zipped: bytes, send: Send) -> None:
    await _start(answer, (("Content-Encoding", "gzip"),), send)
    await _send_chunks(zipped, send)


async def _send_chunks(body: bytes, send: Send) -> None:
    # Several messages without a Content-Length make the server send chunks, as Banxico does.
    for at in range(0, len(body), CHUNK_BYTES):
        await _body(body[at : at + CHUNK_BYTES], more=True, send=send)
    await _body(b"", more=False, send=send)


@functools.cache
def _bomb() -> bytes:
    """150 kB of gzip that hold 150 MB of zeros."""
    packing = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    block = bytes(1_000_000)
    return b"".join(packing.compress(block) for _ in range(150)) + packing.flush()


async def _drop(answer: Answer, send: Send) -> None:
    # Fewer bytes than announced: the server can only break the connection.
    length = (("Content-Length", str(len(answer.body) + CHUNK_BYTES)),)
    await _start(answer, length, send)
    await _body(answer.body[:1], more=True, send=send)


async def _start(answer: Answer, more: tuple[tuple[str, str], ...], send: Send) -> None:
    headers = (*_HEADERS, ("Content-Type", answer.content_type), *answer.headers, *more)
    raw = [(key.lower().encode(), value.encode("latin-1")) for key, value in headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})


async def _body(body: bytes, *, more: bool, send: Send) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})
