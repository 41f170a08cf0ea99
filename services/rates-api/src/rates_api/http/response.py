"""An answer as bytes, and its response: status, headers, body; or a stream, sent in parts.

Clients revalidate each time; only the edge may keep an answer, for `s-maxage` seconds, because a
purge does not reach clients' own caches (protocol rule 21). `snapshot.level` tells how `s-maxage`
comes about; here it is limited to the time left until the answer changes. Nothing in bytes or
headers depends on a host or worker: two workers with the same record answer alike (rule 16).
"""

import asyncio
import dataclasses
import gzip
import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Literal, Protocol

from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, Receive, Scope, Send

from rates_api.http.problems import WARM_UP_RETRY_SECONDS
from rates_api.http.rsgi_types import RsgiProtocol
from rates_contracts.status import MAX_EDGE_SECONDS

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"
HTML = "text/html; charset=utf-8"
CSV = "text/csv; charset=utf-8; header=present"
TEXT = "text/plain; charset=utf-8"
ATOM = "application/atom+xml; charset=utf-8"
ICON = "image/x-icon"
SVG = "image/svg+xml"
BINARY = "application/octet-stream"

Headers = Iterable[tuple[str, str]]
Policy = Literal["shared", "immutable", "no-store"]
ALWAYS = datetime.min.replace(tzinfo=UTC)
FOREVER = datetime.max.replace(tzinfo=UTC)
DIGEST_LENGTH = 32
"""Hexadecimal digits of a body's SHA-256 that tell it from every other."""
GZIP_ABOVE = 1024
"""Bytes from which on compressing pays."""
GZIP_IN_THREAD_ABOVE = 128 * 1024
"""More bytes are compressed in a thread, so that other requests do not wait for it."""
GZIP_LEVEL = 4
"""Level 6 takes twice as long, for 3 % less of a year and 6 % more of the whole history."""
LARGE_GZIP_LEVEL = 1
"""Of what is compressed in a thread: half the time, for a fifth more of the whole history."""
CORS: Headers = (
    ("access-control-allow-origin", "*"),
    ("access-control-expose-headers", "ETag, Link, Retry-After, X-Request-Id"),
)
COMMON_HEADERS: Headers = (
    *CORS,
    ("x-content-type-options", "nosniff"),
    ("cross-origin-resource-policy", "cross-origin"),
    ("referrer-policy", "no-referrer"),
)
"""Of every response: any page may read it, none may take it for something else."""
MAX_ACCEPT_ENCODING = 256
MAX_IF_NONE_MATCH = 4096
"""Characters; the entity tags of a hundred answers."""
ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')
CODING = re.compile(r"\s*([\w*-]+)\s*(?:;\s*q\s*=\s*([0-9.]+)\s*)?")


@dataclasses.dataclass(frozen=True)
class RenderedAnswer:
    """An answer's bytes, also compressed once somebody takes that, and who may cache them how long.

    It holds from `valid_from` on: before that the worker's clock was ahead when it was rendered.
    `edge_seconds` is the longest `s-maxage` of a `shared` answer; `headers` are further ones, also
    of a 304.
    """

    status: int
    media_type: str
    body: bytes
    gzipped: bytes | None
    digest: str
    policy: Policy
    valid_until: datetime
    edge_seconds: int
    valid_from: datetime
    headers: tuple[tuple[str, str], ...] = ()
    """Further headers of the whole answer."""
    verbatim: bool = False
    """Nobody on the way may change its bytes, nor are they compressed here."""

    @property
    def compressible(self) -> bool:
        """Tell whether it is large enough for compressing to pay."""
        return len(self.body) > GZIP_ABOVE and not self.verbatim

    @property
    def is_large(self) -> bool:
        """Tell whether compressing it would keep others waiting."""
        return len(self.body) > GZIP_IN_THREAD_ABOVE

    @property
    def size(self) -> int:
        """Return the bytes it takes in memory."""
        return len(self.body) + len(self.gzipped or b"")

    def etag(self, *, compressed: bool) -> str:
        """Return the strong entity tag of one content coding."""
        return f'"{self.digest}-gzip"' if compressed else f'"{self.digest}"'

    def cache_control(self, now: datetime) -> str:
        """Return the `Cache-Control` of the answer that leaves at `now`.

        It depends on `now`: an edge that gets the answer a second before it changes must not keep
        it for an hour.
        """
        unchanged = ", no-transform" if self.verbatim else ""
        if self.policy == "no-store":
            return "no-store" + unchanged
        if self.policy == "immutable":
            return "public, max-age=31536000, immutable" + unchanged
        s_maxage = self._s_maxage(now)
        return f"public, max-age=0, must-revalidate, s-maxage={s_maxage}{unchanged}"

    def cache_control_valid_until(self, now: datetime) -> datetime:
        """Return the instant before which `cache_control` stays what it is at `now`."""
        return self.valid_until - timedelta(seconds=self._s_maxage(now))

    def _s_maxage(self, now: datetime) -> int:
        remaining = int((self.valid_until - now).total_seconds())
        return max(0, min(self.edge_seconds, remaining))


