"""Over RSGI, Granian's own interface, every answer is the one over ASGI."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from rates_api.endpoints import ENDPOINTS
from rates_api.http.endpoint import Streaming
from rates_api.http.routes import direct
from rates_api.http.rsgi import RsgiApplication
from rates_api.supervisor_link import SupervisorLink
from rates_telemetry.tracing import Tracing, open_tracing
from support.rsgi import FakeHeaders, FakeProtocol, Headers, rsgi_request

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
CURRENT = "/api/v1/rates/current"
DAY, DAY_ROUTE = "/api/v1/rates/2024-01-02", "/api/v1/rates/{date}"
EXAMPLES = sorted(
    path
    for endpoint in ENDPOINTS
    if not isinstance(endpoint.handler, Streaming)
    for path in endpoint.examples.values()
)
HOST = ("host", "api.test")

Sent = tuple[int, list[tuple[str, str]], bytes]


class PassedOn:
    """The ASGI application, and the paths that reach it."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.paths: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.paths.append(scope["path"])
        await self._app(scope, receive, send)


@pytest.fixture
def link() -> SupervisorLink:
    """Give the link to a main process that says nothing."""
    return SupervisorLink()


@pytest.fixture
def passed_on(world: Any, worker: Any) -> PassedOn:
    """Give the ASGI application of the worker."""
    return PassedOn(world.cached(worker))


def rsgi(
    worker: Any, app: Any, link: SupervisorLink, tracing: Tracing | None = None
) -> RsgiApplication:
    """Return `app` over RSGI."""
    responding = direct(ENDPOINTS, worker)
    return RsgiApplication(app, worker, link, tracing, responding, worker.timestamp)


@pytest.fixture
def app(worker: Any, passed_on: PassedOn, link: SupervisorLink) -> RsgiApplication:
    """Give the worker's application over RSGI, without traces."""
    return rsgi(worker, passed_on, link)


async def asked(
    app: RsgiApplication, path: str, method: str = "GET", headers: Headers | FakeHeaders = (HOST,)
) -> Sent:
    """Return exactly what `app` sends over RSGI."""
    name, _, query = path.partition("?")
    protocol: Any = FakeProtocol()
    request = rsgi_request(headers, method=method, path=name, query_string=query)
    await app.__rsgi__(request, protocol)
    (sent,) = protocol.sent
    return without_made_up_id(sent)


async def asked_over_asgi(app: Any, path: str, method: str, headers: Headers) -> Sent:
    """Return what the ASGI application `app` sends, in the words of RSGI."""
    name, _, query = path.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": name,
        "query_string": query.encode(),
    }
    scope |= {"headers": [(key.encode(), text.encode()) for key, text in headers], "asgi": {}}
    scope |= {"raw_path": name.encode(), "root_path": "", "http_version": "1.1", "scheme": "http"}
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await app({**scope, "server": ("api.test", 80), "client": None}, None, send)
    start, *bodies = sent
    named = [(key.decode(), text.decode()) for key, text in start["headers"]]
    body = b"".join(message.get("body", b"") for message in bodies)
    return without_made_up_id((start["status"], named, body))


def without_made_up_id(sent: Sent) -> Sent:
    """Return the answer without the request id, which differs where the client sent none."""
    status, headers, body = sent
    kept = [(name, "" if value.startswith("request-") else value) for name, value in headers]
    return status, kept, body


@pytest.mark.parametrize("path", [*EXAMPLES, "/api/v1/rates/historical?last=100", "/nothing"])
async def test_every_response_is_that_of_asgi(
    app: RsgiApplication, world: Any, worker: Any, path: str
) -> None:
    """Status, every header in its order and every byte, cached or not."""
    other = world.Worker(worker.current.snapshot.with_feed("database").with_feed("redis"))
    asgi = world.cached(other)
    etag = dict((await asked(app, path))[1]).get("etag", '"none"')
    conditions: Sequence[Headers] = (
        [HOST],
        [HOST, ("accept-encoding", "gzip, br")],
        [HOST, ("accept-encoding", "br"), ("accept-encoding", "gzip")],
        [HOST, ("accept-encoding", "gzip;q=0")],
        [HOST, ("if-none-match", etag)],
        [HOST, ("if-none-match", '"other"'), ("if-none-match", f"W/{etag}")],
        [HOST, ("if-none-match", "*"), ("accept-encoding", "gzip")],
        [HOST, ("origin", "https://shop.example"), ("x-request-id", "mine")],
        [HOST, ("host", "b.test")],
        [("host", "a b")],
    )
    for method, headers in product(("GET", "HEAD", "OPTIONS", "POST"), conditions):
        expected = await asked_over_asgi(asgi, path, method, headers)
        for _ in range(2):
            assert await asked(app, path, method, headers) == expected


