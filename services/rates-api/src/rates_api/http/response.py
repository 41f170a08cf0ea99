"""What leaves: status, headers and body of a rendered answer, whole or as 304. Pure.

Made by `exchange` for one request, and by `finished` for all requests that ask alike, so that the
two can't differ.
"""

import dataclasses
from datetime import datetime

from rates_api.http.problems import RETRY_AFTER
from rates_api.http.response_cache import Rendered, Variant

Headers = tuple[tuple[str, str], ...]

CORS: Headers = (
    ("access-control-allow-origin", "*"),
    ("access-control-expose-headers", "ETag, Retry-After, X-Request-Id"),
)


@dataclasses.dataclass(frozen=True)
class Outgoing:
    """What leaves; for HEAD all but the body."""

    status: int
    headers: Headers
    body: bytes = b""


def whole(rendered: Rendered, variant: Variant, now: datetime, request_id: str = "") -> Outgoing:
    """Return `variant` of the answer as it leaves at `now`; `request_id` where nobody keeps it."""
    headers = [
        *_common(rendered, variant, now, request_id),
        ("content-type", rendered.media_type),
        ("content-length", str(len(variant.body))),
    ]
    if variant is rendered.gzipped:
        headers.append(("content-encoding", "gzip"))
    if rendered.status == 503:
        headers.append(("retry-after", str(RETRY_AFTER)))
    return Outgoing(rendered.status, (*CORS, *headers), variant.body)


def not_modified(rendered: Rendered, variant: Variant, now: datetime) -> Outgoing:
    """Return what a client gets at `now` that has `variant` already."""
    return Outgoing(304, (*CORS, *_common(rendered, variant, now)))


def _common(
    rendered: Rendered, variant: Variant, now: datetime, request_id: str = ""
) -> list[tuple[str, str]]:
    """Return the headers that 200 and 304 share."""
    headers = [("cache-control", rendered.lifetime.cache_control(now))]
    if rendered.gzipped is not None:
        headers.append(("vary", "Accept-Encoding"))
    if rendered.lifetime.policy == "no-store":
        headers.append(("x-request-id", request_id))
    else:
        headers.append(("etag", variant.etag))
    return headers
