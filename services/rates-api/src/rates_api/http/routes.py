"""A Litestar handler for each endpoint: from the request to the response, problems included.

The only place that turns `Refused` into a problem document and chooses between compressed, plain
and 304. Nothing is awaited but what takes long, and is done in a thread (rule R6).
"""

import dataclasses
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote

import msgspec
import structlog
from litestar import HttpMethod, Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, ExceptionHandlersMap, Receive, Scope, Send

from rates_api.http.api_request import ApiRequest
from rates_api.http.endpoint import Endpoint, Handler, Streaming
from rates_api.http.parameters import Query, is_canonical, read
from rates_api.http.port import WorkerPort
from rates_api.http.problems import Refused
from rates_api.http.response import (
    PROBLEM_JSON,
    Headers,
    HttpResponse,
    RenderedAnswer,
    StreamedResponse,
    accepts_gzip,
    compress,
    full_response,
    if_none_match_matches,
    not_modified,
)
from rates_api.http.response_cache import HTTP, ResponseCache, responses_with
from rates_contracts.host_header import is_well_formed

HttpRequest = Request[object, object, State]

Respond = Callable[[ApiRequest], Awaitable[HttpResponse]]

log = structlog.get_logger(__name__)

STARTED = "started"
"""Where a request's state holds the monotonic seconds of its arrival."""
UNKNOWN = "unknown"
"""The route under which requests that match no endpoint are counted."""
LINKS = {"api": "/api/v1"}
NOT_FOUND = Refused("not-found", "Nothing is served at this path.", links=LINKS)
NOT_ALLOWED = Refused("method-not-allowed", "`Allow` names the methods of this path.")
BAD_REQUEST = Refused("bad-request", "The request can't be read.")
MAX_URI = 8192
"""Characters of path and query string, as CloudFront takes them; 366 days take 6,300 at most."""
MAX_INSTANCE = 1024
"""Characters of a path that a problem repeats."""
BAD_HOST = Refused("bad-request", "A request has one `Host`, the name or address of this API.")
MISTAKE = Refused("internal-error", "The request could not be answered.")
ATTEMPTS = 3
"""So often a request is answered while what it is answered from keeps being replaced."""
MAX_PROBLEM_SECONDS = 5
"""The longest `s-maxage` of a problem: within it many ask for the FIX that is just due."""
METHODS = ("GET", "HEAD", "OPTIONS")
ALLOWED = ", ".join(METHODS)
REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
SAFE_IN_PATH = "/:@!$&'()*+,;="
SAFE_IN_QUERY = SAFE_IN_PATH + '?%"<>[\\]^`{|}'
"""All of a query string as it was sent, but what no header may hold."""
REDIRECTED = ("GET", "HEAD")
ESCAPED_LETTER = re.compile(rb"%(?:3[0-9]|[46][1-9A-F]|[57][0-9A]|2[DE]|5F|7E)", re.IGNORECASE)
"""An escape of what needs none: a letter, a digit, `-`, `.`, `_` or `~`."""
MOVED_CACHING = "public, max-age=86400"
PREFLIGHT: Headers = (
    ("allow", ALLOWED),
    ("access-control-allow-methods", ALLOWED),
    ("access-control-allow-headers", "If-None-Match, Last-Event-ID, traceparent, X-Request-Id"),
    ("access-control-max-age", "86400"),
)


def route_handlers(endpoints: Sequence[Endpoint], port: WorkerPort) -> list[HTTPRouteHandler]:
    """Return the handlers of `endpoints`."""
    return [_route_handler(endpoint, port) for endpoint in endpoints]


def direct(endpoints: Sequence[Endpoint], port: WorkerPort) -> Mapping[str, Respond]:
    """Return what responds to requests at the paths without parameters: no router is needed."""
    return {
        endpoint.path: partial(counted, endpoint, port)
        for endpoint in endpoints
        if "{" not in endpoint.path
    }


def _route_handler(endpoint: Endpoint, port: WorkerPort) -> HTTPRouteHandler:
    async def handle(request: HttpRequest) -> HttpResponse:
        return await counted(endpoint, port, _request(request.scope))

    path = re.sub(r"\{(\w+)\}", r"{\1:str}", endpoint.path)
    methods = [HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS]
    return HTTPRouteHandler(path, http_method=methods, name=endpoint.name)(handle)


