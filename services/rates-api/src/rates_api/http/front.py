"""The way of most requests: an ASGI layer before Litestar that sends what is finished.

Put around the application by `app`. It looks up path and query as they came; whatever is not there,
or no longer stands, goes on to the routes, which make it. An answer from here differs in nothing
from theirs, metrics included.
"""

from typing import Any

from litestar.types import ASGIApp, Receive, Send

from rates_api.http.finished import Finished, Sent
from rates_api.http.port import WorkerPort

HTTP = "http"
"""The type of a scope as servers say it: plain text compares faster than Litestar's enumeration."""


def in_front(app: ASGIApp, port: WorkerPort) -> ASGIApp:
    """Return `app` with the finished answers of the worker's snapshot before it."""

    # Looked up once: this is all that Python does for most requests.
    monotonic, timestamp, current = port.monotonic, port.timestamp, port.current
    answered = port.metrics.answered

    # Any: to tell the kinds of scopes apart for the type checker is a call at each request.
    async def asgi(scope: Any, receive: Receive, send: Send) -> None:
        started = monotonic()
        finished: Finished | None = None
        sent: Sent | None = None
        if scope["type"] == HTTP and (snapshot := current.snapshot) is not None:
            finished = snapshot.finished.get((scope["path"], scope["query_string"]))
            if finished is not None and timestamp() < finished.until:
                sent = finished.sent(scope["method"], scope["headers"])
        if finished is None or sent is None:
            await app(scope, receive, send)
            return
        scope["path_template"] = finished.route
        await send(sent.start)
        await send(sent.body)
        answered(finished.route, sent.status, monotonic() - started, 1)

    return asgi
