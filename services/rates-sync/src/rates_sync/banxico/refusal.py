"""What an answer without data means: Banxico's error node first, the status only after it.

Banxico answers most errors with 400, so the status alone would take a rate limit for a bad token;
its front end answers outages in HTML, also with 200. Raises nothing: it returns the error to raise.
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
"""Seconds. Banxico counts by the minute, by five and by the day; 60 when it does not say."""
SECONDS = re.compile(r"[0-9]{1,9}")


class ErrorNode(msgspec.Struct):
    """Banxico's `error`: `mensaje` in Spanish, the other two for a rate limit alone."""

    mensaje: str = ""
    secondsToReset: Any = None  # noqa: N815  the wire's name
    timeReset: Any = None  # noqa: N815


def of_node(node: ErrorNode, *, status: int, headers: Mapping[str, str]) -> UpstreamError:
    """Return what Banxico's own error says."""
    lowered = _lowered(headers)
    if _is_rate_limit(node, status, lowered):
        return _rate_limited(node.secondsToReset, lowered)
    if "token" in node.mensaje.casefold() or status == 401:
        return BadToken("Banxico refuses the token")
    kind: FailureKind = "server_error" if status >= 500 else "refused"
    return UpstreamFailure(f"{status}: {node.mensaje[:120]}", kind=kind)


def of_status(body: bytes, *, status: int, headers: Mapping[str, str]) -> UpstreamError:
    """Return what an answer without any node of Banxico's says by its status."""
    if status == 429:
        return _rate_limited(None, _lowered(headers))
    if 300 <= status < 400:
        # Never followed: a redirect to a page of an outage must not become an empty day.
        return UpstreamFailure(f"a redirect ({status})", kind="redirect")
    if status >= 500:
        return UpstreamFailure(f"status {status}", kind="server_error")
    if body.lstrip()[:1] == b"<":
        # Also for 401 and 403: a page of the front end's says nothing about the token.
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
