"""Methods, headers, conditional and compressed answers, problems outside the endpoints."""

import gc
import gzip
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from rates_api.endpoints import ENDPOINTS
from rates_api.http.problems import PROBLEMS, Refused

Ask = Callable[..., Awaitable[httpx.Response]]

CURRENT = "/api/v1/rates/current"
LARGE = "/api/v1/rates/historical?last=100"
WITHOUT_SNAPSHOT = ("health", "problem_page", "keys")


async def test_current_is_what_the_documentation_shows(ask: Ask) -> None:
    """The example of the API's page comes out to the last member."""
    answer = (await ask(CURRENT)).json()
    assert answer["rate"] == "17.0530"
    assert answer["dates"] == {
        "determined": "2026-08-13",
        "dof_published": "2026-08-14",
        "applies_from": "2026-08-15",
        "applies_to": "2026-08-17",
        "confirmed": True,
    }
    assert answer["provenance"]["recorded_at"] == "2026-08-13T18:01:07Z"
    assert (answer["level"], answer["warnings"]) == ("healthy", [])


async def test_cacheable_answers_have_a_tag_and_no_request_id(ask: Ask) -> None:
    """What many clients share names none of them; `s-maxage` ends with `fresh_until`."""
    answer = await ask(CURRENT, x_request_id="mine")
    expected = "public, max-age=0, must-revalidate, s-maxage=240"
    assert answer.headers["cache-control"] == expected
    assert answer.headers["etag"].startswith('"')
    assert "x-request-id" not in answer.headers
    assert "last-modified" not in answer.headers


async def test_a_client_that_has_it_gets_304(ask: Ask) -> None:
    """The tag sent back, weak or strong, brings an empty 304 with the same tag."""
    etag = (await ask(CURRENT)).headers["etag"]
    for sent in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = await ask(CURRENT, if_none_match=sent)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
        assert "s-maxage=240" in answer.headers["cache-control"]
    assert (await ask(CURRENT, if_none_match='"other"')).status_code == 200


async def test_gzip_above_a_kilobyte_is_a_variant_of_its_own(ask: Ask) -> None:
    """Both variants vary by `Accept-Encoding`, have their own tags and the same content."""
    plain = await ask(LARGE)
    small = await ask(LARGE, accept_encoding="gzip")
    assert small.headers["content-encoding"] == "gzip"
    assert small.json() == plain.json()
    assert int(small.headers["content-length"]) < int(plain.headers["content-length"])
    assert small.headers["etag"] != plain.headers["etag"]
    assert small.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    stale = await ask(LARGE, accept_encoding="gzip", if_none_match=plain.headers["etag"])
    assert stale.status_code == 200


async def test_a_small_answer_is_never_compressed(ask: Ask) -> None:
    """Below a kilobyte there is one variant."""
    answer = await ask(CURRENT, accept_encoding="gzip")
    assert "content-encoding" not in answer.headers
    assert "vary" not in answer.headers


@pytest.mark.parametrize("path", [CURRENT, LARGE, "/health", "/problems/gap", "/nothing"])
async def test_head_is_get_without_the_body(ask: Ask, path: str) -> None:
    """HEAD answers with GET's status and headers, and no byte more."""
    get, head = await ask(path), await ask(path, "HEAD")
    assert head.status_code == get.status_code
    assert head.content == b""
    for name in ("etag", "content-type", "content-length", "cache-control"):
        assert head.headers.get(name) == get.headers.get(name)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
