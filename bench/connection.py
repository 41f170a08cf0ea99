"""One kept connection of the generator: a request out, its answer in, nothing else.

On the level of `asyncio.Protocol`, since a client library would cost more than the server under
test. It understands answers with a `Content-Length`, which are all that the contenders give.
"""

import asyncio
import re
import time
from typing import Protocol, cast

BODILESS = frozenset({204, 304})
STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Owner(Protocol):
    """Whoever has connections, and hears what becomes of them."""

    def opened(self, connection: "Connection") -> None:
        """Take a new connection."""

    def answered(self, connection: "Connection", status: int, due: float) -> None:
        """Take a whole answer to the request that was `due`; its connection is free again."""

    def lost(self, connection: "Connection", why: str | None) -> None:
        """Hear that a connection is gone, `why` with a request on it."""


class Connection(asyncio.Protocol):
    """One kept connection with at most one request on it."""

    sent_at: float | None
    """When the request that is on it was sent, null while it is free."""

    def __init__(self, owner: Owner) -> None:
        """Report to `owner`."""
        self._owner = owner
        self._due = 0.0
        self._status = 0
        self._head = b""
        self._missing = 0
        self._why = "connection lost"
        self.sent_at = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready for a request."""
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._owner.opened(self)

    def send(self, due: float, request: bytes) -> None:
        """Send a request that was `due`."""
        self._due, self._head, self._status = due, b"", 0
        self.sent_at = time.monotonic()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Take a piece of the answer."""
        if self._status:
            self._missing -= len(data)
        else:
            self._head += data
            if (head := read_head(self._head)) is None:
                return
            self._status, self._missing = head
        if self._missing <= 0:
            self.sent_at = None
            self._owner.answered(self, self._status, self._due)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        """Tell the owner."""
        self._owner.lost(self, None if self.sent_at is None else self._why)

    def abort(self, why: str = "connection lost") -> None:
        """End it at once; a request on it is lost, and `why`."""
        self._why = why
        self._transport.abort()


def read_head(data: bytes) -> tuple[int, int] | None:
    """Return status and bytes of the body still missing; null while the head is incomplete.

    Raises `ValueError` for what is no HTTP/1.1 answer with a known length.
    """
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    status = STATUS.match(data)
    if status is None:
        raise ValueError(f"no HTTP/1.1 answer: {data[:40]!r}")
    code = int(status[1])
    if code in BODILESS:
        return code, end + 4 - len(data)
    length = LENGTH.search(data, 0, end)
    if length is None:
        raise ValueError("an answer without Content-Length")
    return code, end + 4 + int(length[1]) - len(data)
