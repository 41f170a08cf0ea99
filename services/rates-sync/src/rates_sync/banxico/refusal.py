"""Reads what an answer without data means: the error to raise.

First the statuses that decide alone, then Banxico's error node, then headers and status. Banxico
answers most errors with 400: by status alone a rate limit would look like a bad token. Its front
end reports outages as HTML, sometimes with status 200.
"""

import re

import msgspec

from rates_sync.banxico.headers import AnswerHeaders
from rates_sync.errors import (
    BadToken,
    FailureKind,
    UpstreamError,
    UpstreamFailure,
    UpstreamRateLimited,
)

LIMIT = re.compile("l.mite", re.IGNORECASE)
"""Banxico's word for it; its accent may have come as a bad byte."""
NULL = msgspec.Raw(b"null")
DEFAULT_WAIT = 60
"""Seconds to wait after a rate limit that names none."""


class ErrorNode(msgspec.Struct):
    """Banxico's `error`: `mensaje` in Spanish, the other two only for a rate limit.

    They stay JSON until they are asked for: anything may stand there.
    """

    mensaje: msgspec.Raw = NULL
    secondsToReset: msgspec.Raw = NULL  # noqa: N815  the wire's name
    timeReset: msgspec.Raw = NULL  # noqa: N815

    @property
    def message(self) -> str:
        """The text of `mensaje`, empty if it is none."""
        return _text(self.mensaje)

    @property
    def is_rate_limit(self) -> bool:
        """Tell whether a field or the message speaks of the limit."""
        named = self.secondsToReset != NULL or self.timeReset != NULL
        return named or LIMIT.search(self.message) is not None

    def wait(self, headers: AnswerHeaders) -> int | None:
        """Return the seconds that its fields ask to wait, None if they don't say."""
        return headers.wait(_number(self.secondsToReset), _number(self.timeReset))


def refusal_of(
    text: str, node: ErrorNode | None, *, status: int, headers: AnswerHeaders
) -> UpstreamError:
    """Return the error that an answer without data means; `node` is its error node, if any."""
    if status >= 500:
        # Whatever it says: a "token" or a limit in an outage's page is not Banxico's word.
        return UpstreamFailure(
            f"status {status}", kind="server_error", retry_after=headers.retry_after
        )
    if 300 <= status < 400:
        # Never followed: a redirect to an outage page must not look like a day without data.
        return UpstreamFailure(f"a redirect ({status})", kind="redirect")
    if node is None:
        return _of_status(text, status, headers)
    return _of_node(node, status, headers)


def refusal_unread(status: int, headers: AnswerHeaders) -> UpstreamError | None:
    """Return the error that an answer means whose body can't be read (protocol rule 34).

    None where status and headers leave it to the body: data, or a refusal that its words explain.
    """
    decides = status >= 500 or 300 <= status < 400 or status == 429 or headers.asks_to_wait
    return refusal_of("", None, status=status, headers=headers) if decides else None


def _of_node(node: ErrorNode, status: int, headers: AnswerHeaders) -> UpstreamError:
    message = node.message
    if status == 429 or node.is_rate_limit or headers.is_rate_limit:
        return _rate_limited(node.wait(headers), headers)
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


def _text(raw: msgspec.Raw) -> str:
    try:
        return msgspec.json.decode(raw, type=str)
    except (ValueError, RecursionError):
        return ""


def _number(raw: msgspec.Raw) -> str:
    """Return the digits of a number, or of a text."""
    return bytes(raw).decode(errors="replace").strip('"')
