"""What an endpoint is: its path, what it can be asked, who answers, and how it is documented."""

import dataclasses
from functools import cached_property
from typing import Any

import msgspec

from rates_api.handlers import Producer
from rates_api.http.parameters import Query, QueryReader


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

    def is_canonical(self, query: Query, path: str, raw_query: bytes) -> bool:
        """Tell whether a request for `query` is spelled in one of the few ways that are kept.

        Only the parameters' defaults may be left out or not; so few spellings share an answer that
        none can crowd out another.
        """
        texts = self.reader.texts(query)
        named = {pair.partition("=")[0] for pair in raw_query.decode("latin-1").split("&")}
        spelled = "&".join(f"{name}={text}" for name, text in texts.items() if name in named)
        return self.path.format_map(texts) == path and spelled.encode() == raw_query
