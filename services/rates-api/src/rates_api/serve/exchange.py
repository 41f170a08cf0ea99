"""One exchange with a client: from the request's parts to status, headers and body.

The only place that turns `Refused` into a problem document and knows about CORS, `X-Request-Id`,
conditional and compressed answers. Called by `routes`; awaits nothing.
"""

import dataclasses
import re
from collections.abc import Mapping
from datetime import datetime

import msgspec

from rates_api.serve.caching import has_it, takes_gzip
from rates_api.serve.endpoint import Endpoint
from rates_api.serve.port import WorkerPort
from rates_api.serve.problems import RETRY_AFTER, Refused
from rates_api.serve.rendered import Rendered

Headers = tuple[tuple[str, str], ...]

METHODS = "GET, HEAD, OPTIONS"
PROBLEM_JSON = "application/problem+json"
REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
CORS: Headers = (
    ("access-control-allow-origin", "*"),
    ("access-control-expose-headers", "ETag, Retry-After, X-Request-Id"),
)
PREFLIGHT: Headers = (
    ("allow", METHODS),
    ("access-control-allow-methods", METHODS),
    ("access-control-allow-headers", "If-None-Match, traceparent, X-Request-Id"),
    ("access-control-max-age", "86400"),
)


@dataclasses.dataclass(frozen=True)
class Incoming:
    """What an answer depends on; `instance` is the escaped path, headers are empty if absent."""

    instance: str
    path: Mapping[str, str]
    raw_query: bytes
    if_none_match: str = ""
    accept_encoding: str = ""
    request_id: str = ""


@dataclasses.dataclass(frozen=True)
class Outgoing:
    """What leaves; for HEAD all but the body."""

    status: int
    headers: Headers
    body: bytes = b""


def exchange(endpoint: Endpoint, port: WorkerPort, incoming: Incoming) -> Outgoing:
    """Answer a GET or HEAD request at `endpoint`."""
    now = port.clock()
    try:
        query = endpoint.reader.read(incoming.raw_query, incoming.path, now)
        rendered = endpoint.produce(port, query, now)
    except Refused as refused:
        return problem(refused, incoming.instance, request_id(incoming.request_id, port))
    return _outgoing(rendered, incoming, port, now)


def preflight() -> Outgoing:
    """Answer OPTIONS."""
    return Outgoing(204, (*CORS, *PREFLIGHT))


def problem(refused: Refused, instance: str, request_id: str) -> Outgoing:
    """Return the problem document, which nobody may keep."""
    body = msgspec.json.encode(refused.document(instance))
    headers = [
        ("content-type", PROBLEM_JSON),
        ("content-length", str(len(body))),
        ("cache-control", "no-store"),
        ("x-request-id", request_id),
    ]
    if refused.retry_after is not None:
        headers.append(("retry-after", str(refused.retry_after)))
    return Outgoing(refused.status, (*CORS, *headers), body)


def request_id(sent: str, port: WorkerPort) -> str:
    """Return the client's id where it is one, else a fresh one."""
    return sent if REQUEST_ID.fullmatch(sent) else port.new_request_id()


def _outgoing(rendered: Rendered, incoming: Incoming, port: WorkerPort, now: datetime) -> Outgoing:
    gzipped = rendered.gzipped if takes_gzip(incoming.accept_encoding) else None
    variant = gzipped or rendered.plain
    headers = [*CORS, ("cache-control", rendered.lifetime.cache_control(now))]
    if rendered.gzipped is not None:
        headers.append(("vary", "Accept-Encoding"))
    if rendered.lifetime.policy == "no-store":
        headers.append(("x-request-id", request_id(incoming.request_id, port)))
    else:
        headers.append(("etag", variant.etag))
        if has_it(incoming.if_none_match, variant.etag):
            return Outgoing(304, tuple(headers))
    headers += [("content-type", rendered.media_type), ("content-length", str(len(variant.body)))]
    if gzipped is not None:
        headers.append(("content-encoding", "gzip"))
    if rendered.status == 503:
        headers.append(("retry-after", str(RETRY_AFTER)))
    return Outgoing(rendered.status, tuple(headers), variant.body)
