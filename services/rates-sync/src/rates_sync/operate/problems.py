"""Errors as RFC 9457 problem documents (rule R10), for the internal port.

A problem never contains a secret or a traceback; tracebacks are logged.
"""

import uuid
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Receive, Scope, Send

from rates_contracts.host_header import is_internal
from rates_sync.errors import (
    AlreadyClosed,
    BadToken,
    BreakerOpen,
    ClockWrong,
    FixAwaited,
    HasFix,
    LeaseLost,
    NotDeclared,
    NotFinal,
    NothingToDecide,
    QuotaExhausted,
    RatesSyncError,
    StoreRefused,
    StoreUnavailable,
    Undecidable,
    UpstreamError,
    UpstreamRateLimited,
)

log = structlog.get_logger(__name__)

PROBLEM_JSON = "application/problem+json"

CODES: dict[type[RatesSyncError], tuple[int, str]] = {
    BreakerOpen: (503, "breaker-open"),
    FixAwaited: (503, "fix-awaited"),
    QuotaExhausted: (503, "quota-exhausted"),
    UpstreamRateLimited: (503, "rate-limited"),
    BadToken: (502, "bad-token"),
    UpstreamError: (502, "upstream-failed"),
    LeaseLost: (409, "not-the-leader"),
    StoreUnavailable: (503, "database-unavailable"),
    StoreRefused: (500, "database-refused"),
    ClockWrong: (503, "clock-wrong"),
    AlreadyClosed: (409, "already-closed"),
    HasFix: (409, "has-a-fix"),
    NotDeclared: (409, "not-declared"),
    NothingToDecide: (404, "nothing-to-decide"),
    Undecidable: (409, "undecidable"),
    NotFinal: (409, "not-final"),
}
"""Status and code of each expected error; the first match counts."""

TITLES = {
    400: "Bad request",
    401: "Not authorized",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    421: "Misdirected request",
    422: "Invalid parameters",
    429: "Too many refusals",
    500: "Internal error",
    502: "Banxico failed",
    503: "Unavailable",
}


class Problem(Exception):
    """A problem to answer with; `errors` lists bad parameters."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.errors, self.headers = errors, headers or {}


def problem_of(error: RatesSyncError) -> Problem:
    """Return the problem that answers an expected error."""
    for kind, (status, code) in CODES.items():
        if isinstance(error, kind):
            return Problem(status, code, str(error))
    return Problem(500, "unexpected", type(error).__name__)


def document(problem: Problem, instance: str) -> dict[str, Any]:
    """Return the problem document."""
    content: dict[str, Any] = {
        "type": f"/problems/{problem.code}",
        "title": TITLES.get(problem.status, "Error"),
        "status": problem.status,
        "detail": problem.detail,
        "instance": instance,
        "code": problem.code,
    }
    return content if problem.errors is None else {**content, "errors": problem.errors}


def internal_only(app: ASGIApp) -> ASGIApp:
    """Return `app` for requests whose `Host` can name an internal port.

    Others come from a page in somebody's browser (`rates_contracts.host_header`), or are malformed.
    """

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and not _is_for_us(scope):
            detail = "`Host` is one address, or one name of the internal network."
            body = document(Problem(421, "misdirected", detail), scope["path"])
            response = ASGIResponse(
                body=msgspec.json.encode(body), status_code=421, media_type=PROBLEM_JSON
            )
            await response(scope, receive, send)
            return
        await app(scope, receive, send)

    return middleware


def _is_for_us(scope: Scope) -> bool:
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    return len(hosts) < 2 and all(map(is_internal, hosts))


def _answer(request: Request[Any, Any, Any], problem: Problem) -> Response[dict[str, Any]]:
    headers = {"Cache-Control": "no-store", **problem.headers}
    if problem.status == 503:
        headers.setdefault("Retry-After", "5")
    return Response(
        document(problem, request.scope["path"]),
        status_code=problem.status,
        media_type=PROBLEM_JSON,
        headers=headers,
    )


def _on_expected(
    request: Request[Any, Any, Any], error: RatesSyncError
) -> Response[dict[str, Any]]:
    return _answer(request, problem_of(error))


def _on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    code = TITLES.get(error.status_code, "error").lower().replace(" ", "-")
    problem = Problem(
        error.status_code, code, error.detail or code, headers=dict(error.headers or {})
    )
    return _answer(request, problem)


def _on_bug(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    request_id = uuid.uuid4().hex
    log.error("request_failed", path=request.scope["path"], request_id=request_id, exc_info=error)
    detail = "This is a fault of ours, and logged under the `X-Request-Id` of this answer."
    headers = {"X-Request-Id": request_id}
    return _answer(request, Problem(500, "internal-error", detail, headers=headers))


EXCEPTION_HANDLERS: Any = {
    Problem: _answer,
    RatesSyncError: _on_expected,
    HTTPException: _on_http,
    Exception: _on_bug,
}
