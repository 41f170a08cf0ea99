"""One exchange with a client: from the request's parts to status, headers and body.

The only place that turns `Refused` into a problem document and chooses between compressed, plain
and 304. Called by `routes`; awaits nothing. What it makes of a request that many send alike is kept
finished for `front`.
"""

import dataclasses
import re
from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from rates_api.http.caching import has_it, takes_gzip
from rates_api.http.endpoint import Endpoint
from rates_api.http.finished import keep_finished
from rates_api.http.port import WorkerPort
from rates_api.http.problems import Refused
from rates_api.http.response import CORS, Headers, Outgoing, not_modified, whole

METHODS = "GET, HEAD, OPTIONS"
PROBLEM_JSON = "application/problem+json"
REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
SAFE_IN_PATH = "/:@!$&'()*+,;="
PREFLIGHT: Headers = (
    ("allow", METHODS),
    ("access-control-allow-methods", METHODS),
    ("access-control-allow-headers", "If-None-Match, traceparent, X-Request-Id"),
    ("access-control-max-age", "86400"),
)


@dataclasses.dataclass(frozen=True)
class Incoming:
    """What an answer depends on; `path` is unescaped, headers are empty if absent."""

    path: str
    in_path: Mapping[str, str]
    raw_query: bytes
    if_none_match: str = ""
    accept_encoding: str = ""
    request_id: str = ""


def exchange(endpoint: Endpoint, port: WorkerPort, incoming: Incoming) -> Outgoing:
    """Answer a GET or HEAD request at `endpoint`, out of one snapshot (protocol rule 16)."""
    now, snapshot = port.clock(), port.current.snapshot
    try:
        query = endpoint.reader.read(incoming.raw_query, incoming.in_path, now)
        rendered = endpoint.produce(port, snapshot, query, now)
    except Refused as refused:
        return problem(refused, instance(incoming.path), request_id(incoming.request_id, port))
    if snapshot is not None and endpoint.is_canonical(query, incoming.path, incoming.raw_query):
        spelling = (incoming.path, incoming.raw_query)
        keep_finished(snapshot, query, spelling, rendered, endpoint.path, now)
    gzipped = rendered.gzipped if takes_gzip(incoming.accept_encoding) else None
    variant = gzipped or rendered.plain
    if rendered.lifetime.policy == "no-store":
        return whole(rendered, variant, now, request_id(incoming.request_id, port))
    if has_it(incoming.if_none_match, variant.etag):
        return not_modified(rendered, variant, now)
    return whole(rendered, variant, now)


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


def instance(path: str) -> str:
    """Return what a problem document calls the request: its path, escaped."""
    return quote(path, safe=SAFE_IN_PATH)


def request_id(sent: str, port: WorkerPort) -> str:
    """Return the client's id where it is one, else a fresh one."""
    return sent if REQUEST_ID.fullmatch(sent) else port.new_request_id()
