"""`/api/v1/stream` on the wire: what it is sent with, and that it ends with its client."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from rates_api.endpoints import ENDPOINTS
from rates_api.http.routes import direct
from rates_api.http.rsgi import RsgiApplication
from rates_api.supervisor_link import SupervisorLink
from support.rsgi import FakeProtocol, rsgi_request

Ask = Callable[..., Awaitable[httpx.Response]]
PATH = "/api/v1/stream"


async def settle() -> None:
    """Let all tasks run that can."""
    for _ in range(12):
        await asyncio.sleep(0)


async def test_nothing_on_the_way_may_keep_or_change_it(ask: Ask) -> None:
    """No cache, no compression, no buffer; it is this client's alone, and any page's to read."""
    answer = await ask(PATH, accept_encoding="gzip", x_request_id="mine")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store, no-transform"
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.headers["x-request-id"] == "mine"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert {"etag", "content-encoding", "content-length"}.isdisjoint(answer.headers)
    assert answer.text.startswith("retry: 10000\n\nevent: state\n")


async def test_head_opens_no_stream(ask: Ask, worker: Any) -> None:
    """It has the headers, and takes nobody's place."""
    worker.streams = worker.broadcast
    for _ in range(3):
        answer = await ask(PATH, method="HEAD")
        assert (answer.status_code, answer.content) == (200, b"")
    assert len(worker.broadcast) == 0


async def test_the_header_takes_precedence_over_the_query(ask: Ask) -> None:
    """A browser connects again to the same address, with the id of its last change."""
    continued = await ask(f"{PATH}?last_event_id=1-1", last_event_id="no id")
    assert "event: reset" in continued.text
    assert "event: reset" not in (await ask(PATH)).text


@pytest.mark.parametrize("sent", ["42", "1-", "-1", "1-2-3", "%D9%A1-1", "", "1" * 19 + "-1"])
async def test_a_malformed_id_in_the_query_is_refused(ask: Ask, sent: str) -> None:
    """What no change has is 422 and names its parameter."""
    answer = await ask(f"{PATH}?last_event_id={sent}")
    assert answer.status_code == 422
    assert [error["parameter"] for error in answer.json()["errors"]] == ["last_event_id"]


async def test_one_too_many_is_a_problem(ask: Ask, worker: Any) -> None:
    """It says when to connect again, and where to ask meanwhile; requests are answered."""
    for _ in range(2):
        worker.broadcast.open(None)
    answer = await ask(PATH)
    assert (answer.status_code, answer.json()["code"]) == (503, "too-many-streams")
    assert (answer.headers["retry-after"], answer.headers["cache-control"]) == ("60", "no-store")
    assert (await ask(answer.json()["links"]["changes"])).status_code == 200


async def test_a_client_that_leaves_is_noticed(world: Any, worker: Any) -> None:
    """Over RSGI a stream that only sends is watched beside: it makes room for others."""
    worker.streams = worker.broadcast
    responding = direct(ENDPOINTS, worker)
    app = RsgiApplication(
        world.cached(worker), worker, SupervisorLink(), None, responding, worker.timestamp
    )
    protocol = FakeProtocol()
    serving = asyncio.ensure_future(
        app.__rsgi__(rsgi_request((("host", "api.test"),), path=PATH), protocol)
    )
    await settle()
    (status, _), beginning = protocol.sent
    assert (status, beginning[:6], len(worker.broadcast)) == (200, b"retry:", 1)
    protocol.hung_up.set()
    await serving
    assert len(worker.broadcast) == 0


async def test_a_client_that_leaves_is_noticed_over_asgi(world: Any, worker: Any) -> None:
    """A traced request, and one while the instance drains, go this way."""
    worker.streams = worker.broadcast
    left = asyncio.Event()
    sent: list[Any] = []

    async def receive() -> Any:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": PATH,
        "raw_path": PATH.encode(),
    }
    scope |= {"query_string": b"", "headers": [(b"host", b"api.test")], "asgi": {}, "client": None}
    scope |= {"root_path": "", "http_version": "1.1", "scheme": "http"}
    scope["server"] = ("api.test", 80)
    serving = asyncio.ensure_future(world.cached(worker)(scope, receive, send))
    await settle()
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    left.set()
    await serving
    assert len(worker.broadcast) == 0


async def test_a_reader_that_takes_nothing_is_given_up(world: Any, worker: Any) -> None:
    """Where a part can't be sent for ever, a cut ends the request all the same."""
    worker.streams = worker.broadcast
    responding = direct(ENDPOINTS, worker)
    app = RsgiApplication(
        world.cached(worker), worker, SupervisorLink(), None, responding, worker.timestamp
    )

    class Stuck(FakeProtocol):
        async def send_bytes(self, chunk: bytes) -> None:
            await asyncio.Event().wait()

    serving = asyncio.ensure_future(
        app.__rsgi__(rsgi_request((("host", "api.test"),), path=PATH), Stuck())
    )
    await settle()
    (stream,) = worker.broadcast._open
    stream.cut()
    await asyncio.wait_for(serving, 5)
    assert len(worker.broadcast) == 0
