"""The cache of one snapshot: rendered answers and whole responses.

A request finds or stores them only in the cache of the snapshot it took, so that a rendering that
began before a swap can't be served after it (protocol rule 16). Answers are kept by query: requests
for the same query share one. Responses are kept by path and query string as sent, but only in their
few canonical spellings: variations of a request don't fill the table. A middleware before Litestar
sends them, with the same headers and metrics as a route. Most requests end there.
"""

import dataclasses
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from litestar.types import ASGIApp, Receive, Send

from rates_api.http.parameters import Query, is_unbounded
from rates_api.http.response import (
    HttpResponse,
    RenderedAnswer,
    accepts_gzip,
    full_response,
    if_none_match_matches,
    not_modified,
)
from rates_api.request_counters import RequestCounters
from rates_api.snapshot.current import CurrentSnapshot
from rates_api.snapshot.snapshot import Snapshot
from rates_contracts.host_header import is_well_formed

HTTP = "http"
"""The type of a scope as servers send it: a plain string compares faster than Litestar's enum."""
MAX_ANSWERS = 4096
MAX_BYTES = 24 * 1024 * 1024
"""Per snapshot; the whole history as JSON takes 0.9 MB."""
MAX_HOST = 255 + len(":65535")
MAX_UNBOUNDED_BYTES = 8 * 1024 * 1024
RESPONSES_SIZE = 8 * 1024
"""Bytes that an answer's responses take besides its bodies: messages and headers of six."""

RequestKey = tuple[str, str]
"""Path and query string as sent in a request."""


@dataclasses.dataclass(frozen=True, slots=True)
class CachedResponse:
    """The responses with an answer at a path template, sent from `valid_from` until `valid_until`.

    Both are in POSIX seconds: they are compared at each request. `gzipped` are the responses with
    the compressed answer, None while nobody has asked for it; a small one is never compressed.
    """

    route: str
    valid_from: float
    valid_until: float
    etag: str
    get: HttpResponse
    head: HttpResponse
    not_modified: HttpResponse
    compressible: bool
    gzipped: "CachedResponse | None" = None

    def choose(self, method: str, values: Callable[[str], Sequence[str]]) -> HttpResponse | None:
        """Return what answers a request, as `routes` would; `values` are those of a header.

        None for a method other than GET and HEAD, and for a client that takes gzip as long as the
        answer is not compressed yet.
        """
        chosen = self
        if self.compressible and accepts_gzip(", ".join(values("accept-encoding"))):
            if self.gzipped is None:
                return None
            chosen = self.gzipped
        if_none_match = values("if-none-match")
        if if_none_match and if_none_match_matches(", ".join(if_none_match), chosen.etag):
            return chosen.not_modified if method in ("GET", "HEAD") else None
        match method:
            case "GET":
                return chosen.get
            case "HEAD":
                return chosen.head
        return None


def is_valid_host(hosts: Sequence[str]) -> bool:
    """Tell whether a request's `Host`, if it has one, is a single and well-formed one.

    A longer one than any name is left to the routes.
    """
    if not hosts:
        return True
    return len(hosts) == 1 and len(hosts[0]) <= MAX_HOST and _is_well_formed(hosts[0])


@lru_cache(maxsize=256)
def _is_well_formed(host: str) -> bool:
    return is_well_formed(host.encode("latin-1"))


def responses_with(answer: RenderedAnswer, route: str, now: datetime) -> CachedResponse:
    """Make the responses with `answer`, valid from `now` until a header changes."""
    plain = _responses_with(answer, route, now, compressed=False)
    if answer.gzipped is None:
        return plain
    gzipped = _responses_with(answer, route, now, compressed=True)
    return dataclasses.replace(plain, gzipped=gzipped)


def _responses_with(
    answer: RenderedAnswer, route: str, now: datetime, *, compressed: bool
) -> CachedResponse:
    get = full_response(answer, now, compressed=compressed)
    return CachedResponse(
        route=route,
        valid_from=now.timestamp(),
        valid_until=answer.cache_control_valid_until(now).timestamp(),
        etag=answer.etag(compressed=compressed),
        get=get,
        head=get.without_body(),
        not_modified=not_modified(answer, now, compressed=compressed),
        compressible=answer.compressible,
    )


