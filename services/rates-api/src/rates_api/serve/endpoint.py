"""What an endpoint is: its path, what it can be asked, who answers, and how it is documented."""

import dataclasses
from functools import cached_property
from typing import Any

import msgspec

from rates_api.serve.parameters import Query, QueryReader
from rates_api.serve.producers import Producer


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """One path. `problems` are the codes it can answer beside those that every path can.

    `examples` are requests, by name, whose recorded answers the documentation shows; `answers` is
    null where the answer is a page.
    """

    name: str
    path: str
    summary: str
    query: type[Query]
    produce: Producer
    answers: type[msgspec.Struct] | None
    problems: tuple[str, ...] = ()
    examples: dict[str, str] = dataclasses.field(default_factory=dict)
    description: str = ""

    @cached_property
    def reader(self) -> QueryReader[Any]:
        """Return what reads its requests."""
        return QueryReader(self.query)
