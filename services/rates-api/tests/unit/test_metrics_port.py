"""Who is answered on the internal port of an instance, and that it outlives its server's death."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.registry import Collector
from structlog.testing import capture_logs

from rates_api.metrics_port import internal_only, serve_metrics
from rates_dev.ports import free_port


@pytest.mark.parametrize(
    ("host", "answered"),
    [
        ("127.0.0.1:8010", True),
        ("rates-api:8010", True),
        (None, True),
        ("evil.example:8010", False),
        ("a b", False),
    ],
)
async def test_the_internal_port_answers_to_internal_names(
    host: str | None, *, answered: bool
) -> None:
    """A page whose name leads to the internal address (DNS rebinding) reads nothing."""

    async def metrics(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"metrics"})

    application: Any = internal_only(metrics)
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8010") as client:
        request = client.build_request(
            "GET", "/metrics", headers={} if host is None else {"Host": host}
        )
        if host is None:
            del request.headers["Host"]
        response = await client.send(request)

    assert (response.status_code, response.content) == (
        (200, b"metrics") if answered else (421, b"")
    )


def stop_loop() -> None:
    """Stop the event loop under the server."""
    asyncio.get_running_loop().stop()


def cancel_tasks() -> None:
    """Cancel every task of the server."""
    for task in asyncio.all_tasks():
        task.cancel()


def end_listener() -> None:
    """End the task that listens, without an error: the server returns."""
    listening = next(task for task in asyncio.all_tasks() if "worker" in repr(task.get_coro()))
    awaited: Any = listening._fut_waiter  # type: ignore[attr-defined]
    awaited.set_result(None)


class Deadly(Collector):
    """Breaks the server that collects it, once."""

    def __init__(self, breaks: Callable[[], None]) -> None:
        self.breaks = breaks
        self.has_broken = False

    def collect(self) -> Iterator[Metric]:
        """Break the server, not the registry that asks for names."""
        if threading.current_thread() is not threading.main_thread() and not self.has_broken:
            self.has_broken = True
            self.breaks()
        yield Metric("survived", "Is answered.", "gauge")


@pytest.mark.parametrize("breaks", [stop_loop, cancel_tasks, end_listener])
def test_a_port_whose_server_died_says_so_and_answers_again(breaks: Callable[[], None]) -> None:
    """Its thread ended, without a word where the server had returned, and `/metrics` was gone."""
    registry, port = CollectorRegistry(), free_port()
    deadly = Deadly(breaks)
    registry.register(deadly)
    with capture_logs() as logged, serve_metrics("127.0.0.1", port, registry):
        with suppress(httpx.TransportError):
            scrape(port)
        assert deadly.has_broken
        # Many: what the dead server left open would take a share of the connections.
        answers = [scrape_at_last(port) for _ in range(20)]

    assert [event["event"] for event in logged] == ["metrics_port_died"]
    assert all("survived" in answer for answer in answers)


def scrape(port: int) -> httpx.Response:
    """Ask on a connection of its own; one that nobody accepts is given up soon."""
    return httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5)


def scrape_at_last(port: int) -> str:
    """Ask until somebody listens."""
    transport = httpx.HTTPTransport(retries=10)
    with httpx.Client(transport=transport, timeout=5) as client:
        return client.get(f"http://127.0.0.1:{port}/metrics").text