async def counted(endpoint: Endpoint, port: WorkerPort, request: ApiRequest) -> HttpResponse:
    """Respond to a request at `endpoint`, and count it."""
    started = port.monotonic()
    response = await respond(endpoint, port, request)
    port.counters.record(endpoint.path, response.status, port.monotonic() - started)
    return response


async def respond(endpoint: Endpoint, port: WorkerPort, request: ApiRequest) -> HttpResponse:
    """Respond to a request at `endpoint`."""
    if request.method == HttpMethod.OPTIONS:
        return HttpResponse.of(204, PREFLIGHT)
    try:
        if isinstance(endpoint.handler, Streaming):
            response = _opened(endpoint, endpoint.handler, port, request)
        else:
            response = await _answer(endpoint, endpoint.handler, port, request)
    except Refused as refused:
        response = _problem(refused, port, request)
    except Exception as error:  # noqa: BLE001  the outermost boundary: a bug is a problem, too
        response = _mistake(error, port, request)
    return response.without_body() if request.method == HttpMethod.HEAD else response


def _opened(
    endpoint: Endpoint, streaming: Streaming, port: WorkerPort, request: ApiRequest
) -> HttpResponse:
    """Open the stream, which nothing on the way may keep or change. Raises `Refused`."""
    now = port.clock()
    query = read(endpoint.query, request.query, request.path_params, now)
    headers = (
        ("content-type", endpoint.media_type),
        ("cache-control", "no-store, no-transform"),
        ("x-accel-buffering", "no"),
        ("x-request-id", _request_id(port, request)),
    )
    return StreamedResponse.with_stream(headers, streaming.open(port, query, request, now))


async def _answer(
    endpoint: Endpoint, handler: Handler, port: WorkerPort, request: ApiRequest
) -> HttpResponse:
    """Answer from one snapshot (protocol rule 16). Raises `Refused`.

    What was replaced or has run out while a thread was at work is answered anew: a shared cache
    would keep it after the purge. If that goes on, nobody may keep it.
    """
    if _is_too_long(request):
        raise _too_long()
    for _ in range(ATTEMPTS):
        cache = port.current.cache
        query, answer = await _rendered(endpoint, handler, port, cache, request)
        now = port.clock()
        if cache is port.current.cache and now < answer.valid_until:
            break
    else:
        answer = dataclasses.replace(answer, policy="no-store")
    if endpoint.headers:
        answer = dataclasses.replace(answer, headers=(*answer.headers, *endpoint.headers))
    is_kept = answer.policy != "no-store" and query.kept
    if is_kept and is_canonical(query, endpoint.path, request.path, request.query):
        key = (request.path, request.query.decode("latin-1"))
        responses = responses_with(answer, endpoint.path, now)
        cache.answers(query).keep_response(query, key, responses)
    return _representation(answer, now, port, request)


def _is_too_long(request: ApiRequest) -> bool:
    return len(request.path) + len(request.query) > MAX_URI


def _too_long() -> Refused:
    """Return a new problem each time: one that is raised again holds every request that it met."""
    detail = f"Path and query string have more than {MAX_URI} characters."
    return Refused("uri-too-long", detail)


async def _rendered(
    endpoint: Endpoint,
    handler: Handler,
    port: WorkerPort,
    cache: ResponseCache,
    request: ApiRequest,
) -> tuple[Query, RenderedAnswer]:
    """Return the query and its answer, compressed if the client takes that."""
    now = port.clock()
    query = read(endpoint.query, request.query, request.path_params, _latest(cache, now))
    answer = await handler(port, cache, query, now)
    if answer.gzipped is None and _takes_gzip(answer, request):
        compressing = partial(compress, answer)
        answer = await port.run_in_thread(compressing) if answer.is_large else compressing()
        cache.answers(query).keep(query, answer)
    return query, answer


def _latest(cache: ResponseCache, now: datetime) -> datetime:
    """Return the instant after which all is the future: an answer's own `recorded_at` never is."""
    return now if cache.snapshot is None else max(now, cache.snapshot.head.recorded_at)


