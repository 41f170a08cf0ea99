"""A span for each request that is kept, under the trace that its `traceparent` header names.

Put around the application by `app.create` where traces have somewhere to go. It changes nothing
about an answer.
"""

from collections.abc import Awaitable

from litestar.types import ASGIApp, Message, Receive, Scope, Send
from opentelemetry.context import Context
from opentelemetry.trace import Span

from rates_api.http.front import HTTP
from rates_telemetry.tracing import TRACEPARENT, Tracing

HEADER = TRACEPARENT.encode()


def traced(app: ASGIApp, tracing: Tracing) -> ASGIApp:
    """Return `app` with a span around the HTTP requests of sampled traces."""
    chosen = tracing.chosen

    async def spanned(scope: Scope, receive: Receive, send: Send, context: Context) -> None:
        method = str(scope.get("method"))
        with tracing.span_in(context, method) as span:
            await app(scope, receive, _noting_status(send, span))
            # The path template, known only now: a name per path would be a name per day asked for.
            route = scope.get("path_template") or "unknown"
            span.update_name(f"{method} {route}")
            span.set_attribute("http.route", route)

    # No coroutine of its own: most requests are only handed on.
    def asgi(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != HTTP:
            return app(scope, receive, send)
        parent = None
        for name, value in scope["headers"]:
            if name == HEADER:
                parent = value.decode("latin-1")
                break
        context = chosen(parent)
        if context is None:
            return app(scope, receive, send)
        return spanned(scope, receive, send, context)

    return asgi


def _noting_status(send: Send, span: Span) -> Send:
    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start":
            span.set_attribute("http.response.status_code", message["status"])
        await send(message)

    return noting