async def test_options_answers_a_preflight(ask: Ask, endpoint: Any) -> None:
    """Any origin may ask, with the three headers that matter."""
    path = next(iter(endpoint.examples.values()))
    answer = await ask(path, "OPTIONS", origin="https://shop.example")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    allowed = answer.headers["access-control-allow-headers"]
    assert allowed == "If-None-Match, Last-Event-ID, traceparent, X-Request-Id"
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("path", [CURRENT, "/nothing", f"{CURRENT}?kind=spot", "/health"])
async def test_every_answer_may_be_read_by_any_origin(ask: Ask, path: str) -> None:
    """Problems are readable across origins as well, with the headers that clients need."""
    answer = await ask(path)
    assert answer.headers["access-control-allow-origin"] == "*"
    exposed = answer.headers["access-control-expose-headers"]
    assert exposed == "ETag, Link, Retry-After, X-Request-Id"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
async def test_other_methods_are_405_with_allow(ask: Ask, method: str) -> None:
    """A method that is not served gets a problem that lists those that are."""
    for endpoint in ENDPOINTS:
        answer = await ask(next(iter(endpoint.examples.values())), method)
        assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/api",
        "/api/v2/rates/current",
        "/api/v1/rates/average",
        "/api/v1/rates/current/more",
        "/api/v1/rates/2024-01-02/revisions/1",
        "/problems",
        "/metrics",
        "/%ff%00",
        "/" + "a" * 4000,
    ],
)
async def test_an_unknown_path_is_a_404_problem(ask: Ask, path: str) -> None:
    """What is not served is a problem document, whatever the path looks like."""
    answer = await ask(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert (answer.json()["code"], answer.json()["status"]) == ("not-found", 404)


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/api/v1/rates/average", "ask `/api/v1/rates/average/{window}`."),
        ("/api/v1/rates/average/30d.csv", "ask `/api/v1/rates/average/30d?format=csv`."),
        ("/api/v1/rates/average/7d.csv", "ask for 15d or 30d."),
        ("/nothing", "Nothing is served at this path."),
    ],
)
async def test_a_404_names_the_path_that_was_meant(ask: Ask, path: str, detail: str) -> None:
    """Where it lacks its end, or has a file's instead of a format."""
    answer = await ask(path)
    assert answer.status_code == 404
    assert answer.json()["detail"].endswith(detail)


@pytest.mark.parametrize("path", ["/nothing", CURRENT, "/api/v1/rates/2024-01-02", "/health"])
async def test_a_longer_address_than_any_is_a_414_problem(ask: Ask, path: str) -> None:
    """Of path and query string together, whatever is asked; the problem repeats little of it."""
    fits = f"{path}?{'x' * (8192 - len(path))}"
    assert (await ask(fits)).status_code in (404, 422)
    answer = await ask(f"{fits}x")
    assert (answer.status_code, answer.json()["code"]) == (414, "uri-too-long")
    assert answer.headers["content-type"] == "application/problem+json"
    assert len((await ask(f"/{'é' * 4000}{'/' * 9000}")).content) < 8000


async def test_a_problem_of_a_request_goes_with_it(ask: Ask) -> None:
    """One that lives on, to be raised again, would keep the frames of each request that it met."""
    await ask(f"{CURRENT}?{'x' * 9000}")
    gc.collect()
    alive = [found for found in gc.get_objects() if isinstance(found, Refused)]
    assert [found for found in alive if found.code == "uri-too-long"] == []


async def test_a_problem_says_everything_rfc_9457_asks(ask: Ask) -> None:
    """Type, title, status, detail, instance and code stand in each problem; `type` is a page."""
    answer = await ask("/api/v1/rates/2024-03-02?roll=none")
    problem = answer.json()
    assert problem["type"] == "/problems/no-fix-on-closed-day"
    assert problem["instance"] == "/api/v1/rates/2024-03-02"
    assert problem["title"]
    assert "2024-03-02" in problem["detail"]
    page = await ask(problem["type"])
    assert page.headers["content-type"].startswith("text/html")
    assert problem["title"] in page.text


@pytest.mark.parametrize("code", PROBLEMS)
async def test_every_code_has_its_page(ask: Ask, code: str) -> None:
    """Whoever follows the `type` of any problem finds it explained."""
    page = await ask(f"/problems/{code}")
    assert page.status_code == 200
    assert f"<code>{code}</code>" in page.text


