"""`Connection: close` on every answer while the instance drains (protocol rule 22).

A client that kept its connection would send its next request on it while the port closes, and get
no answer.
"""

from collections.abc import Awaitable

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from rates_api.supervisor_link import SupervisorLink

CLOSE = (b"connection", b"close")


def draining_middleware(app: ASGIApp, link: SupervisorLink) -> ASGIApp:
    """Return `app` with the header on answers that begin while `link` tells to drain."""

    # Not a coroutine itself: until the end, requests are only passed on.
    def middleware(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return app(scope, receive, _closing(send) if link.draining else send)

    return middleware


def _closing(send: Send) -> Send:
    async def closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            # A copy: the message of a cached response is shared.
            await send({**message, "headers": [*message["headers"], CLOSE]})
        else:
            await send(message)

    return closing
