"""Scenario 10: whatever is wrong with a request is named, all of it, and never ends in a 500."""

import pytest
from driver.answers import Answer
from driver.platform import Platform

pytestmark = pytest.mark.e2e

ENORMOUS = "9" * 4000
GARBAGE = ("", "x", "-1", "0x10", "%00", "%ff", "%E2%82%AC", "1e9", "null", ENORMOUS)

# Each endpoint with a good value of every parameter that it takes.
ENDPOINTS = {
    "/api/v1/rates/current": {
        "kind": "fix",
        "as_of": "2026-08-13T17:00:00Z",
        "format": "csv",
        "fields": "date",
    },
    "/api/v1/rates/2024-01-02": {
        "kind": "fix",
        "roll": "none",
        "as_of": "2026-08-13T17:00:00Z",
    },
    "/api/v1/rates/2024-01-02/revisions": {"kind": "fix", "as_of": "2026-08-13T17:00:00Z"},
    "/api/v1/rates": {
        "dates": "2024-01-02,2024-02-29",
        "kind": "fix",
        "roll": "none",
        "as_of": "2026-08-13T17:00:00Z",
    },
    "/api/v1/rates/historical": {
        "days": "10",
        "from": "2024-01-02",
        "to": "2024-01-05",
        "last": "10",
        "kind": "fix",
        "as_of": "2026-08-13T17:00:00Z",
        "format": "csv",
        "fields": "rate",
    },
    "/api/v1/rates/average/15d": {"as_of": "2026-08-13T17:00:00Z", "format": "txt"},
    "/api/v1/rates/gaps": {"from": "2024-01-02", "to": "2024-01-05"},
    "/api/v1/convert": {
        "from": "USD",
        "to": "MXN",
        "amount": "10",
        "date": "2024-01-02",
        "kind": "fix",
        "as_of": "2026-08-13T17:00:00Z",
        "scale": "2",
        "rounding": "half_up",
    },
    "/api/v1/changes": {
        "since": "2026-08-13T17:00:00Z",
        "cursor": "1-0-c",
        "limit": "10",
        "kind": "fix",
        "format": "csv",
    },
    "/feeds/fix.atom": {"kind": "fix"},
    "/charts/fix.svg": {"range": "1y", "theme": "dark", "lang": "en"},
    "/api/v1": {},
}

OUT_OF_RANGE = {
    "/api/v1/rates/historical": ["days=0", "days=3661", "last=0", "last=3661", "days=-1"],
    "/api/v1/rates": ["dates=" + ",".join(["2024-01-02"] * 367), "dates=,", "dates=2024-02-30"],
    "/api/v1/convert": [
        "from=USD&to=MXN&amount=10&scale=11",
        "from=USD&to=MXN&amount=1234567890123456",
        "from=USD&to=MXN&amount=1.1234567",
        "from=USD&to=MXN&amount=--1",
        "from=USD&to=MXN&amount=NaN",
        "from=USD&to=USD&amount=1",
        "from=MXN&to=MXN&amount=1",
        "from=USD&to=MXN&amount=1&date=2024-13-01",
    ],
    "/api/v1/rates/2024-02-30": [""],
    "/api/v1/rates/20240102": [""],
    "/api/v1/rates/current": ["as_of=2999-01-01T00:00:00Z", "as_of=2024-01-02"],
}


def named(answer: Answer) -> set[str]:
    """Return the parameters that a 422 problem names."""
    assert answer.status == 422, f"{answer.path[:200]}: {answer.status} {answer.text[:300]}"
    assert answer.headers["content-type"] == "application/problem+json"
    assert "no-store" in answer.headers["cache-control"]
    assert all(error["reason"] and error["allowed"] for error in answer["errors"])
    return {error["parameter"] for error in answer["errors"]}


@pytest.mark.parametrize("path", ENDPOINTS)
def test_everything_wrong_is_named_at_once(shared: Platform, path: str) -> None:
    """Unknown, doubled and bad parameters in one request all stand in one 422 problem."""
    bad = [f"{name}=%20" for name in ENDPOINTS[path]]
    query = "&".join([*bad, "bogus=1", "twice=1", "twice=2"])
    assert named(shared.api.get(f"{path}?{query}")) >= {*ENDPOINTS[path], "bogus", "twice"}


@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_doubled_parameter_is_refused(shared: Platform, path: str) -> None:
    """A parameter given twice is refused even if both values are the same and good."""
    for name, value in ENDPOINTS[path].items():
        if name == "dates":  # A list may be given in parts.
            continue
        assert name in named(shared.api.get(f"{path}?{name}={value}&{name}={value}"))


@pytest.mark.parametrize("path", ENDPOINTS)
def test_garbage_is_never_a_server_error(shared: Platform, path: str) -> None:
    """Whatever stands in a parameter, its answer is documented and below 500."""
    for name in [*ENDPOINTS[path], "bogus"]:
        for value in GARBAGE:
            answer = shared.api.get(f"{path}?{name}={value}")
            assert answer.status in (200, 404, 422), f"{name}={value[:50]}: {answer.status}"
    assert shared.api.get(f"{path}?bogus=1").status == 422


@pytest.mark.parametrize("path", OUT_OF_RANGE)
def test_what_is_out_of_range_is_refused(shared: Platform, path: str) -> None:
    """A value beyond its limit, an impossible day or a senseless pair gets a 422 problem."""
    for query in OUT_OF_RANGE[path]:
        assert named(shared.api.get(f"{path}?{query}" if query else path))


@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_slash_too_many_is_a_redirect(shared: Platform, path: str) -> None:
    """To the one spelling of the path, with the query string as sent."""
    for spelled in (f"{path}/", f"/{path}", path.replace("/", "//", 2)):
        answer = shared.api.ask("GET", f"{spelled}?x=%41")
        assert (answer.status, answer.headers["location"]) == (308, f"{path}?x=%41")


def test_unknown_paths_are_404_problems(shared: Platform) -> None:
    """What is not served is a 404 problem, odd paths included."""
    for path in (
        "/nothing",
        "/api",
        "/api/v2/rates/current",
        "/api/v1/rates/average/7d",
        "/api/v1/rates/current/more",
        "/%2e%2e/etc/passwd",
        "/api/v1/rates/2024-01-02/revisions/1",
        "/metrics",
        "/internal/v1/sync",
        "/" + "a" * 4000,
    ):
        answer = shared.api.ask("GET", path)
        assert answer.status == 404, f"{path[:80]}: {answer.status}"
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer["code"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
def test_other_methods_are_405_with_allow(shared: Platform, method: str) -> None:
    """A method that is not served gets a 405 problem that lists those that are."""
    for path in (*ENDPOINTS, "/health"):
        answer = shared.api.ask(method, path)
        assert answer.status == 405, f"{method} {path}: {answer.status}"
        assert {"GET", "HEAD", "OPTIONS"} <= {m.strip() for m in answer.headers["allow"].split(",")}


def test_odd_headers_are_never_a_server_error(shared: Platform) -> None:
    """Headers that make no sense change nothing, or are refused below 500."""
    path = "/api/v1/rates/current"
    for headers in (
        {"if_none_match": "nonsense"},
        {"if_none_match": '"' + "a" * 4000 + '"'},
        {"accept": "image/png"},
        {"accept_encoding": "br;q=x, gzip;q=nan"},
        {"range": "bytes=0-1"},
        {"x_request_id": "é" * 300},
        {"traceparent": "00-nonsense"},
        {"origin": "null"},
    ):
        assert shared.api.get(path, **headers).status in (200, 304, 400, 431), headers
