"""Following the stream: what is told, and how a broken connection is made again."""

import ssl
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from support.openapi_examples import golden
from usdmxn.errors import InvalidArgument, InvalidParameters, NotFound, TooManyStreams
from usdmxn.events import Changed, Disconnected, LevelChanged, Reset, State
from usdmxn.http.following import Blocks, Message

Respond = Callable[..., httpx.Response]
CONTENT = golden()["paths"]["/api/v1/stream"]["get"]["responses"]["200"]["content"]
BEGINNING: str = CONTENT["text/event-stream"]["examples"]["beginning"]["value"]
ROW = (
    '{"kind":"fix","date":"2026-08-14","rate":"17.0218","revision":1,'
    '"recorded_at":"2026-08-14T18:01:07Z","replaces":null,"new":1}'
)
CHANGE = f"id: 1-43\nevent: change\ndata: [{ROW}]\n\n"


def stream(text: str) -> httpx.Response:
    """Answer with a stream that ends after `text`."""
    return httpx.Response(
        200, text=text, headers={"content-type": "text/event-stream; charset=utf-8"}
    )


def watch(rates: Any) -> Any:
    """Follow from now on."""
    return rates.watch()


def test_a_stream_begins_with_the_state(asking: Any, server: Any) -> None:
    """The current rate of each kind, level and freshness."""
    server.says(stream(BEGINNING))
    (state,) = asking(watch, first=1)
    assert isinstance(state, State)
    settlement = state.current["settlement"]
    assert settlement is not None
    assert str(settlement.rate) == "17.0627"
    assert state.level == "healthy"


def test_events_are_told_as_they_come(asking: Any, server: Any) -> None:
    """Changes with the id to go on from; comments and events of a later server are passed over."""
    level = 'event: level\ndata: {"level":"degraded","warnings":["unverified"]}\n\n'
    reset = 'event: reset\ndata: {"reason":"restored"}\n\n'
    server.says(stream(f":\n\n{CHANGE}event: aurora\ndata: x\n\n{level}{reset}"))
    changed, worse, anew = asking(watch, first=3)
    assert isinstance(changed, Changed)
    assert changed.id == "1-43"
    assert [str(change.rate) for change in changed.changes] == ["17.0218"]
    assert worse == LevelChanged(level="degraded", warnings=("unverified",))
    assert anew == Reset(reason="restored")


def test_a_stream_that_ends_is_continued(asking: Any, server: Any, time: Any) -> None:
    """After `retry`, from the last change on; meanwhile what was told may be old."""
    server.says(stream(f"retry: 7500\n\n{CHANGE}"), stream(BEGINNING))
    _, gap, state = asking(watch, first=3)
    assert isinstance(gap, Disconnected)
    assert "ended" in gap.reason
    assert isinstance(state, State)
    assert time.slept == [7.5]
    assert server.requests[1].headers["last-event-id"] == "1-43"
    assert "last-event-id" not in server.requests[0].headers


def test_what_may_have_been_missed_is_said(asking: Any, server: Any) -> None:
    """Before the first change there is no id to go on from; afterwards nothing is missed."""
    server.says(stream(BEGINNING), stream(BEGINNING + CHANGE), stream(BEGINNING))
    told = asking(watch, first=7)
    assert [type(event) for event in told] == [
        *(State, Disconnected),
        *(Reset, State, Changed, Disconnected),
        State,
    ]
    assert told[2] == Reset(reason="reconnected")
    assert [request.headers.get("last-event-id") for request in server.requests] == [
        *(None, None),
        "1-43",
    ]


def test_a_follower_that_brings_an_id_misses_nothing(asking: Any, server: Any) -> None:
    """It is sent again until a change tells another."""
    server.says(stream(BEGINNING))
    told = asking(lambda rates: rates.watch(last_event_id="1-42"), first=3)
    assert [type(event) for event in told] == [State, Disconnected, State]
    assert server.requests[1].headers["last-event-id"] == "1-42"


