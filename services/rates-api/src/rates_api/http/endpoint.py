"""What an endpoint is: its path, what it can be asked, who answers, and how it is documented."""

import dataclasses
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec

from rates_api.http.api_request import ApiRequest
from rates_api.http.parameters import Query
from rates_api.http.port import WorkerPort
from rates_api.http.response import HTML, OpenStream, RenderedAnswer
from rates_api.http.response_cache import ResponseCache

Handler = Callable[[WorkerPort, ResponseCache, Any, datetime], Awaitable[RenderedAnswer]]
"""Finds or renders the answer to a query from the cache's snapshot, at an instant (UTC).

What is rendered is kept only in that cache. Raises `Refused`.
"""

Opener = Callable[[WorkerPort, Any, ApiRequest, datetime], OpenStream]
"""Opens a stream for a query, sent with a request at an instant (UTC). Raises `Refused`."""


@dataclasses.dataclass(frozen=True)
class Streaming:
    """In place of a handler: the answer is a stream, never cached, which goes on until it ends."""

    open: Opener


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """One path. `problems` are the codes it can answer besides those that every path can.

    `examples` are requests, by name, whose recorded answers the documentation shows; `answers` is
    None where the answer is a page, a file or a stream, of `media_type`. `headers` are those of
    each answer to its queries, a 304 included; `answer_headers` are names and descriptions of those
    whose values are an answer's own; `tag` is its group in the documentation.
    """

    name: str
    path: str
    summary: str
    query: type[Query]
    handler: Handler | Streaming
    answers: type[msgspec.Struct] | None
    problems: tuple[str, ...] = ()
    examples: dict[str, str] = dataclasses.field(default_factory=dict)
    description: str = ""
    media_type: str = HTML
    headers: tuple[tuple[str, str], ...] = ()
    answer_headers: tuple[tuple[str, str], ...] = ()
    tag: str = "rates"

    @property
    def is_file(self) -> bool:
        """Tell whether it answers with something that is neither data of ours nor text to read."""
        is_image = self.media_type.startswith("image/")
        is_text = self.media_type.startswith("text/") or "xml" in self.media_type
        return self.answers is None and (is_image or not is_text)


def with_headers(
    endpoints: Iterable[Endpoint], headers: tuple[tuple[str, str], ...]
) -> tuple[Endpoint, ...]:
    """Return `endpoints`, each with `headers` after its own."""
    return tuple(
        dataclasses.replace(endpoint, headers=(*endpoint.headers, *headers))
        for endpoint in endpoints
    )
