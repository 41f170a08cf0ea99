"""The golden OpenAPI document: current, true, and never broken for a client."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from rates_api.endpoints import ENDPOINTS
from rates_api.http.problems import PROBLEMS
from rates_contracts.answers import GapStatus
from support.modules import load_module

pytestmark = pytest.mark.contract

UNANSWERED = {"history-loading", "not-verified", "under-review", "not-known-then"}

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
    """Each success is shown in each of its media types, but for files, this one among them."""
    missing = [where for where, content in contents(golden) if not content.get("examples")]
    files = {f"{file.path} 200 {file.media_type}" for file in ENDPOINTS if file.is_file}
    assert {where for where in missing if " 200 " in where} == files


def test_every_problem_is_documented_somewhere(golden: Any) -> None:
    """Each code of the table that an endpoint can answer is explained at one of them."""
    text = json.dumps(golden["paths"])
    # The router's and the edge's, and those that no endpoint answers yet.
    edge = {"too-many-requests", "no-answer", "no-instance", "answer-timeout"}
    others = {"method-not-allowed", *edge, *UNANSWERED}
    assert [code for code in PROBLEMS if f"`{code}`" not in text and code not in others] == []


def test_each_endpoint_is_documented(golden: Any) -> None:
    """The document holds every path that is mounted, and no other."""
    assert set(golden["paths"]) == {endpoint.path for endpoint in ENDPOINTS}


def closed(schema: Any) -> Iterator[Any]:
    """Give each enumeration within a schema that lists its values as the only ones."""
    if isinstance(schema, dict):
        if isinstance(schema.get("enum"), list):
            yield schema
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from closed(part)


def test_enumerations_of_answers_are_open(golden: Any) -> None:
    """Generated clients take a value that v1 adds later, parameters name the values they take."""
    schemas = golden["components"]["schemas"]
    assert list(closed(schemas)) == []
    status = schemas["Gap"]["properties"]["status"]
    assert status["type"] == "string"
    assert set(status["x-known-values"]) == set(get_args(GapStatus))
    assert all(f"`{value}`" in status["description"] for value in get_args(GapStatus))
    assert list(closed(golden["paths"]))


def test_what_is_always_answered_is_required(golden: Any) -> None:
    """Protocol rule 25: `known` stands in every list, `warnings` only where there are some."""
    schemas = golden["components"]["schemas"]
    lists = ("History", "Revisions", "AverageRate", "Gaps", "Batch", "Capabilities", "KindInfo")
    assert [name for name in lists if "known" not in schemas[name]["required"]] == []
    warning = [name for name in schemas if "warnings" in schemas[name].get("properties", ())]
    assert [name for name in warning if "warnings" in schemas[name]["required"]] == ["Health"]


def test_the_document_names_the_type_of_the_edges_own_429(golden: Any) -> None:
    """No path lists it, since the service never sends it: clients have the description alone."""
    listed = [operations["get"]["responses"] for operations in golden["paths"].values()]
    assert not [responses for responses in listed if "429" in responses]
    said = golden["info"]["description"]
    assert "429 `too-many-requests`" in said
    assert "`application/json`" in said