async def test_a_request_id_is_taken_or_made_on_problems(ask: Ask) -> None:
    """A sound id comes back, a strange one is replaced, so that no log line can be forged."""
    assert (await ask("/nothing", x_request_id="abc-1")).headers["x-request-id"] == "abc-1"
    for strange in ("", "a b", "x" * 129, "<script>"):
        answer = await ask("/nothing", x_request_id=strange)
        assert answer.headers["x-request-id"].startswith("request-")
    assert (await ask("/health", x_request_id="abc-2")).headers["x-request-id"] == "abc-2"


async def test_what_the_framework_refuses_is_a_problem_and_counted(ask: Ask, worker: Any) -> None:
    """Its exceptions besides 404 and 405 were 500, counted nowhere: a malformed `Host`."""
    answer = await ask("/nothing", host="a b")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")
    assert answer.headers["x-request-id"]
    assert worker.counters.requests == [("unknown", 400)]


async def test_the_log_names_the_request_of_a_mistake(ask: Ask, worker: Any) -> None:
    """The id that the client got stands beside the traceback."""
    worker.instance_health = None
    with capture_logs() as logs:
        answer = await ask("/health", x_request_id="mine-1")
    assert answer.headers["x-request-id"] == "mine-1"
    assert [(line["event"], line["request_id"]) for line in logs] == [("request_failed", "mine-1")]


async def test_a_mistake_of_ours_is_a_500_problem(ask: Ask, worker: Any) -> None:
    """An unforeseen error is counted, told as a problem and says nothing of its cause."""

    def broken() -> None:
        raise RuntimeError("a secret of the inside")

    worker.instance_health = broken
    answer = await ask("/health")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert "secret" not in answer.text
    assert worker.counters.requests[-1] == ("/health", 500)


async def test_every_answer_is_counted_under_its_template(ask: Ask, worker: Any) -> None:
    """Metrics name the path's template, so that days don't become label values."""
    await ask("/api/v1/rates/2024-01-02")
    await ask("/api/v1/rates/2099-01-02")
    await ask("/nothing")
    assert worker.counters.requests == [
        ("/api/v1/rates/{date}", 200),
        ("/api/v1/rates/{date}", 404),
        ("unknown", 404),
    ]


@pytest.mark.parametrize(
    "path",
    [endpoint.path for endpoint in ENDPOINTS if "no-data" in endpoint.problems],
)
async def test_without_data_whatever_needs_the_record_is_a_503_problem(
    ask: Ask, worker: Any, world: Any, path: str
) -> None:
    """A worker without a snapshot answers each such endpoint with `no-data` and `Retry-After`."""
    worker.current, worker.streams = world.current_snapshot(None), world.Worker(None).streams
    asked = {"{date}": "2024-01-02", "{window}": "15d", "{sha256}": "0" * 64}
    for name, value in asked.items():
        path = path.replace(name, value)
    query = {
        "/api/v1/rates": "?dates=2024-01-02",
        "/api/v1/rates/summary": "?year=2024",
        "/api/v1/rates/monthly": "?year=2024",
        "/api/v1/convert": "?from=USD&to=MXN&amount=1",
    }
    answer = await ask(path + query.get(path, ""))
    assert (answer.status_code, answer.json()["code"]) == (503, "no-data")
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["cache-control"] == "no-store"


def test_a_compressed_answer_is_gzip(world: Any) -> None:
    """The bytes on the wire are those of the gzip variant, not compressed anew."""
    endpoint = next(endpoint for endpoint in ENDPOINTS if endpoint.name == "historical")
    request = world.request("/", {}, b"last=100", accept_encoding="gzip")
    first, again = (
        world.responded(endpoint, world.Worker(world.snapshot()), request).content for _ in range(2)
    )
    assert first == again
    assert gzip.decompress(first).startswith(b'{"base"')
