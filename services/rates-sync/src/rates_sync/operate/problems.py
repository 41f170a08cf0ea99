"""Errors as RFC 9457 problem documents (rule R10), for the internal port.

A problem never contains a secret or a traceback; tracebacks are logged.
"""

from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from rates_sync.errors import (
    AlreadyClosed,
    BadToken,
    BreakerOpen,
    ClockWrong,
    FixAwaited,
    HasFix,
    LeaseLost,
    NotDeclared,
    NothingToDecide,
    QuotaExhausted,
    RatesSyncError,
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
    ClockWrong: (503, "clock-wrong"),
    AlreadyClosed: (409, "already-closed"),
    HasFix: (409, "has-a-fix"),
    NotDeclared: (409, "not-declared"),
    NothingToDecide: (404, "nothing-to-decide"),
    Undecidable: (409, "undecidable"),
}
"""Status and code of each expected error; the first match counts."""

TITLES = {
    400: "Bad request",
    401: "Not authorized",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    422: "Invalid parameters",
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


def _answer(request: Request[Any, Any, Any], problem: Problem) -> Response[dict[str, Any]]:
    headers = {"Cache-Control": "no-store", **problem.headers}
    if problem.status == 503:
        headers.setdefault("Retry-After", "5")
    return Response(
        document(problem, request.url.path),
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
    log.error("request_failed", path=request.url.path, exc_info=error)
    return _answer(request, Problem(500, "internal-error", "This is a fault of ours, and logged."))


EXCEPTION_HANDLERS: Any = {
    Problem: _answer,
    RatesSyncError: _on_expected,
    HTTPException: _on_http,
    Exception: _on_bug,
}
