"""The answers' types against the API's document: every member, its type, whether it may lack."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any, get_type_hints

import msgspec
import pytest

from support.openapi_examples import INVENTED, Example, examples, golden, later
from usdmxn import answers, purposes
from usdmxn.answers import Answer
from usdmxn.http.reading import decoded

DOCUMENT = golden()
SCHEMAS = DOCUMENT["components"]["schemas"]
RENAMED = {"DayRate": "Rate", "BatchResult": "DayResult"}
"""Schemas that have another name here."""
LEFT_OUT = {
    *("AverageRate", "Gaps", "Gap", "Revisions", "RevisionRow", "CalendarDays", "CalendarDay"),
}
"""What no call asks for."""
LATER = "added to v1 after its first edition"
MAY_LACK = {
    ("Problem", "instance"): "an edge before the service does not know it",
    ("Problem", "errors"): "nor anything of parameters",
    ("Capabilities", "notes"): LATER,
    ("Limits", "months"): LATER,
    ("DayRate", "in_force"): LATER,
    ("Conversion", "in_force"): LATER,
    ("CurrentRate", "in_force"): LATER,
    ("CurrentRate", "previous"): LATER,
    ("CurrentRate", "change"): LATER,
    ("CurrentRate", "change_percent"): LATER,
    ("History", "missing"): LATER,
}
"""Required members that this client does without."""
BETTER_TYPED = {
    ("Conversion", "amount"): Decimal,
    ("PublicKey", "created_at"): datetime,
    ("PublicKey", "revoked_at"): datetime | None,
}
"""Strings of the document that are more than that."""
READ = {name for name in SCHEMAS if name not in LEFT_OUT}


def struct(schema: str) -> type[Answer]:
    """Return what a schema is here."""
    found: type[Answer] = getattr(answers, RENAMED.get(schema, schema))
    return found


def typed(schema: Any) -> Any:
    """Return the type that a value of `schema` has here."""
    match schema:
        case {"$ref": reference}:
            return struct(reference.rpartition("/")[2])
        case {"anyOf": [alternative, {"type": "null"}]}:
            return typed(alternative) | None
        case {"type": "array", "items": items}:
            return tuple[typed(items), ...]  # type: ignore[misc]
        case {"type": "object", "additionalProperties": values}:
            return dict[str, typed(values)]  # type: ignore[misc]
        case {"type": "string", "format": form}:
            return {"date": date, "date-time": datetime, "decimal": Decimal}[form]
    return {"string": str, "integer": int, "number": Decimal, "boolean": bool}[schema["type"]]


def members() -> list[tuple[str, str]]:
    """Return (schema, member) of everything that is read."""
    return [(name, member) for name in sorted(READ) for member in SCHEMAS[name]["properties"]]


def fields(schema: str) -> dict[str, Any]:
    """Return the fields of a schema's struct by their name in JSON."""
    return {field.encode_name: field for field in msgspec.structs.fields(struct(schema))}


def sent(value: Any) -> Any:
    """Return a value as the API writes it, without what is empty; numbers as text."""
    match value:
        case dict():
            kept = {key: sent(part) for key, part in value.items() if key != INVENTED}
            return {key: part for key, part in kept.items() if part not in (None, [], {})}
        case list() | tuple():
            return [sent(part) for part in value]
        case int() | float():
            return str(value)
    return value


def test_every_schema_is_read_or_deliberately_left_out() -> None:
    """A schema that comes into the document is noticed here."""
    assert set(SCHEMAS) >= LEFT_OUT
    assert [name for name in READ if not hasattr(answers, RENAMED.get(name, name))] == []


@pytest.mark.parametrize("schema", sorted(READ))
def test_an_answer_has_the_documented_members_and_no_other(schema: str) -> None:
    """None is forgotten, none is made up."""
    assert set(fields(schema)) == set(SCHEMAS[schema]["properties"])


@pytest.mark.parametrize(("schema", "member"), members())
def test_a_member_has_the_documented_type(schema: str, member: str) -> None:
    """Rates are decimals, days dates; what may be null or lack may be None, and nothing else."""
    field = fields(schema)[member]
    hint = get_type_hints(struct(schema))[field.name]
    described = SCHEMAS[schema]["properties"][member]
    is_required = member in SCHEMAS[schema]["required"]
    wanted = BETTER_TYPED.get((schema, member), typed(described))
    may_be_none = not is_required or (schema, member) in MAY_LACK
    if may_be_none and field.default is None and field.default_factory is msgspec.NODEFAULT:
        wanted |= None
    assert hint == wanted
    assert field.required == (is_required and (schema, member) not in MAY_LACK)


@pytest.mark.parametrize("form", [lambda _, __, value: value, later], ids=["recorded", "of later"])
@pytest.mark.parametrize(
    "example",
    [example for example in examples(DOCUMENT) if example.schema in READ],
    ids=lambda example: example.name,
)
def test_a_recorded_answer_is_read_to_the_last_digit(example: Example, form: Any) -> None:
    """So is one of a later v1, with members and values of enumerations that nobody knows yet."""
    value = form(DOCUMENT, SCHEMAS[example.schema], example.value)
    read = decoded(json.dumps(value).encode(), struct(example.schema), "the document")
    assert sent(msgspec.to_builtins(read)) == sent(value)


def earlier(schema: str, value: Any) -> Any:
    """Return an example as the first edition of v1 had it."""
    added = {(name, member) for (name, member), reason in MAY_LACK.items() if reason == LATER}
    kept = {member: part for member, part in value.items() if (schema, member) not in added}
    if schema == "Capabilities":
        kept["limits"] = earlier("Limits", kept["limits"])
    return kept


@pytest.mark.parametrize(
    "example",
    [example for example in examples(DOCUMENT) if example.schema in {name for name, _ in MAY_LACK}],
    ids=lambda example: example.name,
)
def test_an_answer_of_the_first_edition_is_read(example: Example) -> None:
    """An older server lacks what was added since; what it sends is read to the last digit."""
    value = earlier(example.schema, example.value)
    read = decoded(json.dumps(value).encode(), struct(example.schema), "the document")
    assert sent(msgspec.to_builtins(read)) == sent(value)


def test_purposes_are_those_of_the_sheet() -> None:
    """The client's table says what the API says, and why there is no kind."""
    sheet = next(example for example in examples(DOCUMENT) if example.schema == "DaySheet")
    uses = sheet.value["use"]
    assert {use["purpose"]: use["kind"] for use in uses} == purposes.KINDS
    assert {use["purpose"]: use["unless"] for use in uses if use["kind"] is None} == purposes.UNLESS
    known = SCHEMAS["Use"]["properties"]["purpose"]["x-known-values"]
    assert set(purposes.KINDS) == set(known)
