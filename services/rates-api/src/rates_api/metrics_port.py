"""The internal port of an instance: `/metrics`, served by the main process.

A server with an event loop of its own in a thread: prometheus_client's own one takes a thread for
each connection, however long that is silent.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import structlog
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server
from prometheus_client import CollectorRegistry, make_asgi_app

from rates_contracts.host_header import is_internal

log = structlog.get_logger(__name__)

ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]

MAX_CONNECTIONS = 512
"""At a time; more wait until one of them ends or times out."""
HEADER_SECONDS = 30
"""How long a connection may be silent; a scraper that keeps its own asks more often."""
START_SECONDS = 5.0
"""How long the workers wait for it; then they start all the same."""
STOP_SECONDS = 5.0
"""How long answers under way may take at the end."""


@contextmanager
def serve_metrics(host: str, port: int, registry: CollectorRegistry) -> Iterator[None]:
    """Serve `registry` as Prometheus' text for as long as the context lasts."""
    loop = asyncio.new_event_loop()
    server = Server(
        internal_only(make_asgi_app(registry)),
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
        backpressure=MAX_CONNECTIONS,
        websockets=False,
        log_enabled=False,
    )
    started = threading.Event()
    server.on_startup(lambda: loop.call_soon(started.set))  # Once it is set up, hooks included.
    serving = threading.Thread(target=_run, args=(loop, server), name="metrics", daemon=True)
    serving.start()
    started.wait(START_SECONDS)
    try:
        yield
    finally:
        with suppress(RuntimeError):  # The loop is closed: it has died.
            loop.call_soon_threadsafe(server.stop)
        serving.join(STOP_SECONDS)


def internal_only(app: ASGIApp) -> ASGIApp:
    """Return `app` for requests whose `Host` can name an internal port.

    Others come from a page in somebody's browser (`rates_contracts.host_header`).
    """

    async def checked(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and not _is_internal(scope["headers"]):
            headers = [(b"content-length", b"0")]
            await send({"type": "http.response.start", "status": 421, "headers": headers})
            await send({"type": "http.response.body"})
            return
        await app(scope, receive, send)

    return checked


def _is_internal(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return all(is_internal(value) for name, value in headers if name == b"host")


def _run(loop: asyncio.AbstractEventLoop, server: Server) -> None:
    try:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(server.serve())
    except Exception:
        # The workers serve on: losing the figures is no reason to lose the answers.
        log.critical("metrics_port_died", exc_info=True)
