"""Turns calls into methods that block or are awaited, each with its signature and docstring."""

import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import aclosing, closing
from functools import update_wrapper
from types import GenericAlias
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, get_args, get_origin

from usdmxn.calls import Calls
from usdmxn.http.drivers import AsyncDriver, BlockingDriver, single
from usdmxn.http.steps import Call, Item, Walk

P = ParamSpec("P")
T = TypeVar("T")


class Blocking(Protocol):
    """A client whose calls block."""

    _calls: Calls

    def _driver(self) -> BlockingDriver: ...


class Asynchronous(Protocol):
    """A client whose calls are awaited."""

    _calls: Calls

    def _driver(self) -> AsyncDriver: ...


def blocking(
    call: Callable[Concatenate[Calls, P], Call[T]],
) -> Callable[Concatenate[Blocking, P], T]:
    """Return a call as a method that blocks until its answer is there."""

    def method(self: Blocking, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with closing(self._driver().drive(single(call(self._calls, *args, **kwargs)))) as items:
            return next(items)

    _document(method, call, lambda answer: answer)
    return method


def blocking_iterator(
    call: Callable[Concatenate[Calls, P], Walk[T]],
) -> Callable[Concatenate[Blocking, P], Iterator[T]]:
    """Return a walk as a method that iterates over its items."""

    def method(self: Blocking, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        return self._driver().drive(call(self._calls, *args, **kwargs))

    _document(method, call, lambda item: GenericAlias(Iterator, item))
    return method


def awaitable(
    call: Callable[Concatenate[Calls, P], Call[T]],
) -> Callable[Concatenate[Asynchronous, P], Coroutine[Any, Any, T]]:
    """Return a call as a method to await."""

    async def method(self: Asynchronous, /, *args: P.args, **kwargs: P.kwargs) -> T:
        async with aclosing(
            self._driver().drive(single(call(self._calls, *args, **kwargs)))
        ) as items:
            return await anext(items)

    _document(method, call, lambda answer: answer)
    return method


def async_iterator(
    call: Callable[Concatenate[Calls, P], Walk[T]],
) -> Callable[Concatenate[Asynchronous, P], AsyncIterator[T]]:
    """Return a walk as a method that iterates over its items asynchronously."""

    def method(self: Asynchronous, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        return self._driver().drive(call(self._calls, *args, **kwargs))

    _document(method, call, lambda item: GenericAlias(AsyncIterator, item))
    return method


def _document(method: Any, call: Any, returned: Callable[[Any], Any]) -> None:
    """Give a method the name, docstring and signature of its call, with what it returns."""
    update_wrapper(method, call)
    method.__qualname__ = method.__name__
    signature = inspect.signature(call)
    result = returned(_result(signature.return_annotation))
    method.__signature__ = signature.replace(return_annotation=result)
    del method.__wrapped__


def _result(annotation: Any) -> Any:
    """Return what a `Call` or a `Walk` gives."""
    steps, _, answer = get_args(annotation)
    items = [step for step in get_args(steps) if get_origin(step) is Item]
    return get_args(items[0])[0] if items else answer
