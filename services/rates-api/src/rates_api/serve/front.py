"""The way of most requests: an ASGI layer before Litestar that sends what is finished.

Put around the application by `app`. It looks up path and query as they came; whatever is not there,
or no longer stands, goes on to the routes, which make it. An answer from here differs in nothing
from theirs, metrics included.
"""

from typing import cast

from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from rates_api.serve.finished import Finished, Sent
from rates_api.serve.port import WorkerPort

HTTP = "http"
"""The type of a scope as servers say it: plain text compares faster than Litestar's enumeration."""


def in_front(app: ASGIApp, port: WorkerPort) -> ASGIApp:
    """Return `app` with the finished answers of the worker's snapshot before it."""

    # Looked up once: this is all that Python does for most requests.
    monotonic, clock, current, metrics = port.monotonic, port.clock, port.current, port.metrics

    def found(scope: HTTPScope) -> tuple[Finished, Sent] | None:
        """Return what answers the request, if it is there and still stands."""
        snapshot = current.snapshot
        if snapshot is None:
            return None
        spelling = scope["path"], scope["query_string"]
        finished: Finished | None = snapshot.finished.get(spelling)
        if finished is None or clock() >= finished.until:
            return None
        sent = finished.sent(scope["method"], scope["headers"])
        return None if sent is None else (finished, sent)

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        started = monotonic()
        ready = found(cast("HTTPScope", scope)) if scope["type"] == HTTP else None
        if ready is None:
            await app(scope, receive, send)
            return
        finished, sent = ready
        scope["path_template"] = finished.route
        await send(sent.start)
        await send(sent.body)
        metrics.rendered("hit")
        metrics.answered(finished.route, sent.status, monotonic() - started)

    return asgi
