"""Both clients have the same methods, each with a docstring and a signature of its own."""

import asyncio
import inspect
import re
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import get_args, get_origin

import httpx
import pytest

from usdmxn import AsyncClient, Client
from usdmxn.calls import Calls

CALLS = [name for name in vars(Calls) if not name.startswith("_")]


@pytest.mark.parametrize("name", CALLS)
def test_every_call_is_a_method_of_both(name: str) -> None:
    """What one can be asked the other can, by the same parameters."""
    blocking, awaited = getattr(Client, name), getattr(AsyncClient, name)
    signatures = inspect.signature(blocking), inspect.signature(awaited)
    assert signatures[0].parameters == signatures[1].parameters
    answers = [signature.return_annotation for signature in signatures]
    if get_origin(answers[0]) is Iterator:
        assert get_origin(answers[1]) is AsyncIterator
        assert get_args(answers[0]) == get_args(answers[1])
    else:
        assert answers[0] == answers[1]


@pytest.mark.parametrize("name", CALLS)
def test_every_method_has_a_docstring_with_an_example(name: str) -> None:
    """It is the client's documentation."""
    for client in (Client, AsyncClient):
        text = inspect.getdoc(getattr(client, name)) or ""
        assert re.search(rf"^>>> .*rates\.{name}\(", text, re.MULTILINE)


def test_only_what_is_async_is_awaited() -> None:
    """The methods of an asynchronous client are coroutine functions, or iterate."""
    assert inspect.iscoroutinefunction(AsyncClient.on)
    assert not inspect.iscoroutinefunction(AsyncClient.watch)
    assert not inspect.iscoroutinefunction(Client.on)


DAYS = [f"2026-08-{number:02}" for number in range(1, 32)]


@pytest.fixture
def echo(example: Callable[..., httpx.Response]) -> httpx.MockTransport:
    """Give a server that answers each day with itself."""
    rate = example("day_200_settlement").json()

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={**rate, "requested": request.url.path[-10:]})

    return httpx.MockTransport(answer)


def test_one_client_serves_many_threads(echo: httpx.MockTransport) -> None:
    """Each gets the answer to its own question."""
    with Client(transport=echo) as rates, ThreadPoolExecutor(8) as threads:
        answers = threads.map(lambda day: rates.on(day, kind="settlement"), DAYS)
        assert [f"{rate.requested}" for rate in answers] == DAYS


async def test_calls_run_at_once(echo: httpx.MockTransport) -> None:
    """Each gets the answer to its own question."""
    async with AsyncClient(transport=echo) as rates:
        answers = await asyncio.gather(*(rates.on(day, kind="settlement") for day in DAYS))
    assert [f"{rate.requested}" for rate in answers] == DAYS
