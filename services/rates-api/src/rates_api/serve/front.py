"""The way of most requests: an ASGI layer before Litestar that sends what is finished.

Put around the application by `app`. It looks up path and query as they came; whatever is not there,
or no longer stands, goes on to the routes, which make it. An answer from here differs in nothing
from theirs, metrics included.
"""

from typing import cast

from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from rates_api.serve.finished import Finished
from rates_api.serve.port import WorkerPort
from rates_api.snapshot.snapshot import Snapshot

HTTP = "http"
"""The type of a scope as servers say it: plain text compares faster than Litestar's enumeration."""


def in_front(app: ASGIApp, port: WorkerPort) -> ASGIApp:
    """Return `app` with the finished answers of the worker's snapshot before it."""

    # Looked up once: this is all that Python does for most requests.
    monotonic, clock, current, metrics = port.monotonic, port.clock, port.current, port.metrics

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        started = monotonic()
        request, sent = cast("HTTPScope", scope), None
        finished = _finished(current.snapshot, request) if scope["type"] == HTTP else None
        if finished is not None and clock() < finished.until:
            sent = finished.sent(request["method"], request["headers"])
        if finished is None or sent is None:
            await app(scope, receive, send)
            return
        scope["path_template"] = finished.route
        await send(sent.start)
        await send(sent.body)
        metrics.rendered("hit")
        metrics.answered(finished.route, sent.status, monotonic() - started)

    return asgi


def _finished(snapshot: Snapshot | None, scope: HTTPScope) -> Finished | None:
    if snapshot is None:
        return None
    finished: Finished | None = snapshot.finished.get((scope["path"], scope["query_string"]))
    return finished
