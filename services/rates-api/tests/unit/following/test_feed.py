"""`/feeds/fix.atom`: valid Atom, an entry per recording."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import httpx
import pytest

from rates_contracts.observation import FIX, SETTLEMENT

Ask = Callable[..., Awaitable[httpx.Response]]
PATH = "/feeds/fix.atom"
NAMES = {"": "http://www.w3.org/2005/Atom"}
ONCE = ("id", "title", "updated")


def texts(feed: Element, path: str) -> list[str]:
    """Return the texts of all elements at `path`."""
    return [element.text or "" for element in feed.findall(path, NAMES)]


@pytest.mark.parametrize("kind", ["fix", "settlement"])
async def test_it_is_valid_atom(ask: Ask, kind: str) -> None:
    """Feed and entries have what RFC 4287 demands once, by id, title and instant; one author."""
    answer = await ask(f"{PATH}?kind={kind}")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = fromstring(answer.content)
    assert feed.tag == "{http://www.w3.org/2005/Atom}feed"
    assert len(texts(feed, "author/name")) == 1
    entries = feed.findall("entry", NAMES)
    assert len(entries) == 30
    for element in (feed, *entries):
        assert [len(texts(element, name)) for name in ONCE] == [1, 1, 1]
        assert uuid.UUID(texts(element, "id")[0]).version == 5
        assert datetime.fromisoformat(texts(element, "updated")[0]).tzinfo is not None
    assert len(set(texts(feed, "entry/id"))) == 30


async def test_its_links_are_root_relative_and_answered(ask: Ask) -> None:
    """Whatever host serves it, an entry leads to its day."""
    feed = fromstring((await ask(PATH)).content)
    links = [link.attrib for link in feed.iter("{http://www.w3.org/2005/Atom}link")]
    assert {link["rel"] for link in links} == {"self", "alternate", "related"}
    assert all(link["href"].startswith("/") for link in links)
    for link in links[:4]:
        assert (await ask(link["href"])).status_code == 200


async def test_a_correction_is_an_entry_of_its_own(world: Any, worker: Any, ask: Ask) -> None:
    """The newest comes first, and dates the feed; what it replaces keeps its entry and id."""
    before = fromstring((await ask(PATH)).content)
    corrected = world.observation(FIX, world.NEWEST, "17.0600", date(2026, 8, 14), revision=2)
    worker.current.replace(world.snapshot(extra=(corrected,)))
    feed = fromstring((await ask(PATH)).content)
    assert texts(feed, "entry/title")[0] == "2026-08-13: 17.0600 (correction 1)"
    assert texts(feed, "updated") == texts(feed, "entry/updated")[:1] == ["2026-08-14T18:01:07Z"]
    assert texts(feed, "entry/id")[1:] == texts(before, "entry/id")[:-1]


async def test_old_values_that_are_recorded_late_are_no_news(
    world: Any, worker: Any, ask: Ask
) -> None:
    """A first start records the newest years first: the last recorded are those of 1991."""
    before = fromstring((await ask(PATH)).content)
    old = world.observation(FIX, date(1991, 11, 10), "3.0735", date(2026, 8, 14))
    worker.current.replace(world.snapshot(extra=(old,)))
    feed = fromstring((await ask(PATH)).content)
    assert texts(feed, "entry/id") == texts(before, "entry/id")


async def test_a_simulator_is_named(world: Any, worker: Any, ask: Ask) -> None:
    """Simulated values have other ids than Banco de México's, and another author."""
    real = fromstring((await ask(PATH)).content)
    worker.current.replace(world.snapshot(source="simulator"))
    simulated = fromstring((await ask(PATH)).content)
    assert texts(simulated, "author/name") == ["simulator"]
    assert set(texts(simulated, "entry/id")).isdisjoint(texts(real, "entry/id"))


async def test_a_series_without_values_is_a_feed_without_entries(
    world: Any, worker: Any, ask: Ask
) -> None:
    """Its instant is then the record's."""
    worker.current.replace(world.snapshot(kept=lambda row: row.series != SETTLEMENT))
    feed = fromstring((await ask(f"{PATH}?kind=settlement")).content)
    assert (texts(feed, "entry/id"), len(texts(feed, "updated"))) == ([], 1)


async def test_the_edge_keeps_it_for_minutes(world: Any, worker: Any, ask: Ask) -> None:
    """It is not purged: what is new must not wait for an hour."""
    worker.current.replace(world.snapshot(fresh_until=world.NOW + timedelta(hours=1)))
    answer = await ask(PATH)
    assert answer.headers["cache-control"].endswith("s-maxage=300")
