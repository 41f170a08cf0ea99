"""Clients that three generators make of the golden parse what v1 sends, and what it may send later.

Every recorded example goes through them, and the same with an unknown value in each enumeration
and an unknown member in each object: v1 adds both.
"""

import dataclasses
import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from support.openapi_examples import GOLDEN, INVENTED, Example, examples, golden, later, shown
from support.toolbox import NODE, node_modules, python_environment

TOOLS = Path(__file__).parent / "openapi_tools"
PARSER = TOOLS / "parse_examples.py"
UNPARSED = re.compile(r"Cannot parse .*")
TYPE = 'paths["{path}"]["get"]["responses"][{status}]["content"]["{media_type}"]'

pytestmark = pytest.mark.contract


def recorded() -> list[Example]:
    """Return every example that is data."""
    return list(examples(golden()))


def of_later() -> list[Example]:
    """Return the same as a later version of v1 may send them."""
    document = golden()
    schemas = document["components"]["schemas"]
    return [
        dataclasses.replace(example, value=later(document, schemas[example.schema], example.value))
        for example in examples(document)
    ]


def run(command: Sequence[object], folder: Path, text: str = "") -> str:
    """Return what a tool writes; fail with it if the tool does."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def known(value: Any) -> Any:
    """Return `value` without invented members, its instants written in one way."""
    match value:
        case dict():
            return {name: known(part) for name, part in value.items() if name != INVENTED}
        case list():
            return [known(part) for part in value]
        case str():
            return value.removesuffix("+00:00") + "Z" if value.endswith("+00:00") else value
    return value


def assert_parses(generator: str, programs: Path, folder: Path) -> None:
    """Assert that the generated client reads every example to the last digit."""
    sent = [*recorded(), *of_later()]
    text = json.dumps([dataclasses.asdict(example) for example in sent])
    read = json.loads(run([programs / "python", PARSER, generator, folder], folder, text))
    assert sent
    for example, became in zip(sent, read, strict=True):
        assert known(became) == known(example.value), example.name


def test_every_schema_has_a_recorded_example() -> None:
    """What no example shows would go through no client."""
    document = golden()
    schemas = document["components"]["schemas"]
    seen = {
        name
        for example in recorded()
        for name in shown(document, schemas[example.schema], example.value)
    }
    assert seen == schemas.keys()


def test_openapi_python_client_makes_a_client_that_parses_every_example(tmp_path: Path) -> None:
    """It leaves out only responses of a media type that it does not know, and says so."""
    programs = python_environment(TOOLS)
    options = ["--path", GOLDEN, "--meta", "none", "--output-path", tmp_path / "generated"]
    config = TOOLS / "openapi-python-client.yaml"
    program = programs / "openapi-python-client"
    said = run([program, "generate", "--config", config, *options], tmp_path)
    left_out = UNPARSED.findall(said)
    assert [line for line in left_out if "Unsupported content_type" not in line] == []
    assert_parses("openapi-python-client", programs, tmp_path)


def test_datamodel_code_generator_makes_models_that_parse_every_example(tmp_path: Path) -> None:
    """Rates are read as decimals, so that they come out with the digits that were sent."""
    programs = python_environment(TOOLS)
    files = ["--input", GOLDEN, "--output", tmp_path / "generated.py"]
    models = ["--input-file-type", "openapi", "--output-model-type", "pydantic_v2.BaseModel"]
    program = programs / "datamodel-codegen"
    run([program, *files, *models, "--formatters", "builtin"], tmp_path)
    assert_parses("datamodel-code-generator", programs, tmp_path)


def test_openapi_typescript_makes_types_that_every_example_has(tmp_path: Path) -> None:
    """A recorded answer has no member beyond its type; a later one may have."""
    modules = node_modules(TOOLS)
    generate = [NODE, modules / "openapi-typescript" / "bin" / "cli.js", GOLDEN]
    run([*generate, "--output", tmp_path / "api.d.ts"], tmp_path)
    lines = ['import type { paths } from "./api";']
    lines += [typed(example) for example in recorded()]
    lines += [widened(example) for example in of_later()]
    (tmp_path / "examples.ts").write_text("\n".join(lines), encoding="utf-8")
    options = ["--noEmit", "--strict", "--target", "es2022", "--module", "preserve"]
    run([NODE, modules / "typescript" / "bin" / "tsc", *options, "examples.ts"], tmp_path)


def typed(example: Example) -> str:
    """Return a constant of the documented type, whose every member must be documented."""
    type_ = TYPE.format(**dataclasses.asdict(example))
    return f"export const {example.name}: {type_} = {json.dumps(example.value)};"


def widened(example: Example) -> str:
    """Return a constant of the documented type, with members beyond it, as parsed JSON has."""
    name = f"later_{example.name}"
    value = f"const {name}_value = {json.dumps(example.value)};"
    type_ = TYPE.format(**dataclasses.asdict(example))
    return f"{value}\nexport const {name}: {type_} = {name}_value;"
