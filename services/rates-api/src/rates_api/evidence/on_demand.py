"""What is read from the record while a request waits, or the problem of a record that is away."""

from collections.abc import Awaitable
from typing import TypeVar

from rates_api.errors import FallbackUnavailable
from rates_api.http.problems import Refused

T = TypeVar("T")

RETRY_SECONDS = 5
"""Until a client should retry what could not be read."""


async def read_on_demand(reading: Awaitable[T]) -> T:
    """Return what is read from the record. Raises `Refused` while it can't be read."""
    try:
        return await reading
    except FallbackUnavailable as error:
        detail = "The record can't be read at the moment."
        raise Refused("record-unavailable", detail, retry_after=RETRY_SECONDS) from error
