"""The function at the edge that tells the load balancer's own 503 from the API's."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from rates_api.http.response import PROBLEM_JSON
from rates_api.http.routes import ESCAPED_LETTER
from support.modules import load_module

FILES = Path(__file__).parents[2] / "deploy/terraform/modules/edge/files"


@pytest.fixture
def function() -> ModuleType:
    """The function's module, loaded by its path as Lambda loads it."""
    return load_module(FILES / "no_target.py")


def response(
    status: str, content_type: str | None, request_id: str | None = None
) -> dict[str, Any]:
    """Return a response as CloudFront hands it to a function; the body stays with CloudFront."""
    headers = {"server": [{"key": "Server", "value": "it"}]}
    if content_type:
        headers["content-type"] = [{"key": "Content-Type", "value": content_type}]
    if request_id:
        headers["x-request-id"] = [{"key": "X-Request-Id", "value": request_id}]
    return {"status": status, "statusDescription": "", "headers": headers}


def answered(
    function: ModuleType, response: dict[str, Any], uri: str = "/api/v1", query: str = ""
) -> dict[str, Any]:
    """Return what the client gets for a response of the load balancer to a request."""
    request = {"method": "GET", "uri": uri, "querystring": query}
    exchange = {"config": {"eventType": "origin-response"}, "request": request}
    event = {"Records": [{"cf": exchange | {"response": response}}]}
    answer: dict[str, Any] = function.answer(event, None)
    return answer


@pytest.mark.parametrize("content_type", ["text/html", None])
def test_a_balancer_without_targets_shows_the_static_page(
    function: ModuleType, content_type: str | None
) -> None:
    """Still as a 503 that nothing keeps: a program must not mistake the page for an answer."""
    answer = answered(function, response("503", content_type))
    assert answer["body"] == (FILES / "unavailable.html").read_text(encoding="utf-8")
    assert answer["status"] == "503"
    headers = {
        name: [entry["value"] for entry in found] for name, found in answer["headers"].items()
    }
    assert headers["content-type"] == ["text/html; charset=utf-8"]
    assert headers["cache-control"] == ["no-store"]
    assert headers["retry-after"] == ["30"]


@pytest.mark.parametrize(
    ("status", "content_type", "request_id"),
    [
        ("503", PROBLEM_JSON, "1"),
        ("503", "text/html; charset=utf-8", "1"),
        ("502", "text/html", None),
        ("504", "text/html", None),
        ("200", "text/html; charset=utf-8", None),
        ("304", None, None),
    ],
)
def test_everything_else_passes_as_it_came(
    function: ModuleType, status: str, content_type: str | None, request_id: str | None
) -> None:
    """The API's 503 above all, document or page; 502 and 504 have the page by their status."""
    given = response(status, content_type, request_id)
    assert answered(function, given) is given


@pytest.mark.parametrize(
    ("uri", "query", "location"),
    [
        ("/%61pi/v1/rates/current", "", "/api/v1/rates/current"),
        ("/api/v1/%72ates", "dates=%32&x", "/api/v1/rates?dates=%32&x"),
        ("/api/v1/rates/2024%2d01-02%C3%A9", "", "/api/v1/rates/2024-01-02%C3%A9"),
    ],
)
def test_an_answer_under_an_escaped_letter_is_a_redirect(
    function: ModuleType, uri: str, query: str, location: str
) -> None:
    """CloudFront would keep the rate where no purge reaches it."""
    answer = answered(function, response("200", "application/json"), uri, query)
    assert answer["status"] == "308"
    assert [entry["value"] for entry in answer["headers"]["location"]] == [location]
    for status, passed in (("404", uri), ("200", "/api/v1/rates/%C3%A9%2F")):
        given = response(status, "application/json")
        assert answered(function, given, passed, query) is given


def test_both_know_the_same_escapes(function: ModuleType) -> None:
    """What the API redirects itself under another server, the edge does under Granian."""
    assert function.ESCAPED_LETTER.pattern.encode() == ESCAPED_LETTER.pattern
