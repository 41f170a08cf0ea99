"""What in a new OpenAPI document would break a client of an older one: all but additions.

Requests may only be allowed more, answers may only gain: paths, operations, answers, media types,
members, parameters stay; no parameter becomes required or narrower; no member leaves, changes its
type, becomes optional or takes values of another type, a null included. An enumeration of an answer
is open (`x-known-values`): new values are additions, as clients ignore what they don't know. So are
new columns of a CSV, after the old ones; its example's header line stands for the columns. Pure.
"""

import csv
from collections.abc import Iterator, Sequence
from typing import Any

from rates_api.http.openapi import KNOWN_VALUES

Json = dict[str, Any]

LOWER_BOUNDS = ("minimum", "minItems", "minLength")
UPPER_BOUNDS = ("maximum", "maxItems", "maxLength")
TYPE = ("type", "format", "$ref", "pattern")
NESTED = ("items", "additionalProperties")
WIDER_PATTERNS = {r"^\d{1,15}(\.\d{1,6})?$": (r"^-?\d{1,15}(\.\d{1,6})?$",)}
"""The patterns that take all that the pattern before them took.

Whether a pattern does can't be told from the two, so that each is listed; a test tries it.
"""


def breaking(old: Json, new: Json) -> list[str]:
    """Return a line for each breaking difference."""
    return [*_paths(old, new), *_schemas(old, new)]


def _paths(old: Json, new: Json) -> Iterator[str]:
    for path, operations in old["paths"].items():
        for method, operation in operations.items():
            now = new["paths"].get(path, {}).get(method)
            if now is None:
                yield f"{method} {path} is gone"
            else:
                yield from _operation(f"{method} {path}", operation, now)


def _operation(where: str, old: Json, new: Json) -> Iterator[str]:
    if old["operationId"] != new["operationId"]:
        yield f"{where}: operationId changed"
    before = {one["name"]: one for one in old["parameters"]}
    after = {one["name"]: one for one in new["parameters"]}
    for name, parameter in after.items():
        if name in before:
            yield from _parameter(f"{where}: {name}", before[name], parameter)
        elif parameter["required"]:
            yield f"{where}: {name} is new and required"
    yield from (f"{where}: {name} is gone" for name in before if name not in after)
    for status, response in old["responses"].items():
        yield from _response(f"{where}: {status}", response, new["responses"].get(status))


def _parameter(where: str, old: Json, new: Json) -> Iterator[str]:
    if new["required"] and not old["required"]:
        yield f"{where} became required"
    yield from _narrower(where, old["schema"], new["schema"])


def _narrower(where: str, before: Json, after: Json) -> Iterator[str]:
    for key in ("type", "format", "$ref", "default"):
        if before.get(key) != after.get(key):
            yield f"{where} has another {key}"
    yield from _fewer_texts(where, before, after)
    yield from _tighter_bounds(where, before, after)
    if "items" in after:
        yield from _narrower(f"{where}[]", before.get("items", {}), after["items"])


def _fewer_texts(where: str, before: Json, after: Json) -> Iterator[str]:
    if "pattern" in after and not _as_wide(before.get("pattern"), after["pattern"]):
        yield f"{where} has another pattern"
    if "enum" in after and not _among(before.get("enum"), after["enum"]):
        yield f"{where} takes fewer values"


def _tighter_bounds(where: str, before: Json, after: Json) -> Iterator[str]:
    for key in LOWER_BOUNDS:
        if after.get(key, float("-inf")) > before.get(key, float("-inf")):
            yield f"{where} has a higher {key}"
    for key in UPPER_BOUNDS:
        if after.get(key, float("inf")) < before.get(key, float("inf")):
            yield f"{where} has a lower {key}"


def _as_wide(before: str | None, after: str) -> bool:
    return before is not None and after in (before, *WIDER_PATTERNS.get(before, ()))


def _among(before: list[str] | None, after: list[str]) -> bool:
    return before is not None and set(before) <= set(after)


def _response(where: str, old: Json, new: Json | None) -> Iterator[str]:
    if new is None:
        yield f"{where} is gone"
        return
    for media_type, described in old.get("content", {}).items():
        now = new.get("content", {}).get(media_type)
        if now is None:
            yield f"{where}: {media_type} is gone"
        elif now["schema"] != described["schema"]:
            yield f"{where}: {media_type} has another schema"
        elif media_type == "text/csv":
            yield from _columns(where, described.get("examples", {}), now.get("examples", {}))


def _columns(where: str, old: Json, new: Json) -> Iterator[str]:
    for name, example in old.items():
        before = _header(example)
        if name not in new:
            yield f"{where}: the CSV {name}, whose columns count, is gone"
        elif _header(new[name])[: len(before)] != before:
            yield f"{where}: the CSV {name} has other columns"


def _header(example: Json) -> list[str]:
    return next(csv.reader(example["value"].splitlines()), [])


def _schemas(old: Json, new: Json) -> Iterator[str]:
    for name, schema in old["components"]["schemas"].items():
        now = new["components"]["schemas"].get(name)
        if now is None:
            yield f"{name} is gone"
        else:
            yield from _members(name, schema, now)


def _members(name: str, old: Json, new: Json) -> Iterator[str]:
    for member, schema in old.get("properties", {}).items():
        now = new.get("properties", {}).get(member)
        if now is None:
            yield f"{name}.{member} is gone"
        else:
            yield from _member(f"{name}.{member}", schema, now)
    for member in old.get("required", ()):
        if member not in new.get("required", ()):
            yield f"{name}.{member} may be absent now"


def _member(where: str, old: Json, new: Json) -> Iterator[str]:
    if _type(old) != _type(new):
        yield f"{where} has another type"
    if not set(old.get(KNOWN_VALUES, ())) <= set(new.get(KNOWN_VALUES, ())):
        yield f"{where} lost values"
    if "enum" in new:
        yield f"{where} is a closed enumeration"
    for key in NESTED:
        if key in old:
            yield from _member(f"{where}[]", old[key], new.get(key, {}))
    yield from _alternatives(where, old.get("anyOf", ()), new.get("anyOf", ()))


def _alternatives(where: str, old: Sequence[Json], new: Sequence[Json]) -> Iterator[str]:
    before = {_type(schema): schema for schema in old}
    after = {_type(schema): schema for schema in new}
    if before.keys() != after.keys():
        yield f"{where} has other alternatives"
        return
    for kind, schema in before.items():
        yield from _member(where, schema, after[kind])


def _type(schema: Json) -> tuple[Any, ...]:
    return tuple(schema.get(key) for key in TYPE)
