"""The OpenAPI 3.1 document of the public API, from the same declarations that answer requests.

Parameters come from the queries that the parser reads, answers from the structs that are encoded,
problems from the one table, examples from recorded answers. Pure.

Enumerations of answers are open, since generated clients refuse a value that a closed one lacks: a
plain string, whose values so far stand in its description and in `x-known-values`. Parameters have
an `enum`.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from rates_api.http.endpoint import Endpoint, Streaming
from rates_api.http.parameters import QueryField, query_fields
from rates_api.http.problems import PROBLEMS
from rates_api.http.response import CSV, ICON, JSON, PROBLEM_JSON, TEXT
from rates_contracts.answers import Problem

Json = dict[str, Any]

REF = "#/components/schemas/{name}"
KNOWN_VALUES = "x-known-values"
FORMATS = {"csv": CSV, "txt": TEXT}
EVERYWHERE = ("bad-request", "invalid-parameters", "internal-error", "uri-too-long")
HEADERS: Json = {
    "ETag": {
        "description": "A strong tag of these bytes; send it back as `If-None-Match`.",
        "schema": {"type": "string"},
    },
    "Cache-Control": {"schema": {"type": "string"}},
}
FILE_SCHEMAS: Mapping[str, Json] = {JSON: {"type": "object"}, ICON: {}}
"""Of files that are no text."""
RETRY_HEADER: Json = {
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}}
}


@dataclasses.dataclass(frozen=True)
class Recorded:
    """A recorded answer to one of an endpoint's example requests; no `value` if it is a file."""

    name: str
    request: str
    status: int
    media_type: str
    value: Any


def document(
    info: Json,
    tags: Mapping[str, str],
    endpoints: Sequence[Endpoint],
    recorded: Mapping[str, Sequence[Recorded]],
) -> Json:
    """Return the document of `endpoints`; `recorded` holds answers by the endpoint's name.

    `tags` are their groups and what these are.
    """
    return {
        "openapi": "3.1.0",
        "info": info,
        "servers": [{"url": "/", "description": "The instance that has sent this document."}],
        "security": [],
        "tags": [{"name": name, "description": text} for name, text in tags.items()],
        "paths": {
            endpoint.path: {"get": _operation(endpoint, recorded.get(endpoint.name, ()))}
            for endpoint in sorted(endpoints, key=lambda endpoint: endpoint.path)
        },
        "components": {"schemas": _schemas(endpoints)},
    }


def _operation(endpoint: Endpoint, recorded: Sequence[Recorded]) -> Json:
    operation: Json = {"operationId": endpoint.name, "tags": [endpoint.tag]}
    operation["summary"] = endpoint.summary
    if endpoint.description:
        operation["description"] = endpoint.description
    fields = query_fields(endpoint.query).values()
    operation["parameters"] = [_parameter(endpoint, field) for field in fields]
    operation["responses"] = _responses(endpoint, recorded)
    return operation


def _parameter(endpoint: Endpoint, field: QueryField) -> Json:
    parameter = field.parameter
    in_path = f"{{{parameter.name}}}" in endpoint.path
    schema = dict(parameter.schema)
    if not field.required and field.default is not None:
        schema["default"] = field.default
    described: Json = {
        "name": parameter.name,
        "in": "path" if in_path else "query",
        "required": field.required,
        "description": f"{parameter.doc} Allowed: {parameter.allowed}.",
        "schema": schema,
    }
    if schema["type"] == "array":
        described |= {"style": "form", "explode": False}
    return described


def _responses(endpoint: Endpoint, recorded: Sequence[Recorded]) -> Json:
    responses = {"200": _success(endpoint, recorded)}
    if isinstance(endpoint.handler, Streaming):
        pass
    elif endpoint.name != "health":
        headers = HEADERS | _own_headers(endpoint)
        responses["304"] = {"description": "The client has it already.", "headers": headers}
    else:
        responses["503"] = {**responses["200"], "description": "The instance is `unhealthy`."}
    codes = sorted({*EVERYWHERE, *endpoint.problems})
    for status in sorted({PROBLEMS[code].status for code in codes}):
        of_status = [code for code in codes if PROBLEMS[code].status == status]
        responses[str(status)] = _problem(status, of_status, recorded)
    return dict(sorted(responses.items()))


