"""What an endpoint is: its path, what it can be asked, who answers, and how it is documented."""

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec

from rates_api.http.parameters import Query
from rates_api.http.port import WorkerPort
from rates_api.http.response import RenderedAnswer
from rates_api.http.response_cache import ResponseCache

Handler = Callable[[WorkerPort, ResponseCache, Any, datetime], Awaitable[RenderedAnswer]]
"""Finds or renders the answer to a query from the cache's snapshot, at an instant (UTC).

What is rendered is kept only in that cache. Raises `Refused`.
"""


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """One path. `problems` are the codes it can answer besides those that every path can.

    `examples` are requests, by name, whose recorded answers the documentation shows; `answers` is
    None where the answer is no JSON of ours but of `media_type`, by default a page.
    """

    name: str
    path: str
    summary: str
    query: type[Query]
    handler: Handler
    answers: type[msgspec.Struct] | None
    problems: tuple[str, ...] = ()
    examples: dict[str, str] = dataclasses.field(default_factory=dict)
    description: str = ""
    media_type: str = "text/html"
