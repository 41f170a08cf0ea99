"""Starts an instance: `python -m rates_api`, or `serve_forever` with another application.

The main process validates the settings, serves `/metrics` for all workers on the internal port and
supervises the workers, which share the public port. A worker that dies is replaced while the
others continue to serve; restarting the instance would stop them too. If the replacement dies soon,
another won't help: the instance ends with a non-zero status, and its supervisor decides.
"""

import gc

# Imports leave hardly any garbage; collecting would take a tenth of every start.
# Each process enables it after its imports: the main one in `main`, a worker in `create`.
gc.disable()

import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any
from wsgiref.simple_server import WSGIServer

from granian.constants import Interfaces, Loops
from granian.log import LogLevels
from granian.server.mp import MPServer
from prometheus_client import make_wsgi_app, start_http_server

from rates_api.instance import announce_draining, instance_registry, internal_only
from rates_api.settings import PREFIX, Settings, load
from rates_contracts.environment import EnvironmentInvalid
from rates_telemetry.logging import set_up_logging

KILL_SECONDS = 10
"""How long a worker may take to finish its answers after the drain."""

AGAIN_SECONDS = 10.0
"""A worker that dies this soon after it replaced another is not replaced again."""

WRONG_START = 2
"""Exit status for what only the operator can fix: settings, a taken port."""


class PortTaken(Exception):
    """Another process listens on one of the instance's ports."""


def main() -> None:
    """Run an instance until SIGINT or SIGTERM; exit 2 with one message if it can't start."""
    gc.enable()
    # A forked worker would inherit the threads' locks, held or not.
    multiprocessing.set_start_method("spawn", force=True)
    try:
        serve_forever(load())
    except (EnvironmentInvalid, PortTaken) as error:
        sys.stderr.write(f"rates-api: {error}\n")
        sys.exit(WRONG_START)


def serve_forever(settings: Settings, target: str = "rates_api.app:create") -> None:
    """Serve the application that the factory `target` (`module:name`) builds in each worker.

    The workers read the same environment that `settings` came from, and are started by
    multiprocessing's start method. Raises `PortTaken`.
    """
    set_up_logging(settings.log_level, settings.log_style, service="rates-api")
    _require_free(settings.host, settings.port)
    with tempfile.TemporaryDirectory(prefix="rates-api-") as made:
        directory = Path(settings.instance_dir or made)
        os.environ[f"{PREFIX}_INSTANCE_DIR"] = str(directory)
        metrics = _serve_metrics(settings, directory)
        try:
            _server(settings, target, directory).serve_to_the_end()
        finally:
            metrics.shutdown()
            metrics.server_close()


class DrainingServer(MPServer):
    """A server that stops being ready some time before it closes its port (protocol rule 22)."""

    directory: Path
    drain: float
    draining = False
    failed = False
    replaced: dict[int, float]

    def signal_handler_interrupt(self, signum: int, frame: FrameType | None) -> None:
        """Drain at the first SIGTERM; end at once at a second signal or at SIGINT."""
        end: Callable[..., None] = super().signal_handler_interrupt
        if signum != signal.SIGTERM or self.drain == 0 or self.draining:
            end(signum, frame)
            return
        self.draining = True
        announce_draining(self.directory)
        ending = threading.Timer(self.drain, end)
        ending.daemon = True
        ending.start()

    def _respawn_workers(self, workers: list[int], *args: Any, **options: Any) -> None:
        """Replace workers that died, unless the instance is ending or replacing did not help.

        Granian counts deaths in lists that its threads clear concurrently: of two workers that die
        together it may replace none, or both endlessly. So the processes are checked here.
        """
        if self.draining:
            return  # The signal that ends this process was sent to them, too.
        dead = [number for number, worker in enumerate(self.wrks) if not worker.is_alive()]  # type: ignore[no-untyped-call]
        if self._died_again(dead):
            self.failed = self.interrupt_signal = True
            self.main_loop_interrupt.set()
            return
        super()._respawn_workers(dead or workers, *args, **options)

    def _died_again(self, dead: list[int]) -> bool:
        now = time.monotonic()
        again = [now - self.replaced.get(number, -AGAIN_SECONDS) < AGAIN_SECONDS for number in dead]
        self.replaced |= dict.fromkeys(dead, now)
        return any(again)

    def serve_to_the_end(self) -> None:
        """Serve until a signal. Raises `SystemExit` (1) if a worker's replacement died, too."""
        try:
            self.serve()
        except SystemExit:
            # Workers that a signal to the whole group has ended look dead to their server.
            if not self.interrupt_signal:
                raise
        if self.failed:
            sys.exit(1)


def _server(settings: Settings, target: str, directory: Path) -> DrainingServer:
    server = DrainingServer(
        target,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        loop=Loops.uvloop,
        websockets=False,
        factory=True,
        respawn_failed_workers=True,
        workers_kill_timeout=KILL_SECONDS,
        log_level=LogLevels(settings.log_level),
        log_dictconfig={"loggers": {"_granian": {"handlers": [], "propagate": True}}},
    )
    server.directory, server.drain, server.replaced = directory, settings.drain, {}
    return server


def _serve_metrics(settings: Settings, directory: Path) -> WSGIServer:
    registry = instance_registry(directory, time.time)
    try:
        server, _ = start_http_server(settings.admin_port, settings.host, registry)
    except OSError as error:
        raise PortTaken(f"{settings.host}:{settings.admin_port}: {error.strerror}") from error
    server.set_app(internal_only(make_wsgi_app(registry)))
    return server


def _require_free(host: str, port: int) -> None:
    """Refuse a taken port: as the workers share theirs, they would share it with a stranger too."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(f"{host}:{port}: {error.strerror}") from error


if __name__ == "__main__":
    main()
