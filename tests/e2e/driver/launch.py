"""What a process of a scenario runs: `launch` in one of this machine, the command in a container.

The services start through their own public factories, with the scenario's clock in the place of
the real one; nothing in them knows that it is under test. Granian's workers come back to this
module for their application.
"""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from driver.clock import SharedClock
from driver.crash import watch

if TYPE_CHECKING:
    from rates_api.supervisor_link import SupervisorLink


def clock() -> SharedClock:
    """Return the clock of the scenario."""
    return SharedClock(Path(os.environ["E2E_CLOCK"]), owned=False)


def take_settings(file: Path) -> None:
    """Take the scenario's variables beside those that the container was made with."""
    os.environ.update(json.loads(file.read_text(encoding="utf-8")))


def launch(
    lifeline: Connection, role: Sequence[str], environ: Mapping[str, str], log: Path
) -> None:
    """Be a process of its own: leader of a session, with this environment, its output in `log`.

    Says on `lifeline` that it is; ends with it. The simulator's worker is forked, and has all
    imports then.
    """
    multiprocessing.set_start_method("fork", force=True)
    os.setsid()
    os.environ.clear()
    os.environ.update(environ)
    with log.open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    sys.stdout = os.fdopen(1, "w", buffering=1)
    end_with_the_test(lifeline)
    os.set_inheritable(lifeline.fileno(), True)
    lifeline.send_bytes(b"")
    ROLES[role[0]](*role[1:])


def end_with_the_test(lifeline: Connection) -> None:
    """End this process and its workers when the test process is gone, however it went."""

    def wait_for_its_end() -> None:
        lifeline.poll(None)
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=wait_for_its_end, daemon=True).start()


def run_redis() -> None:
    """Serve the embedded Redis."""
    from rates_dev.redis import main

    main()


def run_command(*argv: str) -> None:
    """Run a server that knows nothing of scenarios; it takes its end of the pipe with it."""
    server = subprocess.run(argv, check=False, stdin=subprocess.DEVNULL, close_fds=False)
    sys.exit(server.returncode)


def run_simulator(port: str) -> None:
    """Serve the simulator."""
    from granian import Granian
    from granian.constants import Interfaces

    Granian(
        "driver.launch:simulator",
        address=os.environ.get("BANXICO_SIM_HOST", "127.0.0.1"),
        port=int(port),
        interface=Interfaces.ASGI,
        factory=True,
        websockets=False,
    ).serve()


def simulator() -> object:
    """Return the simulator's application."""
    from banxico_simulator.app import create_app

    return create_app(clock=clock())


def run_sync() -> None:
    """Serve an instance of rates-sync as its settings say; it may be told where to die."""
    from rates_sync.__main__ import serve_forever
    from rates_sync.bootstrap import Overrides
    from rates_sync.settings import load
    from rates_telemetry.ending import end_process

    watch(Path(os.environ["E2E_CRASH"]))
    serve_forever(load(), Overrides(clock=clock(), database_utc=no_utc))
    end_process(0)


async def no_utc(_connection: object) -> None:
    """Say nothing: a server's clock is never the scenario's."""


def run_api() -> None:
    """Serve an instance of rates-api as its settings say.

    Its workers are spawned, as ever: its main process has threads, whose locks a fork inherits.
    One worker in some dozens of starts never served.
    """
    multiprocessing.set_start_method("spawn", force=True)
    from rates_api.__main__ import serve_forever
    from rates_api.settings import load
    from rates_telemetry.ending import end_process

    serve_forever(load(), target="driver.launch:api")
    end_process(0)


def api(link: "SupervisorLink") -> object:
    """Return the application of one worker of rates-api, with a link to its main process."""
    from rates_api.app import create
    from rates_api.bootstrap import Overrides

    time = clock()

    async def database_clock() -> datetime:
        return time()

    return create(overrides=Overrides(clock=time, database_clock=database_clock), link=link)


ROLES: dict[str, Callable[..., None]] = {
    "api": run_api,
    "redis": run_redis,
    "command": run_command,
    "simulator": run_simulator,
    "sync": run_sync,
}

if __name__ == "__main__":
    if "E2E_SETTINGS" in os.environ:
        take_settings(Path(os.environ["E2E_SETTINGS"]))
    multiprocessing.set_start_method("spawn")
    ROLES[sys.argv[1]](*sys.argv[2:])
