"""A client of the stream, as a browser's `EventSource` is one: it comes back where it left off."""

import json
import threading
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import NamedTuple, Self

AGAIN_SECONDS = 0.2
"""Instead of the `retry` that the stream asks for, so that a scenario need not wait for it."""


class Message(NamedTuple):
    """What came: its `event`, its `id` if it has one, and its `data` as text."""

    event: str
    at: str | None
    data: str


class Follower:
    """A context manager that follows the stream at `port`; `messages` are all that came."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._last: str | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow_on)
        self.messages: list[Message] = []
        self.streams = 0
        """How many streams it has had."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        self._thread.join(10)

    def told(self, value: str) -> int:
        """Return how many rows told of `value` as a FIX."""
        changes = [json.loads(each.data) for each in self.messages if each.event == "change"]
        return sum((row["kind"], row["rate"]) == ("fix", value) for rows in changes for row in rows)

    @property
    def resets(self) -> int:
        """Return how often it was told to read everything anew."""
        return sum(message.event == "reset" for message in self.messages)

    def _follow_on(self) -> None:
        while not self._over.is_set():
            connection = HTTPConnection("127.0.0.1", self._port, timeout=1)
            try:
                self._follow(connection)
            except (OSError, HTTPException):
                pass  # The instance has gone, or says nothing: both are why clients come back.
            finally:
                connection.close()
            self._over.wait(AGAIN_SECONDS)

    def _follow(self, connection: HTTPConnection) -> None:
        headers = {"Last-Event-ID": self._last} if self._last else {}
        connection.request("GET", "/api/v1/stream", headers=headers)
        response = connection.getresponse()
        if response.status != 200:
            return
        self.streams += 1
        while not self._over.is_set() and (message := _read(response)):
            self.messages.append(message)
            self._last = message.at or self._last


def _read(response: HTTPResponse) -> Message | None:
    """Return the next message, None at the stream's end."""
    fields: dict[str, str] = {}
    while line := response.readline().decode():
        name, _, value = line.rstrip("\n").partition(": ")
        if line != "\n":
            fields[name] = value
        elif "data" in fields:
            return Message(fields.get("event", "message"), fields.get("id"), fields["data"])
    return None
