"""An ASGI application over RSGI: requests, responses and the lifespan, as a server would do it."""

import asyncio
from typing import Any

import pytest

from rates_api.http.asgi_bridge import Lifespan, LifespanFailed, asgi_scope, serve
from support.rsgi import FakeHeaders, FakeProtocol, rsgi_request


def test_the_scope_is_that_of_asgi() -> None:
    """Path unescaped, query string as sent, each header in its order, also a repeated one."""
    headers = [("host", "h"), ("accept-encoding", "gzip"), ("accept-encoding", "br")]

    scope = asgi_scope(rsgi_request(headers, path="/a b/é", query_string="x=%41"))

    assert (scope["path"], scope["query_string"]) == ("/a b/é", b"x=%41")
    assert scope["headers"] == [(name.encode(), text.encode()) for name, text in headers]
    assert (scope["server"], scope["client"]) == (("127.0.0.1", 8000), ("127.0.0.1", 50000))


def test_a_request_without_a_host_has_an_empty_one() -> None:
    """As Granian has it for ASGI: the routes refuse it."""
    assert asgi_scope(rsgi_request([]))["headers"] == [(b"host", b"")]


def test_a_host_that_is_not_shown_is_not_made_up() -> None:
    """It is no ASCII, and whoever looks for one finds none."""
    hidden = rsgi_request(FakeHeaders([], hidden=["host"]))

    assert asgi_scope(hidden)["headers"] == [(b"host", b"\xff")]


async def test_a_response_of_one_body_is_sent_at_once() -> None:
    """Status, headers in their order, body."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"b", b"1"), (b"a", "é".encode("latin-1"))]
        await send({"type": "http.response.start", "status": 203, "headers": headers})
        await send({"type": "http.response.body", "body": b"all"})

    protocol: Any = FakeProtocol()
    await serve(app, rsgi_request(), protocol)

    assert protocol.sent == [(203, [("b", "1"), ("a", "é")], b"all")]


async def test_a_response_of_several_bodies_is_streamed() -> None:
    """None of it waits for the next."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        assert protocol.sent == [(200, []), b"one"]
        await send({"type": "http.response.body", "body": b"two"})

    protocol: Any = FakeProtocol()
    await serve(app, rsgi_request(), protocol)

    assert protocol.sent == [(200, []), b"one", b"two"]


async def test_a_body_is_received_in_its_parts_and_then_the_end_of_the_connection() -> None:
    """Whoever waits for the client to hang up, waits for that."""
    received: list[Any] = []

    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        received.extend([await receive() for _ in range(3)])
        waiting = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        assert not waiting.done()
        protocol.hung_up.set()
        received.append(await waiting)

    protocol: Any = FakeProtocol([b"ab", b"c"])
    await serve(app, rsgi_request(), protocol)

    assert [(message.get("body"), message.get("more_body")) for message in received[:3]] == [
        (b"ab", True),
        (b"c", True),
        (b"", False),
    ]
    assert received[3] == {"type": "http.disconnect"}


async def test_what_an_application_raises_is_raised() -> None:
    """The server logs it and answers 500; nothing is swallowed."""

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        raise ZeroDivisionError

    protocol: Any = FakeProtocol()
    with pytest.raises(ZeroDivisionError):
        await serve(app, rsgi_request(), protocol)
    assert protocol.sent == []


async def test_a_client_that_has_hung_up_is_no_failure() -> None:
    """It happens all day."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"all"})

    protocol: Any = FakeProtocol(is_closed=True)
    await serve(app, rsgi_request(), protocol)


async def test_the_lifespan_is_one_task_from_the_start_to_the_end() -> None:
    """What was opened in a task has to be closed in it."""
    tasks: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "lifespan"
        for phase in ("startup", "shutdown"):
            assert (await receive())["type"] == f"lifespan.{phase}"
            tasks.append((phase, asyncio.current_task()))
            await send({"type": f"lifespan.{phase}.complete"})

    lifespan = Lifespan(app)
    await lifespan.start()
    assert [phase for phase, _ in tasks] == ["startup"]
    await lifespan.end()

    assert [phase for phase, _ in tasks] == ["startup", "shutdown"]
    assert len({task for _, task in tasks}) == 1


async def test_an_application_that_says_that_it_can_not_start_is_not_served() -> None:
    """Its own reason is given."""

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no disk"})

    with pytest.raises(LifespanFailed, match="no disk"):
        await Lifespan(app).start()


async def test_an_application_that_fails_as_it_starts_is_not_served() -> None:
    """A server that took it for one without a lifespan would serve what nothing updates."""

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(LifespanFailed) as failed:
        await Lifespan(app).start()
    assert isinstance(failed.value.__cause__, ZeroDivisionError)


async def test_what_never_started_has_nothing_to_end() -> None:
    """The server ends each worker alike."""

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError

    await Lifespan(app).end()
