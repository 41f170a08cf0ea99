"""Cached responses before the routes: the same as theirs to the last header, only sooner."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import product
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from rates_api.endpoints import ENDPOINTS
from rates_api.http.endpoint import Streaming
from rates_api.http.tracing_middleware import tracing_middleware
from rates_telemetry.tracing import open_tracing

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
CURRENT = "/api/v1/rates/current"
LARGE = "/api/v1/rates/historical?last=100"
EXAMPLES = sorted(
    path
    for endpoint in ENDPOINTS
    if not isinstance(endpoint.handler, Streaming)
    for path in endpoint.examples.values()
)

Sent = tuple[int, list[tuple[bytes, bytes]], bytes]
Ask = Callable[..., Any]


async def asked(
    app: Any,
    path: str,
    method: str = "GET",
    headers: Mapping[str, str] | Sequence[tuple[bytes, bytes]] = (),
) -> Sent:
    """Return exactly what `app` sends: status, headers in their order, body."""
    name, _, query = path.partition("?")
    named = list(headers)
    if isinstance(headers, Mapping):
        named = [(key.encode(), text.encode()) for key, text in headers.items()]
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": name,
        "query_string": query.encode(),
    }
    scope |= {"headers": named, "raw_path": name.encode(), "root_path": "", "http_version": "1.1"}
    scope |= {"scheme": "http", "server": ("api.test", 80), "client": None, "asgi": {}}
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *bodies = sent
    body = b"".join(message.get("body", b"") for message in bodies)
    return start["status"], list(start["headers"]), body


@pytest.fixture
def routes(world: Any, worker: Any) -> Any:
    """Give the routes alone."""
    return world.application(worker)


@pytest.fixture
def passed_on() -> list[str]:
    """Give the paths that went on to the routes."""
    return []


@pytest.fixture
def app(routes: Any, world: Any, worker: Any, passed_on: list[str]) -> Any:
    """Give the routes behind the cache of responses."""

    async def noting(scope: Any, receive: Any, send: Any) -> None:
        passed_on.append(scope["path"])
        await routes(scope, receive, send)

    return world.cached(worker, noting)


@pytest.mark.parametrize("path", [*EXAMPLES, LARGE])
async def test_a_cached_response_is_the_routes_response(
    app: Any, world: Any, worker: Any, path: str
) -> None:
    """Status, every header in its order and every byte are those of the routes, always."""
    other = world.Worker(worker.current.snapshot.with_feed("database").with_feed("redis"))
    routes = world.application(other)
    plain = (await asked(app, path))[1]
    etag = dict(plain).get(b"etag", b'"none"').decode()
    conditions: tuple[dict[str, str], ...] = (
        {},
        {"accept-encoding": "gzip, br"},
        {"accept-encoding": "gzip;q=0"},
        {"if-none-match": etag},
        {"if-none-match": f'"other", W/{etag}'},
        {"if-none-match": "*", "accept-encoding": "gzip"},
        {"origin": "https://shop.example", "x-request-id": "mine"},
    )
    for method, headers in product(("GET", "HEAD", "OPTIONS", "POST"), conditions):
        first, again = [await asked(app, path, method, headers) for _ in range(2)]
        made = await asked(routes, path, method, headers)
        expected = without_made_up_id(made)
        assert [without_made_up_id(sent) for sent in (first, again)] == [expected] * 2


@pytest.mark.parametrize("path", [CURRENT, "/nothing"])
@pytest.mark.parametrize("host", ["a b", "[::1", '"x', "a:b", ""])
async def test_a_malformed_host_is_refused_cached_or_not(
    app: Any, worker: Any, host: str, path: str
) -> None:
    """It was 500 the first time, and 200 once the response was cached."""
    before = await asked(app, path, headers={"host": host})
    await asked(app, path)
    after = await asked(app, path, headers={"host": host})

    assert [sent[0] for sent in (before, after)] == [400, 400]
    assert b"application/problem+json" in dict(after[1]).values()
    assert worker.counters.requests.count(("unknown", 400)) == 2


async def test_two_hosts_are_refused_cached_or_not(app: Any) -> None:
    """Which of them is meant, each server on the way may decide differently."""
    await asked(app, CURRENT)
    twice = [(b"host", b"a.example"), (b"host", b"b.example")]

    assert (await asked(app, CURRENT, headers=twice))[0] == 400
    assert (await asked(app, CURRENT, headers=twice[:1]))[0] == 200


def without_made_up_id(sent: Sent) -> Sent:
    """Return the answer without the request id, which differs where the client sent none."""
    status, headers, body = sent
    kept = [(name, b"" if value.startswith(b"request-") else value) for name, value in headers]
    return status, kept, body


async def test_the_second_request_meets_no_route(app: Any, passed_on: list[str]) -> None:
    """A cached response is sent without the routes, a 304 of it as well."""
    _, headers, _ = await asked(app, CURRENT)
    etag = dict(headers)[b"etag"].decode()
    for sent in ({}, {"if-none-match": etag}, {"accept-encoding": "gzip"}):
        await asked(app, CURRENT, headers=sent)
    await asked(app, CURRENT, "HEAD")
    assert passed_on == [CURRENT]


@pytest.mark.parametrize("path", [CURRENT, f"{CURRENT}?kind=dollar", "/nothing", "/health"])
async def test_every_response_says_how_it_may_be_used(app: Any, path: str) -> None:
    """By pages of any origin, as what it is and nothing else; cached or not, problems too."""
    for _ in range(2):
        headers = dict((await asked(app, path))[1])
        assert headers[b"x-content-type-options"] == b"nosniff"
        assert headers[b"cross-origin-resource-policy"] == b"cross-origin"
        assert headers[b"referrer-policy"] == b"no-referrer"


async def test_headers_given_twice_count_as_one(app: Any, world: Any, worker: Any) -> None:
    """Two lines of a header are one list, as RFC 9110 says."""
    etag = dict((await asked(app, CURRENT))[1])[b"etag"].decode()

    class Twice(dict[str, str]):
        def items(self) -> Any:
            return [("if-none-match", '"other"'), ("if-none-match", etag)]

    assert (await asked(app, CURRENT, headers=Twice()))[0] == 304


async def test_a_new_snapshot_has_nothing_cached(
    app: Any, worker: Any, world: Any, passed_on: list[str]
) -> None:
    """A publication drops every cached response with the snapshot that it was made from."""
    await asked(app, CURRENT)
    worker.current.replace(world.snapshot())
    await asked(app, CURRENT)
    assert passed_on == [CURRENT] * 2


async def test_the_time_at_the_edge_runs_on(app: Any, worker: Any, world: Any) -> None:
    """`s-maxage` counts down to the next transition, a second at a time."""
    shown = []
    for seconds in (0, 0.5, 1, 1.25, 239.5, 240):
        worker.now = world.NOW + timedelta(seconds=seconds)
        shown.append(dict((await asked(app, CURRENT))[1])[b"cache-control"].rpartition(b"=")[2])
    assert shown == [b"240", b"239", b"239", b"238", b"0", b"0"]


async def test_an_answer_ends_at_the_next_transition(app: Any, worker: Any, world: Any) -> None:
    """Past `fresh_until` the cache has nothing, and the routes say `unverified`."""
    await asked(app, CURRENT)
    worker.now = world.NOW + timedelta(minutes=5)
    assert b'"unverified"' in (await asked(app, CURRENT))[2]


async def test_every_answer_is_counted_alike(app: Any, worker: Any) -> None:
    """Metrics don't tell whether the cache or the routes have answered, but for hit and miss."""
    etag = dict((await asked(app, CURRENT))[1])[b"etag"].decode()
    await asked(app, CURRENT)
    await asked(app, CURRENT, headers={"if-none-match": etag})
    assert worker.counters.requests == [(CURRENT, 200), (CURRENT, 200), (CURRENT, 304)]
    assert worker.counters.lookups == ["miss", "hit", "hit"]


