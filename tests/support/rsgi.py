"""Granian's side of RSGI: a request, and a connection that notes what is sent on it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace
from typing import Any

from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]  # not marked as exported

Headers = Sequence[tuple[str, str]]


class FakeHeaders:
    """The headers of a request, as RSGI shows them: those that are no ASCII by name alone."""

    def __init__(self, headers: Headers, hidden: Sequence[str] = ()) -> None:
        self._headers, self._hidden = headers, hidden

    def __contains__(self, name: str) -> bool:
        return name in self._hidden or name in dict(self._headers)

    def get(self, name: str) -> str | None:
        """Return the first value of a header, None without it."""
        return next(iter(self.get_all(name)), None)

    def get_all(self, name: str) -> list[str]:
        """Return all values of a header, as often as it was sent."""
        return [text for known, text in self._headers if known == name]

    def items(self) -> list[tuple[str, str]]:
        """Return all that can be shown, repeated ones as often as they were sent."""
        return list(self._headers)


class FakeProtocol:
    """A connection that notes what is sent on it; `is_closed` if the client has hung up."""

    def __init__(self, body: Sequence[bytes] = (), *, is_closed: bool = False) -> None:
        self._body, self._is_closed = body, is_closed
        self.hung_up = asyncio.Event()
        self.sent: list[Any] = []

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._body:
            yield chunk

    async def client_disconnect(self) -> None:
        """Wait until the client has hung up."""
        await self.hung_up.wait()

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        """Note a whole response."""
        if self._is_closed:
            raise ProtocolClosed
        self.sent.append((status, headers, body))

    def response_stream(self, status: int, headers: Headers) -> "FakeProtocol":
        """Note the head of a stream."""
        self.sent.append((status, headers))
        return self

    async def send_bytes(self, chunk: bytes) -> None:
        """Note a part of a stream."""
        self.sent.append(chunk)


def rsgi_request(headers: Headers | FakeHeaders = (("host", "h"),), **changes: Any) -> Any:
    """Return a request as RSGI has it; `changes` are members of the scope."""
    scope = {
        "proto": "http",
        "method": "GET",
        "path": "/",
        "query_string": "",
        "http_version": "1.1",
        "scheme": "http",
        "server": "127.0.0.1:8000",
        "client": "127.0.0.1:50000",
        "authority": None,
        "headers": headers if isinstance(headers, FakeHeaders) else FakeHeaders(headers),
    }
    return SimpleNamespace(**scope | changes)
