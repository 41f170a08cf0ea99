"""What the service says of itself, as clients get it."""

import json
import re
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from rates_api.about import favicon
from rates_api.endpoints import ENDPOINTS
from rates_api.http.parameters import query_fields
from rates_api.rates.capabilities import DESCRIPTIONS, LIMITS

Ask = Callable[..., Awaitable[httpx.Response]]

GOLDEN = Path(__file__).parents[5] / "docs" / "api" / "openapi-v1.json"
DOCUMENTS = ("/openapi.json", "/llms.txt", "/robots.txt", "/favicon.ico")


async def test_the_openapi_document_is_the_golden(ask: Ask) -> None:
    """Clients get the bytes that the contract's tests hold the service against."""
    answer = await ask("/openapi.json")
    assert answer.content == GOLDEN.read_bytes()
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_a_document_is_cached_like_any_answer(ask: Ask, path: str) -> None:
    """It has a tag; the edge, where no purge reaches it, keeps it for an hour."""
    answer = await ask(path)
    expected = "public, max-age=0, must-revalidate, s-maxage=3600"
    assert (answer.status_code, answer.headers["cache-control"]) == (200, expected)
    again = await ask(path, if_none_match=answer.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_the_documents_need_no_record(ask: Ask, worker: Any, world: Any, path: str) -> None:
    """A worker that has no data yet says all the same what it is."""
    worker.current = world.current_snapshot(None)
    assert (await ask(path)).status_code == 200


async def test_a_document_is_made_once(ask: Ask, worker: Any) -> None:
    """It is found rendered, and compressed once somebody took that, until the next snapshot."""
    for _ in range(2):
        await ask("/openapi.json", accept_encoding="gzip")
    assert worker.threaded == 1


async def test_the_text_tells_of_every_endpoint_and_parameter(ask: Ask) -> None:
    """It is made from the table, so that a new entry stands in it; its links are requests."""
    text = (await ask("/llms.txt")).text
    for endpoint in ENDPOINTS:
        assert f"- [{endpoint.path}]({next(iter(endpoint.examples.values()))}): " in text
        for name in query_fields(endpoint.query):
            assert f"`{name}`" in text


async def test_the_text_says_which_kind_is_for_what_and_the_limits(ask: Ask) -> None:
    """Each kind and each limit of the capabilities is there, and that no key is needed."""
    text = (await ask("/llms.txt")).text
    assert all(f"`kind={kind}`: {said}" in text for kind, said in DESCRIPTIONS.items())
    limits = dict(re.findall(r"^- `(\w+)`: (\d+)$", text, re.MULTILINE))
    assert limits == {name: str(getattr(LIMITS, name)) for name in LIMITS.__struct_fields__}
    assert "without a key" in text


async def test_each_parameter_is_explained_once(ask: Ask) -> None:
    """What several endpoints share is named where it comes again."""
    text = (await ask("/llms.txt")).text
    explained = [line for line in text.splitlines() if line.startswith("  - `")]
    assert len(explained) == len(set(explained))
    assert "As in `/api/v1/rates/current`: `kind`" in text


async def test_capabilities_lead_to_the_documents(ask: Ask) -> None:
    """`Link` names them (RFC 8631), also with HEAD and on a 304, and what it names is served."""
    answer = await ask("/api/v1")
    link = answer.headers["link"]
    links = {rel: path for path, rel in re.findall(r'<([^>]+)>; rel="([^"]+)"', link)}
    assert links.keys() == {"service-desc", "service-doc"}
    assert links["service-desc"] == "/openapi.json"
    for path in links.values():
        assert (await ask(path)).status_code == 200
    head = await ask("/api/v1", "HEAD")
    not_modified = await ask("/api/v1", if_none_match=answer.headers["etag"])
    assert not_modified.status_code == 304
    assert [other.headers["link"] for other in (head, not_modified)] == [link] * 2


async def test_crawlers_may_read_everything(ask: Ask) -> None:
    """The rules allow each path to each crawler."""
    rules = (await ask("/robots.txt")).text
    assert "User-agent: *\nAllow: /\n" in rules
    assert "Disallow" not in rules


async def test_the_icon_shows_its_picture(ask: Ask) -> None:
    """One image of 16 by 16 pixels in two colours, whose bits are those of the picture."""
    icon = (await ask("/favicon.ico")).content
    assert len(icon) < 256
    _, kind, count, side, _, colours = struct.unpack_from("<HHHBBB", icon)
    assert (kind, count, side, colours) == (1, 1, 16, 2)
    size, offset = struct.unpack_from("<II", icon, 14)
    assert offset + size == len(icon)
    pixels, mask = icon[-128:-64], icon[-64:]
    shown = [
        "".join(".o#"[0 if _bit(mask, x, y) else 1 if _bit(pixels, x, y) else 2] for x in range(16))
        for y in range(16)
    ]
    assert tuple(shown) == favicon.PICTURE


def _bit(plane: bytes, x: int, y: int) -> bool:
    """Tell whether a pixel's bit is set; rows of four bytes go from the bottom up."""
    return bool(plane[(15 - y) * 4 + x // 8] >> (7 - x % 8) & 1)


async def test_the_openapi_document_says_that_no_key_is_needed(ask: Ask) -> None:
    """No operation has a security requirement."""
    document = json.loads((await ask("/openapi.json")).content)
    assert document["security"] == []
    assert "securitySchemes" not in document["components"]