def render(
    body: bytes,
    media_type: str,
    policy: Policy,
    *,
    status: int = 200,
    valid_until: datetime = FOREVER,
    edge_seconds: int = MAX_EDGE_SECONDS,
    valid_from: datetime = ALWAYS,
) -> RenderedAnswer:
    """Tag `body` by its content."""
    digest = hashlib.sha256(body).hexdigest()[:DIGEST_LENGTH]
    return RenderedAnswer(
        status, media_type, body, None, digest, policy, valid_until, edge_seconds, valid_from
    )


def render_evidence(body: bytes, sha256: str) -> RenderedAnswer:
    """Render bytes that are not ours, to be saved and never shown: no page may run in them.

    They are tagged and named by their hash, which is known: they may be megabytes.
    """
    headers = (
        ("content-disposition", f'attachment; filename="{sha256}.json"'),
        ("content-security-policy", "sandbox"),
    )
    digest = sha256[:DIGEST_LENGTH]
    return RenderedAnswer(
        200,
        BINARY,
        body,
        None,
        digest,
        "immutable",
        FOREVER,
        MAX_EDGE_SECONDS,
        ALWAYS,
        headers,
        verbatim=True,
    )


def compress(answer: RenderedAnswer) -> RenderedAnswer:
    """Return `answer` with its compressed bytes, which have no time stamp."""
    level = LARGE_GZIP_LEVEL if answer.is_large else GZIP_LEVEL
    return dataclasses.replace(answer, gzipped=gzip.compress(answer.body, level, mtime=0))


@dataclasses.dataclass(frozen=True)
class HttpResponse:
    """A response, also as its two ASGI messages; servers don't change any, so all serve again."""

    status: int
    headers: list[tuple[str, str]]
    content: bytes

    @classmethod
    def of(cls, status: int, headers: Headers, content: bytes = b"") -> "HttpResponse":
        """Return the response with these headers after those that every response has."""
        return cls(status, [*COMMON_HEADERS, *headers], content)

    @cached_property
    def start(self) -> HTTPResponseStartEvent:
        """Return the message with its status and headers."""
        headers = [(name.encode(), value.encode()) for name, value in self.headers]
        return {"type": "http.response.start", "status": self.status, "headers": headers}

    @cached_property
    def body(self) -> HTTPResponseBodyEvent:
        """Return the message with its content."""
        return {"type": "http.response.body", "body": self.content, "more_body": False}

    def without_body(self) -> "HttpResponse":
        """Return the response to HEAD: `content-length` is still the body's."""
        return dataclasses.replace(self, content=b"")

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it, as an ASGI application."""
        await send(self.start)
        await send(self.body)


class OpenStream(Protocol):
    """What a client of the stream still has to be sent."""

    def parts(self) -> AsyncIterator[bytes]:
        """Yield what is to be sent, as it comes, until the stream is closed."""

    def call_on_cut(self, on_cut: Callable[[], object]) -> None:
        """Have `on_cut` called where the stream ends at once, whatever is still to be sent."""

    def close(self) -> None:
        """End the stream, which may be closed already."""


@dataclasses.dataclass(frozen=True)
class StreamedResponse(HttpResponse):
    """A response whose content is `stream`; whoever has it sends it or closes the stream.

    A server that only sends never learns that its client has left: that is watched beside it.
    """

    stream: OpenStream

    @classmethod
    def with_stream(cls, headers: Headers, stream: OpenStream) -> "StreamedResponse":
        """Return the response with these headers after those that every response has."""
        return cls(200, [*COMMON_HEADERS, *headers], b"", stream)

    def without_body(self) -> HttpResponse:
        """Return the response to HEAD; the stream is closed."""
        self.stream.close()
        return HttpResponse(self.status, self.headers, b"")

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, as an ASGI application."""

        async def send_part(part: bytes) -> None:
            await send({"type": "http.response.body", "body": part, "more_body": True})

        async def left() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        try:
            await send(self.start)
        except BaseException:
            self.stream.close()
            raise
        if await _send_parts(self.stream, send_part, left()):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def send_over_rsgi(self, protocol: RsgiProtocol) -> None:
        """Send it by RSGI's own interface."""
        try:
            sent = protocol.response_stream(self.status, self.headers)
        except BaseException:
            self.stream.close()
            raise
        await _send_parts(self.stream, sent.send_bytes, protocol.client_disconnect())


