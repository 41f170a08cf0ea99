"""Starts an instance: `python -m rates_api`, or `serve_forever` with another application.

The main process validates the settings, serves `/metrics` for all workers on the internal port and
looks after the workers, which share the public port (`supervisor`).
"""

import gc

# Imports leave hardly any garbage; collecting would take a tenth of every start.
# Each process enables it after its imports: the main one in `main`, a worker in `create`.
gc.disable()

import multiprocessing
import os
import socket
import ssl
import sys
import tempfile
import time
from pathlib import Path

from rates_api.instance import InstanceRegistry
from rates_api.metrics import InstanceMetrics
from rates_api.metrics_port import serve_metrics
from rates_api.settings import PREFIX, Settings, load
from rates_api.supervisor import Supervisor, within_descriptors
from rates_contracts.environment import EnvironmentInvalid
from rates_telemetry.ending import end_process
from rates_telemetry.logging import set_up_logging

WRONG_START = 2
"""Exit status for what only the operator can fix: settings, a taken port."""
NOBODY_LIVES = 1
"""Exit status once no worker can live."""


class PortTaken(Exception):
    """Another process listens on one of the instance's ports."""


class CertificateUnusable(Exception):
    """The file for TLS can't be read, or has no certificate with its key."""


def main() -> None:
    """Run an instance until SIGINT or SIGTERM; exit 2 with one message if it can't start."""
    gc.enable()
    # A forked worker would inherit the threads' locks, held or not.
    multiprocessing.set_start_method("spawn", force=True)
    try:
        serve_forever(load())
    except (EnvironmentInvalid, PortTaken, CertificateUnusable) as error:
        sys.stderr.write(f"rates-api: {error}\n")
        sys.exit(WRONG_START)
    except SystemExit:
        end_process(NOBODY_LIVES)
    end_process(0)


def serve_forever(settings: Settings, target: str = "rates_api.app:create") -> None:
    """Serve the application that the factory `target` (`module:name`) builds in each worker.

    The factory is given a `SupervisorLink` as `link`. The workers read the same environment that
    `settings` came from, and are started by multiprocessing's start method. Raises `PortTaken`,
    `CertificateUnusable`, and `SystemExit` (1) once no worker can live. Once it has
    returned, `rates_telemetry.ending.end_process` ends the process safely.
    """
    set_up_logging(settings.log_level, settings.log_style, service="rates-api")
    for port in (settings.port, settings.admin_port):
        _require_free(settings.host, port)
    if settings.tls_certificate:
        _require_certificate(settings.tls_certificate)
    with tempfile.TemporaryDirectory(prefix="rates-api-", ignore_cleanup_errors=True) as made:
        directory = Path(settings.instance_dir or made)
        os.environ[f"{PREFIX}_INSTANCE_DIR"] = str(directory)
        settings = within_descriptors(settings)
        os.environ[f"{PREFIX}_STREAMS"] = str(settings.streams)
        registry = InstanceRegistry(directory, time.time)
        metrics = InstanceMetrics(registry, settings.workers)
        with serve_metrics(settings.host, settings.admin_port, registry):
            # After the other server, which would turn this one's log off.
            supervisor = Supervisor(target, settings, metrics, on_worker_end=registry.retire)
            supervisor.serve_to_the_end()


def _require_free(host: str, port: int) -> None:
    """Refuse a taken port: as the workers share theirs, they would share it with a stranger too."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(f"{host}:{port}: {error.strerror}") from error


def _require_certificate(file: str) -> None:
    """Refuse a file that no worker could serve TLS with."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file)
    except OSError as error:  # As is `SSLError`, of which only the text names the file's fault.
        raise CertificateUnusable(f"{PREFIX}_TLS_CERTIFICATE: {file}: {error}") from error


if __name__ == "__main__":
    main()
