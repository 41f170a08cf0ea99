"""When a question is repeated, how long is waited, and when that ends."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from usdmxn import ApiError, ConnectionFailed, Unavailable
from usdmxn.errors import (
    DeadlineExceeded,
    InvalidArgument,
    NoCurrentRate,
    NotYetPublished,
    TlsFailed,
)

Respond = Callable[..., httpx.Response]
BROKEN = httpx.ConnectError("[Errno 111] Connection refused")


def current(rates: Any) -> Any:
    """Ask for the current rate."""
    return rates.current(kind="fix")


def refusal(status: int, **headers: str) -> httpx.Response:
    """Answer with a page of an edge."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, html="<h1>Sorry</h1>", headers=named)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_refusal_is_waited_out(
    asking: Any, server: Any, time: Any, example: Respond, status: int
) -> None:
    """By full jitter: a random part of a wait that doubles."""
    server.says(refusal(status), refusal(status), example("current_200_fix"))
    assert asking(current).kind == "fix"
    assert time.slept == [0.125, 0.25]


def test_a_broken_connection_is_made_again(asking: Any, server: Any, example: Respond) -> None:
    """Whatever broke it."""
    server.says(BROKEN, httpx.RemoteProtocolError("incomplete"), example("current_200_fix"))
    assert asking(current).kind == "fix"


def test_jitter_is_full(asking: Any, server: Any, time: Any, example: Respond) -> None:
    """A wait may be nothing, so that clients don't come back together."""
    time.chance = 0.0
    server.says(refusal(503), example("current_200_fix"))
    asking(current)
    assert time.slept == [0.0]


def test_the_server_says_how_long(asking: Any, server: Any, time: Any, example: Respond) -> None:
    """`Retry-After` is a lower bound, in seconds or as a date."""
    dated = {
        "date": "Fri, 14 Aug 2026 16:00:00 GMT",
        "retry_after": "Fri, 14 Aug 2026 16:00:03 GMT",
    }
    server.says(refusal(503, retry_after="2"), refusal(503, **dated), example("current_200_fix"))
    asking(current)
    assert time.slept == [2.125, 3.25]


def test_nobody_waits_beyond_the_deadline(asking: Any, server: Any, time: Any) -> None:
    """Where the server asks for more time than there is, the error is said at once."""
    server.says(refusal(503, retry_after="60"))
    with pytest.raises(Unavailable) as raised:
        asking(current)
    assert time.slept == []
    assert raised.value.retry_after == 60


def test_the_deadline_is_of_the_whole_call(asking: Any, server: Any, time: Any) -> None:
    """An attempt gets what the ones before have left."""

    def slow(request: httpx.Request) -> httpx.Response:
        time.now += 4
        return refusal(503)

    server.says(slow)
    with pytest.raises(Unavailable):
        asking(current, timeout=10, retries=50)
    assert len(server.requests) == 3
    left = [request.extensions["timeout"]["read"] for request in server.requests]
    assert left == pytest.approx([10, 5.875, 1.625], abs=0.1)


def test_it_is_repeated_so_often_and_no_more(asking: Any, server: Any) -> None:
    """`retries` counts what comes after the first attempt."""
    server.says(BROKEN)
    with pytest.raises(ConnectionFailed, match="can't be reached"):
        asking(current, retries=1)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "name", ["day_404_gap", "day_422_wrong_day", "current_404_before_first_record"]
)
def test_what_will_not_pass_is_not_repeated(
    asking: Any, server: Any, example: Respond, name: str
) -> None:
    """The request, or the record, would have to be another one."""
    server.says(example(name))
    with pytest.raises(ApiError):
        asking(current)
    assert len(server.requests) == 1


def test_a_value_that_is_not_there_yet_is_not_waited_for(
    asking: Any, server: Any, example: Respond
) -> None:
    """The caller decides, by `expected_at` and `retry_after`."""
    server.says(example("day_404_today", retry_after="7200"))
    with pytest.raises(NotYetPublished) as raised:
        asking(lambda rates: rates.on("2026-08-14", kind="fix"))
    assert len(server.requests) == 1
    assert raised.value.retry_after == 7200
    assert raised.value.expected_at == datetime(2026, 8, 14, 18, tzinfo=UTC)


