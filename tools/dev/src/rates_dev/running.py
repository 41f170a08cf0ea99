"""Which platform runs here: a claim on the state folder that lasts as long as its `./dev up`.

The claim is a record lock, which the system drops however its holder ends: no stale pid file, and
no pid that meanwhile belongs to another.
"""

import fcntl
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rates_dev.errors import Refused
from rates_dev.platform import UPSTREAMS, Plan, Upstream, state_folder
from rates_dev.processes import wait_for

CLAIM = "platform.json"
ENDING_SECONDS = 20.0
"""`supervise` gives the processes 5 s."""


@dataclass(frozen=True)
class RunningPlatform:
    """A platform that runs: who holds it, and its plan."""

    pid: int
    plan: Plan


@contextmanager
def claimed(plan: Plan) -> Iterator[None]:
    """Hold the state folder of `plan`. Raises `Refused` if another does."""
    plan.state.mkdir(parents=True, exist_ok=True)
    with (plan.state / CLAIM).open("a", encoding="utf-8") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Refused("the platform is up already; ./dev down ends it") from error
        file.truncate(0)
        json.dump({"pid": os.getpid(), "redis": plan.redis, "ports": dict(plan.ports)}, file)
        file.flush()
        yield


def find(root: Path) -> RunningPlatform | None:
    """Return the platform that runs from this checkout, or none."""
    found = (_holder(state_folder(root, upstream), upstream) for upstream in UPSTREAMS)
    return next((running for running in found if running), None)


def end(running: RunningPlatform, root: Path) -> None:
    """Tell the platform to end and wait until it has. Raises `Refused` if it does not."""
    os.kill(running.pid, signal.SIGTERM)
    if not wait_for(lambda: find(root) is None, ENDING_SECONDS):
        raise Refused(f"the platform (pid {running.pid}) did not end within {ENDING_SECONDS:.0f} s")


def _holder(state: Path, upstream: Upstream) -> RunningPlatform | None:
    try:
        file = (state / CLAIM).open(encoding="utf-8")
    except FileNotFoundError:
        return None
    with file:
        if not _locked(file.fileno()):
            return None
        written = file.read()
    if not written:  # claimed this very moment
        return None
    claim = json.loads(written)
    return RunningPlatform(claim["pid"], Plan(state, upstream, claim["redis"], claim["ports"]))


def _locked(descriptor: int) -> bool:
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    return False