def _success(endpoint: Endpoint, recorded: Sequence[Recorded]) -> Json:
    content: Json = {}
    if endpoint.answers is None:
        media_type = endpoint.media_type.partition(";")[0]
        # Of a stream, a schema is each message's, and those are of several kinds.
        streams = isinstance(endpoint.handler, Streaming)
        schema = {} if streams else FILE_SCHEMAS.get(media_type, {"type": "string"})
        content[media_type] = {"schema": schema}
    else:
        schema = {"$ref": REF.format(name=endpoint.answers.__name__)}
        content["application/json"] = {"schema": schema}
    for media_type in _other_formats(endpoint):
        content[media_type.partition(";")[0]] = {"schema": {"type": "string"}}
    for media_type, described in content.items():
        described.update(_examples(recorded, 200, media_type))
    is_cacheable = endpoint.name != "health" and not isinstance(endpoint.handler, Streaming)
    headers = (HEADERS if is_cacheable else {}) | _own_headers(endpoint)
    return {"description": endpoint.summary, "headers": headers, "content": content}


def _other_formats(endpoint: Endpoint) -> list[str]:
    """Return the media types of an endpoint's formats besides JSON."""
    field = query_fields(endpoint.query).get("format")
    offered = field.parameter.schema["enum"] if field else ()
    return [FORMATS[name] for name in offered if name in FORMATS]


def _own_headers(endpoint: Endpoint) -> Json:
    described = (
        *((name, f"`{text}`") for name, text in endpoint.headers),
        *endpoint.answer_headers,
    )
    return {
        name.title(): {"description": text, "schema": {"type": "string"}}
        for name, text in described
    }


def _problem(status: int, codes: Sequence[str], recorded: Sequence[Recorded]) -> Json:
    lines = [f"`{code}`: {PROBLEMS[code].explanation}" for code in codes]
    examples = _examples(recorded, status, PROBLEM_JSON)
    content = {PROBLEM_JSON: {"schema": {"$ref": REF.format(name="Problem")}, **examples}}
    described: Json = {"description": "\n\n".join(lines), "content": content}
    return described | ({"headers": RETRY_HEADER} if status in (404, 503) else {})


def _examples(recorded: Sequence[Recorded], status: int, media_type: str) -> Json:
    examples = {
        answer.name: {"summary": f"GET {answer.request}", "value": answer.value}
        for answer in recorded
        if answer.status == status
        and answer.media_type.partition(";")[0] == media_type
        and answer.value is not None
    }
    return {"examples": examples} if examples else {}


def _schemas(endpoints: Sequence[Endpoint]) -> Json:
    structs = [endpoint.answers for endpoint in endpoints if endpoint.answers is not None]
    _, schemas = msgspec.json.schema_components([*structs, Problem], ref_template=REF)
    return {name: _opened(_as_sent(schema)) for name, schema in sorted(schemas.items())}


def _as_sent(schema: Json) -> Json:
    """Describe an answer, not a request: members with a default are always present."""
    members = schema.get("properties", {})
    defaulted = [name for name, member in members.items() if "default" in member]
    for name in defaulted:
        del members[name]["default"]
    required = {*schema.get("required", ()), *defaulted}
    return schema | {"required": [name for name in members if name in required]}


def _opened(schema: Any) -> Any:
    """Return a schema, or part of it, in which each enumeration is a plain string."""
    match schema:
        case {"enum": [*values], **others}:
            known = f"Known values: {', '.join(f'`{value}`' for value in values)}."
            description = f"{others.get('description', '')} {known}".strip()
            return others | {"type": "string", "description": description, KNOWN_VALUES: values}
        case dict():
            return {key: _opened(value) for key, value in schema.items()}
        case list():
            return [_opened(value) for value in schema]
    return schema
