"""Ask Banxico's SIE API over HTTPS: one query, one request, one answer.

It never retries, never follows a redirect, and knows nothing of quotas or breakers. The token goes
into the `Bmx-Token` header and nowhere else: in a URL it would end up in logs.
"""

import httpx

from rates_contracts.cancellation import cancellation_prevails
from rates_contracts.environment import Secret
from rates_sync.banxico.payload import parse
from rates_sync.clock import Clock
from rates_sync.errors import FailureKind, UpstreamFailure
from rates_sync.upstream import Answer, Query

CONNECT_SECONDS = 5.0


def open_client(
    base_url: str, *, read_timeout: float, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """Return the HTTP client for the API at `base_url` (up to `/service/v1`); `read_timeout` in s.

    The caller closes it. It reads no proxy or certificate from the environment.
    """
    return httpx.AsyncClient(
        base_url=base_url,
        headers={"Accept": "application/json"},
        timeout=httpx.Timeout(read_timeout, connect=CONNECT_SECONDS),
        # A connection kept between polls may be half dead, and its error would count as Banxico's.
        limits=httpx.Limits(max_connections=2, max_keepalive_connections=0),
        follow_redirects=False,
        trust_env=False,
        transport=transport,
    )


class BanxicoClient:
    """The `Banxico` port over HTTP; `http` carries base URL, timeouts and the Accept header."""

    def __init__(self, http: httpx.AsyncClient, token: Secret, clock: Clock) -> None:
        """Raise ValueError for a token that can't be a header: sending it would print it."""
        text = token.reveal()
        if not (text.isascii() and text.isprintable() and text.strip() == text != ""):
            raise ValueError("the Banxico token must be printable ASCII without surrounding blanks")
        self._http, self._token, self._clock = http, token, clock

    async def ask(self, query: Query) -> Answer:
        """Ask once. Raises `UpstreamFailure`, `UpstreamRateLimited` or `BadToken`."""
        try:
            with cancellation_prevails():
                response = await self._http.get(
                    path(query), headers={"Bmx-Token": self._token.reveal()}
                )
        except httpx.TimeoutException as error:
            raise _failure("timeout", error) from error
        except (httpx.RemoteProtocolError, httpx.DecodingError) as error:
            raise _failure("malformed", error) from error
        except httpx.HTTPError as error:
            raise _failure("connection", error) from error
        return parse(
            response.content,
            status=response.status_code,
            headers=response.headers,
            query=query,
            received_at=self._clock(),
        )


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
