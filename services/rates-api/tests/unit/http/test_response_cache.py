"""The table of rendered answers on a snapshot (protocol rule 16)."""

import gzip
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from rates_api.endpoints import ENDPOINTS
from rates_api.http.response import compress, render
from rates_api.http.response_cache import RESPONSES_SIZE, RenderedAnswers, responses_with
from rates_api.rates.current import CurrentQuery
from rates_api.rates.day import DayQuery
from rates_api.rates.query_parameters import RateQuery

NOW = datetime(2026, 8, 14, 16, 0, tzinfo=UTC)


def table(max_answers: int = 10, max_bytes: int = 100_000) -> RenderedAnswers:
    """Return an empty table."""
    return RenderedAnswers(max_answers, max_bytes, {})


def test_an_answer_is_found_until_it_ends() -> None:
    """An entry stands before `valid_until` and is not found from then on (protocol rule 16)."""
    answers = table()
    answers.keep("key", render(b"body", "text/plain", "shared", valid_until=NOW))
    assert answers.find("key", NOW - timedelta(microseconds=1)) is not None
    assert answers.find("key", NOW) is None


def test_an_answer_of_a_clock_that_was_ahead_is_not_found() -> None:
    """Once the worker's clock is set right, what it rendered before is still to come."""
    answers = table()
    answers.keep("key", render(b"body", "text/plain", "shared", valid_from=NOW))

    assert answers.find("key", NOW - timedelta(seconds=1)) is None
    assert answers.find("key", NOW) is not None


async def test_what_was_rendered_by_a_clock_that_was_ahead_is_not_answered_later(
    world: Any, worker: Any
) -> None:
    """Seen: half a second of a clock 5 min ahead, and `unverified` until the next event."""
    transport, right = httpx.ASGITransport(world.cached(worker)), worker.now
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
        worker.now = right + timedelta(minutes=30)
        ahead = await client.get("/api/v1/rates/current")
        worker.now = right
        answer = await client.get("/api/v1/rates/current")

    assert ahead.json()["freshness"]["state"] == "unverified"
    assert answer.json()["freshness"]["state"] != "unverified"


def test_what_must_not_be_stored_is_not_kept() -> None:
    """A `no-store` answer is rendered for each request."""
    answers = table()
    answers.keep("key", render(b"body", "text/plain", "no-store"))
    assert len(answers) == 0


@given(sizes=st.lists(st.integers(0, 40), max_size=40))
def test_the_table_stays_within_its_bounds(sizes: list[int]) -> None:
    """Number and bytes stay bounded, and the bytes counted are the bytes kept."""
    answers = table(max_answers=5, max_bytes=100)
    for key, size in enumerate(sizes):
        answers.keep(key % 7, render(b"x" * size, "text/plain", "immutable"))
        kept = [answers.find(key, NOW) for key in range(7)]
        assert answers.size == sum(answer.size for answer in kept if answer is not None) <= 100
        assert len(answers) <= 5


def test_the_oldest_leave_first() -> None:
    """Where there is no room the newest answers stay."""
    answers = table(max_answers=2)
    for key in ("first", "second", "third"):
        answers.keep(key, render(b"body", "text/plain", "immutable"))
    assert answers.find("first", NOW) is None
    assert answers.find("third", NOW) is not None


def test_gzip_has_no_clock_and_its_own_tag() -> None:
    """The compressed bytes carry no time stamp, and never share the plain ones' tag (rule 16)."""
    rendered = compress(render(b"x" * 1025, "text/plain", "immutable"))
    assert rendered.gzipped is not None
    assert rendered.gzipped[4:8] == bytes(4)
    assert gzip.decompress(rendered.gzipped) == rendered.body
    assert rendered.etag(compressed=True) != rendered.etag(compressed=False)
    assert not render(b"x" * 1024, "text/plain", "immutable").compressible


async def test_an_answer_is_rendered_once_per_change(
    ask: Callable[..., Awaitable[httpx.Response]], worker: Any, world: Any
) -> None:
    """The second request finds the bytes; a new snapshot starts with none (rule R6)."""
    for _ in range(2):
        await ask("/api/v1/rates/current")
    worker.current.replace(world.snapshot())
    await ask("/api/v1/rates/current?kind=fix")
    assert worker.counters.lookups == ["miss", "hit", "miss"]


