"""Starts an instance: `python -m rates_sync`, or `serve_forever` with another clock.

One process, one event loop: the service owns it and Granian's embedded server answers on it, so
that the state the answers speak of is the state the work runs on, a bug ends the process with its
traceback, and a paused process is paused as a whole.
"""

import asyncio
import signal
import socket
import sys
from typing import cast

import structlog
import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

from rates_contracts.environment import EnvironmentInvalid
from rates_sync.app import create_app
from rates_sync.bootstrap import NO_OVERRIDES, Overrides, bootstrap
from rates_sync.errors import WrongUpstream
from rates_sync.service import Service
from rates_sync.settings import Settings, load
from rates_telemetry.logging import Style, set_up_logging

log = structlog.get_logger(__name__)

WRONG_START = 2
"""Exit status for what only the operator can repair: settings, a taken port, another upstream."""

END_WITHIN = 4.0
"""Seconds until the service is cancelled again; releasing the lease may take 3."""


class PortTaken(Exception):
    """Another process listens on our port."""


def main() -> None:
    """Run an instance until SIGINT or SIGTERM; exit 2 with one message if it can't start."""
    try:
        serve_forever(load())
    except (EnvironmentInvalid, PortTaken, WrongUpstream) as error:
        sys.stderr.write(f"rates-sync: {error}\n")
        sys.exit(WRONG_START)


def serve_forever(settings: Settings, overrides: Overrides = NO_OVERRIDES) -> None:
    """Serve until a signal; the parts in `overrides` replace the real ones.

    Raises `PortTaken`, `WrongUpstream`, or an ExceptionGroup for a bug.
    """
    set_up_logging(settings.log_level, cast("Style", settings.log_format), service="rates-sync")
    _require_free(settings.host, settings.port)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, bootstrap(settings, overrides)))


async def _serve(settings: Settings, service: Service) -> None:
    """Serve as long as the service runs; a signal ends both in good order."""
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

    A library that loses a cancellation (`asyncio.wait_for` before Python 3.12, a client's clean-up
    on a dead connection) must not keep a process alive that has to end.
    """
    while not running.done():
        running.cancel()
        await asyncio.wait({running}, timeout=END_WITHIN)


def _require_free(host: str, port: int) -> None:
    """Refuse a taken port: the server would share it with a stranger."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(f"{host}:{port}: {error.strerror}") from error


if __name__ == "__main__":
    main()
