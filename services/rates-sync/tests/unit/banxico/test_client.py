"""The client over httpx's own mock transport: what is sent, and what each failure becomes."""

import hashlib
import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from rates_contracts.environment import Secret
from rates_contracts.observation import FIX, SETTLEMENT
from rates_sync.banxico.client import BanxicoClient, open_client
from rates_sync.banxico.series import SERIES, Series
from rates_sync.errors import UpstreamError, UpstreamFailure
from rates_sync.upstream import Query

ANSWERS = Path(__file__).parents[2] / "data" / "sie-answers"
BASE = "https://banxico.test/SieAPIRest/service/v1"
TOKEN = "e3980208bf01ec653aba9aee3c2d6f70f6ae8b066d2545e379b9e0ef92e9de25"
NOW = datetime(2026, 8, 13, 18, 5, tzinfo=UTC)
BODY = (ANSWERS / "raw_success_SF43718_2024-01-02_2024-01-05.json").read_bytes()
RANGE = Query((FIX,), date(2024, 1, 2), date(2024, 1, 5))

Handler = Callable[[httpx.Request], httpx.Response]


def client_of(handler: Handler, token: str = TOKEN) -> BanxicoClient:
    http = open_client(BASE, read_timeout=20, transport=httpx.MockTransport(handler))
    return BanxicoClient(http, Secret(token), lambda: NOW)


def reply(
    status: int = 200, body: bytes = BODY, headers: dict[str, str] | None = None
) -> httpx.Response:
    """An answer whose body comes over the wire, as httpx's own `content` does not."""
    return httpx.Response(status, stream=httpx.ByteStream(body), headers=headers)


def recorded_headers() -> dict[str, str]:
    """The headers of a recorded 200, without those that describe the transfer."""
    lines = (ANSWERS / "raw_headers_200.txt").read_text().splitlines()[1:]
    pairs = (line.split(": ", 1) for line in lines)
    transfer = {"Content-Encoding", "Transfer-Encoding"}
    return {name: value for name, value in pairs if name not in transfer}


async def test_a_range_is_asked_by_its_days() -> None:
    """The path names the series and both days; the token is in its header, JSON is asked for."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return reply(headers=recorded_headers())

    got = await client_of(answer).ask(RANGE)
    (request,) = seen
    assert str(request.url) == f"{BASE}/series/SF43718/datos/2024-01-02/2024-01-05"
    assert request.headers["Bmx-Token"] == TOKEN
    assert request.headers["Accept"] == "application/json"
    assert got.published[0].value == Decimal("17.0297")
    assert (got.query, got.received_at) == (RANGE, NOW)


async def test_the_clock_is_read_before_and_after_the_request() -> None:
    """Protocol rule 27: an answer says between which instants it was made."""
    clock = iter([NOW, NOW + timedelta(seconds=3)])

    def answer(_: httpx.Request) -> httpx.Response:
        return reply(headers={"Date": "Thu, 13 Aug 2026 18:05:01 GMT"})

    http = open_client(BASE, read_timeout=20, transport=httpx.MockTransport(answer))
    got = await BanxicoClient(http, Secret(TOKEN), lambda: next(clock)).ask(RANGE)
    assert (got.asked_at, got.received_at) == (NOW, NOW + timedelta(seconds=3))
    assert got.answered_at == NOW + timedelta(seconds=1)


async def test_a_token_in_an_answer_is_kept_nowhere() -> None:
    """Answers are published: what repeats the token has asterisks for it, and the hash of that."""
    body = BODY.replace(b'"bmx"', f'"echo":"{TOKEN}","bmx"'.encode())
    assert body != BODY
    got = await client_of(lambda _: reply(body=body)).ask(RANGE)
    assert got.published[0].value == Decimal("17.0297")
    assert TOKEN.encode() not in got.body
    assert got.sha256 == hashlib.sha256(got.body).hexdigest()


async def test_no_cookie_is_kept() -> None:
    """Protocol rule 34: whatever a front end sets, the next request is like the first."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return reply(headers={"Set-Cookie": f"visit{len(seen)}=1; Path=/"})

    client = client_of(answer)
    await client.ask(RANGE)
    await client.ask(RANGE)
    assert [request.headers.get("Cookie") for request in seen] == [None, None]


async def test_the_latest_of_several_series_is_one_request() -> None:
    """Several series go into one path, parted by commas, with `oportuno`."""
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return reply()

    await client_of(answer).ask(Query((FIX, SETTLEMENT)))
    assert seen == [f"{BASE}/series/SF43718,SF60653/datos/oportuno"]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (httpx.ConnectTimeout("slow"), "timeout"),
        (httpx.ReadTimeout("slow"), "timeout"),
        (httpx.PoolTimeout("busy"), "timeout"),
        (httpx.ConnectError("refused"), "connection"),
        (httpx.ReadError("reset"), "connection"),
        (httpx.RemoteProtocolError("peer closed the connection"), "malformed"),
    ],
)
async def test_a_transport_error_is_a_failure(error: httpx.HTTPError, outcome: str) -> None:
    """Timeouts, lost connections and cut-off answers are translated, the cause kept."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(UpstreamFailure) as caught:
        await client_of(fail).ask(RANGE)
    assert caught.value.outcome == outcome
    assert caught.value.__cause__ is error


async def test_a_redirect_is_not_followed() -> None:
    """A redirect ends as a failure after a single request."""
    asked: list[str] = []

    def redirect(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return reply(302, headers={"Location": "https://banxico.test/mantenimiento"})

    with pytest.raises(UpstreamFailure) as caught:
        await client_of(redirect).ask(RANGE)
    assert caught.value.outcome == "redirect"
    assert len(asked) == 1


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 429, 500])
async def test_the_token_shows_nowhere(status: int) -> None:
    """No representation, message or traceback of the client or its errors holds the token."""
    client = client_of(lambda _: reply(status, b"<html>denied</html>"))
    with pytest.raises(UpstreamError) as caught:
        await client.ask(RANGE)
    shown = "".join(traceback.format_exception(caught.value))
    assert TOKEN not in shown + repr(client) + str(client) + repr(vars(client))


@pytest.mark.parametrize("token", ["", " abc", "abc\n", "a\r\nX-Evil: 1", "clé"])
def test_a_token_that_cannot_be_a_header_is_refused_unseen(token: str) -> None:
    """An unusable token is refused at start: sent, the HTTP library would print it."""
    with pytest.raises(ValueError, match="printable ASCII") as caught:
        client_of(lambda _: httpx.Response(200), token)
    assert token == "" or token not in str(caught.value)


@pytest.mark.parametrize(
    ("series", "first", "last"),
    [
        ((), None, None),
        (tuple(f"SF{number}" for number in range(21)), None, None),
        ((FIX,), date(2024, 1, 2), None),
        ((FIX,), None, date(2024, 1, 2)),
        ((FIX,), date(2024, 1, 3), date(2024, 1, 2)),
    ],
)
def test_an_impossible_query_is_refused(
    series: tuple[str, ...], first: date | None, last: date | None
) -> None:
    """What Banxico would refuse is a mistake of ours and costs no request."""
    with pytest.raises(ValueError, match=r"range|series"):
        Query(series, first, last)


def test_the_recorded_series_are_the_two_of_the_fix() -> None:
    """FIX and settlement rate are recorded, with four decimals."""
    assert {FIX: Series("fix", 4), SETTLEMENT: Series("settlement", 4)} == SERIES