def _representation(
    answer: RenderedAnswer, now: datetime, port: WorkerPort, request: ApiRequest
) -> HttpResponse:
    """Return what this client gets of the answer: compressed or plain, whole or 304."""
    compressed = _takes_gzip(answer, request)
    if answer.policy == "no-store":
        request_id = _request_id(port, request)
        return full_response(answer, now, compressed=compressed, request_id=request_id)
    if if_none_match_matches(_header(request, "if-none-match"), answer.etag(compressed=compressed)):
        return not_modified(answer, now, compressed=compressed)
    return full_response(answer, now, compressed=compressed)


def _takes_gzip(answer: RenderedAnswer, request: ApiRequest) -> bool:
    return answer.compressible and accepts_gzip(_header(request, "accept-encoding"))


def _header(request: ApiRequest, name: str) -> str:
    """Return the values of a header joined by commas; empty without any."""
    return ", ".join(request.values(name))


def _request_id(port: WorkerPort, request: ApiRequest) -> str:
    """Return the client's request id if it is valid, else a new one."""
    sent = next(iter(request.values("x-request-id")), "")
    return sent if REQUEST_ID.fullmatch(sent) else port.new_request_id()


def _problem(refused: Refused, port: WorkerPort, request: ApiRequest) -> HttpResponse:
    """Return the problem document, as a `no-store` response unless it says otherwise."""
    instance = quote(request.path[:MAX_INSTANCE], safe=SAFE_IN_PATH)
    body = msgspec.json.encode(refused.document(instance))
    headers = [
        ("content-type", PROBLEM_JSON),
        ("content-length", str(len(body))),
        *_problem_caching(refused, port, request),
    ]
    if refused.retry_after is not None:
        headers.append(("retry-after", str(refused.retry_after)))
    return HttpResponse.of(refused.status, headers, body)


def _mistake(error: Exception, port: WorkerPort, request: ApiRequest) -> HttpResponse:
    """Return the problem of a bug; its request id stands beside the traceback in the log."""
    response = _problem(MISTAKE, port, request)
    request_id = dict(response.headers)["x-request-id"]
    log.error("request_failed", request_id=request_id, exc_info=error)
    return response


def _problem_caching(refused: Refused, port: WorkerPort, request: ApiRequest) -> Headers:
    """Yield `Cache-Control`, and `X-Request-Id` where the response is this client's alone."""
    seconds = 0
    if refused.shared_until is not None:
        left = int((refused.shared_until - port.clock()).total_seconds())
        seconds = min(MAX_PROBLEM_SECONDS, left)
    if seconds > 0:
        yield "cache-control", f"public, max-age=0, must-revalidate, s-maxage={seconds}"
    else:
        yield "cache-control", "no-store"
        yield "x-request-id", _request_id(port, request)


def _request(scope: Any) -> ApiRequest:
    """Return the request of an ASGI scope."""

    def values(name: str) -> Sequence[str]:
        wanted = name.encode()
        return [text.decode("latin-1") for known, text in scope["headers"] if known == wanted]

    in_path = scope.get("path_params", {})
    return ApiRequest(str(scope["method"]), scope["path"], scope["query_string"], in_path, values)


def host_middleware(app: ASGIApp, port: WorkerPort) -> ASGIApp:
    """Return `app` for requests with at most one `Host`, a well-formed one; others are refused.

    The router would take a doubled one, and fail at some malformed ones.
    """

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == HTTP:
            scope.setdefault("state", {})[STARTED] = port.monotonic()
        if scope["type"] != HTTP or _has_valid_host(scope):
            await app(scope, receive, send)
            return
        response = _unrouted(_problem(BAD_HOST, port, _request(scope)), port, scope)
        await response(scope, receive, send)

    return middleware


