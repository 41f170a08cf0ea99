"""What a call does with the outside, step by step; how a step is done is the driver's.

A call is a generator: it yields steps, gets each one's outcome back and returns its answer. So one
implementation serves the blocking client and the asynchronous one, which differ in their driver.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

import httpx

T = TypeVar("T")


@dataclass(frozen=True)
class Send:
    """GET `url`; the outcome is a `Reply`. Seconds: `timeout` for all of it."""

    url: str
    timeout: float
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Listen:
    """GET `url` as a stream; the outcome is a `Reply`, without a body if the stream is open.

    Seconds: `timeout` until it begins, `silence` between its bytes.
    """

    url: str
    timeout: float
    silence: float
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Receive:
    """Wait for more of the open stream; the outcome is its text, empty at its end."""


@dataclass(frozen=True)
class Pause:
    """Wait `seconds`."""

    seconds: float


@dataclass(frozen=True)
class Item(Generic[T]):
    """Hand one `value` of many to the caller."""

    value: T


@dataclass(frozen=True)
class Reply:
    """What came back, its body whole and decompressed."""

    server: str
    status: int
    headers: httpx.Headers
    body: bytes

    @classmethod
    def of(cls, response: httpx.Response, body: bytes = b"") -> "Reply":
        """Return what came back; `server` is its name, without what may be secret in an address."""
        server = response.request.url.netloc.decode("ascii")
        return cls(server, response.status_code, response.headers, body)


Step: TypeAlias = Send | Listen | Receive | Pause
Call: TypeAlias = Generator[Step, Any, T]
"""A call that returns its answer. Transport errors are thrown into it."""
Walk: TypeAlias = Generator[Step | Item[T], Any, None]
"""A call that hands on one item after the other."""
