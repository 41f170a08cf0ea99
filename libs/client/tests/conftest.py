"""A server that says what a test has scripted, and both clients as one that asks it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import httpx
import pytest

from support.openapi_examples import Example, examples, golden
from usdmxn import AsyncClient, Client
from usdmxn.http.retry import Pace

Scripted = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


@dataclass
class Time:
    """Seconds that sleeping moves on at once; every jitter is `chance` of the longest."""

    now: float = 1000.0
    chance: float = 0.5
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Note it and move on."""
        self.slept.append(seconds)
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        """Note it and move on."""
        self.sleep(seconds)
        await asyncio.sleep(0)

    @property
    def pace(self) -> Pace:
        """What a client goes by."""
        return Pace(clock=lambda: self.now, random=lambda: self.chance)


@dataclass
class Server:
    """Says one answer of its script after the other, the last one from then on."""

    script: list[Scripted] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer, or break the connection as scripted."""
        said = self.script[min(len(self.requests), len(self.script) - 1)]
        self.requests.append(request)
        if isinstance(said, Exception):
            raise said
        if not isinstance(said, httpx.Response):
            return said(request)
        return httpx.Response(said.status_code, headers=said.headers, content=said.content)

    def says(self, *script: Scripted) -> None:
        """Script what comes."""
        self.script = list(script)

    @property
    def asked(self) -> list[str]:
        """Path and query of each request."""
        return [request.url.raw_path.decode() for request in self.requests]


@dataclass
class Chunks(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in parts that come one by one."""

    parts: Iterable[bytes]

    def __iter__(self) -> Iterator[bytes]:
        """Give the parts."""
        yield from self.parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the parts."""
        for part in self.parts:
            yield part


@pytest.fixture
def chunks() -> type[Chunks]:
    """Give the body in parts."""
    return Chunks


@dataclass
class Asking:
    """Both clients behind one face: `asking(lambda rates: rates.on(…))` returns what comes back.

    Several questions are asked of one client, and return a list. Of an iterator everything is
    returned, or the `first` items.
    """

    is_async: bool
    server: Server
    time: Time

    def __call__(self, *uses: Callable[[Any], Any], first: int | None = None, **how: Any) -> Any:
        """Ask, over the scripted server and in its time unless `how` says otherwise."""
        options = {"transport": httpx.MockTransport(self.server), "pace": self.time.pace, **how}
        if self.is_async:
            answers = asyncio.run(self._ask_async(uses, first, options))
        else:
            answers = self._ask(uses, first, options)
        return answers if len(uses) > 1 else answers[0]

    def _ask(self, uses: Any, first: int | None, options: Any) -> list[Any]:
        with Client(sleep=self.time.sleep, **options) as client:
            return [self._whole(use(client), first) for use in uses]

    def _whole(self, answer: Any, first: int | None) -> Any:
        return list(islice(answer, first)) if isinstance(answer, Iterator) else answer

    async def _ask_async(self, uses: Any, first: int | None, options: Any) -> list[Any]:
        async with AsyncClient(sleep=self.time.sleep_async, **options) as client:
            return [await self._whole_async(use(client), first) for use in uses]

    async def _whole_async(self, answer: Any, first: int | None) -> Any:
        if not isinstance(answer, AsyncIterator):
            return await answer
        items: list[Any] = []
        while first is None or len(items) < first:
            try:
                items.append(await anext(answer))
            except StopAsyncIteration:
                break
        await answer.aclose()  # type: ignore[attr-defined]
        return items


@pytest.fixture(autouse=True)
def no_address_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask the address by default, whatever service the tests' own environment names."""
    monkeypatch.delenv("USDMXN_URL", raising=False)


@pytest.fixture
def time() -> Time:
    """Give the time of a test."""
    return Time()


@pytest.fixture
def server() -> Server:
    """Give a server without a script."""
    return Server()


@pytest.fixture(params=["blocking", "asynchronous"])
def asking(request: pytest.FixtureRequest, server: Server, time: Time) -> Asking:
    """Give each of the two clients."""
    return Asking(request.param == "asynchronous", server, time)


@pytest.fixture(scope="session")
def recorded() -> dict[str, Example]:
    """Give every recorded answer of the API by its name."""
    return {example.name: example for example in examples(golden())}


@pytest.fixture(scope="session")
def example(recorded: dict[str, Example]) -> Callable[..., httpx.Response]:
    """Give a function that answers with a recorded example."""

    def response(name: str, **headers: str) -> httpx.Response:
        found = recorded[name]
        sent = {"content-type": found.media_type}
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return httpx.Response(found.status, json=found.value, headers={**named, **sent})

    return response
