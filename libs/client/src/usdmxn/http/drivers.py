"""Does the steps of a call, over a blocking httpx client or an asynchronous one."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import aclosing, closing
from functools import partial
from time import monotonic
from typing import Any, TypeVar

import httpx

from usdmxn.http.exchange import TRANSPORT_ERRORS
from usdmxn.http.steps import Call, Item, Listen, Pause, Receive, Reply, Send, Step, Walk

T = TypeVar("T")
MAX_BODY = 32 * 1024 * 1024
"""Bytes that a body may have unpacked: many times the longest answer of the API."""
SHORTEST = 0.001
"""Seconds: a socket takes 0 for "don't wait", and refuses less."""


def single(call: Call[T]) -> Walk[T]:
    """Return a call as a walk of one item, its answer."""
    yield Item((yield from call))


class BlockingDriver:
    """Does the steps of one walk in this thread."""

    def __init__(self, http: httpx.Client, sleep: Callable[[float], object]) -> None:
        """Ask by `http`, pause by `sleep` (seconds)."""
        self._http = http
        self._sleep = sleep
        self._stream: httpx.Response | None = None
        self._text: Iterator[str] = iter(())

    def drive(self, walk: Walk[T]) -> Generator[T, None, None]:
        """Yield the items of `walk`; what it opened is closed at its end, or where it is left."""
        with closing(walk), closing(self):
            resume = partial(walk.send, None)
            while (step := _next(resume)) is not None:
                if isinstance(step, Item):
                    yield step.value
                    resume = partial(walk.send, None)
                    continue
                try:
                    resume = partial(walk.send, self._do(step))
                except TRANSPORT_ERRORS as error:
                    resume = partial(walk.throw, error)

    def close(self) -> None:
        """Close the stream, if one is open."""
        if self._stream is not None:
            self._stream.close()

    def _do(self, step: Step) -> Any:
        match step:
            case Send():
                return self._send(step)
            case Listen():
                return self._listen(step)
            case Receive():
                return next(self._text, "")
            case Pause(seconds):
                return self._sleep(seconds)

    def _send(self, step: Send) -> Reply:
        """Ask within `step.timeout`: no phase gets more of it than is left, the body is cut off.

        A server that drips its headers byte by byte is not: httpx waits for each read anew.
        """
        ends = monotonic() + step.timeout
        with self._http.stream(
            "GET", step.url, headers=dict(step.headers), extensions=_within(ends)
        ) as response:
            return Reply.of(response, _whole(response, ends))

    def _listen(self, step: Listen) -> Reply:
        self.close()
        ends = monotonic() + step.timeout
        timeouts = httpx.Timeout(step.timeout).as_dict()
        request = self._http.build_request(
            "GET", step.url, headers=dict(step.headers), extensions={"timeout": timeouts}
        )
        self._stream = response = self._http.send(request, stream=True)
        if response.status_code != httpx.codes.OK:
            timeouts["read"] = _left(ends)
            return Reply.of(response, _whole(response, ends))
        timeouts["read"] = step.silence
        self._text = response.iter_text()
        return Reply.of(response)


class AsyncDriver:
    """Does the steps of one walk in the running event loop of asyncio."""

    def __init__(
        self, http: httpx.AsyncClient, sleep: Callable[[float], Awaitable[object]]
    ) -> None:
        """Ask by `http`, pause by `sleep` (seconds)."""
        self._http = http
        self._sleep = sleep
        self._stream: httpx.Response | None = None
        self._text: AsyncIterator[str]

    async def drive(self, walk: Walk[T]) -> AsyncGenerator[T, None]:
        """Yield the items of `walk`; what it opened is closed at its end, or where it is left."""
        with closing(walk):
            async with aclosing(self):
                resume = partial(walk.send, None)
                while (step := _next(resume)) is not None:
                    if isinstance(step, Item):
                        yield step.value
                        resume = partial(walk.send, None)
                        continue
                    try:
                        resume = partial(walk.send, await self._do(step))
                    except TRANSPORT_ERRORS as error:
                        resume = partial(walk.throw, error)

    async def aclose(self) -> None:
        """Close the stream, if one is open."""
        if self._stream is not None:
            await self._stream.aclose()

    async def _do(self, step: Step) -> Any:
        match step:
            case Send():
                return await self._send(step)
            case Listen():
                return await self._listen(step)
            case Receive():
                return await anext(self._text, "")
            case Pause(seconds):
                return await self._sleep(seconds)

    async def _send(self, step: Send) -> Reply:
        """Ask within `step.timeout`, which also ends a body that comes without a pause."""
        ends = monotonic() + step.timeout
        async with (
            asyncio.timeout(step.timeout),
            self._http.stream(
                "GET", step.url, headers=dict(step.headers), timeout=step.timeout
            ) as response,
        ):
            return Reply.of(response, await _whole_async(response, ends))

    async def _listen(self, step: Listen) -> Reply:
        await self.aclose()
        ends = monotonic() + step.timeout
        timeouts = httpx.Timeout(step.timeout).as_dict()
        request = self._http.build_request(
            "GET", step.url, headers=dict(step.headers), extensions={"timeout": timeouts}
        )
        async with asyncio.timeout(step.timeout):
            self._stream = response = await self._http.send(request, stream=True)
            if response.status_code != httpx.codes.OK:
                return Reply.of(response, await _whole_async(response, ends))
        timeouts["read"] = step.silence
        self._text = response.aiter_text()
        return Reply.of(response)


def _next(resume: Callable[[], Step | Item[T]]) -> Step | Item[T] | None:
    """Return the walk's next step, None at its end."""
    try:
        return resume()
    except StopIteration:
        return None


class Body:
    """A body as it comes: `MAX_BODY` bytes at most, until `ends`."""

    def __init__(self, ends: float) -> None:
        """Begin empty."""
        self._ends = ends
        self._bytes = bytearray()

    def add(self, chunk: bytes) -> None:
        """Take more of it. Raises `httpx.DecodingError` or `httpx.ReadTimeout`: it is too much."""
        self._bytes += chunk
        if len(self._bytes) > MAX_BODY:
            raise httpx.DecodingError(f"it has more than {MAX_BODY:,} bytes")
        if monotonic() > self._ends:
            raise httpx.ReadTimeout("the body is not complete in time")

    @property
    def whole(self) -> bytes:
        """What has come."""
        return bytes(self._bytes)


def _whole(response: httpx.Response, ends: float) -> bytes:
    body = Body(ends)
    for chunk in response.iter_bytes():
        body.add(chunk)
    return body.whole


async def _whole_async(response: httpx.Response, ends: float) -> bytes:
    body = Body(ends)
    async for chunk in response.aiter_bytes():
        body.add(chunk)
    return body.whole


def _within(ends: float) -> dict[str, Any]:
    """Return the request extensions that leave each phase the seconds until `ends`."""
    timeouts = httpx.Timeout(_left(ends)).as_dict()

    def on_phase(_: str, __: dict[str, Any]) -> None:
        timeouts.update(dict.fromkeys(timeouts, _left(ends)))

    return {"timeout": timeouts, "trace": on_phase}


def _left(ends: float) -> float:
    """Return the seconds until `ends`, never so few that a socket would not wait at all."""
    return max(SHORTEST, ends - monotonic())
