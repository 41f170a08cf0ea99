"""The recorded examples of the OpenAPI document, as they are and as a later v1 may send them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

GOLDEN = Path(__file__).parents[2] / "docs" / "api" / "openapi-v1.json"
UNHEARD_OF = "unheard_of"
"""In place of a value of an open enumeration."""
INVENTED = "invented"
"""The member that every object has more."""


@dataclass(frozen=True)
class Example:
    """One recorded answer that is data, and where it stands in the document."""

    name: str
    tag: str
    operation: str
    path: str
    status: int
    media_type: str
    schema: str
    value: Any


def golden() -> Any:
    """Return the document."""
    return json.loads(GOLDEN.read_text(encoding="utf-8"))


def examples(document: Any) -> Iterator[Example]:
    """Yield each recorded answer whose schema is one of the document's."""
    for path, operations in document["paths"].items():
        operation = operations["get"]
        for status, response in operation["responses"].items():
            for media_type, content in response.get("content", {}).items():
                schema = content["schema"].get("$ref", "").rpartition("/")[2]
                for name, example in content.get("examples", {}).items() if schema else ():
                    yield Example(
                        f"{operation['operationId']}_{status}_{name}",
                        operation["tags"][0],
                        operation["operationId"],
                        path,
                        int(status),
                        media_type,
                        schema,
                        example["value"],
                    )


def later(document: Any, schema: Any, value: Any) -> Any:
    """Return `value` with a member more in each object and an unknown value in each enumeration."""
    schema = _fitting(document, schema, value)
    match value:
        case dict() if "properties" in schema:
            members = schema["properties"]
            grown = {name: later(document, members[name], part) for name, part in value.items()}
            return grown | {INVENTED: {"x": [1]}}
        case list():
            return [later(document, schema["items"], part) for part in value]
        case str() if "x-known-values" in schema:
            return UNHEARD_OF
    return value


def shown(document: Any, schema: Any, value: Any) -> Iterator[str]:
    """Yield the title of each object's schema that a part of `value` is an example of."""
    schema = _fitting(document, schema, value)
    match value:
        case dict() if "properties" in schema:
            yield schema["title"]
            for name, part in value.items():
                yield from shown(document, schema["properties"][name], part)
        case list():
            for part in value:
                yield from shown(document, schema["items"], part)


def _fitting(document: Any, schema: Any, value: Any) -> Any:
    """Return the schema that describes `value`: what is referred to, the alternative that fits."""
    if "$ref" in schema:
        return document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for alternative in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        validator = Draft202012Validator(alternative | {"components": document["components"]})
        if validator.is_valid(value):
            return _fitting(document, alternative, value)
    return schema
