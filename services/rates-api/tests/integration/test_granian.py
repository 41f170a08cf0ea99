"""What the application relies on of Granian's RSGI: a new release is held against it."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rates_dev.ports import free_port
from rates_dev.processes import wait_for

pytestmark = [pytest.mark.integration, pytest.mark.process]

APPLICATION = """
import json, sys

class Application:
    def __rsgi_init__(self, loop):
        loop.run_until_complete(self.started())

    async def started(self):
        if "fails" in sys.argv:
            raise RuntimeError("does not start")

    def __rsgi_del__(self, loop):
        print("ended", flush=True)

    async def __rsgi__(self, scope, protocol):
        headers = scope.headers
        if scope.path == "/raises":
            raise ZeroDivisionError
        if scope.path == "/head":
            protocol.response_bytes(200, [("content-length", "5"), ("etag", '"e"')], b"")
        elif scope.path == "/unmodified":
            protocol.response_bytes(304, [("etag", '"e"')], b"")
        elif scope.path == "/stream":
            stream = protocol.response_stream(200, [])
            await stream.send_bytes(b"one")
            await stream.send_bytes(b"two")
        elif scope.path == "/body":
            body = b"".join([chunk async for chunk in protocol])
            protocol.response_bytes(200, [], body)
        elif scope.path == "/no-body":
            chunks = aiter(protocol)
            try:
                while not await anext(chunks):
                    pass
            except StopAsyncIteration:
                protocol.response_bytes(200, [], b"over")
        elif scope.path == "/leaves":
            print("waits", flush=True)
            await protocol.client_disconnect()
            print("left", flush=True)
        else:
            seen = {name: getattr(scope, name) for name in (
                "method", "path", "query_string", "http_version", "scheme", "server", "authority"
            )}
            seen |= {"items": headers.items(), "hosts": headers.get_all("host")}
            seen |= {"has_host": "host" in headers, "none": headers.get_all("x-none")}
            body = json.dumps(seen).encode()
            protocol.response_bytes(200, [("content-type", "text/plain"), ("x-a", "1")], body)

application = Application()
"""
SERVE = """
import multiprocessing
from granian.constants import Interfaces, Loops
from granian.server.mp import MPServer

if __name__ == "__main__":
    multiprocessing.set_start_method("spawn", force=True)
    MPServer("relied_on:application", address="127.0.0.1", port={port}, workers=1,
             interface=Interfaces.RSGI, loop=Loops.uvloop, websockets=False).serve()
"""


class Server:
    """A server of the application, and a client that speaks bytes."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.port, self.log = free_port(), directory / "log"
        (directory / "relied_on.py").write_text(APPLICATION)
        (directory / "serve.py").write_text(SERVE.format(port=self.port))
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "serve.py", *arguments],
                cwd=directory,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def ask(self, request: bytes, host: bytes = b"Host: h\r\n") -> tuple[bytes, bytes]:
        """Return head and body of the answer to a request's line and headers."""
        line, _, rest = request.partition(b"\r\n")
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as client:
            client.sendall(line + b"\r\n" + host + b"Connection: close\r\n" + rest)
            received = b"".join(iter(lambda: client.recv(65536), b""))
        head, _, body = received.partition(b"\r\n\r\n")
        return head, body

    def listens(self) -> bool:
        """Tell whether it takes connections."""
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def seen(self, request: bytes, host: bytes = b"Host: h\r\n") -> dict[str, object]:
        """Return what the application has seen of a request."""
        found: dict[str, object] = json.loads(self.ask(request, host)[1])
        return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a server of the application."""
    started = Server(tmp_path_factory.mktemp("granian"))
    assert wait_for(started.listens, 30, 0.05)
    yield started
    started.process.terminate()
    started.process.wait(30)
    assert "ended" in started.log.read_text()


def test_path_and_query_string_are_as_asgi_has_them(server: Server) -> None:
    """The path unescaped, the query string as it was sent."""
    seen = server.seen("GET /a%20b/%C3%A9?x=%41&y=é HTTP/1.1\r\n\r\n".encode())

    assert (seen["path"], seen["query_string"]) == ("/a b/é", "x=%41&y=é")
    assert (seen["method"], seen["http_version"], seen["scheme"]) == ("GET", "1.1", "http")
    assert seen["server"] == f"127.0.0.1:{server.port}"


def test_a_repeated_header_is_seen_as_often_as_it_was_sent(server: Server) -> None:
    """Names are in small letters, in the order in which they came."""
    sent = b"GET / HTTP/1.1\r\nAccept-Encoding: br\r\nAccept-Encoding: gzip\r\n\r\n"

    assert server.seen(sent)["items"] == [
        ["host", "h"],
        ["connection", "close"],
        ["accept-encoding", "br"],
        ["accept-encoding", "gzip"],
    ]


@pytest.mark.parametrize(
    ("host", "hosts", "has_host"),
    [
        (b"Host: a\r\nHost: b\r\n", ["a", "b"], True),
        (b"Host: \xe9\r\n", [], True),
        (b"", [], False),
    ],
    ids=["two", "no ASCII", "none"],
)
def test_what_is_no_single_host_can_be_told(
    server: Server, host: bytes, hosts: list[str], has_host: bool
) -> None:
    """The routes refuse it; one that is no ASCII is seen by its name alone."""
    seen = server.seen(b"GET / HTTP/1.0\r\n\r\n", host)

    assert (seen["hosts"], seen["has_host"], seen["none"]) == (hosts, has_host, [])


def test_headers_are_sent_as_they_are(server: Server) -> None:
    """The length of a body that is not sent stays, and a 304 has none."""
    head, body = server.ask(b"HEAD /head HTTP/1.1\r\n\r\n")
    assert b"content-length: 5" in head.lower()
    assert body == b""
    head, body = server.ask(b"GET /unmodified HTTP/1.1\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 304")
    assert b'etag: "e"' in head.lower()
    assert body == b""


def test_a_stream_is_sent_in_parts(server: Server) -> None:
    """Without a length, chunk after chunk."""
    head, body = server.ask(b"GET /stream HTTP/1.1\r\n\r\n")

    assert b"transfer-encoding: chunked" in head.lower()
    assert body == b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"


def test_a_body_can_be_read(server: Server) -> None:
    """Whoever asks for it gets all of it."""
    sent = b"POST /body HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"

    assert server.ask(sent)[1] == b"abc"


def test_a_body_that_is_not_there_is_over(server: Server) -> None:
    """Whoever asks for it, as a stream does that listens for its client, hears so."""
    assert server.ask(b"GET /no-body HTTP/1.1\r\n\r\n")[1].endswith(b"over")


def test_who_hangs_up_is_noticed(server: Server) -> None:
    """A task that waits for it goes on."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(b"GET /leaves HTTP/1.1\r\nHost: h\r\n\r\n")
        assert wait_for(lambda: "waits" in server.log.read_text(), 10, 0.05)

    assert wait_for(lambda: "left" in server.log.read_text(), 10, 0.05)


def test_what_the_application_raises_is_500_and_logged(server: Server) -> None:
    """It is a bug, with its traceback."""
    head, _ = server.ask(b"GET /raises HTTP/1.1\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 500")
    assert wait_for(lambda: "ZeroDivisionError" in server.log.read_text(), 10, 0.05)


def test_a_worker_that_can_not_start_ends(tmp_path: Path) -> None:
    """The main process sees it die, instead of serving without a lifespan."""
    failing = Server(tmp_path, "fails")

    assert failing.process.wait(30) != 0
    assert "does not start" in failing.log.read_text()
