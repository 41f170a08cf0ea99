"""Both clients have the same methods, each with a docstring and a signature of its own."""

import inspect
import re
from collections.abc import AsyncIterator, Iterator
from typing import get_args, get_origin

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
