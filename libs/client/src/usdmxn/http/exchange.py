"""One question to the server: its address, what is cached of it, its deadline and its retries."""

import ssl
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

import httpx

from usdmxn.errors import (
    ApiError,
    ConnectionFailed,
    DeadlineExceeded,
    InvalidArgument,
    TlsFailed,
    UnexpectedAnswer,
    UsdMxnError,
)
from usdmxn.http.cache import Cache
from usdmxn.http.reading import api_error
from usdmxn.http.retry import RETRIED, Deadline, Pace
from usdmxn.http.steps import Call, Listen, Pause, Reply, Send

T = TypeVar("T")
Query = Iterable[tuple[str, str | int | None]]
API = "/api/v1"
"""Where the API is below the root of a service; an address may be that of either."""
MAX_TIMEOUT = 86_400
"""Seconds that a call may be given at most."""
TRANSPORT_ERRORS = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, TimeoutError)
"""What a driver throws into a call: no answer came, or a broken one, or nothing could be asked."""


@dataclass(frozen=True)
class Exchange:
    """How one client asks: where, how long (seconds), how often, with which memory.

    Raises `InvalidArgument` where `base_url` is no address of a web server, or where `timeout` or
    `retries` are out of range.
    """

    base_url: str
    timeout: float
    retries: int
    cache: Cache | None
    pace: Pace

    def __post_init__(self) -> None:
        if not 0 < self.timeout <= MAX_TIMEOUT:
            raise InvalidArgument(
                f"timeout {self.timeout!r} is out of range: write seconds above 0, "
                f"{MAX_TIMEOUT:,} at most"
            )
        if self.retries < 0:
            raise InvalidArgument(f"retries {self.retries!r} is out of range: write 0 or more")
        self._check_address()

    def _check_address(self) -> None:
        try:
            url = httpx.URL(self.base_url)
            url.raw_host.decode("ascii").encode("idna")  # as the socket does
        except (httpx.InvalidURL, TypeError, ValueError) as error:
            raise InvalidArgument(f"base_url {self.base_url!r} is no address: {error}") from error
        is_port = url.port is None or 0 < url.port < 65_536
        if url.scheme not in ("http", "https") or not url.host or not is_port:
            raise InvalidArgument(
                f"base_url {self.base_url!r} is no address: write http:// or https:// and the host"
            )

    def deadline(self) -> Deadline:
        """Return the deadline of a call that begins now."""
        return Deadline(self.pace.clock() + self.timeout, self.pace.clock)

    def url(self, path: str, query: Query = ()) -> str:
        """Return the address of `path`; parameters that are None are left out."""
        given = [(name, str(value)) for name, value in query if value is not None]
        root = self.base_url.rstrip("/").removesuffix(API)
        return root + path + ("?" + urlencode(given, safe=",:") if given else "")

    def ask(self, url: str, read: Callable[[Reply], T], deadline: Deadline) -> Call[T]:
        """Return what `read` makes of the answer of `url`, from the cache where it is still good.

        Raises `ConnectionFailed`, and what `read` raises.
        """
        kept = self.cache.get(url) if self.cache else None
        if kept and kept.immutable:
            return read(kept.reply)
        headers = {"If-None-Match": kept.etag} if kept and kept.etag else {}
        reply = yield from self.repeated(lambda seconds: Send(url, seconds, headers), deadline)
        if kept and reply.status == 304:
            return read(kept.reply)
        answer = read(reply)
        self._keep(url, reply)
        return answer

    def repeated(
        self,
        step: Callable[[float], Send | Listen],
        deadline: Deadline,
        accepted: frozenset[int] = frozenset(),
    ) -> Call[Reply]:
        """Do `step`, made for so many seconds, until a reply comes that is no passing failure.

        Raises the last failure, `ConnectionFailed` or `Unavailable`, where retries or time are
        used up.
        """
        failures = 0
        while True:
            try:
                return (yield from attempt(step(deadline.remaining), accepted))
            except (ConnectionFailed, ApiError) as failure:
                failures += 1
                yield from self._pause(failure, failures, deadline)

    def _pause(
        self, failure: ConnectionFailed | ApiError, failures: int, deadline: Deadline
    ) -> Call[None]:
        """Wait until it may be tried again; raise `failure` where retries or time are used up."""
        wait = min_wait(failure) + self.pace.backoff(failures)
        is_final = isinstance(failure, TlsFailed) or failures > self.retries
        if is_final or wait >= deadline.remaining:
            raise failure
        yield Pause(wait)
        if deadline.remaining <= 0:  # a pause may last longer than was asked for
            raise failure

    def _keep(self, url: str, reply: Reply) -> None:
        if self.cache:
            self.cache.keep(url, reply)


def attempt(step: Send | Listen, accepted: frozenset[int] = frozenset()) -> Call[Reply]:
    """Do `step` once. Raises `ConnectionFailed`, `UnexpectedAnswer`, `ApiError` where it may pass.

    Statuses that are `accepted` are no failure. Nothing is sent where no time is left.
    """
    if step.timeout <= 0:
        raise DeadlineExceeded(f"there is no time left to ask {_server(step)}")
    try:
        reply: Reply = yield step
    except TRANSPORT_ERRORS as error:
        raise _failure(error, step) from error
    if reply.status in RETRIED - accepted:
        raise api_error(reply)
    return reply


def min_wait(failure: UsdMxnError) -> float:
    """Return the seconds that a failure asks to wait."""
    return (isinstance(failure, ApiError) and failure.retry_after) or 0.0


def _failure(error: Exception, step: Send | Listen) -> UsdMxnError:
    if isinstance(error, httpx.InvalidURL):
        return InvalidArgument(f"this can't be asked: {error}")
    server = _server(step)
    refusals = (each for each in _causes(error) if isinstance(each, ssl.SSLCertVerificationError))
    refusal = next(refusals, None)
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return DeadlineExceeded(f"{server} has not answered in time")
    if refusal:
        return TlsFailed(f"{server} can't be trusted: {refusal}")
    if isinstance(error, httpx.DecodingError):
        return UnexpectedAnswer(f"{server} sent a body that can't be unpacked: {error}")
    return ConnectionFailed(f"{server} can't be reached: {str(error) or type(error).__name__}")


def _server(step: Send | Listen) -> str:
    return httpx.URL(step.url).netloc.decode("ascii")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__ or error.__context__
