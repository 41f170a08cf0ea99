"""`GET /openapi.json`: the OpenAPI document that clients rely on, byte for byte.

The file lies in this package, so that an installed one has it; `docs/api/openapi-v1.json` is a link
to it, since there is one contract and no copy that could differ.
"""

import dataclasses
from importlib import resources

from rates_api.http.parameters import Query

NAME = "openapi-v1.json"


@dataclasses.dataclass(frozen=True)
class OpenApiQuery(Query):
    """It takes no parameters."""


def document() -> bytes:
    """Return the document, as JSON."""
    return (resources.files(__package__) / NAME).read_bytes()
