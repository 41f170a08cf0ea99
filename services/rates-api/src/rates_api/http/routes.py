"""A Litestar handler for each endpoint: from the request to the response, problems included.

The only place that turns `Refused` into a problem document and chooses between compressed, plain
and 304. Nothing is awaited (rule R6).
"""

import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

import msgspec
import structlog
from litestar import HttpMethod, Request, Response
from litestar.datastructures import State
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ExceptionHandlersMap

from rates_api.http.endpoint import Endpoint
from rates_api.http.parameters import is_canonical, read
from rates_api.http.port import WorkerPort
from rates_api.http.problems import Refused
from rates_api.http.response import (
    PROBLEM_JSON,
    Headers,
    HttpResponse,
    RenderedAnswer,
    accepts_gzip,
    full_response,
    if_none_match_matches,
    not_modified,
)
from rates_api.http.response_cache import responses_with

HttpRequest = Request[object, object, State]

log = structlog.get_logger(__name__)

UNKNOWN = "unknown"
"""The route under which requests that match no endpoint are counted."""
NOT_FOUND = Refused("not-found", "Nothing is served at this path.", links={"api": "/api/v1"})
NOT_ALLOWED = Refused("method-not-allowed", "`Allow` names the methods of this path.")
MISTAKE = Refused("internal-error", "The request could not be answered.")
MAX_PROBLEM_SECONDS = 5
"""The longest `s-maxage` of a problem: within it many ask for the FIX that is just due."""
METHODS = "GET, HEAD, OPTIONS"
REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
SAFE_IN_PATH = "/:@!$&'()*+,;="
PREFLIGHT: Headers = (
    ("allow", METHODS),
    ("access-control-allow-methods", METHODS),
    ("access-control-allow-headers", "If-None-Match, traceparent, X-Request-Id"),
    ("access-control-max-age", "86400"),
)


def route_handlers(endpoints: Sequence[Endpoint], port: WorkerPort) -> list[HTTPRouteHandler]:
    """Return the handlers of `endpoints`."""
    return [_route_handler(endpoint, port) for endpoint in endpoints]


def _route_handler(endpoint: Endpoint, port: WorkerPort) -> HTTPRouteHandler:
    async def handle(request: HttpRequest) -> HttpResponse:
        started = port.monotonic()
        status = 500
        try:
            response = respond(endpoint, port, request)
            status = response.status
            return response
        finally:
            port.counters.record(endpoint.path, status, port.monotonic() - started)

    path = re.sub(r"\{(\w+)\}", r"{\1:str}", endpoint.path)
    methods = [HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS]
    return HTTPRouteHandler(path, http_method=methods, name=endpoint.name)(handle)


def respond(endpoint: Endpoint, port: WorkerPort, request: HttpRequest) -> HttpResponse:
    """Respond to a request at `endpoint`."""
    if request.method == HttpMethod.OPTIONS:
        return HttpResponse.of(204, PREFLIGHT)
    try:
        response = _answer(endpoint, port, request)
    except Refused as refused:
        response = _problem(refused, port, request)
    return response.without_body() if request.method == HttpMethod.HEAD else response


def _answer(endpoint: Endpoint, port: WorkerPort, request: HttpRequest) -> HttpResponse:
    """Answer from one snapshot (protocol rule 16). Raises `Refused`."""
    now, cache = port.clock(), port.current.cache
    path, raw_query = request.scope["path"], request.scope["query_string"]
    query = read(endpoint.query, raw_query, request.path_params, now)
    answer = endpoint.handler(port, cache, query, now)
    if answer.policy != "no-store" and is_canonical(query, endpoint.path, path, raw_query):
        response = responses_with(answer, endpoint.path, now)
        cache.answers(query).keep_response(query, (path, raw_query), response)
    return _representation(answer, now, port, request)


def _representation(
    answer: RenderedAnswer, now: datetime, port: WorkerPort, request: HttpRequest
) -> HttpResponse:
    """Return what this client gets of the answer: compressed or plain, whole or 304."""
    compressed = answer.gzipped is not None and accepts_gzip(_header(request, "accept-encoding"))
    if answer.policy == "no-store":
        request_id = _request_id(port, request)
        return full_response(answer, now, compressed=compressed, request_id=request_id)
    if if_none_match_matches(_header(request, "if-none-match"), answer.etag(compressed=compressed)):
        return not_modified(answer, now, compressed=compressed)
    return full_response(answer, now, compressed=compressed)


def _header(request: HttpRequest, name: str) -> str:
    """Return the values of a header joined by commas; empty without any."""
    return ", ".join(request.headers.getall(name, []))


def _request_id(port: WorkerPort, request: HttpRequest) -> str:
    """Return the client's request id if it is valid, else a new one."""
    sent = request.headers.get("x-request-id", "")
    return sent if REQUEST_ID.fullmatch(sent) else port.new_request_id()


def _problem(refused: Refused, port: WorkerPort, request: HttpRequest) -> HttpResponse:
    """Return the problem document, as a `no-store` response unless it says otherwise."""
    instance = quote(request.scope["path"], safe=SAFE_IN_PATH)
    body = msgspec.json.encode(refused.document(instance))
    headers = [
        ("content-type", PROBLEM_JSON),
        ("content-length", str(len(body))),
        *_problem_caching(refused, port, request),
    ]
    if refused.retry_after is not None:
        headers.append(("retry-after", str(refused.retry_after)))
    return HttpResponse.of(refused.status, headers, body)


def _problem_caching(refused: Refused, port: WorkerPort, request: HttpRequest) -> Headers:
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


def exception_handlers(port: WorkerPort) -> ExceptionHandlersMap:
    """Return the handlers that answer unknown paths, wrong methods and bugs with problems."""

    def not_found(request: HttpRequest, _: Exception) -> Response[bytes]:
        port.counters.record(UNKNOWN, NOT_FOUND.status, 0.0)
        return _litestar_response(_problem(NOT_FOUND, port, request))

    def not_allowed(request: HttpRequest, error: MethodNotAllowedException) -> Response[bytes]:
        port.counters.record(UNKNOWN, NOT_ALLOWED.status, 0.0)
        response = _litestar_response(_problem(NOT_ALLOWED, port, request))
        response.headers["allow"] = _sorted((error.headers or {}).get("allow", ""))
        return response

    def mistake(request: HttpRequest, error: Exception) -> Response[bytes]:
        log.error("request_failed", exc_info=error)
        return _litestar_response(_problem(MISTAKE, port, request))

    return {
        NotFoundException: not_found,
        MethodNotAllowedException: not_allowed,
        Exception: mistake,
    }


def _litestar_response(response: HttpResponse) -> Response[bytes]:
    headers = {name.decode(): value.decode() for name, value in response.start["headers"]}
    return Response(response.body["body"], headers=headers, status_code=response.status)


def _sorted(methods: str) -> str:
    """Sort what the router keeps in a set, so that all workers answer alike."""
    return ", ".join(sorted(methods.split(", ")))
