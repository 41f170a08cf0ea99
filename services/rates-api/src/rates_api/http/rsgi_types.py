"""RSGI as Granian has it: its own types name neither all members nor the classes to import.

`tests/integration/test_granian.py` holds Granian against them.
"""

from collections.abc import AsyncIterator
from typing import Protocol

HeaderList = list[tuple[str, str]]


class RequestHeaders(Protocol):
    """The headers of a request, names in small letters; values that are no ASCII are left out."""

    def __contains__(self, name: str) -> bool:
        """Tell whether a header was sent, whatever its value."""

    def get(self, name: str) -> str | None:
        """Return the first value of a header, None without it."""

    def get_all(self, name: str) -> list[str]:
        """Return all values of a header, as often as it was sent."""

    def items(self) -> HeaderList:
        """Return all, in their order."""


class RsgiScope(Protocol):
    """A request: `path` unescaped, `query_string` as sent, `server` and `client` with their ports.

    `authority` is that of a request for a whole address, else None.
    """

    method: str
    path: str
    query_string: str
    http_version: str
    scheme: str
    server: str
    client: str
    authority: str | None

    @property
    def headers(self) -> RequestHeaders:
        """Return the headers."""


class ResponseStream(Protocol):
    """A response that is sent in parts."""

    async def send_bytes(self, data: bytes) -> None:
        """Send the next part."""


class RsgiProtocol(Protocol):
    """The connection of a request. What is sent after the client has hung up raises."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Return the parts of the request's body."""

    async def client_disconnect(self) -> None:
        """Wait until the client has hung up."""

    def response_bytes(self, status: int, headers: HeaderList, body: bytes) -> None:
        """Send a whole response."""

    def response_stream(self, status: int, headers: HeaderList) -> ResponseStream:
        """Send the head of a response that is sent in parts."""
