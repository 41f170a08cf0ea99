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
MIN_PAUSE_SECONDS = 1.0
MAX_PAUSE_SECONDS = 30.0
"""Between the death of the server and its next start."""


@contextmanager
def serve_metrics(host: str, port: int, registry: CollectorRegistry) -> Iterator[None]:
    """Serve `registry` as Prometheus' text for as long as the context lasts.

    A server that dies is logged and started again.
    """
    serving = MetricsPort(host, port, registry)
    serving.start()
    try:
        yield
    finally:
        serving.stop()


class MetricsPort:
    """A server in a thread of its own, which starts it again after each death."""

    def __init__(self, host: str, port: int, registry: CollectorRegistry) -> None:
        """Prepare to serve `registry`; nothing listens yet."""
        # Once: each one that is made turns the log of all Granian's servers off.
        self._server = Server(
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
        self._loop = asyncio.new_event_loop()
        self._started, self._ending = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)

    def start(self) -> None:
        """Listen; wait a while until it does."""
        # Once the server is set up, hooks included.
        self._server.on_startup(lambda: self._loop.call_soon(self._started.set))
        self._thread.start()
        self._started.wait(START_SECONDS)

    def stop(self) -> None:
        """Finish the answers under way, and listen no more."""
        self._ending.set()
        with suppress(RuntimeError):  # The loop is closed: it has died.
            self._loop.call_soon_threadsafe(self._server.stop)
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        """Serve until `stop`; the pause after each death is twice the one before."""
        pause = MIN_PAUSE_SECONDS
        while True:
            self._serve()
            if self._ending.wait(pause):
                return
            pause = min(2 * pause, MAX_PAUSE_SECONDS)
            self._loop = asyncio.new_event_loop()

    def _serve(self) -> None:
        """Serve until it ends. The workers serve on: lost figures are no reason to lose answers."""
        cause: BaseException | None = None
        # An event belongs to one loop. Granian types it as that of its server of several processes.
        self._server.main_loop_interrupt = asyncio.Event()  # type: ignore[assignment]
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._server.serve())
        except BaseException as error:  # noqa: BLE001  a cancellation or a panic of the server, too
            cause = error
        if not self._ending.is_set():
            # Without a cause as well: when its listener ends the server returns, and says nothing.
            log.critical("metrics_port_died", exc_info=cause)
            self._abandon()

    def _abandon(self) -> None:
        """Close what still listens: it would take a share of the connections, and answer none."""
        for listener in self._server.wrks:
            listener.terminate()  # type: ignore[no-untyped-call]
        self._server.wrks.clear()
        self._server.interrupt_children.clear()


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
