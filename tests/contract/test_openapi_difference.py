"""What counts as breaking a client: each change is made to the golden document and compared."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.modules import load_module

pytestmark = pytest.mark.contract

HERE = Path(__file__).parent
GOLDEN = HERE.parents[1] / "docs" / "api" / "openapi-v1.json"
CURRENT = "/api/v1/rates/current"
HISTORICAL = "/api/v1/rates/historical"

Json = dict[str, Any]
Change = Callable[[Any], object]


@pytest.fixture(scope="module")
def difference() -> ModuleType:
    """Give what compares two documents; by path, since test folders are no packages."""
    return load_module(HERE / "openapi_difference.py")


@pytest.fixture
def golden() -> Json:
    """Give the document that clients read."""
    document: Json = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return document


def operation(document: Json, path: str = CURRENT) -> Any:
    """Return what a path answers to GET."""
    return document["paths"][path]["get"]


def parameter(document: Json, path: str, name: str) -> Any:
    """Return the schema of a parameter."""
    found = (it for it in operation(document, path)["parameters"] if it["name"] == name)
    return next(found)["schema"]


def members(document: Json, name: str) -> Any:
    """Return the members of an answer."""
    return document["components"]["schemas"][name]["properties"]


def csv_example(document: Json) -> Any:
    """Return the recorded CSV of `historical`."""
    return operation(document, HISTORICAL)["responses"]["200"]["content"]["text/csv"]["examples"]


def with_header(change: Callable[[str], str]) -> Change:
    """Return the change of a CSV's header line."""

    def apply(document: Json) -> None:
        example = csv_example(document)["csv"]
        header, *rows = example["value"].splitlines()
        example["value"] = "\r\n".join([change(header), *rows])

    return apply


BREAKING: dict[str, Change] = {
    "a path is gone": lambda it: it["paths"].pop("/api/v1/rates/gaps"),
    "a parameter is gone": lambda it: operation(it)["parameters"].pop(),
    "a parameter is required": lambda it: operation(it)["parameters"][0].update(required=True),
    "a maximum is lower": lambda it: parameter(it, HISTORICAL, "days").update(maximum=3659),
    "a minimum is higher": lambda it: parameter(it, HISTORICAL, "days").update(minimum=2),
    "a parameter takes fewer values": lambda it: parameter(it, CURRENT, "kind").update(
        enum=["fix"]
    ),
    "a parameter takes listed values only": lambda it: parameter(it, HISTORICAL, "from").update(
        enum=["2024-01-02"]
    ),
    "a default is another": lambda it: parameter(it, CURRENT, "kind").update(default="settlement"),
    "a pattern is no known widening": lambda it: parameter(it, "/api/v1/convert", "amount").update(
        pattern=r"^\d+$"
    ),
    "a pattern is new": lambda it: parameter(it, CURRENT, "kind").update(pattern="^f"),
    "a list takes other items": lambda it: parameter(it, "/api/v1/rates", "dates").update(
        items={"type": "integer"}
    ),
    "a status is gone": lambda it: operation(it)["responses"].pop("503"),
    "CSV is gone": lambda it: operation(it, HISTORICAL)["responses"]["200"]["content"].pop(
        "text/csv"
    ),
    "a recorded CSV is gone": lambda it: csv_example(it).pop("csv"),
    "a column is gone": with_header(lambda header: header.replace(",recorded_at", "")),
    "a column is renamed": with_header(lambda header: header.replace("rate", "fix")),
    "a new column comes first": with_header(lambda header: f"kind,{header}"),
    "a member is gone": lambda it: members(it, "CurrentRate").pop("rate"),
    "a member may be absent": lambda it: it["components"]["schemas"]["CurrentRate"][
        "required"
    ].remove("rate"),
    "a member is a number": lambda it: members(it, "Row").update(rate={"type": "number"}),
    "a member may be null": lambda it: members(it, "Row").update(
        rate={"anyOf": [{"type": "string", "format": "decimal"}, {"type": "null"}]}
    ),
    "a member is always null": lambda it: members(it, "Dates").update(applies_to={"type": "null"}),
    "an alternative has another type": lambda it: members(it, "Dates")["applies_to"]["anyOf"][
        0
    ].update(format="date-time"),
    "an alternative lost a value": lambda it: members(it, "DayRate")["reason"]["anyOf"][0].update(
        {"x-known-values": []}
    ),
    "an enumeration lost a value": lambda it: members(it, "Gap")["status"]["x-known-values"].remove(
        "late"
    ),
    "an enumeration is closed": lambda it: members(it, "Gap")["status"].update(
        enum=members(it, "Gap")["status"]["x-known-values"]
    ),
    "an alternative is closed": lambda it: members(it, "DayRate")["reason"]["anyOf"][0].update(
        enum=["closed_day"]
    ),
    "a list holds other items": lambda it: members(it, "CurrentRate")["warnings"].update(
        items={"type": "integer"}
    ),
    "a map holds other values": lambda it: members(it, "Problem")["links"].update(
        additionalProperties={"type": "integer"}
    ),
}