def test_a_refused_certificate_is_not_tried_again(asking: Any, server: Any) -> None:
    """It will be the same, and the error says what is wrong with it."""
    error = httpx.ConnectError("handshake")
    error.__cause__ = ssl.SSLCertVerificationError(1, "self-signed certificate")
    server.says(error)
    with pytest.raises(TlsFailed, match="self-signed"):
        asking(current)
    assert len(server.requests) == 1


def test_an_encrypted_connection_that_breaks_is_made_again(
    asking: Any, server: Any, example: Respond
) -> None:
    """A server that is restarted hangs up in the middle of the handshake."""
    error = httpx.ConnectError("handshake")
    error.__cause__ = ssl.SSLEOFError(8, "UNEXPECTED_EOF_WHILE_READING")
    server.says(error, example("current_200_fix"))
    assert asking(current).kind == "fix"
    server.says(error)
    with pytest.raises(ConnectionFailed) as raised:
        asking(current)
    assert not isinstance(raised.value, TlsFailed)


def test_silence_is_a_deadline_exceeded(asking: Any, server: Any, time: Any) -> None:
    """A timeout has used up all the time that there was."""

    def silent(request: httpx.Request) -> httpx.Response:
        time.now += 10
        raise httpx.ReadTimeout("timed out", request=request)

    server.says(silent)
    with pytest.raises(DeadlineExceeded, match="has not answered in time"):
        asking(current, timeout=10)
    assert len(server.requests) == 1


def test_the_last_failure_is_what_is_said(asking: Any, server: Any, example: Respond) -> None:
    """With its class by the problem's code."""
    sick = httpx.Response(
        503, json={**example("current_503_critical").json(), "code": "no-current-rate"}
    )
    server.says(BROKEN, refusal(502), sick)
    with pytest.raises(NoCurrentRate):
        asking(current)


def test_a_pause_that_ends_after_the_deadline_is_no_retry(
    asking: Any, server: Any, time: Any
) -> None:
    """A busy host wakes late: the failure before the pause is what is said."""
    sleep = time.sleep
    time.sleep = lambda seconds: sleep(seconds + 2)
    server.says(refusal(503, retry_after="9"))
    with pytest.raises(Unavailable, match="503"):
        asking(current, timeout=10)
    assert len(server.requests) == 1


def test_what_begins_after_the_deadline_is_not_sent(
    asking: Any, server: Any, time: Any, example: Respond
) -> None:
    """The second question of a call has what the first has left."""

    def slow(_: httpx.Request) -> httpx.Response:
        time.now += 10
        sheet = example("day_sheet_200_friday").json()
        gift = {"purpose": "gift", "kind": "fix", "day": None, "unless": None, "source": None}
        return httpx.Response(200, json={**sheet, "use": [gift]})

    server.says(slow)
    with pytest.raises(DeadlineExceeded, match="no time left"):
        asking(lambda rates: rates.current(purpose="gift"), timeout=10)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "given", [{"timeout": 0}, {"timeout": -1}, {"timeout": float("inf")}, {"retries": -1}]
)
def test_numbers_out_of_range_are_refused_at_once(asking: Any, given: dict[str, float]) -> None:
    """No socket waits for less than nothing, or for ever."""
    with pytest.raises(InvalidArgument, match="out of range"):
        asking(current, **given)


@pytest.mark.parametrize(
    ("said", "date"),
    [
        ("9" * 400, "Fri, 14 Aug 2026 16:00:00 GMT"),
        ("Wed, 21 Oct 2099 07:28:00 GMT", "Fri, 14 Aug 2026 16:00:00 GMT"),
    ],
)
def test_no_server_is_believed_for_longer_than_a_week(
    asking: Any, server: Any, said: str, date: str
) -> None:
    """`retry_after` is a number that can be slept."""
    server.says(refusal(503, retry_after=said, date=date))
    with pytest.raises(Unavailable) as raised:
        asking(current)
    assert raised.value.retry_after == 604_800


def test_a_date_that_can_not_be_computed_with_is_none(asking: Any, server: Any) -> None:
    """Its zone is farther away than any instant."""
    far = f"Fri, 14 Aug 2026 16:00:00 +{'9' * 20}"
    server.says(refusal(503, retry_after=far, date="Fri, 14 Aug 2026 16:00:00 GMT"))
    with pytest.raises(Unavailable) as raised:
        asking(current, retries=0)
    assert raised.value.retry_after is None
