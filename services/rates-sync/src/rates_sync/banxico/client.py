"""Asks Banxico's SIE API over HTTPS: one request per query.

Never retries and never follows a redirect; has no quota and no breaker. The token is sent in the
`Bmx-Token` header only: in a URL it would end up in logs.
"""

import asyncio
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx
import structlog

from rates_contracts.cancellation import cancellation_prevails
from rates_contracts.environment import Secret
from rates_sync.banxico.body import GZIP, BodyUnreadable, read_body
from rates_sync.banxico.headers import AnswerHeaders
from rates_sync.banxico.payload import parse
from rates_sync.banxico.refusal import refusal_unread
from rates_sync.clock import Clock
from rates_sync.errors import FailureKind, UpstreamFailure
from rates_sync.upstream import Answer, Query

log = structlog.get_logger(__name__)

CONNECT_SECONDS = 5.0
REFUSAL_BODY_SECONDS = 5.0
"""How long the body may take of an answer that is refused by its status or headers anyway."""
MIN_SECRET = 16
"""Characters: a shorter token is no secret, and may be part of any text."""


def open_client(
    base_url: str, *, read_timeout: float, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """Return the HTTP client for the API at `base_url` (up to `/service/v1`); `read_timeout` in s.

    The caller closes it. Proxy and certificate settings of the environment are ignored.
    """
    return httpx.AsyncClient(
        base_url=base_url,
        headers={"Accept": "application/json", "Accept-Encoding": GZIP},
        timeout=httpx.Timeout(read_timeout, connect=CONNECT_SECONDS),
        # A connection kept between polls may be dead, and its error would count as Banxico's.
        limits=httpx.Limits(max_connections=2, max_keepalive_connections=0),
        follow_redirects=False,
        trust_env=False,
        # Those of a front end would be held, and sent, for as long as the process lives.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        transport=transport,
    )


class BanxicoClient:
    """The `Banxico` port over HTTP; `http` has the base URL, timeouts and the Accept header."""

    def __init__(self, http: httpx.AsyncClient, token: Secret, clock: Clock) -> None:
        """Raise ValueError for a token that can't be a header: sending it would print it."""
        text = token.reveal()
        if not (text.isascii() and text.isprintable() and text.strip() == text != ""):
            raise ValueError("the Banxico token must be printable ASCII without surrounding blanks")
        self._http, self._token, self._clock = http, token, clock

    async def ask(self, query: Query) -> Answer:
        """Ask once. Raises `UpstreamFailure`, `UpstreamRateLimited` or `BadToken`.

        Where the answer repeats the token, asterisks stand in its place: answers are published.
        """
        asked_at = self._clock()
        try:
            with cancellation_prevails():
                response, body = await self._get(path(query))
        except httpx.HTTPError as error:
            raise _failure(error) from error
        received_at = self._clock()
        # In a thread: to parse 8 MiB takes seconds, in which the lease has to be renewed.
        return await asyncio.to_thread(
            parse,
            self._without_token(body),
            status=response.status_code,
            headers=response.headers,
            query=query,
            asked_at=asked_at,
            received_at=received_at,
        )

    async def _get(self, path: str) -> tuple[httpx.Response, bytes]:
        """Return the response and its body.

        Raises httpx's errors, and if the body can't be read what status and headers mean.
        """
        headers = {"Bmx-Token": self._token.reveal()}
        async with self._http.stream("GET", path, headers=headers) as response:
            refusal = refusal_unread(response.status_code, AnswerHeaders(response.headers))
            try:
                async with asyncio.timeout(REFUSAL_BODY_SECONDS if refusal else None):
                    return response, await read_body(response)
            except (BodyUnreadable, httpx.HTTPError, TimeoutError) as error:
                raise refusal or _failure(error) from error

    def _without_token(self, body: bytes) -> bytes:
        token = self._token.reveal().encode()
        if len(token) < MIN_SECRET or token not in body:
            return body
        log.error("token_in_answer")
        return body.replace(token, b"*" * len(token))


def path(query: Query) -> str:
    """Return the path below the base URL.

    No `locale` (it turns dates into MM/dd) and no `decimales` (it strips zeros).
    """
    data = f"/series/{','.join(query.series)}/datos"
    if query.first is None or query.last is None:
        return f"{data}/oportuno"
    return f"{data}/{query.first.isoformat()}/{query.last.isoformat()}"


def _failure(error: Exception) -> UpstreamFailure:
    if isinstance(error, BodyUnreadable):
        return UpstreamFailure(f"the body is {error}", kind="malformed")
    return UpstreamFailure(f"no answer: {type(error).__name__}", kind=_kind(error))


def _kind(error: Exception) -> FailureKind:
    if isinstance(error, httpx.TimeoutException):
        return "timeout"
    return "malformed" if isinstance(error, httpx.RemoteProtocolError) else "connection"