async def _send_parts(
    stream: OpenStream, send: Callable[[bytes], Awaitable[None]], left: Awaitable[None]
) -> bool:
    """Send every part until the stream ends, its client has left, or reads too slowly.

    Tell whether all was sent.
    """

    async def send_all() -> None:
        async for part in stream.parts():
            await send(part)

    sending, leaving = asyncio.ensure_future(send_all()), asyncio.ensure_future(left)
    stream.call_on_cut(sending.cancel)
    try:
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stream.close()
        is_whole = sending.done() and not sending.cancelled() and sending.exception() is None
        sending.cancel()
        leaving.cancel()
    return is_whole


def full_response(
    answer: RenderedAnswer, now: datetime, *, compressed: bool = False, request_id: str = ""
) -> HttpResponse:
    """Return the answer as it leaves at `now`; `request_id` is for a `no-store` answer only."""
    body = answer.gzipped if compressed and answer.gzipped is not None else answer.body
    headers = [
        *_common_headers(answer, now, compressed=compressed, request_id=request_id),
        ("content-type", answer.media_type),
        ("content-length", str(len(body))),
    ]
    if compressed:
        headers.append(("content-encoding", "gzip"))
    if answer.status == 503:
        headers.append(("retry-after", str(WARM_UP_RETRY_SECONDS)))
    return HttpResponse.of(answer.status, headers, body)


def not_modified(answer: RenderedAnswer, now: datetime, *, compressed: bool) -> HttpResponse:
    """Return the 304 for a client that already has the answer."""
    return HttpResponse.of(304, _common_headers(answer, now, compressed=compressed))


def _common_headers(
    answer: RenderedAnswer, now: datetime, *, compressed: bool, request_id: str = ""
) -> Headers:
    """Return the headers that 200 and 304 share."""
    yield "cache-control", answer.cache_control(now)
    if answer.compressible:
        yield "vary", "Accept-Encoding"
    if answer.policy == "no-store":
        yield "x-request-id", request_id
    else:
        yield "etag", answer.etag(compressed=compressed)
    yield from answer.headers


def if_none_match_matches(if_none_match: str, etag: str) -> bool:
    """Tell by weak comparison whether `If-None-Match` names `etag` (RFC 9110).

    One longer than any client's is not read: the whole answer is always right.
    """
    if if_none_match == etag:  # What nearly all send needs no search.
        return True
    if len(if_none_match) > MAX_IF_NONE_MATCH:
        return False
    return if_none_match.strip() == "*" or etag in ENTITY_TAG.findall(if_none_match)


def accepts_gzip(accept_encoding: str) -> bool:
    """Tell whether `Accept-Encoding` accepts gzip; its name takes precedence over `*`.

    One longer than any client's is not read: the plain answer is always right.
    """
    return len(accept_encoding) <= MAX_ACCEPT_ENCODING and _accepts_gzip(accept_encoding)


@lru_cache(maxsize=256)
def _accepts_gzip(accept_encoding: str) -> bool:
    weights: dict[str, float] = {}
    for part in accept_encoding.split(","):
        if match := CODING.fullmatch(part):
            weights[match[1].lower()] = _weight(match[2])
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weight(text: str | None) -> float:
    try:
        return 1.0 if text is None else float(text)
    except ValueError:
        return 0.0
