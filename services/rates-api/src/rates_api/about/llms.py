"""`GET /llms.txt`: what the API is, which kind of rate is for what, its endpoints and limits.

Markdown as llmstxt.org proposes it, for assistants and for people. Its sources are the declarations
that answer requests, so that it can't fall behind them.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec

from rates_api.http.endpoint import Endpoint
from rates_api.http.parameters import Query, QueryField, query_fields
from rates_api.rates.capabilities import DESCRIPTIONS, LIMITS

LIMITS_OF_REQUESTS = """\
The service itself counts no requests. Where an edge before it does, answers name its limit in
`RateLimit-Policy`, and what is beyond gets 429 with `Retry-After`. Send `If-None-Match`: what you
have already costs an empty 304. The largest values that parameters take:"""


@dataclasses.dataclass(frozen=True)
class LlmsQuery(Query):
    """It takes no parameters."""


def text(info: Mapping[str, Any], endpoints: Sequence[Endpoint]) -> bytes:
    """Return the text about `endpoints`; `info` is the OpenAPI document's."""
    kinds = [f"- `kind={kind}`: {description}" for kind, description in DESCRIPTIONS.items()]
    limits = [f"- `{name}`: {value}" for name, value in msgspec.structs.asdict(LIMITS).items()]
    lines = (
        *(f"# {info['title']}", "", f"> {info['summary']}", "", str(info["description"])),
        *("## Which kind is for what", "", *kinds, ""),
        *("## Endpoints", "", *_endpoints(endpoints), ""),
        *("## Limits", "", LIMITS_OF_REQUESTS, "", *limits),
    )
    return ("\n".join(lines) + "\n").encode()


def _endpoints(endpoints: Sequence[Endpoint]) -> Iterator[str]:
    """Yield for each endpoint a link with an example, and its parameters, each told once."""
    told: dict[str, str] = {}  # In which endpoint each line is.
    for endpoint in endpoints:
        example = next(iter(endpoint.examples.values()))
        yield f"- [{endpoint.path}]({example}): {endpoint.summary}. {endpoint.description}"
        lines = {name: _parameter(field) for name, field in query_fields(endpoint.query).items()}
        yield from (line for line in lines.values() if line not in told)
        known = [(told[line], f"`{name}`") for name, line in lines.items() if line in told]
        for path, names in groupby(sorted(known, key=itemgetter(0)), itemgetter(0)):
            yield f"  - As in `{path}`: {', '.join(name for _, name in names)}."
        told |= {line: endpoint.path for line in lines.values() if line not in told}


def _parameter(field: QueryField) -> str:
    parameter = field.parameter
    required = ", required" if field.required else ""
    return f"  - `{parameter.name}`{required}: {parameter.doc} Allowed: {parameter.allowed}."
