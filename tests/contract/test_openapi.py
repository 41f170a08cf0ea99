"""The golden OpenAPI document: current, true, and never broken for a client."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from rates_api.endpoints import ENDPOINTS
from rates_api.http.problems import PROBLEMS
from support.modules import load_module

pytestmark = pytest.mark.contract

GOLDEN = Path(__file__).parents[2] / "docs" / "api" / "openapi-v1.json"


@pytest.fixture(scope="module")
def openapi_recorder() -> ModuleType:
    """Give what records the document; by path, since test folders are no packages."""
    return load_module(Path(__file__).parent / "openapi_recorder.py")


@pytest.fixture(scope="module")
def golden() -> Any:
    """Give the document that clients read."""
    return json.loads(GOLDEN.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def generated(openapi_recorder: ModuleType) -> Any:
    """Give the document of this code."""
    return openapi_recorder.generated()


def contents(document: Any) -> Iterator[tuple[str, Any]]:
    """Give each media type of each answer, by where it stands."""
    for path, operations in document["paths"].items():
        for status, response in operations["get"]["responses"].items():
            for media_type, content in response.get("content", {}).items():
                yield f"{path} {status} {media_type}", content


def test_nothing_that_clients_rely_on_has_changed(
    openapi_recorder: ModuleType, golden: Any, generated: Any
) -> None:
    """Within v1 there are additions only."""
    assert openapi_recorder.difference.breaking(golden, generated) == []


def test_the_golden_is_current(openapi_recorder: ModuleType, generated: Any) -> None:
    """The file is what `python tests/contract/openapi_recorder.py` writes."""
    assert GOLDEN.read_text(encoding="utf-8") == openapi_recorder.text_of(generated)


def test_every_example_is_valid(golden: Any) -> None:
    """Each recorded answer fits the schema beside it, formats and closed members included."""
    for where, content in contents(golden):
        schema = {**content["schema"], "components": golden["components"]}
        for name, example in content.get("examples", {}).items():
            errors = Draft202012Validator(schema).iter_errors(example["value"])
            assert [error.message for error in errors] == [], f"{where} {name}"


def test_every_example_names_only_documented_members(golden: Any) -> None:
    """No answer has a member that its schema does not describe."""
    schemas = golden["components"]["schemas"]
    closed = copy.deepcopy(golden["components"])
    for schema in closed["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    assert schemas
    for where, content in contents(golden):
        schema = {**content["schema"], "components": closed}
        for name, example in content.get("examples", {}).items():
            assert Draft202012Validator(schema).is_valid(example["value"]), f"{where} {name}"


def test_every_success_has_a_recorded_example(golden: Any) -> None:
    """Each success is shown in each of its media types."""
    missing = [where for where, content in contents(golden) if not content.get("examples")]
    assert [where for where in missing if " 200 " in where] == []


def test_every_problem_is_documented_somewhere(golden: Any) -> None:
    """Each code of the table that an endpoint can answer is explained at one of them."""
    text = json.dumps(golden["paths"])
    # The router's and the edge's: no endpoint answers them.
    others = {"method-not-allowed", "too-many-requests"}
    assert [code for code in PROBLEMS if f"`{code}`" not in text and code not in others] == []


def test_each_endpoint_is_documented(golden: Any) -> None:
    """The document holds every path that is mounted, and no other."""
    assert set(golden["paths"]) == {endpoint.path for endpoint in ENDPOINTS}


def _without_path(document: Any) -> None:
    del document["paths"]["/api/v1/rates/gaps"]


def _without_parameter(document: Any) -> None:
    document["paths"]["/api/v1/rates/current"]["get"]["parameters"].pop()


def _required(document: Any) -> None:
    document["paths"]["/api/v1/rates/current"]["get"]["parameters"][0]["required"] = True


def _narrower(document: Any) -> None:
    parameters = document["paths"]["/api/v1/rates/historical"]["get"]["parameters"]
    next(one for one in parameters if one["name"] == "days")["schema"]["maximum"] = 3659


def _fewer_values(document: Any) -> None:
    parameters = document["paths"]["/api/v1/rates/current"]["get"]["parameters"]
    next(one for one in parameters if one["name"] == "kind")["schema"]["enum"] = ["fix"]


def _without_status(document: Any) -> None:
    del document["paths"]["/api/v1/rates/current"]["get"]["responses"]["503"]


def _without_csv(document: Any) -> None:
    responses = document["paths"]["/api/v1/rates/historical"]["get"]["responses"]
    del responses["200"]["content"]["text/csv"]


def _without_member(document: Any) -> None:
    del document["components"]["schemas"]["CurrentRate"]["properties"]["rate"]


def _optional(document: Any) -> None:
    document["components"]["schemas"]["CurrentRate"]["required"].remove("rate")


def _number(document: Any) -> None:
    document["components"]["schemas"]["Row"]["properties"]["rate"] = {"type": "number"}


def _never_null(document: Any) -> None:
    document["components"]["schemas"]["Dates"]["properties"]["applies_to"] = {"type": "null"}


@pytest.mark.parametrize(
    "change",
    [
        _without_path,
        _without_parameter,
        _required,
        _narrower,
        _fewer_values,
        _without_status,
        _without_csv,
        _without_member,
        _optional,
        _number,
        _never_null,
    ],
)
def test_a_breaking_difference_is_seen(
    openapi_recorder: ModuleType, golden: Any, change: Any
) -> None:
    """Whatever is taken from clients is reported, and as an addition nothing is."""
    changed = copy.deepcopy(golden)
    change(changed)
    assert openapi_recorder.difference.breaking(golden, changed) != []


def test_an_addition_breaks_nobody(openapi_recorder: ModuleType, golden: Any) -> None:
    """A new path, an optional parameter, a new member and a new enum value are fine."""
    changed = copy.deepcopy(golden)
    current = changed["paths"]["/api/v1/rates/current"]
    changed["paths"]["/api/v1/rates/new"] = copy.deepcopy(current)
    added = {"name": "lang", "in": "query", "required": False, "schema": {"type": "string"}}
    current["get"]["parameters"].append(added)
    members = changed["components"]["schemas"]["CurrentRate"]["properties"]
    members["mood"] = {"type": "string"}
    members["level"]["enum"].append("splendid")
    assert openapi_recorder.difference.breaking(golden, changed) == []
