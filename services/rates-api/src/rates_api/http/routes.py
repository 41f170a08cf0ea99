"""Hands the exchange to Litestar: a handler for each endpoint, and problems for what it raises.

`app.create_app` mounts `route_handlers(port)` and `exception_handlers(port)`. These handlers are
the only place where an answer leaves. Nothing is decided here.
"""

import re
from typing import Any

import structlog
from litestar import HttpMethod, Request, Response
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse
from litestar.types import ExceptionHandlersMap

from rates_api.endpoints import ENDPOINTS
from rates_api.http.endpoint import Endpoint
from rates_api.http.exchange import Incoming, exchange, instance, preflight, problem
from rates_api.http.exchange import request_id as id_of
from rates_api.http.port import WorkerPort
from rates_api.http.problems import Refused
from rates_api.http.response import Outgoing

AnyRequest = Request[Any, Any, Any]

log = structlog.get_logger(__name__)

UNKNOWN = "unknown"
"""The route under which requests are counted that none of the endpoints took."""
NOT_FOUND = Refused("not-found", "Nothing is served at this path.", links={"api": "/api/v1"})
NOT_ALLOWED = Refused("method-not-allowed", "`Allow` names the methods of this path.")
MISTAKE = Refused("internal-error", "The request could not be answered.")


def route_handlers(port: WorkerPort) -> list[HTTPRouteHandler]:
    """Return the handlers of every endpoint."""
    return [_handler(endpoint, port) for endpoint in ENDPOINTS]


def exception_handlers(port: WorkerPort) -> ExceptionHandlersMap:
    """Return what answers unknown paths, wrong methods and our own mistakes, with problems."""

    def not_found(request: AnyRequest, _: Exception) -> Response[bytes]:
        port.metrics.answered(UNKNOWN, NOT_FOUND.status, 0.0)
        return _problem(NOT_FOUND, port, request)

    def not_allowed(request: AnyRequest, error: MethodNotAllowedException) -> Response[bytes]:
        port.metrics.answered(UNKNOWN, NOT_ALLOWED.status, 0.0)
        response = _problem(NOT_ALLOWED, port, request)
        response.headers["allow"] = _sorted((error.headers or {}).get("allow", ""))
        return response

    def mistaken(request: AnyRequest, error: Exception) -> Response[bytes]:
        log.error("request_failed", exc_info=error)
        return _problem(MISTAKE, port, request)

    return {
        NotFoundException: not_found,
        MethodNotAllowedException: not_allowed,
        Exception: mistaken,
    }


def _sorted(methods: str) -> str:
    """Order what the router lists, which it keeps in a set: each worker says the same."""
    return ", ".join(sorted(methods.split(", ")))


def _handler(endpoint: Endpoint, port: WorkerPort) -> HTTPRouteHandler:
    async def handle(request: AnyRequest) -> ASGIResponse:
        started = port.monotonic()
        status = 500
        try:
            outgoing = _answer(endpoint, port, request)
            status = outgoing.status
            return _response(outgoing, request)
        finally:
            port.metrics.answered(endpoint.path, status, port.monotonic() - started)

    path = re.sub(r"\{(\w+)\}", r"{\1:str}", endpoint.path)
    methods = [HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS]
    return HTTPRouteHandler(path, http_method=methods, name=endpoint.name)(handle)


def _answer(endpoint: Endpoint, port: WorkerPort, request: AnyRequest) -> Outgoing:
    if request.method == HttpMethod.OPTIONS:
        return preflight()
    return exchange(endpoint, port, _incoming(request))


def _incoming(request: AnyRequest) -> Incoming:
    headers = request.headers
    return Incoming(
        path=request.scope["path"],
        in_path=request.path_params,
        raw_query=request.scope["query_string"],
        if_none_match=", ".join(headers.getall("if-none-match", [])),
        accept_encoding=", ".join(headers.getall("accept-encoding", [])),
        request_id=headers.get("x-request-id", ""),
    )


def _response(outgoing: Outgoing, request: AnyRequest) -> ASGIResponse:
    without_body = request.method == HttpMethod.HEAD
    return ASGIResponse(
        body=b"" if without_body else outgoing.body,
        headers=outgoing.headers,
        status_code=outgoing.status,
        is_head_response=without_body,
    )


def _problem(refused: Refused, port: WorkerPort, request: AnyRequest) -> Response[bytes]:
    sent = request.headers.get("x-request-id", "")
    outgoing = problem(refused, instance(request.scope["path"]), id_of(sent, port))
    return Response(outgoing.body, headers=dict(outgoing.headers), status_code=outgoing.status)
