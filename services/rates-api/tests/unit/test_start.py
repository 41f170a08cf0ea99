"""How a process starts: without looking for garbage where none is made, and not for longer."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rates_dev.ports import free_port

ENVIRON = {
    "PATH": os.environ["PATH"],
    "RATES_API_DATABASE_URL": "sqlite+aiosqlite:///absent.db",
    "RATES_API_REDIS_URL": "redis://127.0.0.1:1/0",
}


def run(*lines: str, **environ: str) -> str:
    """Return what a fresh process prints that imports the main module and runs `lines`."""
    code = "\n".join(["import gc", "from rates_api import __main__", *lines])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=ENVIRON | environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.split("\n")[-2]


def test_imports_are_not_searched_for_garbage() -> None:
    """Whoever starts `python -m rates_api`, or a worker of it, has them before the first search."""
    assert run("import rates_api.app", "print(gc.isenabled())") == "False"


def test_a_worker_collects_garbage_from_its_first_request_on() -> None:
    """Only what it has from its start is never looked at."""
    created = "from rates_api.app import create; create()"
    assert run(created, "print(gc.isenabled(), gc.get_freeze_count() > 10_000)") == "True True"


def test_the_main_process_collects_garbage() -> None:
    """From its first step on, even one that refuses to start."""
    lines = ("try: __main__.main()", "except SystemExit: print(gc.isenabled())")
    assert run(*lines, RATES_API_REDIS_URL="") == "True"


@pytest.mark.parametrize("content", [None, "", "-----BEGIN CERTIFICATE-----\n"])
def test_without_a_usable_certificate_nothing_is_served(
    tmp_path: Path, content: str | None
) -> None:
    """Least of all plain HTTP: the operator is told which setting is wrong, the status is 2."""
    file = tmp_path / "certificate.pem"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    lines = (
        "import io, sys",
        "sys.stderr = io.StringIO()",
        "try: __main__.main()",
        "except SystemExit as end: print(end.code, sys.stderr.getvalue().replace(chr(10), ' '))",
    )
    environ = {"RATES_API_TLS_CERTIFICATE": str(file), "RATES_API_PORT": str(free_port())}
    said = run(*lines, **environ, RATES_API_ADMIN_PORT=str(free_port()))
    assert said.startswith(f"2 rates-api: RATES_API_TLS_CERTIFICATE: {file}: ")


def test_an_instance_has_as_many_streams_as_its_descriptors_allow() -> None:
    """The limit is raised as far as it may be; what is left of streams is told to the workers."""
    lines = (
        "import contextlib, os, resource",
        "from structlog.testing import capture_logs",
        "class Supervisor:",
        "    def __init__(self, _, settings, *__, **___): self.settings = settings",
        "    def serve_to_the_end(self):",
        "        self.limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)",
        "        served.append((self.limit, self.settings.max_connections))",
        "served = []",
        "__main__.Supervisor = Supervisor",
        "__main__.serve_metrics = lambda *_: contextlib.nullcontext()",
        "__main__._require_free = lambda *_: None",
        "__main__.set_up_logging = lambda *_, **__: None",
        "resource.setrlimit(resource.RLIMIT_NOFILE, (1500, 2000))",
        "with capture_logs() as logged: __main__.serve_forever(__main__.load())",
        "told = [entry['streams'] for entry in logged if entry['event'] == 'too_few_descriptors']",
        "print(served, os.environ['RATES_API_STREAMS'], told)",
    )
    assert run(*lines) == "[(2000, 1024)] 720 [720]"
