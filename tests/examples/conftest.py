"""rates-api's real handlers over the real record, behind a port of this machine, for the examples.

The record stands on Friday 2026-08-14 at ten in Mexico City, and moves when a test says so.
"""

import asyncio
import importlib.util
import socket
import sys
import threading
from collections import deque
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from support.modules import load_module

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


class LoopbackApi:
    """The API at `url`; notes what it is asked, and can be out of order for some answers."""

    def __init__(self, world: ModuleType) -> None:
        self.world = world
        self._start(world.Worker(world.snapshot()))
        self.asked: list[str] = []
        self.disorder: deque[tuple[int, str]] = deque()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def serve(self) -> None:
        """Serve until `close`."""
        self._server.serve_forever(poll_interval=0.01)

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    def publish(self, *corrections: tuple[str, Any, str]) -> None:
        """Move to 13:00: the day's FIX is there, and `corrections` (series, day, rate) with it."""
        world = self.world
        now = world.mexico(world.TODAY, 13)
        extra = tuple(
            world.observation(series, day, rate, world.TODAY, revision=2)
            for series, day, rate in corrections
        )
        snapshot = world.snapshot(now=now, newest=world.TODAY, extra=extra)
        self.worker.now = now
        self.worker.current.replace(snapshot)

    def simulate(self) -> None:
        """Let all values be a simulator's."""
        self.worker.current.replace(self.world.snapshot(source="simulator"))

    def lose_record(self) -> None:
        """Start anew with nothing to answer from: 503 for whatever is asked."""
        self._start(self.world.Worker(None))

    def _start(self, worker: Any) -> None:
        self.worker, app = worker, self.world.application(worker)
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def get(self, request: str) -> httpx.Response:
        """Return the answer to a path and query, at once."""
        return asyncio.run(self._get(request))

    async def _get(self, request: str) -> httpx.Response:
        async with httpx.AsyncClient(
            transport=self._transport,
            base_url="http://api.test",
            headers={"accept-encoding": "identity"},
        ) as client:
            return await client.get(request)

    def answer(self, request: str) -> tuple[int, str, bytes]:
        """Return status, type and body: the next disorder, else what the API says."""
        self.asked.append(request)
        if self.disorder:
            status, body = self.disorder.popleft()
            return status, "application/json", body.encode()
        answered = self.get(request)
        return answered.status_code, answered.headers["content-type"], answered.content

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, media_type, body = api.answer(self.path)
                self.send_response(status)
                self.send_header("content-type", media_type)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler


@pytest.fixture(scope="session")
def world() -> ModuleType:
    """Give the record and the workers over it."""
    return load_module(ROOT / "services/rates-api/tests/unit/world.py")


@pytest.fixture
def api(world: ModuleType) -> Iterator[LoopbackApi]:
    """Give the API, served by a thread."""
    api = LoopbackApi(world)
    thread = threading.Thread(target=api.serve)
    thread.start()
    yield api
    api.close()
    thread.join()


@pytest.fixture
def nobody() -> str:
    """Give an address at which nobody answers."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{held.getsockname()[1]}"


def load_package(name: str, folder: Path) -> ModuleType:
    """Import the package in `folder` anew, as `name`, and return it."""
    for known in [module for module in sys.modules if module.partition(".")[0] == name]:
        del sys.modules[known]
    spec = importlib.util.spec_from_file_location(name, folder / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture
def odoo(monkeypatch: pytest.MonkeyPatch, world: ModuleType) -> Any:
    """Give an Odoo in which the addon is installed: `env`, and `now` to move."""
    host = load_module(HERE / "odoo_host.py").Host(world.NOW)
    monkeypatch.setitem(sys.modules, "odoo", host.odoo)
    host.addon = load_package("usdmxn_odoo", ROOT / "examples/odoo/usdmxn_rates")
    return host


@pytest.fixture
def erpnext(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a Frappe site with ERPNext in which the app is installed."""
    host = load_module(HERE / "frappe_host.py").Host()
    monkeypatch.setitem(sys.modules, "frappe", host.frappe)
    host.app = load_package("usdmxn_rates", ROOT / "examples/erpnext/usdmxn_rates")
    return host