class RenderedAnswers:
    """Rendered answers by query, bounded in number and bytes; the oldest are dropped first."""

    def __init__(
        self, max_answers: int, max_bytes: int, responses: dict[RequestKey, CachedResponse]
    ) -> None:
        """Start empty; with an answer its entries in `responses` are dropped."""
        self._answers: dict[Hashable, RenderedAnswer] = {}
        self._keys: dict[Hashable, list[RequestKey]] = {}
        self._responses = responses
        self._max_answers = max_answers
        self._max_bytes = max_bytes
        self.size = 0

    def __len__(self) -> int:
        """Return the number of answers kept."""
        return len(self._answers)

    def find(self, query: Hashable, now: datetime) -> RenderedAnswer | None:
        """Return the answer, unless it is no longer valid at `now`, or not yet (rule 16)."""
        found = self._answers.get(query)
        if found is not None and found.valid_from <= now < found.valid_until:
            return found
        return None

    def keep(self, query: Hashable, answer: RenderedAnswer) -> None:
        """Keep the answer if it may be kept, dropping the oldest where there is no room."""
        if answer.policy == "no-store" or answer.size > self._max_bytes:
            return
        self._drop(query)
        self._answers[query] = answer
        self.size += answer.size
        self._make_room()

    def keep_response(self, query: Hashable, key: RequestKey, response: CachedResponse) -> None:
        """Keep the response to requests with `key` for as long as its answer is kept."""
        if query not in self._answers:
            return
        if key not in self._responses:
            self._keys.setdefault(query, []).append(key)
            self.size += RESPONSES_SIZE
        self._responses[key] = response
        self._make_room()

    def _make_room(self) -> None:
        while len(self._answers) > self._max_answers or self.size > self._max_bytes:
            self._drop(next(iter(self._answers)))

    def _drop(self, query: Hashable) -> None:
        dropped = self._answers.pop(query, None)
        if dropped is None:
            return
        self.size -= dropped.size
        for key in self._keys.pop(query, ()):
            del self._responses[key]
            self.size -= RESPONSES_SIZE


class ResponseCache:
    """The cache of one snapshot, None before the first; it starts empty and ends with it.

    Queries with an unbounded parameter have a table of their own: they can't displace others.
    """

    def __init__(self, snapshot: Snapshot | None) -> None:
        """Start empty, for answers from `snapshot`."""
        self.snapshot = snapshot
        self.health: tuple[Hashable, RenderedAnswer] | None = None
        """The last `/health`, and the state of the instance that it tells."""
        self.views: dict[Hashable, Any] = {}
        """What answers are made from, by the kind of rate; each holds until it says otherwise."""
        self.memos: dict[Hashable, Any] = {}
        """What was found in states of the past, by what tells them apart."""
        self.responses: dict[RequestKey, CachedResponse] = {}
        self._unkept = RenderedAnswers(0, 0, self.responses)
        self._bounded = RenderedAnswers(MAX_ANSWERS, MAX_BYTES, self.responses)
        self._unbounded = RenderedAnswers(MAX_ANSWERS, MAX_UNBOUNDED_BYTES, self.responses)

    def answers(self, query: Query) -> RenderedAnswers:
        """Return the table for queries like this one."""
        if not query.kept:
            return self._unkept
        return self._unbounded if is_unbounded(query) else self._bounded


def response_cache_middleware(
    app: ASGIApp,
    current: CurrentSnapshot[ResponseCache],
    counters: RequestCounters,
    *,
    monotonic: Callable[[], float],
    timestamp: Callable[[], float],
) -> ASGIApp:
    """Return `app` behind the responses in the current snapshot's cache.

    `monotonic` and `timestamp` give seconds, the latter POSIX.
    """
    record = counters.record

    async def middleware(scope: Any, receive: Receive, send: Send) -> None:
        started = monotonic()
        cached: CachedResponse | None = None
        response: HttpResponse | None = None
        if scope["type"] == HTTP:
            key = scope["path"], scope["query_string"].decode("latin-1")
            cached = current.cache.responses.get(key)
            if cached is not None and cached.valid_from <= timestamp() < cached.valid_until:
                response = _chosen(cached, scope)
        if cached is None or response is None:
            await app(scope, receive, send)
            return
        scope["path_template"] = cached.route
        await send(response.start)
        await send(response.body)
        record(cached.route, response.status, monotonic() - started, hits=1)

    return middleware


def _chosen(cached: CachedResponse, scope: Any) -> HttpResponse | None:
    """Return what answers a request, None where the routes must, as for an invalid `Host`."""

    def values(wanted: str) -> list[str]:
        name = wanted.encode()
        return [value.decode("latin-1") for known, value in scope["headers"] if known == name]

    return cached.choose(scope["method"], values) if is_valid_host(values("host")) else None
