"""Following the stream: Server-Sent Events are read, a broken connection is made again."""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from usdmxn.answers import Change
from usdmxn.errors import ConnectionFailed, InvalidArgument, TlsFailed, Unavailable
from usdmxn.events import Changed, Disconnected, Event, LevelChanged, Reset, State
from usdmxn.http.exchange import TRANSPORT_ERRORS, Exchange, attempt, min_wait
from usdmxn.http.reading import decoded, foreign, media_type, successful
from usdmxn.http.steps import Call, Item, Listen, Pause, Receive, Reply, Step, Walk

PATH = "/api/v1/stream"
SILENCE = 45.0
"""Seconds without a byte after which a connection is dead; the server comments every 15."""
RETRY = 10.0
"""Seconds until a stream is connected to again, unless it has said when (`retry:`)."""
RECONNECTED = "reconnected"
"""The reason of a `Reset` where no change has told its id yet: what was missed is not sent."""
EVENT_ID = re.compile(r"[0-9]{1,18}-[0-9]{1,18}")

Reading: TypeAlias = Generator[Step | Item[Event], Any, str]
"""Hands on events until the connection ends, and returns why it did."""


@dataclass
class Place:
    """Where a follower is: the id of the last change, and when to connect again (seconds)."""

    last_event_id: str | None
    retry: float = RETRY


@dataclass(frozen=True)
class Message:
    """One block of a stream: its fields, as far as they were sent."""

    event: str = "message"
    data: str | None = None
    id: str | None = None
    retry: str | None = None


def follow(exchange: Exchange, last_event_id: str | None) -> Walk[Event]:
    """Yield events without an end; a `Reset` wherever a gap can't be closed by an id.

    Raises at first what any call raises; later only what waiting can't help: `Refused`,
    `TlsFailed`, `UnexpectedAnswer`. Raises `InvalidArgument` for an id that is none.
    """
    if last_event_id is not None and not EVENT_ID.fullmatch(last_event_id):
        raise InvalidArgument(f"{last_event_id!r} is no id of a change: take the `id` of a Changed")
    place = Place(last_event_id)
    opening = exchange.repeated(lambda s: _listen(exchange, place, s), exchange.deadline())
    _check(server := (yield from opening))
    while True:
        reason = yield from _read(place, server.server)
        yield Item(Disconnected(reason=reason))
        yield from _reconnect(exchange, place)
        if place.last_event_id is None:
            yield Item(Reset(reason=RECONNECTED))


def _listen(exchange: Exchange, place: Place, seconds: float) -> Listen:
    headers = {"Last-Event-ID": place.last_event_id} if place.last_event_id else {}
    accepting = {"Accept": "text/event-stream", **headers}
    return Listen(exchange.url(PATH), seconds, SILENCE, accepting)


def _check(reply: Reply) -> None:
    """Raise `ApiError` or `UnexpectedAnswer` where no stream has begun."""
    if media_type(successful(reply)) != "text/event-stream":
        raise foreign(reply)


def _reconnect(exchange: Exchange, place: Place) -> Call[None]:
    """Connect again, as often as it takes."""
    failures, wait = 0, place.retry
    while True:
        yield Pause(wait)
        try:
            return _check((yield from attempt(_listen(exchange, place, exchange.timeout))))
        except TlsFailed:
            raise
        except (ConnectionFailed, Unavailable) as failure:
            failures += 1
            wait = max(place.retry, min_wait(failure)) + exchange.pace.backoff(failures)


def _read(place: Place, server: str) -> Reading:
    blocks = Blocks()
    while True:
        try:
            text: str = yield Receive()
        except TRANSPORT_ERRORS as error:
            return f"the connection to {server} broke: {str(error) or type(error).__name__}"
        if not text:
            return f"{server} has ended the stream"
        for message in blocks.feed(text):
            yield from map(Item, _events(message, place, server))


def _events(message: Message, place: Place, server: str) -> Iterator[Event]:
    """Yield the event that a message is, if this version knows it, and note the place."""
    if message.retry and message.retry.isascii() and message.retry.isdigit():
        place.retry = int(message.retry) / 1000
    data = (message.data or "").encode()
    match message.event:
        case "state":
            yield decoded(data, State, server)
        case "change":
            changes = decoded(data, tuple[Change, ...], server)
            place.last_event_id = message.id or place.last_event_id
            yield Changed(id=place.last_event_id or "", changes=changes)
        case "level":
            yield decoded(data, LevelChanged, server)
        case "reset":
            yield decoded(data, Reset, server)


class Blocks:
    """The messages of a stream, out of text that is cut anywhere."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self._rest = ""
        self._fields: dict[str, str] = {}

    def feed(self, text: str) -> Iterator[Message]:
        """Yield each message that `text` completes."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            if line := line.removesuffix("\r"):
                self._add(line)
            elif self._fields:
                known = {name: self._fields.get(name) for name in Message.__match_args__}
                yield Message(**{name: value for name, value in known.items() if value is not None})
                self._fields = {}

    def _add(self, line: str) -> None:
        """Add a field; further lines of data are joined, a comment has no name."""
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data" and name in self._fields:
            value = f"{self._fields[name]}\n{value}"
        if name:
            self._fields[name] = value