ADDITIVE: dict[str, Change] = {
    "a path is new": lambda it: it["paths"].update(new=it["paths"][CURRENT]),
    "an optional parameter is new": lambda it: operation(it)["parameters"].append(
        {"name": "lang", "in": "query", "required": False, "schema": {"type": "string"}}
    ),
    "a maximum is higher": lambda it: parameter(it, HISTORICAL, "days").update(maximum=7320),
    "a minimum is lower": lambda it: parameter(it, HISTORICAL, "days").update(minimum=0),
    "a list may be longer": lambda it: parameter(it, "/api/v1/rates", "dates").update(maxItems=999),
    "a parameter takes a new value": lambda it: parameter(it, CURRENT, "kind")["enum"].append(
        "spot"
    ),
    "a pattern is gone": lambda it: parameter(it, "/api/v1/convert", "amount").pop("pattern"),
    "a status is new": lambda it: operation(it)["responses"].update({"451": {}}),
    "a new column comes last": with_header(lambda header: f"{header},derived"),
    "a recorded CSV is new": lambda it: csv_example(it).update(wide={"value": "date\r\n"}),
    "a member is new": lambda it: members(it, "CurrentRate").update(mood={"type": "string"}),
    "an enumeration has a new value": lambda it: members(it, "CurrentRate")["level"][
        "x-known-values"
    ].append("splendid"),
    "an alternative has a new value": lambda it: members(it, "DayRate")["reason"]["anyOf"][
        0
    ].update({"x-known-values": ["closed_day", "no_gazette"], "description": "Two values."}),
}


@pytest.mark.parametrize("change", BREAKING.values(), ids=BREAKING)
def test_a_breaking_difference_is_seen(
    difference: ModuleType, golden: Json, change: Change
) -> None:
    """Whatever is taken from clients is reported."""
    changed = copy.deepcopy(golden)
    change(changed)
    assert difference.breaking(golden, changed) != []


@pytest.mark.parametrize("change", ADDITIVE.values(), ids=ADDITIVE)
def test_an_addition_breaks_nobody(difference: ModuleType, golden: Json, change: Change) -> None:
    """What an older client can't notice is fine."""
    changed = copy.deepcopy(golden)
    change(changed)
    assert changed != golden
    assert difference.breaking(golden, changed) == []


def test_a_known_wider_pattern_breaks_nobody(difference: ModuleType, golden: Json) -> None:
    """What was allowed before still is."""
    for narrow, wider in difference.WIDER_PATTERNS.items():
        old, new = copy.deepcopy(golden), copy.deepcopy(golden)
        parameter(old, "/api/v1/convert", "amount").update(pattern=narrow)
        parameter(new, "/api/v1/convert", "amount").update(pattern=wider[0])
        assert difference.breaking(old, new) == []
        assert difference.breaking(new, old) != []


@given(data=st.data())
def test_a_wider_pattern_takes_all_that_the_narrower_took(
    difference: ModuleType, data: st.DataObject
) -> None:
    """Each known widening is held against texts that the pattern before it takes."""
    for narrower, wider in difference.WIDER_PATTERNS.items():
        text = data.draw(st.from_regex(narrower, fullmatch=True))
        for pattern in wider:
            assert re.fullmatch(pattern, text)
