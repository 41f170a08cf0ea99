"""What the reference shows of the OpenAPI document: operations, their parameters and examples."""

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from rates_api.about import openapi_document
from rates_api.pages.reference.excerpt import Excerpt, excerpt

CODE = re.compile(r"`([a-z-]+)`: ")
"""How the description of a response begins each problem's."""
ALLOWED = " Allowed: "
"""What follows in a parameter's description is shown from its schema."""
COMMON_HEADERS = {"ETag", "Cache-Control", "Retry-After"}
FIRST_EXAMPLE = "settlement"
"""The example that is shown first where there is one: the kind that most people need."""


@dataclasses.dataclass(frozen=True)
class ReferenceParameter:
    """A parameter; `options` are its allowed values, `limits` its smallest and largest."""

    name: str
    in_path: bool
    required: bool
    description: str
    options: tuple[str, ...]
    limits: tuple[int, int] | None
    default: str | None


@dataclasses.dataclass(frozen=True)
class ReferenceExample:
    """A request, and its answer as it was recorded."""

    request: str
    status: int
    media_type: str
    answer: Excerpt


@dataclasses.dataclass(frozen=True)
class ReferenceOperation:
    """An endpoint. `problems` are by status, without those that every path can have."""

    name: str
    path: str
    summary: str
    description: str
    parameters: tuple[ReferenceParameter, ...]
    headers: Mapping[str, str]
    problems: tuple[tuple[int, str], ...]
    media_types: tuple[str, ...]
    examples: tuple[ReferenceExample, ...]
    refusals: tuple[ReferenceExample, ...]


@cache
def operations() -> Mapping[str, ReferenceOperation]:
    """Return every operation of the document by its name."""
    paths = json.loads(openapi_document.document())["paths"]
    found = {path: item["get"] for path, item in paths.items()}
    common = set.intersection(*(set(_codes(operation)) for operation in found.values()))
    return {
        operation["operationId"]: _operation(path, operation, common)
        for path, operation in found.items()
    }


@cache
def common_problems() -> tuple[tuple[int, str], ...]:
    """Return the problems that every path can have, by status."""
    paths = json.loads(openapi_document.document())["paths"].values()
    return tuple(sorted(set.intersection(*(set(_codes(item["get"])) for item in paths))))


def _operation(
    path: str, operation: Mapping[str, Any], common: set[tuple[int, str]]
) -> ReferenceOperation:
    ok = operation["responses"]["200"]
    headers = ok.get("headers", {}).items()
    examples = sorted(_examples(operation), key=lambda example: example[0] != FIRST_EXAMPLE)
    return ReferenceOperation(
        name=operation["operationId"],
        path=path,
        summary=operation["summary"],
        description=operation["description"],
        parameters=tuple(_parameter(parameter) for parameter in operation["parameters"]),
        headers={
            name: header.get("description", "")
            for name, header in headers
            if name not in COMMON_HEADERS
        },
        problems=tuple(sorted(set(_codes(operation)) - common)),
        media_types=tuple(ok["content"]),
        examples=tuple(example for _, example in examples if example.status < 400),
        refusals=tuple(example for _, example in examples if example.status >= 400),
    )


def _codes(operation: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    for status, response in operation["responses"].items():
        for code in CODE.findall(response["description"]):
            yield int(status), code


def _parameter(parameter: Mapping[str, Any]) -> ReferenceParameter:
    schema = parameter["schema"]
    choice = schema.get("items", schema)
    is_bounded = "minimum" in schema and "maximum" in schema
    return ReferenceParameter(
        name=parameter["name"],
        in_path=parameter["in"] == "path",
        required=parameter["required"],
        description=parameter["description"].partition(ALLOWED)[0],
        options=tuple(choice.get("enum", ())),
        limits=(schema["minimum"], schema["maximum"]) if is_bounded else None,
        default=str(schema["default"]) if "default" in schema else None,
    )


def _examples(operation: Mapping[str, Any]) -> Iterator[tuple[str, ReferenceExample]]:
    """Yield each recorded example with its name, in the document's order."""
    for status, response in operation["responses"].items():
        for media_type, content in response.get("content", {}).items():
            for name, example in content.get("examples", {}).items():
                request = example["summary"].removeprefix("GET ").split(" ")[0]
                answer = excerpt(example["value"], media_type)
                yield name, ReferenceExample(request, int(status), media_type, answer)


def order(
    names: Mapping[str, ReferenceOperation], groups: Sequence[Sequence[str]]
) -> list[list[ReferenceOperation]]:
    """Return the operations in `groups` of their names; what none has comes last."""
    grouped = {name for group in groups for name in group}
    ordered = [[names[name] for name in group if name in names] for group in groups]
    ordered[-1] += [operation for name, operation in names.items() if name not in grouped]
    return ordered
