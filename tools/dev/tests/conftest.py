"""Fixtures: a checkout with stand-ins for the services, and the runner as a process on it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rates_dev.platform import PORTS
from rates_dev.ports import DEFAULTS, free_port

# Answers 200 to everything on the port that the variable names; says what it was given.
STAND_IN = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *words): pass
print("serving", *sorted(name for name in os.environ if name.startswith(("RATES_", "BANXICO"))))
address = ("127.0.0.1", int(os.environ["{port}"]))
http.server.ThreadingHTTPServer(address, Handler).serve_forever()
"""


@pytest.fixture
def environ() -> dict[str, str]:
    """The machine's environment with a free port for each variable, nothing else of ours."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RATES_", "BANXICO_"))
    }
    return kept | {"RATES_REDIS": "embedded"} | {name: str(free_port()) for name in DEFAULTS}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with stand-ins for the services, found first there; Redis and the order are real."""
    for name, module in (
        ("simulator", "banxico_simulator"),
        ("sync", "rates_sync"),
        ("api", "rates_api"),
    ):
        text = STAND_IN.replace("{port}", PORTS[name])
        (tmp_path / f"{module}.py").write_text(text)
    return tmp_path


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(checkout: Path) -> Iterator[Start]:
    """Start `python -m rates_dev WORDS` on the checkout; what still runs at the end is ended."""
    started: list[subprocess.Popen[str]] = []

    def run(environ: dict[str, str], *words: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "rates_dev", *words]
        process = subprocess.Popen(
            command,
            cwd=checkout,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
