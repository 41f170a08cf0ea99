"""The function at the edge that tells the load balancer's own 503 from the API's."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from rates_api.http.response import PROBLEM_JSON
from support.modules import load_module

FILES = Path(__file__).parents[2] / "deploy/terraform/modules/edge/files"


@pytest.fixture
def function() -> ModuleType:
    """The function's module, loaded by its path as Lambda loads it."""
    return load_module(FILES / "no_target.py")


def response(status: str, content_type: str | None) -> dict[str, Any]:
    """Return a response as CloudFront hands it to a function; the body stays with CloudFront."""
    headers = {"server": [{"key": "Server", "value": "it"}]}
    if content_type:
        headers["content-type"] = [{"key": "Content-Type", "value": content_type}]
    return {"status": status, "statusDescription": "", "headers": headers}


def answered(function: ModuleType, response: dict[str, Any]) -> dict[str, Any]:
    """Return what the client gets for a response of the load balancer."""
    event = {
        "Records": [{"cf": {"config": {"eventType": "origin-response"}, "response": response}}]
    }
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
    ("status", "content_type"),
    [
        ("503", PROBLEM_JSON),
        ("503", "application/json"),
        ("502", "text/html"),
        ("504", "text/html"),
        ("200", "text/html; charset=utf-8"),
        ("304", None),
    ],
)
def test_everything_else_passes_as_it_came(
    function: ModuleType, status: str, content_type: str | None
) -> None:
    """The API's 503 above all; 502 and 504 have the page by their status."""
    given = response(status, content_type)
    assert answered(function, given) is given
