"""A span for each request of a sampled trace, child of the one in its `traceparent` header.

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

    # Not a coroutine itself: most requests are only passed on.
    def middleware(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        context = tracing.chosen(_parent(scope)) if scope["type"] == HTTP else None
        chosen = app if context is None else traced(app, tracing, context)
        return chosen(scope, receive, send)

    return middleware


def traced(app: ASGIApp, tracing: Tracing, context: Context) -> ASGIApp:
    """Return `app` with a span in `context` around a request, whose trace was sampled."""

    async def with_span(scope: Scope, receive: Receive, send: Send) -> None:
        method = str(scope.get("method"))
        with tracing.span_in(context, method) as span:
            await app(scope, receive, _recording_status(send, span))
            # The path template, known only now: with paths there would be a span name per day.
            route = scope.get("path_template") or "unknown"
            span.update_name(f"{method} {route}")
            span.set_attribute("http.route", route)

    return with_span


def _parent(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == HEADER:
            return value.decode("latin-1")
    return None


def _recording_status(send: Send, span: Span) -> Send:
    async def recording(message: Message) -> None:
        if message["type"] == "http.response.start":
            span.set_attribute("http.response.status_code", message["status"])
        await send(message)

    return recording
