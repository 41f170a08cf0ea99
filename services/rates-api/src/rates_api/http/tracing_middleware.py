"""A span for each request of a sampled trace, under the one that its `traceparent` header names.

It changes nothing about an answer.
"""

from collections.abc import Awaitable

from litestar.types import ASGIApp, Message, Receive, Scope, Send
from opentelemetry.context import Context
from opentelemetry.trace import Span

from rates_api.http.response_cache import HTTP
from rates_telemetry.tracing import TRACEPARENT, Tracing

HEADER = TRACEPARENT.encode()


def tracing_middleware(app: ASGIApp, tracing: Tracing) -> ASGIApp:
    """Return `app` with a span around the HTTP requests of sampled traces."""
    chosen = tracing.chosen

    async def with_span(scope: Scope, receive: Receive, send: Send, context: Context) -> None:
        method = str(scope.get("method"))
        with tracing.span_in(context, method) as span:
            await app(scope, receive, _recording_status(send, span))
            # The path template, known only now: a name per path would be a name per day asked for.
            route = scope.get("path_template") or "unknown"
            span.update_name(f"{method} {route}")
            span.set_attribute("http.route", route)

    # No coroutine of its own: most requests are only handed on.
    def middleware(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
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
        return with_span(scope, receive, send, context)

    return middleware


def _recording_status(send: Send, span: Span) -> Send:
    async def recording(message: Message) -> None:
        if message["type"] == "http.response.start":
            span.set_attribute("http.response.status_code", message["status"])
        await send(message)

    return recording
