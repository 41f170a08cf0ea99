"""What the edge does with instances that say no, say nothing or are not there: the real HAProxy."""

import http.client
import http.server
import json
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from containers.engine import ROOT, until
from rates_dev.ports import free_port
from support.programs import require

CONFIGURATION = ROOT / "deploy" / "compose" / "haproxy.cfg"
TEMPLATE = re.compile(r"server-template (\w+) 8 rates-api:8000 .*")
SOON = 10.0

Answer = tuple[int, http.client.HTTPMessage, bytes]


class Instance:
    """A fake rates-api: whether it is fed, whether it says anything, and who asked for answers."""

    def __init__(self, name: str) -> None:
        self.name, self.port = name, free_port()
        self.fed = True
        self.speaks = threading.Event()
        self.speaks.set()
        self.answers = threading.Event()
        self.answers.set()
        self.asked = 0

    @contextmanager
    def serving(self) -> Iterator["Instance"]:
        """Serve in threads."""
        instance = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                instance.speaks.wait()
                checked = self.path == "/readyz/fed"
                if self.path == "/slow":
                    instance.asked += 1
                    instance.answers.wait()
                self.send_response(503 if checked and not instance.fed else 200)
                self.send_header("Content-Length", str(len(instance.name)))
                self.end_headers()
                self.wfile.write(instance.name.encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self.speaks.set()
            self.answers.set()
            server.shutdown()
            server.server_close()
            thread.join()


class Edge:
    """HAProxy with the configuration of compose, its instances at fixed addresses."""

    def __init__(self, directory: Path, instances: tuple[Instance, ...]) -> None:
        self.port = free_port()
        self.file = directory / "haproxy.cfg"
        self.instances = instances
        text = CONFIGURATION.read_text(encoding="utf-8").replace(":8000\n", f":{self.port}\n")
        text = text.replace("/usr/local/etc/haproxy/problems", f"{CONFIGURATION.parent}/problems")
        self.file.write_text(TEMPLATE.sub(self._servers, text), encoding="utf-8")

    def _servers(self, template: re.Match[str]) -> str:
        return "\n    ".join(
            f"server {template[1]}{each.name} 127.0.0.1:{each.port}" for each in self.instances
        )

    def get(self, path: str = "/") -> Answer:
        """Ask for `path` on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def names(self) -> set[str]:
        """Return who answers four requests in a row."""
        return {body.decode() for _, _, body in (self.get() for _ in range(4))}

    def problem(self, path: str = "/") -> tuple[int, str, str, str]:
        """Return status, content type, `Retry-After` and code of a problem of the edge's own."""
        status, headers, body = self.get(path)
        document = json.loads(body)
        assert document["status"] == status
        return status, headers["Content-Type"], headers["Retry-After"], document["code"]


@pytest.fixture
def pair() -> Iterator[tuple[Instance, Instance]]:
    """Give two instances that serve."""
    with ExitStack() as serving:
        a, b = (serving.enter_context(Instance(name).serving()) for name in "ab")
        yield a, b


@contextmanager
def running(edge: Edge) -> Iterator[Edge]:
    """Run HAProxy until the end."""
    process = subprocess.Popen(["haproxy", "-db", "-f", edge.file])
    try:
        until(lambda: _listens(edge), seconds=SOON)
        yield edge
    finally:
        process.terminate()
        process.wait()


def _listens(edge: Edge) -> bool:
    try:
        edge.get()
    except OSError:
        return False
    return True


@pytest.fixture
def edge(tmp_path: Path, pair: tuple[Instance, Instance]) -> Iterator[Edge]:
    """Give an edge before both, which it knows to be ready."""
    require("haproxy")
    with running(Edge(tmp_path, pair)) as edge:
        until(lambda: edge.names() == {"a", "b"}, seconds=SOON)
        yield edge


def test_an_instance_without_a_source_gets_no_requests(
    edge: Edge, pair: tuple[Instance, Instance]
) -> None:
    """Protocol rule 41: its old rate would alternate with the neighbour's new one."""
    pair[0].fed = False
    until(lambda: edge.names() == {"b"}, seconds=SOON)
    pair[0].fed = True
    until(lambda: edge.names() == {"a", "b"}, seconds=SOON)


def test_where_nobody_has_a_source_everybody_answers(
    edge: Edge, pair: tuple[Instance, Instance]
) -> None:
    """Protocol rule 22: memory without sources still answers."""
    for instance in pair:
        instance.fed = False
    checked = time.monotonic() + 1
    until(lambda: time.monotonic() > checked and edge.names() == {"a", "b"}, seconds=SOON)


@contextmanager
def open_requests(edge: Edge) -> Iterator[tuple["Future[Answer]", ...]]:
    """Give a request to each instance that neither has answered."""
    for instance in edge.instances:
        instance.answers.clear()
    with ThreadPoolExecutor(2) as pool:
        asked = tuple(pool.submit(edge.get, "/slow") for _ in edge.instances)
        until(lambda: [each.asked for each in edge.instances] == [1, 1], seconds=SOON)
        try:
            yield asked
        finally:
            for instance in edge.instances:
                instance.answers.set()


def test_an_instance_that_says_no_finishes_its_open_requests(
    edge: Edge, pair: tuple[Instance, Instance]
) -> None:
    """A roll-out and a lost source fail no request."""
    with open_requests(edge) as asked:
        pair[0].fed = False
        until(lambda: edge.names() == {"b"}, seconds=SOON)
        for instance in pair:
            instance.answers.set()
        assert sorted(future.result()[::2] for future in asked) == [(200, b"a"), (200, b"b")]


def test_the_requests_of_an_instance_that_says_nothing_are_answered_by_another(
    edge: Edge, pair: tuple[Instance, Instance]
) -> None:
    """A paused container left 40 requests hanging for a minute."""
    with open_requests(edge) as asked:
        pair[0].speaks.clear()
        pair[1].answers.set()
        until(lambda: edge.names() == {"b"}, seconds=SOON)
        assert [future.result()[::2] for future in asked] == [(200, b"b"), (200, b"b")]


def test_an_answer_that_takes_too_long_is_a_problem(
    edge: Edge, pair: tuple[Instance, Instance]
) -> None:
    """After three instances, or one thrice, the edge answers itself, in its own words."""
    pair[0].answers.clear()
    pair[1].answers.clear()
    assert edge.problem("/slow") == (504, "application/problem+json", "1", "answer-timeout")


def test_without_an_instance_the_edge_answers_a_problem(tmp_path: Path) -> None:
    """Its own page was HTML, and did not say when to ask again."""
    require("haproxy")
    with running(Edge(tmp_path, (Instance("a"),))) as edge:
        assert edge.problem() == (503, "application/problem+json", "5", "no-instance")