def canonical_path_middleware(
    app: ASGIApp, endpoints: Sequence[Endpoint], port: WorkerPort
) -> ASGIApp:
    """Return `app` for paths in their one spelling; another one of an endpoint's is a 308 to it.

    A cache would keep each spelling for itself, and a purge reaches the one alone. Browsers follow
    no redirect of a preflight: OPTIONS, like what is refused, is left to `app`.
    """
    patterns = {endpoint.path: _pattern(endpoint.path) for endpoint in endpoints}

    async def middleware(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] == HTTP and scope["method"] in REDIRECTED and _is_odd(scope):
            path = "/" + "/".join(filter(None, scope["path"].split("/")))
            for route, pattern in patterns.items():
                if pattern.fullmatch(path):
                    scope["path_template"] = route
                    response = _unrouted(_moved(path, scope["query_string"]), port, scope, route)
                    await response(scope, receive, send)
                    return
        await app(scope, receive, send)

    return middleware


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)))


def _is_odd(scope: Any) -> bool:
    """Tell whether a path may be spelled otherwise: with a slash too many, or an escaped letter.

    A server that shows no path as it was sent, as Granian's over RSGI, hides escaped letters.
    """
    path, sent = scope["path"], (scope.get("raw_path") or b"").partition(b"?")[0]
    if len(path) + len(scope["query_string"]) > MAX_URI:
        return False
    return "//" in path or path[1:].endswith("/") or bool(ESCAPED_LETTER.search(sent))


def _moved(path: str, query: bytes) -> HttpResponse:
    """Return the redirect to a path of this host; without a rate, no purge must reach it."""
    location = quote(path, safe=SAFE_IN_PATH)
    if query:
        location += f"?{quote(query, safe=SAFE_IN_QUERY)}"
    headers = [("location", location), ("cache-control", MOVED_CACHING), ("content-length", "0")]
    return HttpResponse.of(308, headers)


def _has_valid_host(scope: Scope) -> bool:
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    return len(hosts) < 2 and all(map(is_well_formed, hosts))


def exception_handlers(port: WorkerPort) -> ExceptionHandlersMap:
    """Return the handlers that answer what meets no endpoint, and bugs, with problems."""

    def not_found(request: HttpRequest, _: Exception) -> Response[bytes]:
        is_too_long = _is_too_long(_request(request.scope))
        refused = _too_long() if is_too_long else _not_found(request)
        return _unrouted_problem(refused, port, request)

    def not_allowed(request: HttpRequest, error: MethodNotAllowedException) -> Response[bytes]:
        response = _unrouted_problem(NOT_ALLOWED, port, request)
        response.headers["allow"] = _sorted((error.headers or {}).get("allow", ""))
        return response

    def refused(request: HttpRequest, error: HTTPException) -> Response[bytes]:
        """Answer what the framework itself refuses: a fault of the client's, below 500."""
        if error.status_code >= 500:
            return mistake(request, error)
        return _unrouted_problem(BAD_REQUEST, port, request)

    def mistake(request: HttpRequest, error: Exception) -> Response[bytes]:
        response = _mistake(error, port, _request(request.scope))
        return _litestar_response(_unrouted(response, port, request.scope))

    return {
        NotFoundException: not_found,
        MethodNotAllowedException: not_allowed,
        HTTPException: refused,
        Exception: mistake,
    }


def _not_found(request: HttpRequest) -> Refused:
    """Return the problem of a path that is none; one that lacks its end is told how it goes on."""
    begun = f"{request.scope['path'].rstrip('/')}/{{"
    for route in request.app.routes:
        if route.path_format.startswith(begun):
            detail = f"Nothing is served at this path: ask `{route.path_format}`."
            return Refused("not-found", detail, links=LINKS)
    return NOT_FOUND


def _unrouted_problem(refused: Refused, port: WorkerPort, request: HttpRequest) -> Response[bytes]:
    response = _problem(refused, port, _request(request.scope))
    return _litestar_response(_unrouted(response, port, request.scope))


def _unrouted(
    response: HttpResponse, port: WorkerPort, scope: Scope, route: str = UNKNOWN
) -> HttpResponse:
    """Count a response to a request that has met no endpoint."""
    now = port.monotonic()
    started = scope["state"].get(STARTED, now)
    port.counters.record(route, response.status, now - started)
    return response


def _litestar_response(response: HttpResponse) -> Response[bytes]:
    headers = dict(response.headers)
    return Response(response.content, headers=headers, status_code=response.status)


def _sorted(methods: str) -> str:
    """Sort what the router keeps in a set, so that all workers answer alike."""
    return ", ".join(sorted(methods.split(", ")))
