"""Serves an ASGI application over RSGI, Granian's own interface: its requests and its lifespan.

The scope is the one that Granian makes for ASGI, but for values of headers that are no ASCII, which
RSGI does not show. A failure is the application's: it is raised, and Granian answers 500.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]  # not marked as exported
from litestar.types import ASGIApp

from rates_api.http.rsgi_types import HeaderList, ResponseStream, RsgiProtocol, RsgiScope

Message = dict[str, Any]
HIDDEN = b"\xff"
"""Stands for the value of a header that is no ASCII."""
VERSIONS = {"version": "3.0", "spec_version": "2.3"}


class LifespanFailed(Exception):
    """The application could not start, or did not end as it should."""


class Lifespan:
    """The lifespan of an ASGI application, one task from its start to its end."""

    def __init__(self, app: ASGIApp) -> None:
        """Start nothing yet."""
        self._app: Any = app
        self._asked: asyncio.Queue[Message] = asyncio.Queue()
        self._said: asyncio.Queue[Message] = asyncio.Queue()
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the application. Raises `LifespanFailed`."""
        scope = {"type": "lifespan", "asgi": VERSIONS, "state": {}}
        lifespan = self._app(scope, self._asked.get, self._said.put)
        self._running = asyncio.ensure_future(lifespan)
        await self._ask("startup", self._running)

    async def end(self) -> None:
        """End it. Raises `LifespanFailed`."""
        if self._running is not None:
            await self._ask("shutdown", self._running)
            await self._running

    async def _ask(self, phase: str, running: "asyncio.Task[None]") -> None:
        await self._asked.put({"type": f"lifespan.{phase}"})
        said = asyncio.ensure_future(self._said.get())
        await asyncio.wait({said, running}, return_when=asyncio.FIRST_COMPLETED)
        if not said.done():
            said.cancel()
            raise LifespanFailed(f"ended at {phase}") from running.exception()
        if said.result()["type"] != f"lifespan.{phase}.complete":
            raise LifespanFailed(said.result().get("message", phase))


async def serve(app: ASGIApp, scope: RsgiScope, protocol: RsgiProtocol) -> None:
    """Have `app` answer a request; whatever it raises is raised."""
    bridged: Any = app
    # Whoever has hung up is told nothing more.
    with suppress(ProtocolClosed):
        await bridged(asgi_scope(scope), _Incoming(protocol).receive, _Outgoing(protocol).send)


def asgi_scope(scope: RsgiScope) -> Message:
    """Return the scope that Granian makes of the same request for an ASGI application."""
    return {
        "type": "http",
        "asgi": VERSIONS,
        "http_version": scope.http_version,
        "server": _address(scope.server),
        "client": _address(scope.client),
        "scheme": scope.scheme,
        "method": scope.method,
        "root_path": "",
        "path": scope.path,
        # Not known: RSGI shows the unescaped path alone, in which a `%` was no escape.
        "raw_path": b"",
        "query_string": scope.query_string.encode(),
        "headers": _headers(scope),
        "state": {},
    }


def _headers(scope: RsgiScope) -> list[tuple[bytes, bytes]]:
    """Return all headers that RSGI shows; the routes refuse a `Host` that is missing or hidden."""
    headers = [(name.encode(), value.encode()) for name, value in scope.headers.items()]
    if not any(name == b"host" for name, _ in headers):
        hidden = "host" in scope.headers
        headers.append((b"host", HIDDEN if hidden else (scope.authority or "").encode()))
    return headers


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


class _Incoming:
    """A request's body as ASGI messages, then that the client has hung up."""

    def __init__(self, protocol: RsgiProtocol) -> None:
        self._protocol = protocol
        self._chunks: AsyncIterator[bytes] | None = None
        self._is_over = False

    async def receive(self) -> Message:
        if self._is_over:
            await self._protocol.client_disconnect()
            return {"type": "http.disconnect"}
        self._chunks = self._chunks or aiter(self._protocol)
        # `anext` with a default ends CPython 3.11 by SIGSEGV, on what Granian returns there.
        try:
            chunk = await anext(self._chunks)
        except StopAsyncIteration:
            chunk, self._is_over = b"", True
        return {"type": "http.request", "body": chunk, "more_body": not self._is_over}


class _Outgoing:
    """ASGI messages as a response: at once where it has one body, else as a stream."""

    def __init__(self, protocol: RsgiProtocol) -> None:
        self._protocol = protocol
        self._head: tuple[int, HeaderList] = (500, [])
        self._stream: ResponseStream | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in message["headers"]]
            self._head = (message["status"], headers)
        elif self._stream is None and not message.get("more_body", False):
            self._protocol.response_bytes(*self._head, message.get("body", b""))
        else:
            self._stream = self._stream or self._protocol.response_stream(*self._head)
            await self._stream.send_bytes(message.get("body", b""))
