"""How a process starts: without looking for garbage where none is made, and not for longer."""

import os
import subprocess
import sys

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