async def test_a_problem_is_not_kept(
    ask: Callable[..., Awaitable[httpx.Response]], worker: Any
) -> None:
    """A 404 of today turns into a rate within the hour: nothing of it stays."""
    await ask("/api/v1/rates/2026-08-14")
    cache = worker.current.cache
    assert len(cache.answers(DayQuery(date(2026, 8, 14)))) == 0
    assert not cache.responses


def test_a_cached_response_leaves_with_its_answer() -> None:
    """A response counts for the bytes, and is not found once its answer has left."""
    responses: dict[Any, Any] = {}
    answers = RenderedAnswers(10, 2 * RESPONSES_SIZE, responses)
    answer = render(b"body", "text/plain", "immutable")
    one, other = (responses_with(answer, route, NOW) for route in ("/one", "/other"))
    answers.keep("old", answer)
    answers.keep_response("old", ("/old", ""), one)
    answers.keep_response("old", ("/old", ""), other)
    assert responses == {("/old", ""): other}
    assert answers.size == RESPONSES_SIZE + 4

    answers.keep("new", answer)
    answers.keep_response("new", ("/new", ""), one)
    assert responses == {("/new", ""): one}
    answers.keep_response("old", ("/old", ""), other)
    assert responses == {("/new", ""): one}
    assert answers.size == RESPONSES_SIZE + 4


async def test_what_is_unbounded_crowds_nothing_out(
    ask: Callable[..., Awaitable[httpx.Response]], worker: Any
) -> None:
    """Instants and spans fill a table of their own, conversions none; no response is cached."""
    await ask("/api/v1/rates/current")
    for path in (
        "/api/v1/convert?from=USD&to=MXN&amount=1",
        "/api/v1/rates/current?as_of=2024-01-02T18:30:00Z",
        "/api/v1/rates/historical?from=2024-01-02",
        "/api/v1/rates/gaps?to=2024-01-02",
        "/api/v1/rates?dates=2024-01-02",
    ):
        assert (await ask(path)).status_code == 200
    cache = worker.current.cache
    assert len(cache.answers(CurrentQuery())) == 1
    assert len(cache.answers(CurrentQuery(as_of=NOW))) == 4
    assert list(cache.responses) == [("/api/v1/rates/current", "")]


async def test_an_answer_ends_at_the_next_transition(
    ask: Callable[..., Awaitable[httpx.Response]], worker: Any, world: Any
) -> None:
    """Without any news the same snapshot says something else past `fresh_until`."""
    assert (await ask("/api/v1/rates/current")).json()["level"] == "healthy"
    worker.now = world.NOW + timedelta(minutes=5)
    later = (await ask("/api/v1/rates/current")).json()
    assert (later["level"], later["warnings"]) == ("degraded", ["unverified"])


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_two_workers_render_the_same_bytes(data: st.DataObject, world: Any) -> None:
    """Workers built alike answer with the same bytes and tags at any moment in between."""
    endpoints = [endpoint for endpoint in ENDPOINTS if endpoint.name != "health"]
    endpoint = data.draw(st.sampled_from(endpoints))
    shown = data.draw(st.sampled_from(sorted(endpoint.examples.values())))
    path, _, query = shown.partition("?")
    parts = dict(zip(endpoint.path.split("/"), path.split("/"), strict=True))
    values = {name[1:-1]: value for name, value in parts.items() if name.startswith("{")}
    coding = data.draw(st.sampled_from(["", "gzip"]))
    request = world.request(path, values, query.encode(), accept_encoding=coding)
    seconds = data.draw(st.integers(0, 239))
    workers = [world.Worker(world.snapshot()) for _ in range(2)]
    workers[1].now = world.NOW + timedelta(seconds=seconds)
    one, other = (world.responded(endpoint, worker, request) for worker in workers)
    assert one.body == other.body
    tags = [dict(response.start["headers"]).get(b"etag") for response in (one, other)]
    assert tags[0] == tags[1]


def test_no_two_endpoints_share_a_type_of_query() -> None:
    """Answers are cached by query alone: equal queries of two endpoints would swap them."""
    types = [endpoint.query for endpoint in ENDPOINTS]
    cached = [each for each in types if issubclass(each, RateQuery)]
    assert len(set(cached)) == len(cached)
    assert RateQuery not in cached