async def test_a_cached_response_meets_no_asgi(
    app: RsgiApplication, passed_on: PassedOn, worker: Any
) -> None:
    """It is counted as a hit of its route all the same."""
    await asked(app, DAY)
    await asked(app, DAY)

    assert passed_on.paths == [DAY]
    assert worker.counters.requests == [(DAY_ROUTE, 200), (DAY_ROUTE, 200)]
    assert worker.counters.lookups == ["miss", "hit"]


@pytest.mark.parametrize(("method", "passed"), [("GET", []), ("HEAD", []), ("POST", [CURRENT])])
async def test_a_path_without_parameters_needs_no_router(
    app: RsgiApplication, passed_on: PassedOn, worker: Any, method: str, passed: list[str]
) -> None:
    """Only what it is not there for is left to the router."""
    status, *_ = await asked(app, CURRENT, method)

    assert passed_on.paths == passed
    expected = ("unknown", 405) if passed else (CURRENT, 200)
    assert worker.counters.requests == [expected]
    assert status == expected[1]


@pytest.mark.parametrize(
    "headers",
    [FakeHeaders([], hidden=["host"]), FakeHeaders([]), FakeHeaders([("host", "x" * 999)])],
    ids=["no ASCII", "none", "endless"],
)
async def test_a_host_that_is_none_is_left_to_asgi(
    app: RsgiApplication, passed_on: PassedOn, headers: FakeHeaders
) -> None:
    """It refuses what is no host, cached or not."""
    await asked(app, DAY)
    status, *_ = await asked(app, DAY, headers=headers)

    assert passed_on.paths == [DAY, DAY]
    assert status == (200 if headers.get("host") else 400)


async def test_while_the_instance_drains_asgi_answers(
    app: RsgiApplication, passed_on: PassedOn, link: SupervisorLink
) -> None:
    """It closes connections (protocol rule 22)."""
    await asked(app, CURRENT)
    await asked(app, DAY)
    link.draining = True
    await asked(app, CURRENT)
    await asked(app, DAY)

    assert passed_on.paths == [DAY, CURRENT, DAY]


async def test_a_response_holds_no_longer_than_over_asgi(
    app: RsgiApplication, worker: Any, passed_on: PassedOn
) -> None:
    """Also not where the clock goes back to before it was rendered (protocol rule 16)."""
    before = worker.now
    await asked(app, DAY)
    (cached,) = worker.current.cache.responses.values()
    for seconds in (cached.valid_until - before.timestamp(), -1.0):
        worker.timestamp = lambda late=seconds: before.timestamp() + late
        app = rsgi(worker, passed_on, SupervisorLink())
        await asked(app, DAY)

    assert passed_on.paths == [DAY] * 3


@pytest.mark.parametrize(("sampled", "parent", "kept"), [(0.0, PARENT, 2), (0.0, "", 0)])
async def test_a_sampled_trace_has_a_span_of_a_cached_response_too(
    worker: Any, passed_on: PassedOn, sampled: float, parent: str, kept: int
) -> None:
    """It is decided once: what is not sampled is answered from the cache at once."""
    spans = InMemorySpanExporter()
    processor = SimpleSpanProcessor(spans)
    tracing = open_tracing("rates-api", version="1", sampled=sampled, processor=processor)
    app = rsgi(worker, passed_on, SupervisorLink(), tracing)
    headers = [HOST, ("traceparent", parent)] if parent else [HOST]

    answers = [await asked(app, CURRENT, headers=headers) for _ in range(2)]

    assert answers[0] == answers[1]
    assert [span.name for span in spans.get_finished_spans()] == [f"GET {CURRENT}"] * kept