@pytest.mark.parametrize(
    "path",
    [
        f"{CURRENT}?kind=%66ix",
        f"{CURRENT}?kind=fix&",
        f"{CURRENT}?&kind=fix",
        f"{CURRENT}?as_of=2024-01-02T18:30:00Z",
        "/api/v1/rates/historical?days=010",
        "/api/v1/rates/historical?kind=fix&days=10",
        "/api/v1/rates/historical?from=2024-01-01&to=2024-01-05",
        "/api/v1/convert?from=USD&to=MXN&amount=1",
        "/api/v1/rates/2024-03-02?roll=none",
        f"{CURRENT}?unknown=1",
        "/health",
        "/problems/gap",
        "/nothing",
    ],
)
async def test_odd_spellings_and_unbounded_queries_are_not_kept(
    app: Any, worker: Any, path: str
) -> None:
    """However requests are varied, no more is kept than there are different answers."""
    await asked(app, path)
    assert not worker.current.cache.responses


@pytest.mark.parametrize(
    "path",
    [
        CURRENT,
        f"{CURRENT}?kind=settlement",
        "/api/v1",
        "/api/v1/rates/2024-01-02?kind=fix&roll=none",
        "/api/v1/rates/2024-01-02/revisions",
        "/api/v1/rates/average/30d",
        "/api/v1/rates/historical?days=730&format=csv",
        "/api/v1/rates/historical?last=10&kind=settlement",
        "/api/v1/rates/gaps",
    ],
)
async def test_what_many_ask_alike_is_kept(app: Any, worker: Any, path: str) -> None:
    """Parameters in the documented order, defaults named or not, are answered from the cache."""
    await asked(app, path)
    name, _, query = path.partition("?")
    assert list(worker.current.cache.responses) == [(name, query)]


async def test_a_worker_without_data_passes_everything_on(world: Any) -> None:
    """Before the first warm-up there is nothing cached, only the routes' problems."""
    worker = world.Worker(None)
    app = world.cached(worker)
    assert (await asked(app, CURRENT))[0] == 503


async def test_it_works_behind_a_real_client(app: Any) -> None:
    """Bytes and headers are good HTTP, compressed ones too."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
        answers = [await client.get(LARGE, headers={"accept-encoding": "gzip"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["content-encoding"] == "gzip"


async def test_a_cached_response_is_traced_as_the_routes_are(app: Any) -> None:
    """The span has the path template and the status, whoever has answered."""
    spans = InMemorySpanExporter()
    processor = SimpleSpanProcessor(spans)
    tracing = open_tracing("rates-api", version="1", sampled=0.1, processor=processor)
    for _ in range(2):
        await asked(tracing_middleware(app, tracing), CURRENT, headers={"traceparent": PARENT})
    made, found = spans.get_finished_spans()
    assert (made.name, made.attributes) == (found.name, found.attributes)
    assert found.attributes is not None
    assert dict(found.attributes) == {"http.route": CURRENT, "http.response.status_code": 200}
