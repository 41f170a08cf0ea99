"""Asks Banxico's SIE API over HTTPS: one request per query.

Never retries and never follows a redirect; has no quota and no breaker. The token is sent in the
`Bmx-Token` header only: in a URL it would end up in logs.
"""

import httpx

from rates_contracts.cancellation import cancellation_prevails
from rates_contracts.environment import Secret
from rates_sync.banxico.payload import parse
from rates_sync.clock import Clock
from rates_sync.errors import FailureKind, UpstreamFailure
from rates_sync.upstream import Answer, Query

CONNECT_SECONDS = 5.0
MAX_BODY = 8 * 1024 * 1024
"""Bytes after decompression: the whole history of both series is less than 1 MiB."""


def open_client(
    base_url: str, *, read_timeout: float, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """Return the HTTP client for the API at `base_url` (up to `/service/v1`); `read_timeout` in s.

    The caller closes it. Proxy and certificate settings of the environment are ignored.
    """
    return httpx.AsyncClient(
        base_url=base_url,
        headers={"Accept": "application/json"},
        timeout=httpx.Timeout(read_timeout, connect=CONNECT_SECONDS),
        # A connection kept between polls may be dead, and its error would count as Banxico's.
        limits=httpx.Limits(max_connections=2, max_keepalive_connections=0),
        follow_redirects=False,
        trust_env=False,
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
        """Ask once. Raises `UpstreamFailure`, `UpstreamRateLimited` or `BadToken`."""
        asked_at = self._clock()
        try:
            with cancellation_prevails():
                response, body = await self._get(path(query))
        except httpx.TimeoutException as error:
            raise _failure("timeout", error) from error
        except (httpx.RemoteProtocolError, httpx.DecodingError) as error:
            raise _failure("malformed", error) from error
        except httpx.HTTPError as error:
            raise _failure("connection", error) from error
        return parse(
            body,
            status=response.status_code,
            headers=response.headers,
            query=query,
            asked_at=asked_at,
            received_at=self._clock(),
        )

    async def _get(self, path: str) -> tuple[httpx.Response, bytes]:
        """Return the response and its body. Raises `UpstreamFailure` for one over `MAX_BODY`."""
        headers = {"Bmx-Token": self._token.reveal()}
        body = bytearray()
        async with self._http.stream("GET", path, headers=headers) as response:
            async for part in response.aiter_bytes():
                body += part
                if len(body) > MAX_BODY:
                    raise UpstreamFailure(f"a body above {MAX_BODY} bytes")
        return response, bytes(body)


def path(query: Query) -> str:
    """Return the path below the base URL.

    No `locale` (it turns dates into MM/dd) and no `decimales` (it strips zeros).
    """
    data = f"/series/{','.join(query.series)}/datos"
    if query.first is None or query.last is None:
        return f"{data}/oportuno"
    return f"{data}/{query.first.isoformat()}/{query.last.isoformat()}"


def _failure(kind: FailureKind, error: Exception) -> UpstreamFailure:
    return UpstreamFailure(f"no answer: {type(error).__name__}", kind=kind)
