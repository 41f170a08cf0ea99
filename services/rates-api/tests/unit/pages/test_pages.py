"""What all pages have in common, as browsers get it."""

import re
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import httpx
import pytest

from rates_api.pages.guides import page as guides
from rates_api.pages.handlers import POLICY
from rates_api.pages.home.query import SpanishHome
from rates_api.pages.reference import page as reference

Ask = Callable[..., Awaitable[httpx.Response]]

HOMES = ("/", "/en")


@pytest.mark.parametrize("path", HOMES)
async def test_a_page_may_load_nothing_from_elsewhere(ask: Ask, path: str) -> None:
    """Its policy allows the service's own files alone, and nothing inline."""
    answer = await ask(path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == POLICY


@pytest.mark.parametrize("path", HOMES)
async def test_a_page_ignores_what_links_carry(ask: Ask, path: str) -> None:
    """A parameter that it does not have changes nothing: no address leads to an error."""
    assert (await ask(f"{path}?utm_source=mail&a=1&a=2")).content == (await ask(path)).content


@pytest.mark.parametrize("path", HOMES)
async def test_a_page_is_kept_until_what_it_says_changes(ask: Ask, path: str) -> None:
    """Clients ask again each time; a shared cache that no purge reaches keeps it five minutes."""
    answer = await ask(path)
    assert answer.headers["cache-control"].startswith(
        "public, max-age=0, must-revalidate, s-maxage="
    )
    again = await ask(path, if_none_match=answer.headers["etag"])
    assert (again.status_code, again.headers["content-security-policy"]) == (304, POLICY)


@pytest.mark.parametrize("path", HOMES)
async def test_a_page_without_data_is_a_page(ask: Ask, worker: Any, world: Any, path: str) -> None:
    """A person reads that there is no data; machines by the status, and nobody keeps it."""
    worker.current = world.current_snapshot(None)
    answer = await ask(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (503, "no-store")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


async def test_files_are_kept_for_ever_at_the_address_of_their_content(ask: Ask) -> None:
    """A page links to files by their hash; another name is none."""
    page = (await ask("/")).text
    links = re.findall(r'"(/assets/[^"]+)"', page)
    assert links
    for link in links:
        answer = await ask(link)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await ask("/assets/style.css")).status_code == 404


async def test_a_page_of_an_amount_is_not_kept(ask: Ask, worker: Any) -> None:
    """Hardly two people have the same: such pages would displace those of days, or fill memory."""
    for accepts in ("identity", "gzip"):
        for amount in ("12.50", "doce", "1000"):
            await ask(f"/?date=2026-08-12&amount={amount}", accept_encoding=accepts)
    unbounded = worker.current.cache.answers(SpanishHome(date(2026, 8, 12)))
    assert (len(unbounded), unbounded.size) == (0, 0)
    await ask("/?date=2026-08-12")
    assert len(unbounded) == 1
    assert worker.counters.lookups.count("hit") == 0


STATIC = ("/docs", "/en/docs", "/guia", "/en/guide", "/guia/errores")


@pytest.mark.parametrize("path", STATIC)
async def test_a_page_of_a_release_is_written_and_held_once(
    ask: Ask, worker: Any, world: Any, path: str
) -> None:
    """Another snapshot's cache refers to the same bytes."""
    bodies = []
    for snapshot in (world.snapshot(), world.snapshot(feed="database")):
        worker.current.replace(snapshot)
        await ask(path)
        (kept,) = worker.current.cache._bounded._answers.values()
        bodies.append(kept.body)
    assert bodies[0] is bodies[1]


def test_writing_a_page_holds_nothing() -> None:
    """What is held beside what is sent is held twice."""
    for write, query in (
        (guides.write, guides.SpanishGuide("errores")),
        (reference.write, reference.SpanishReference()),
    ):
        write_any: Callable[[Any], bytes] = write
        assert write_any(query) is not write_any(query)


async def test_an_address_that_is_no_pages_is_a_problem_document(ask: Ask) -> None:
    """As everywhere: what it says is for programs, too."""
    answer = await ask("/guia/nope")
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
