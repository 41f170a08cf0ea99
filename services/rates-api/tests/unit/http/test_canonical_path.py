"""A path has one spelling: others of an endpoint's are a 308 to it, over ASGI and RSGI alike."""

from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rates_api.endpoints import ENDPOINTS
from rates_api.http.routes import canonical_path_middleware, direct
from rates_api.http.rsgi import RsgiApplication
from rates_api.supervisor_link import SupervisorLink
from support.rsgi import FakeProtocol, rsgi_request

CURRENT = "/api/v1/rates/current"
SLASHES = {
    f"{CURRENT}/": CURRENT,
    f"/{CURRENT}": CURRENT,
    "/api//v1///rates/current": CURRENT,
    f"{CURRENT}//?kind=%66ix&kind=fix&": f"{CURRENT}?kind=%66ix&kind=fix&",
    "/api/v1/": "/api/v1",
    "/api/v1/rates/2024-01-02/revisions/": "/api/v1/rates/2024-01-02/revisions",
    "/api/v1/rates/a%20b/": "/api/v1/rates/a%20b",
    "/health/": "/health",
    "/problems//gap": "/problems/gap",
}
ESCAPES = {
    "/api/v1/%72ates/current": CURRENT,
    "/%61pi/v1/rates/current?x=%72": f"{CURRENT}?x=%72",
    "/api/v1/rates/2024%2d01%2D02": "/api/v1/rates/2024-01-02",
    "/api/v1/rates/%c3%a9%7E/": "/api/v1/rates/%C3%A9~",
}

Sent = tuple[int, dict[str, str], bytes]


async def over_asgi(app: Any, target: str, method: str = "GET") -> Sent:
    """Return what `app` sends to a request for `target`, as a server hands it over."""
    path, _, query = target.partition("?")
    scope: dict[str, Any] = {"type": "http", "method": method, "path": unquote(path)}
    scope |= {"raw_path": path.encode(), "query_string": query.encode(), "root_path": ""}
    scope |= {"headers": [(b"host", b"api.test")], "http_version": "1.1", "scheme": "http"}
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await app({**scope, "server": ("api.test", 80), "client": None, "asgi": {}}, None, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, sent[1]["body"]


async def over_rsgi(worker: Any, world: Any, target: str, method: str = "GET") -> Sent:
    """Return the same over RSGI, which shows the path unescaped only."""
    path, _, query = target.partition("?")
    responding = direct(ENDPOINTS, worker)
    app = RsgiApplication(
        world.cached(worker), worker, SupervisorLink(), None, responding, worker.timestamp
    )
    protocol: Any = FakeProtocol()
    headers = [("host", "api.test")]
    await app.__rsgi__(
        rsgi_request(headers, method=method, path=unquote(path), query_string=query), protocol
    )
    status, named, body = protocol.sent[0]
    return status, dict(named), body


async def test_an_escaped_percent_is_no_redirect_to_itself(world: Any, worker: Any) -> None:
    """Over RSGI the path is shown unescaped: a `%` in it was no escape."""
    status, _, _ = await over_rsgi(worker, world, "/api/v1/rates/%2541")
    assert status == 422


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(("target", "location"), (SLASHES | ESCAPES).items())
async def test_another_spelling_is_sent_to_the_one(
    world: Any, worker: Any, target: str, location: str, method: str
) -> None:
    """With the query string as sent, for a day, without a rate and for any origin."""
    status, headers, body = await over_asgi(world.cached(worker), target, method)
    assert (status, headers["location"], body) == (308, location, b"")
    assert headers["cache-control"] == "public, max-age=86400"
    assert headers["access-control-allow-origin"] == "*"
    assert "x-request-id" not in headers
    assert not worker.current.cache.responses


@pytest.mark.parametrize(("target", "location"), SLASHES.items())
async def test_it_is_the_same_over_rsgi(
    world: Any, worker: Any, target: str, location: str
) -> None:
    """Also once the response at the one spelling is cached."""
    await over_rsgi(worker, world, location)
    answer = await over_rsgi(worker, world, target)
    assert answer == await over_asgi(world.cached(worker), target)
    assert answer[1]["location"] == location


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "//evil.example/api/v1",
        "/nothing/",
        "/api/v1/../v1/rates/",
        "/%2F/evil.example",
        "/\\evil.example/",
        "/%72ates",
    ],
)
async def test_what_is_no_endpoint_is_no_redirect(world: Any, worker: Any, target: str) -> None:
    """Nothing leads to another host, or to what is not there."""
    for status, headers, _ in (
        await over_asgi(world.cached(worker), target),
        await over_rsgi(worker, world, target),
    ):
        assert (status, "location" in headers) == (404, False)


@given(
    path=st.text(st.sampled_from("/\\:.@evil%\r\n ") | st.characters(codec="utf-8"), max_size=20),
    prefix=st.sampled_from(["", "/", "//evil.example", "/problems/", f"{CURRENT}/", "/api//v1"]),
)
def test_a_redirect_stays_on_its_host(world: Any, path: str, prefix: str) -> None:
    """Whatever the path, a redirect is to a path here, which is redirected no further."""
    port = world.Worker(None)
    sent: list[Any] = []
    scope = {"type": "http", "method": "GET", "path": f"/{prefix}{path}", "query_string": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    async def passed_on(*_: Any) -> None:
        return None

    def respond(path: str, raw: bytes) -> str | None:
        sent.clear()
        asked = {**scope, "path": path, "raw_path": raw, "state": {}}
        app: Any = canonical_path_middleware(passed_on, ENDPOINTS, port)
        with pytest.raises(StopIteration):
            app(asked, None, send).send(None)
        return dict(sent[0]["headers"])[b"location"].decode() if sent else None

    location = respond(f"/{prefix}{path}", b"")
    if location is not None:
        assert urlsplit(urljoin("http://api.test/x", location)).netloc == "api.test"
        assert location.isascii()
        assert location.isprintable()
        assert respond(unquote(location), location.encode()) is None


@pytest.mark.parametrize("spelling", [f"{CURRENT}/", "/api/v1//rates/current"])
async def test_a_preflight_follows_no_redirect(world: Any, worker: Any, spelling: str) -> None:
    """A browser would fail: any spelling is answered."""
    status, headers, _ = await over_asgi(world.cached(worker), spelling, "OPTIONS")
    assert (status, headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    assert (await over_asgi(world.cached(worker), spelling, "POST"))[0] == 405


async def test_a_redirect_is_counted_under_its_route(world: Any, worker: Any) -> None:
    """Metrics tell who asks in another spelling, and for what."""
    await over_asgi(world.cached(worker), "/api/v1/rates/2024-01-02/")
    assert worker.counters.requests == [("/api/v1/rates/{date}", 308)]
