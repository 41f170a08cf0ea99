"""Reads Banxico's error node first, then the HTTP status.

Banxico answers most errors with 400: by status alone a rate limit would look like a bad token. Its
front end reports outages as HTML, sometimes with status 200. Returns the error to raise.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from rates_sync.errors import (
    BadToken,
    FailureKind,
    UpstreamError,
    UpstreamFailure,
    UpstreamRateLimited,
)

MIN_WAIT, DEFAULT_WAIT, MAX_WAIT = 1, 60, 86_400
"""Seconds. Banxico's limits are per minute, five minutes and day; the default if it names none."""
SECONDS = re.compile(r"[0-9]{1,9}")


class ErrorNode(msgspec.Struct):
    """Banxico's `error`: `mensaje` in Spanish, the other two only for a rate limit."""

    mensaje: str = ""
    secondsToReset: Any = None  # noqa: N815  the wire's name
    timeReset: Any = None  # noqa: N815


def of_node(node: ErrorNode, *, status: int, headers: Mapping[str, str]) -> UpstreamError:
    """Return the error that Banxico's error node means."""
    lowered = _lowered(headers)
    if _is_rate_limit(node, status, lowered):
        return _rate_limited(node.secondsToReset, lowered)
    if "token" in node.mensaje.casefold() or status == 401:
        return BadToken("Banxico refuses the token")
    kind: FailureKind = "server_error" if status >= 500 else "refused"
    return UpstreamFailure(f"{status}: {node.mensaje[:120]}", kind=kind)


def of_status(body: bytes, *, status: int, headers: Mapping[str, str]) -> UpstreamError:
    """Return the error for an answer without Banxico's JSON, by its status."""
    if status == 429:
        return _rate_limited(None, _lowered(headers))
    if 300 <= status < 400:
        # Never followed: a redirect to an outage page must not look like a day without data.
        return UpstreamFailure(f"a redirect ({status})", kind="redirect")
    if status >= 500:
        return UpstreamFailure(f"status {status}", kind="server_error")
    if body.lstrip()[:1] == b"<":
        # Also for 401 and 403: the front end's HTML means nothing for the token.
        return UpstreamFailure(f"HTML with status {status}", kind="html")
    if status in {401, 403}:
        return BadToken(f"Banxico answered {status}")
    unknown: FailureKind = "refused" if status >= 400 else "malformed"
    return UpstreamFailure(f"status {status}, not an answer of the SIE API", kind=unknown)


def _is_rate_limit(node: ErrorNode, status: int, headers: Mapping[str, str]) -> bool:
    return (
        status == 429
        or node.secondsToReset is not None
        or node.timeReset is not None
        or "bmx-secondstoreset" in headers
        or "límite" in node.mensaje.casefold()
    )


def _rate_limited(in_body: Any, headers: Mapping[str, str]) -> UpstreamRateLimited:
    hints = (in_body, headers.get("bmx-secondstoreset"), headers.get("retry-after"))
    known = [int(str(hint)) for hint in hints if SECONDS.fullmatch(str(hint))]
    seconds = known[0] if known else DEFAULT_WAIT
    return UpstreamRateLimited(min(max(seconds, MIN_WAIT), MAX_WAIT))


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
