"""What in a new OpenAPI document would break a client of an older one: all but additions.

Requests may only be allowed more, answers may only gain: paths, operations, answers, media types,
members, parameters stay; no parameter becomes required or narrower; no member leaves, changes its
type, becomes optional or takes values of another type. New enum values in answers are additions
(clients ignore what they don't know). Pure.
"""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

LOWER_BOUNDS = ("minimum", "minItems", "minLength")
UPPER_BOUNDS = ("maximum", "maxItems", "maxLength")
SAME = ("type", "format", "$ref", "pattern")


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
    for key in (*SAME, "default"):
        if before.get(key) != after.get(key):
            yield f"{where} has another {key}"
    if "enum" in after and not set(before.get("enum", ())) <= set(after["enum"]):
        yield f"{where} takes fewer values"
    for key in LOWER_BOUNDS:
        if after.get(key, float("-inf")) > before.get(key, float("-inf")):
            yield f"{where} has a higher {key}"
    for key in UPPER_BOUNDS:
        if after.get(key, float("inf")) < before.get(key, float("inf")):
            yield f"{where} has a lower {key}"


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
    if any(old.get(key) != new.get(key) for key in SAME):
        yield f"{where} has another type"
    if not set(old.get("enum", ())) <= set(new.get("enum", ())):
        yield f"{where} lost values"
    if "items" in old:
        yield from _member(f"{where}[]", old["items"], new.get("items", {}))
    if "anyOf" in old and old["anyOf"] != new.get("anyOf"):
        yield f"{where} has other alternatives"
