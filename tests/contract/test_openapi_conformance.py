"""The service keeps what its OpenAPI document says, whatever schemathesis thinks of.

In this process, over the real record, with a fixed seed and few examples for each operation: no
5xx, and no status, media type, header or body that is not documented.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import GenerationConfig
from schemathesis.specs.openapi.checks import positive_data_acceptance

from support.modules import load_module

pytestmark = pytest.mark.contract

GOLDEN = Path(__file__).parents[2] / "docs" / "api" / "openapi-v1.json"
EXAMPLES = 25
BEYOND_SCHEMAS = [positive_data_acceptance]
"""An `as_of` in the future or two forms of a span fit every single schema and are refused."""


@cache
def application() -> Any:
    """Return the public handlers of a worker over the real record."""
    path = Path(__file__).parent / "openapi_recorder.py"
    recorder = load_module(path)
    return recorder.world.application(recorder.world.Worker(recorder.world.snapshot()))


async def served(scope: Any, receive: Any, send: Any) -> None:
    """Pass on to the application, which is made with the first request, not at collection."""
    await application()(scope, receive, send)


schema = schemathesis.openapi.from_dict(json.loads(GOLDEN.read_text(encoding="utf-8")))
schema.config.generation = GenerationConfig(max_examples=EXAMPLES, deterministic=True)
schema.app = served


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_the_service_keeps_its_word(case: Any) -> None:
    """Each generated request, good or bad, gets an answer that the document describes."""
    case.call_and_validate(excluded_checks=BEYOND_SCHEMAS)
