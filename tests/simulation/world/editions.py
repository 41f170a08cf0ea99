"""Both services as they are, and as they were: a deployment runs two editions side by side.

The older edition is imported from the history of this repository, under the same names: while that
takes, the modules of the present one are put aside. Each edition's objects know its own modules.
"""

import importlib
import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from simulation.progress import KEPT, ROOT

OLDER = "5292996"
"""The commit of the older edition, to be raised with each release: what is deployed meets it."""
SOURCES = (
    "services/rates-sync/src",
    "services/rates-api/src",
    "libs/contracts/src",
    "libs/telemetry/src",
)
PACKAGES = ("rates_sync", "rates_api", "rates_contracts", "rates_telemetry")


@dataclass(frozen=True)
class Edition:
    """What the simulation needs of an edition of the services."""

    sync: ModuleType
    sync_settings: Any
    banxico: ModuleType
    errors: ModuleType
    health: ModuleType
    api: ModuleType
    api_settings: Any
    app: ModuleType
    response_cache: ModuleType
    routes: ModuleType


@cache
def present() -> Edition:
    """Return the edition of the sources."""
    return _imported()


@cache
def older() -> Edition:
    """Return the edition before."""
    with _put_aside(), _searched([str(_extracted(OLDER) / source) for source in SOURCES]):
        return _imported()


def _imported() -> Edition:
    load = importlib.import_module
    return Edition(
        sync=load("rates_sync.bootstrap"),
        sync_settings=load("rates_sync.settings").Settings,
        banxico=load("rates_sync.banxico.client"),
        errors=load("rates_sync.errors"),
        health=load("rates_sync.operate.health"),
        api=load("rates_api.bootstrap"),
        api_settings=load("rates_api.settings").Settings,
        app=load("rates_api.app"),
        response_cache=load("rates_api.http.response_cache"),
        routes=load("rates_api.http.routes"),
    )


@contextmanager
def _put_aside() -> Iterator[None]:
    """Let the services' modules be imported anew, and put back those that were there."""
    aside = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_ours(name)}
    try:
        yield
    finally:
        for name in [name for name in sys.modules if _is_ours(name)]:
            del sys.modules[name]
        sys.modules.update(aside)


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in PACKAGES


@contextmanager
def _searched(paths: list[str]) -> Iterator[None]:
    """Search these paths first."""
    before = list(sys.path)
    sys.path[:0] = paths
    try:
        yield
    finally:
        sys.path[:] = before


def _extracted(commit: str) -> Path:
    """Return the folder with the sources of a commit. Raises `CalledProcessError` without it."""
    folder = KEPT / f"edition-{commit}"
    if not folder.exists():
        # Whoever runs it need not be the owner of the clone.
        safe = f"safe.directory={ROOT}"
        command = ["git", "-c", safe, "-C", str(ROOT), "archive", commit, *SOURCES]
        archive = subprocess.run(command, capture_output=True, check=True).stdout
        KEPT.mkdir(parents=True, exist_ok=True)
        # Named once it is whole; another process may have been faster.
        unnamed = Path(tempfile.mkdtemp(dir=KEPT))
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(unnamed, filter="data")
        with suppress(OSError):
            unnamed.rename(folder)
    return folder
