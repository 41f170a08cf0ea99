"""Starts an instance: `python -m rates_sync`, or `serve_forever` with another clock.

One process with one event loop runs both the service and Granian's embedded server. Health answers
therefore come from the live state. A bug ends the process with its traceback.
"""

import asyncio
import signal
import socket
import sys
from typing import cast

import structlog
import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from rates_contracts.environment import EnvironmentInvalid
from rates_sync.app import create_app
from rates_sync.bootstrap import NO_OVERRIDES, Overrides, bootstrap
from rates_sync.errors import WrongUpstream
from rates_sync.service import Service
from rates_sync.settings import Settings, load
from rates_telemetry.ending import end_process
from rates_telemetry.logging import Style, set_up_logging

log = structlog.get_logger(__name__)

WRONG_START = 2
"""Exit status for what only an operator can fix: settings, a taken port, another upstream."""

MAX_CONNECTIONS = 512
"""At a time on the internal port; more wait until one of them ends or times out."""

HEADER_SECONDS = 30
"""How long a connection may be silent; a scraper that keeps its own asks more often."""

END_WITHIN = 4.0
"""Seconds until the service is cancelled again; releasing the lease may take 3."""


class PortTaken(Exception):
    """Another process listens on the internal port."""


def main() -> None:
    """Run an instance until SIGINT or SIGTERM; exit 2 with one message if it can't start."""
    try:
        serve_forever(load())
    except (EnvironmentInvalid, PortTaken, WrongUpstream) as error:
        sys.stderr.write(f"rates-sync: {error}\n")
        sys.exit(WRONG_START)
    end_process(0)


def serve_forever(settings: Settings, overrides: Overrides = NO_OVERRIDES) -> None:
    """Serve until a signal; the parts in `overrides` replace the real ones.

    Raises `PortTaken`, `WrongUpstream`, or an ExceptionGroup for a bug.
    """
    set_up_logging(settings.log_level, cast("Style", settings.log_format), service="rates-sync")
    _require_free(settings.host, settings.port)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, bootstrap(settings, overrides)))


async def _serve(settings: Settings, service: Service) -> None:
    """Serve as long as the service runs; a signal shuts both down cleanly."""
    running = asyncio.create_task(service.run(), name="service")
    signalled = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, signalled.set)
    server = Server(
        create_app(service),
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGINL,
        # HTTP/1.1 alone: next to HTTP/2 a silent connection would never time out.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
        backpressure=MAX_CONNECTIONS,
        websockets=False,
        log_enabled=False,
    )
    serving = asyncio.create_task(server.serve(), name="server")
    log.info("serving", host=settings.host, port=settings.port, source=settings.source)
    ending = asyncio.create_task(signalled.wait(), name="signal")
    await asyncio.wait({running, serving, ending}, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    await _end(running)
    server.stop()  # type: ignore[no-untyped-call]
    await asyncio.wait({serving}, timeout=END_WITHIN)
    for task in (running, serving):
        if task.done() and not task.cancelled():
            task.result()
    log.info("ended")


async def _end(running: "asyncio.Task[None]") -> None:
    """Cancel the service until it has ended.

    A library that swallows a cancellation (`asyncio.wait_for` before Python 3.12, a client's
    clean-up on a dead connection) must not keep the process alive.
    """
    while not running.done():
        running.cancel()
        await asyncio.wait({running}, timeout=END_WITHIN)


def _require_free(host: str, port: int) -> None:
    """Refuse a taken port: the server would share it with the other process."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(f"{host}:{port}: {error.strerror}") from error


if __name__ == "__main__":
    main()
