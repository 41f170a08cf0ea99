"""Reads what an answer without data means: the error to raise.

First the statuses that decide alone, then Banxico's error node, then headers and status. Banxico
answers most errors with 400: by status alone a rate limit would look like a bad token. Its front
end reports outages as HTML, sometimes with status 200.
"""

from typing import Any

import msgspec

from rates_sync.banxico.headers import AnswerHeaders, wait_of
from rates_sync.errors import (
    BadToken,
    FailureKind,
    UpstreamError,
    UpstreamFailure,
    UpstreamRateLimited,
)

DEFAULT_WAIT = 60
"""Seconds to wait after a rate limit that names none."""
MAX_OUTAGE_WAIT = 900
"""Seconds that an outage's page may ask to wait, or one at 11:50 could cost the day's FIX."""


class ErrorNode(msgspec.Struct):
    """Banxico's `error`: `mensaje` in Spanish, the other two only for a rate limit."""

    mensaje: Any = ""
    secondsToReset: Any = None  # noqa: N815  the wire's name
    timeReset: Any = None  # noqa: N815

    @property
    def is_rate_limit(self) -> bool:
        """Tell whether a field or the message speaks of the limit."""
        named = self.secondsToReset is not None or self.timeReset is not None
        return named or "límite" in str(self.mensaje).casefold()


def refusal_of(
    text: str, node: ErrorNode | None, *, status: int, headers: AnswerHeaders
) -> UpstreamError:
    """Return the error that an answer without data means; `node` is its error node, if any."""
    if status >= 500:
        # Whatever it says: a "token" or a limit in an outage's page is not Banxico's word.
        wait = headers.retry_after
        wait = None if wait is None else min(wait, MAX_OUTAGE_WAIT)
        return UpstreamFailure(f"status {status}", kind="server_error", retry_after=wait)
    if 300 <= status < 400:
        # Never followed: a redirect to an outage page must not look like a day without data.
        return UpstreamFailure(f"a redirect ({status})", kind="redirect")
    if node is None:
        return _of_status(text, status, headers)
    return _of_node(node, status, headers)


def _of_node(node: ErrorNode, status: int, headers: AnswerHeaders) -> UpstreamError:
    message = str(node.mensaje)
    if status == 429 or node.is_rate_limit or headers.is_rate_limit:
        return _rate_limited(wait_of(node.secondsToReset), headers)
    if "token" in message.casefold() or status == 401:
        return BadToken("Banxico refuses the token")
    if headers.asks_to_wait:
        return _rate_limited(None, headers)
    return UpstreamFailure(f"{status}: {message[:120]}", kind="refused")


def _of_status(text: str, status: int, headers: AnswerHeaders) -> UpstreamError:
    if status == 429 or headers.asks_to_wait:
        return _rate_limited(None, headers)
    if text.lstrip().startswith("<"):
        # Also for 401 and 403: the front end's HTML means nothing for the token.
        return UpstreamFailure(f"HTML with status {status}", kind="html")
    if status in {401, 403}:
        return BadToken(f"Banxico answered {status}")
    unknown: FailureKind = "refused" if status >= 400 else "malformed"
    return UpstreamFailure(f"status {status}, not an answer of the SIE API", kind=unknown)


def _rate_limited(in_body: int | None, headers: AnswerHeaders) -> UpstreamRateLimited:
    seconds = in_body or headers.seconds_to_reset or headers.retry_after
    return UpstreamRateLimited(seconds or DEFAULT_WAIT)
