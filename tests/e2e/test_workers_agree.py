"""Every worker of an instance gives the same bytes, and they are Banco de México's values."""

import re
from collections.abc import Mapping

import pytest
from driver.answers import GOLDEN, Answer
from driver.plan import FIX_BEFORE, TODAY
from driver.platform import Platform
from driver.sights import published

pytestmark = pytest.mark.e2e

PATHS = (
    "/api/v1",
    "/api/v1/rates/current",
    "/api/v1/rates/current?kind=settlement",
    "/api/v1/rates/2024-01-02",
    "/api/v1/rates/2024-01-06",
    "/api/v1/rates/2024-01-02?kind=settlement",
    "/api/v1/rates/2024-01-02/revisions",
    "/api/v1/rates?dates=2024-01-02,2024-02-29,1990-01-01",
    "/api/v1/rates/historical?days=10",
    "/api/v1/rates/historical?last=3660",
    "/api/v1/rates/historical?last=30&format=csv",
    "/api/v1/rates/average/15d",
    "/api/v1/rates/average/30d",
    "/api/v1/rates/gaps?from=2024-01-01&to=2024-12-31",
    "/api/v1/convert?from=USD&to=MXN&amount=100",
    "/api/v1/rates/1999-01-01?roll=none",
    "/llms.txt",
)
VARYING = frozenset({"date", "x-request-id"})
"""The server's clock, and what is made for an uncached answer."""
S_MAXAGE = re.compile(r"(?<=s-maxage=)\d+")
APART = 5
"""Seconds by which the `s-maxage` of answers given in turn may differ: it counts down (rule 21)."""


@pytest.mark.parametrize("path", PATHS)
def test_the_bytes_of_an_answer_are_the_same_in_every_worker(shared: Platform, path: str) -> None:
    """Body, ETag and headers of an answer do not tell which worker gave it."""
    first, *others = shared.api.every_worker(path)
    assert others
    for other in others:
        assert (other.status, other.body) == (first.status, first.body)
        assert stable(other.headers) == stable(first.headers)
        assert 0 <= edge_seconds(first) - edge_seconds(other) <= APART


def test_the_gzip_bytes_are_the_same_in_every_worker(shared: Platform) -> None:
    """Also compressed an answer is the same in every worker, under an ETag of its own."""
    path = "/api/v1/rates/historical?last=300"
    plain = shared.api.get(path)
    first, *others = shared.api.every_worker(path, accept_encoding="gzip")
    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["etag"] != plain.headers["etag"]
    for other in others:
        assert (other.body, other.headers["etag"]) == (first.body, first.headers["etag"])


def test_the_service_hands_out_its_golden_document(shared: Platform) -> None:
    """However it was installed, its `/openapi.json` is the document of this repository."""
    assert shared.api.get("/openapi.json").body == GOLDEN.read_bytes()


def test_every_published_value_is_served_to_the_last_zero(shared: Platform) -> None:
    """All of the real FIX up to the day before comes out exactly as it went in."""
    answer = shared.api.get(f"/api/v1/rates/historical?from=1991-11-12&to={TODAY}")
    served = {row["date"]: row["rate"] for row in answer["observations"]}
    assert served == published(before=TODAY)
    assert served["2026-08-12"] == FIX_BEFORE


def stable(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers without what varies by nature."""
    return {
        name: S_MAXAGE.sub("N", value) if name == "cache-control" else value
        for name, value in headers.items()
        if name not in VARYING
    }


def edge_seconds(answer: Answer) -> int:
    """Return the `s-maxage`, 0 where the edge may not keep the answer."""
    found = S_MAXAGE.search(answer.headers["cache-control"])
    return int(found[0]) if found else 0