def test_a_stream_that_breaks_is_continued(asking: Any, server: Any) -> None:
    """Whatever came before is told."""

    class Breaking(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield CHANGE.encode()
            raise httpx.ReadTimeout("silence")

        async def __aiter__(self) -> Any:
            yield CHANGE.encode()
            raise httpx.ReadTimeout("silence")

    headers = {"content-type": "text/event-stream"}
    server.says(
        lambda _: httpx.Response(200, headers=headers, stream=Breaking()),
        lambda _: stream(BEGINNING),
    )
    changed, gap, state = asking(watch, first=3)
    assert isinstance(changed, Changed)
    assert "silence" in gap.reason
    assert isinstance(state, State)


def test_a_deploy_does_not_end_a_watch(asking: Any, server: Any) -> None:
    """A handshake that is cut off is tried again, as any broken connection."""
    cut = httpx.ConnectError("handshake")
    cut.__cause__ = ssl.SSLEOFError(8, "UNEXPECTED_EOF_WHILE_READING")
    server.says(stream(CHANGE), cut, stream(BEGINNING))
    assert isinstance(asking(watch, first=3)[2], State)


def test_it_connects_as_often_as_it_takes(asking: Any, server: Any, time: Any) -> None:
    """Longer each time, and not before `Retry-After`; `retries` is for the first connection."""
    full = httpx.Response(503, html="full", headers={"retry-after": "42"})
    server.says(
        stream(CHANGE), httpx.ConnectError("refused"), full, httpx.Response(500), stream(BEGINNING)
    )
    assert isinstance(asking(watch, first=3, retries=0)[2], State)
    assert time.slept == [10.0, 10.125, 42.25, 10.5]


def test_a_follower_goes_on_where_another_was(asking: Any, server: Any) -> None:
    """By the id of its last change; what is none is refused before it is sent."""
    server.says(stream(CHANGE))
    asking(lambda rates: rates.watch(last_event_id="1-42"), first=1)
    assert server.requests[0].headers["last-event-id"] == "1-42"
    with pytest.raises(InvalidArgument, match="no id of a change"):
        asking(lambda rates: rates.watch(last_event_id="1-42\r\nHost: x"), first=1)


def test_the_first_connection_fails_as_any_call(asking: Any, server: Any, time: Any) -> None:
    """After its retries, or at once where waiting does not help."""
    document = {"type": "t", "title": "t", "status": 503, "detail": "Full.", "errors": []}
    full = {**document, "code": "too-many-streams"}
    server.says(httpx.Response(503, json=full, headers={"retry-after": "3"}))
    with pytest.raises(TooManyStreams):
        asking(watch, first=1, retries=1)
    assert time.slept == [3.125]


def test_an_older_server_has_no_stream(asking: Any, server: Any) -> None:
    """It says that it has nothing there."""
    document = {"type": "t", "title": "t", "status": 404, "detail": "None.", "errors": []}
    server.says(httpx.Response(404, json={**document, "code": "not-found"}))
    with pytest.raises(NotFound):
        asking(watch, first=1)


def test_a_refusal_ends_a_watch(asking: Any, server: Any, example: Respond) -> None:
    """Asking again would not help."""
    server.says(stream(CHANGE), example("stream_422_wrong_id"))
    with pytest.raises(InvalidParameters):
        asking(watch, first=3)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_messages_are_read_however_they_are_cut(size: int, line_end: str) -> None:
    """Lines of data are joined, comments passed over, fields may have no space."""
    text = ":\n\nretry: 5\n\nid:1-2\nevent: change\ndata: a\ndata: b:c\n\n: x\ndata: open"
    sent = text.replace("\n", line_end)
    blocks = Blocks()
    parts = [sent[start : start + size] for start in range(0, len(sent), size)]
    assert [message for part in parts for message in blocks.feed(part)] == [
        Message(retry="5"),
        Message(event="change", data="a\nb:c", id="1-2"),
    ]
