"""`Client` and `AsyncClient`: the same calls over httpx, blocking and asynchronous."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from platform import python_version
from types import TracebackType
from typing import Self, TypeVar

import httpx
from msgspec import UNSET, UnsetType

from usdmxn.calls import Calls
from usdmxn.errors import InvalidArgument
from usdmxn.http.cache import Cache
from usdmxn.http.drivers import AsyncDriver, BlockingDriver
from usdmxn.http.exchange import Exchange
from usdmxn.http.retry import Pace
from usdmxn.methods import async_iterator, awaitable, blocking, blocking_iterator

H = TypeVar("H", httpx.Client, httpx.AsyncClient)
__version__ = version("usdmxn")
URL_VARIABLE, BASE_URL = "USDMXN_URL", "http://127.0.0.1:8000"
TIMEOUT, RETRIES = 10.0, 2
HEADERS = {
    "User-Agent": f"usdmxn/{__version__} python/{python_version()} httpx/{httpx.__version__}"
}


class Client:
    """The rates of Banco de México, asked of the rates API at `base_url`.

    It may end in /api/v1. Without a `base_url` it is the environment's `USDMXN_URL`, read as the
    client is made, else http://127.0.0.1:8000.

    `timeout` are the seconds that a whole call may take, its `retries` included. Answers are kept
    in a `cache` of the client's own, or in the one given; None keeps nothing. `transport` replaces
    the network, `pace` and `sleep` the time: both for tests. One client serves many threads.

    >>> with Client("https://rates.example") as rates:
    ...     rates.on("2026-08-16", purpose="cfdi_invoice").rate
    Decimal('17.0530')

    Everything raised on purpose is a `UsdMxnError`, drawn in `usdmxn.errors`.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        timeout: float = TIMEOUT,
        retries: int = RETRIES,
        cache: Cache | UnsetType | None = UNSET,
        transport: httpx.BaseTransport | None = None,
        pace: Pace = Pace(),  # noqa: B008 (it can't be changed)
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Connect to nothing yet.

        Raises `InvalidArgument` for a `base_url` that is no address, a `timeout` that is not above
        0 (a day at most), negative `retries`, and for a proxy or certificates of the environment
        that can't be used.
        """
        self._calls = _calls(base_url, timeout, retries, cache, pace)
        self._http = _http(lambda: httpx.Client(transport=transport, headers=HEADERS))
        self._sleep = sleep

    on = blocking(Calls.on)
    current = blocking(Calls.current)
    day = blocking(Calls.day)
    convert = blocking(Calls.convert)
    dates = blocking_iterator(Calls.dates)
    history = blocking(Calls.history)
    summary = blocking(Calls.summary)
    monthly = blocking(Calls.monthly)
    changes = blocking_iterator(Calls.changes)
    change_pages = blocking_iterator(Calls.change_pages)
    watch = blocking_iterator(Calls.watch)
    receipt = blocking(Calls.receipt)
    keys = blocking(Calls.keys)
    payload = blocking(Calls.payload)
    capabilities = blocking(Calls.capabilities)
    health = blocking(Calls.health)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        """Return the client, which is closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()

    def _driver(self) -> BlockingDriver:
        return BlockingDriver(self._http, self._sleep)


class AsyncClient:
    """As `Client`, in the event loop of asyncio: calls are awaited, iterated with `async for`.

    Any number of calls may run at once. Who leaves a loop over `watch` early closes the connection
    by `contextlib.aclosing`, or with the client.

    >>> async with AsyncClient("https://rates.example") as rates:
    ...     rate = await rates.current(kind="settlement")
    ...     async for result in rates.dates(["2026-08-14"], purpose="tax"):
    ...         print(result.rate)
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        timeout: float = TIMEOUT,
        retries: int = RETRIES,
        cache: Cache | UnsetType | None = UNSET,
        transport: httpx.AsyncBaseTransport | None = None,
        pace: Pace = Pace(),  # noqa: B008 (it can't be changed)
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Connect to nothing yet.

        Raises `InvalidArgument` for a `base_url` that is no address, a `timeout` that is not above
        0 (a day at most), negative `retries`, and for a proxy or certificates of the environment
        that can't be used.
        """
        self._calls = _calls(base_url, timeout, retries, cache, pace)
        self._http = _http(lambda: httpx.AsyncClient(transport=transport, headers=HEADERS))
        self._sleep = sleep

    on = awaitable(Calls.on)
    current = awaitable(Calls.current)
    day = awaitable(Calls.day)
    convert = awaitable(Calls.convert)
    dates = async_iterator(Calls.dates)
    history = awaitable(Calls.history)
    summary = awaitable(Calls.summary)
    monthly = awaitable(Calls.monthly)
    changes = async_iterator(Calls.changes)
    change_pages = async_iterator(Calls.change_pages)
    watch = async_iterator(Calls.watch)
    receipt = awaitable(Calls.receipt)
    keys = awaitable(Calls.keys)
    payload = awaitable(Calls.payload)
    capabilities = awaitable(Calls.capabilities)
    health = awaitable(Calls.health)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        """Return the client, which is closed at the end of the block."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.aclose()

    def _driver(self) -> AsyncDriver:
        return AsyncDriver(self._http, self._sleep)


def default_url() -> str:
    """Return the address that is asked where none is given: `USDMXN_URL`, else `BASE_URL`."""
    return os.environ.get(URL_VARIABLE) or BASE_URL


def _http(make: Callable[[], H]) -> H:
    """Make httpx's client, which reads the environment: `HTTPS_PROXY`, `SSL_CERT_FILE`, others."""
    try:
        return make()
    except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
        raise InvalidArgument(
            "a proxy (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY) or certificates (SSL_CERT_FILE, "
            f"SSL_CERT_DIR) of the environment can't be used: {error}"
        ) from error


def _calls(
    base_url: str | None, timeout: float, retries: int, cache: Cache | UnsetType | None, pace: Pace
) -> Calls:
    kept = Cache() if isinstance(cache, UnsetType) else cache
    url = default_url() if base_url is None else base_url
    return Calls(Exchange(url, timeout, retries, kept, pace))
